//! HTTP: the only folder that names poem.
//!
//! | where | what |
//! |---|---|
//! | `listener` | connections, TLS |
//! | `app` | the one wiring, used by production and by tests |
//! | `faults` | the problems and delays that a testbed provokes |
//! | `rules` | the rules for values, for the control of a testbed |
//! | `spec` | the document, its index, the explorer |
//! | `admin` | the admin API, with a document of its own |
//! | `v1` | the operations, one tag a file |
//! | `operations` | health, keys, metrics |
//! | `middleware` | what every request passes |
//! | `request` | reading requests: body, credentials, requester |
//! | `response` | writing answers: problems, replies, cookies |

mod admin;
pub mod app;
#[cfg(feature = "testbed")]
pub mod faults;
pub mod listener;
mod middleware;
mod operations;
mod request;
mod response;
#[cfg(feature = "testbed")]
pub mod rules;
pub mod spec;
mod v1;

pub use admin::rows;
pub use request::{forwarded_address, parse_strict_json};
pub use response::cookies::{all as cookie_values, session_cookie};
pub use v1::export::pieces as export_pieces;
