//! What browsers make of an API, ours or any other: it is asked as a page would ask it, and its answers are held against the
//! rules of Fetch and RFC 6265bis. Only [`visit()`] speaks HTTP; all else is pure.
//!
//! | where | what |
//! |---|---|
//! | [`Question`] | the call that a page makes, and what a browser adds to it |
//! | [`Answer`] | what came back, as far as browsers look at it |
//! | [`cors`] | whether the page may send the call and read the answer |
//! | [`examine`] | the cookies too: one frontend, every browser family |
//! | [`Mistake`], [`Remedy`] | all that can be wrong, and what to change |
//! | [`Report`] | the whole, for people and for scripts |

mod answer;
pub mod browsers;
pub mod cors;
mod examination;
mod mistake;
mod origin;
mod question;
mod remedy;
mod report;
mod table;
mod visit;

pub use answer::Answer;
pub use examination::{Cell, Examined, Facts, Finding, examine};
pub use mistake::Mistake;
pub use origin::Origin;
pub use question::Question;
pub use remedy::{Fix, Remedy, Server};
pub use report::{CookieSource, Report};
pub use visit::{Error, Plan, visit};
