//! Password hashing under load.
//!
//! Argon2id at the OWASP floor takes 19 MiB and some 20 ms of a core. It runs on a few threads of its own, each with its own memory,
//! behind a short queue. A request that does not fit is refused at once: a queue that only grows answers no request in time.

mod admission;
mod argon2id;
mod cost;
mod error;
mod fair_order;
mod foreign;
mod hasher;
mod measure;
mod memory;
mod queue;
mod refusal_delay;
mod stored;
#[cfg(test)]
mod tests;
mod worker;

pub use admission::{Admission, Verdict};
pub use error::HashingError;
pub use hasher::Hasher;
pub use measure::measure;
pub use stored::{cost_prefix, is_importable};
