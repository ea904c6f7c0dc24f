//! Password hashing under load.
//!
//! Argon2id at the OWASP floor takes 19 MiB and some 20 ms of a core. It runs on a few threads of its own, each with its own memory,
//! behind a short queue. A request that does not fit is refused at once: a queue that only grows answers no request in time.

mod admission;
mod argon2id;
mod fair_order;
mod foreign;
mod measure;
mod memory;
mod queue;
mod refusal_delay;
mod worker;

use std::{fmt, sync::Arc, thread, time::Duration};

pub use admission::Admission;
use argon2::{Algorithm, Argon2, Params, Version};
use entity::PasswordHash;
use foreign::Foreign;
pub use measure::measure;
use queue::Queue;
use refusal_delay::RefusalDelay;
use worker::work;

use crate::{audit::Event, config::HashingCost, metrics::Metrics, network::ClientNetwork};

/// How long a request waits for a worker before it is refused with 503.
const HASHING_TIMEOUT: Duration = Duration::from_secs(5);

/// The most bytes of memory that an imported hash may take.
const MAX_MEMORY: u64 = 256 << 20;

/// The most bytes of memory that it may fill, all passes together: about a second.
const MAX_WORK: u64 = 2 << 30;

/// The result of a comparison.
#[derive(Debug)]
pub enum Verdict {
    /// The password is right. If its hash does not have the current parameters, `upgraded` is the one to store instead.
    Right {
        upgraded: Option<PasswordHash>,
    },
    Wrong,
}

/// Why a password was neither hashed nor verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    #[error("all password workers are busy and their queue is full")]
    Overloaded,
    #[error("a password worker failed")]
    Failed,
}

/// Hashes and verifies passwords, at most one for each worker at a time.
pub struct Hasher {
    argon2: Argon2<'static>,
    queue: Arc<Queue>,
    refusal_delay: RefusalDelay,
    metrics: Arc<Metrics>,
}

impl Hasher {
    /// Starts the workers. Fails if Argon2 does not accept the parameters.
    pub fn new(cost: &HashingCost, metrics: Arc<Metrics>) -> Result<Self, HashingError> {
        let params = Params::new(cost.memory_kib, cost.iterations, 1, None).map_err(|_| HashingError::Failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let queue = Arc::new(Queue::new(cost.workers, cost.queue));
        let blocks = argon2.params().block_count();
        for _ in 0..cost.workers {
            let (queue, metrics) = (Arc::clone(&queue), Arc::clone(&metrics));
            let worker = thread::Builder::new().name("password".to_owned());
            worker.spawn(move || work(&queue, blocks, &metrics)).map_err(|_| HashingError::Failed)?;
        }
        Ok(Self { argon2, queue, refusal_delay: RefusalDelay::default(), metrics })
    }

    /// Takes a place in the queue; refused at once if this network may have none.
    pub fn admit(&self, network: ClientNetwork) -> Result<Admission<'_>, HashingError> {
        match self.queue.admit(network) {
            Some(place) => Ok(Admission::new(self, place)),
            None => Err(self.refuse()),
        }
    }

    /// What hashes with the current parameters begin with.
    pub fn current_prefix(&self) -> String {
        argon2id::prefix(&self.argon2)
    }

    /// How many places are taken: waiting, or with a worker.
    pub fn admitted(&self) -> usize {
        self.queue.taken()
    }

    fn refuse(&self) -> HashingError {
        self.metrics.passwords_shed.inc();
        self.metrics.record(Event::Overloaded);
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

/// What all hashes of the same cost begin with: scheme and parameters.
pub fn cost_prefix(stored: &PasswordHash) -> String {
    // Salt and hash follow them; bcrypt writes both as one field.
    let fields: Vec<_> = stored.0.split('$').collect();
    let rest = if Foreign::of(&stored.0) == Some(Foreign::Bcrypt) { 1 } else { 2 };
    let parameters = fields.len().saturating_sub(rest);
    let prefix = format!("{}$", fields[..parameters].join("$"));
    // A value that is no hash shares its prefix with no other.
    if stored.0.starts_with(&prefix) { prefix } else { stored.0.clone() }
}

/// Whether a hash can be imported: it is complete, and its cost is bounded.
pub fn is_importable(stored: &str) -> bool {
    Foreign::of(stored).map_or_else(|| argon2id::is_importable(stored), |foreign| foreign.is_within_bounds(stored))
}

/// Whether a stored hash may be verified at a sign-in.
fn is_within_bounds(stored: &str) -> bool {
    Foreign::of(stored).map_or_else(|| argon2id::is_within_bounds(stored), |foreign| foreign.is_within_bounds(stored))
}

#[cfg(test)]
mod tests;
