//! How long to wait before reconnecting.

use std::time::Duration;

use crate::random;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// Delays that double up to a maximum. Each is randomly shortened by up to half, so that nodes do not reconnect all at once.
pub(super) struct Backoff(Duration);

impl Backoff {
    pub(super) fn new() -> Self {
        Self(FIRST)
    }

    pub(super) fn next(&mut self) -> Duration {
        let [random] = random::bytes();
        let delay = self.0.mul_f64(0.5 + f64::from(random) / 512.0);
        self.0 = (self.0 * 2).min(LONGEST);
        delay
    }
}
