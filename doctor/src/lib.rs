//! What browsers make of an API: its CORS headers and its cookies. The API is asked as a page would ask it, and its answers are
//! compared with the rules of Fetch and RFC 6265bis. Only [`visit()`] speaks HTTP, and only [`look()`] starts a browser; everything
//! else is pure.
//!
//! | where | what |
//! |---|---|
//! | [`browsers`] | what each browser family does with a `Set-Cookie` |
//! | [`Call`], [`Answer`] | a call of a page, and what came back |
//! | [`Leg`] | a call with its redirects, followed as browsers follow them |
//! | [`cors`] | whether the browser sends the call and the page may read the answer |
//! | `examine` | one frontend in every browser family: both calls, and the cookies |
//! | [`look()`] | how the code of a page calls, seen in Chromium |
//! | [`Mistake`], [`Remedy`] | every mistake, and what to change, for each kind of server |
//! | [`Report`] | the whole, for people and for scripts |

mod answer;
pub mod browsers;
mod call;
pub mod cors;
mod csrf;
mod examine;
mod leg;
mod mistake;
mod origin;
mod page;
mod remedy;
mod report;
mod second_factor;
mod table;
mod visit;

pub use answer::Answer;
pub use call::{Call, Headers};
pub use cors::{Preflight, Refused, Seen};
pub use csrf::Guard;
pub use examine::{Bifrons, Cell, Examined, Facts, Finding, Judgement, examine};
pub use leg::{Hop, Leg, Outcome};
pub use mistake::Mistake;
pub use origin::Origin;
pub use page::{Look, LookError, PageCall, Stop, Visit, look};
pub use remedy::{Blanks, Fix, Known, Remedy, Server, servers};
pub use report::{CookieSource, Report};
pub use visit::{Csrf, Error, Plan, visit};
