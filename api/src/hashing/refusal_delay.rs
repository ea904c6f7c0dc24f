//! The constant time of a refused password, independent of the hash's parameters.
//!
//! Hashes of other software take another time than ours. Without this delay, the time of a refusal would tell which accounts were
//! imported, and so that they exist (B-34). The delay is zero while all hashes have the current parameters, and so take the same time.

use std::{
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use tokio::{task::spawn_blocking, time};

use super::hasher::Hasher;

/// How late the runtime's timer may be, with a margin. It depends on when the task began to sleep: here, on how long a hash took.
const TIMER_ERROR: Duration = Duration::from_millis(3);

/// The longest delay of a refusal, even if the slowest hash takes longer.
const MAX_DELAY: Duration = Duration::from_secs(3);

impl Hasher {
    /// The least time between the begin of a hash and the refusal of its password.
    pub fn refusal_delay(&self) -> Duration {
        Duration::from_micros(self.refusal_delay.load(Ordering::Relaxed))
    }

    /// Sets the delay by the slowest of the hashes that do not have the current parameters.
    pub fn set_refusal_delay(&self, slowest: Duration) {
        // Half as much again: a busy moment must not tell the kind of hash either.
        let delay = slowest.saturating_mul(3) / 2;
        let micros = u64::try_from(delay.min(MAX_DELAY).as_micros()).unwrap_or(u64::MAX);
        self.refusal_delay.store(micros, Ordering::Relaxed);
    }

    /// Waits until a password may be refused: its hash began at `begun`, and finding what to compare it with took the time `lookup`.
    pub async fn delay_refusal(&self, begun: Instant, lookup: Duration) {
        let until = begun + self.refusal_delay().saturating_sub(lookup);
        let remaining = move || until.saturating_duration_since(Instant::now());
        time::sleep(remaining().saturating_sub(TIMER_ERROR)).await;
        if !remaining().is_zero() {
            let _ = spawn_blocking(move || thread::sleep(remaining())).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    use super::MAX_DELAY;
    use crate::{config::HashingCost, hashing::Hasher};

    #[tokio::test]
    async fn no_password_is_refused_before_the_delay() {
        let cost = HashingCost { memory_kib: 64, iterations: 1, workers: 1, queue: 9 };
        let hasher = Hasher::new(&cost, Arc::default()).unwrap();
        hasher.set_refusal_delay(Duration::from_millis(20));
        let begun = Instant::now();
        hasher.delay_refusal(begun, Duration::from_millis(18)).await;
        assert!(begun.elapsed() >= Duration::from_millis(12));
        hasher.delay_refusal(begun, Duration::ZERO).await;
        assert!(begun.elapsed() >= Duration::from_millis(30));
        hasher.delay_refusal(begun, Duration::MAX).await;
        hasher.set_refusal_delay(Duration::MAX);
        assert_eq!(hasher.refusal_delay(), MAX_DELAY);
    }
}
