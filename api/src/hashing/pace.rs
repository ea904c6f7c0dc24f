//! The pace at which wrong passwords are refused, whatever kind of hash somebody has.
//!
//! Where hashes of other software were brought along, the time of a refusal must not tell who has one, and so that there is such an
//! account (B-34). Zero where all hashes are of today, and take the same time.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use tokio::{task::spawn_blocking, time};

use super::Hasher;

/// How late the runtime's timer may be, and a little. It depends on when somebody began to sleep: here, on how long a hash took.
const LATE: Duration = Duration::from_millis(3);

/// In microseconds.
#[derive(Default)]
pub(super) struct Pace(AtomicU64);

impl Hasher {
    /// How long to take at least before saying that a password is wrong.
    pub fn pace(&self) -> Duration {
        Duration::from_micros(self.pace.0.load(Ordering::Relaxed))
    }

    /// Sets it by the slowest of the hashes that are not of today.
    pub fn set_pace(&self, slowest: Duration) {
        // Half as much again, so that a busy moment does not tell it either.
        let pace = u64::try_from(slowest.as_micros()).unwrap_or(u64::MAX).saturating_mul(3) / 2;
        self.pace.0.store(pace, Ordering::Relaxed);
    }

    /// Waits until it may be said that a password is wrong: its hash began at `begun`, and to find what to compare it with took the
    /// time `before`.
    pub async fn wait_for_pace(&self, begun: Instant, before: Duration) {
        let told = begun + self.pace().saturating_sub(before);
        let remains = move || told.saturating_duration_since(Instant::now());
        time::sleep(remains().saturating_sub(LATE)).await;
        if !remains().is_zero() {
            let _ = spawn_blocking(move || thread::sleep(remains())).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    use crate::{config::HashingCost, hashing::Hasher};

    #[tokio::test]
    async fn nobody_is_told_before_the_time() {
        let cost = HashingCost { memory_kib: 64, iterations: 1, workers: 1, queue: 9 };
        let hasher = Hasher::new(&cost, Arc::default()).unwrap();
        hasher.set_pace(Duration::from_millis(20));
        let begun = Instant::now();
        hasher.wait_for_pace(begun, Duration::from_millis(18)).await;
        assert!(begun.elapsed() >= Duration::from_millis(12));
        hasher.wait_for_pace(begun, Duration::ZERO).await;
        assert!(begun.elapsed() >= Duration::from_millis(30));
        hasher.wait_for_pace(begun, Duration::MAX).await;
    }
}
