//! Security events: each is a line in the log, a count in the metrics and, as the catalogue says, a row of the audit trail.
//!
//! An event names ids and reasons, never what a client sent. What happened has its row in the transaction in which it happened
//! (`state/write.rs`), so neither is without the other. Refusals change nothing, and clients cause any number of them: their rows are
//! gathered and stored in the background ([`Trail`]).

mod catalogue;
mod gathered;
mod record;
pub mod store;
mod trail;

pub use catalogue::{Event, Trace};
pub use record::Record;
pub use trail::Trail;
