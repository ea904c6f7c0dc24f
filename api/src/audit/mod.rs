//! Security events: each is a line in the log, a count in the metrics and, as the catalogue says, a row of the audit trail.
//!
//! An event names ids and reasons, never what a client sent. A change and its row are stored in one transaction (`state/write.rs`), so
//! neither exists without the other. A refusal changes nothing, and clients can cause any number of them: [`Trail`] gathers their rows
//! and stores them in the background.

mod catalogue;
mod gathered;
mod reads;
mod record;
pub mod store;
mod trail;

pub use catalogue::{Event, Trace};
pub use record::Record;
pub(crate) use trail::Stored;
pub use trail::Trail;
