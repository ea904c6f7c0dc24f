//! The one source of time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use entity::UnixMillis;

/// The time of the system, or a time that a test sets.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Changes only by [`Clock::advance`]. Clones share the time.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that shows `now` until [`Clock::advance`] is called.
    pub fn manual(now: UnixMillis) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(now.0)))
    }

    pub fn now(&self) -> UnixMillis {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the only place that reads the system's time")]
            Self::System => UnixMillis(0).plus(std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
            Self::Manual(now) => UnixMillis(now.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward. Does nothing to the system's clock.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(now) = self {
            now.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}
