//! The events that webhooks deliver.

use crate::audit::{Event, Trace};

/// Their names, in the order of the catalogue: those that the audit trail keeps when they happen.
pub fn events() -> impl Iterator<Item = &'static str> {
    Event::ALL.iter().filter(|event| event.trace() == Trace::Keep).map(|event| event.name())
}
