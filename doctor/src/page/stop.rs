//! The demand to stop, which comes from another thread.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Tells a [`look`](super::look()) to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn demand(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_demanded(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
