//! The workers and their queue.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicU64},
    thread,
};

use argon2::{Algorithm, Argon2, Params, Version};

use super::{argon2id, error::HashingError, queue::Queue, worker::work};
use crate::{
    audit::{Event, Trail},
    config::HashingCost,
};

/// Hashes and verifies passwords, at most one for each worker at a time.
pub struct Hasher {
    pub(super) argon2: Argon2<'static>,
    pub(super) queue: Arc<Queue>,
    /// The refusal delay in microseconds.
    pub(super) refusal_delay: AtomicU64,
    pub(super) trail: Arc<Trail>,
}

impl Hasher {
    /// Starts the workers. Fails if Argon2 does not accept the parameters.
    pub fn new(cost: &HashingCost, trail: Arc<Trail>) -> Result<Self, HashingError> {
        let params = Params::new(cost.memory_kib, cost.iterations, 1, None).map_err(|_| HashingError::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let queue = Arc::new(Queue::new(cost.workers, cost.queue));
        let blocks = argon2.params().block_count();
        for _ in 0..cost.workers {
            let (queue, metrics) = (Arc::clone(&queue), Arc::clone(&trail.metrics));
            let worker = thread::Builder::new().name("password".to_owned());
            worker.spawn(move || work(&queue, blocks, &metrics)).map_err(|_| HashingError::Failed)?;
        }
        Ok(Self { argon2, queue, refusal_delay: AtomicU64::new(0), trail })
    }

    /// What hashes with the current parameters begin with.
    pub fn current_prefix(&self) -> String {
        argon2id::prefix(&self.argon2)
    }

    /// How many places are taken: waiting, or with a worker.
    pub fn admitted(&self) -> usize {
        self.queue.taken()
    }

    pub(super) fn refuse(&self) -> HashingError {
        self.trail.metrics.passwords_shed.inc();
        self.trail.record(Event::Overloaded);
        HashingError::Overloaded
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("params", self.argon2.params()).finish_non_exhaustive()
    }
}
