//! How long to wait before connecting again.

use std::time::Duration;

use crate::random;

/// The pause before connecting again: from the first to the second, doubled each time.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Pauses that double, each anywhere between a half and the whole, so that nodes do not come back all at once.
pub(super) struct Pauses(Duration);

impl Pauses {
    pub(super) fn new() -> Self {
        Self(PAUSES.0)
    }

    pub(super) fn next(&mut self) -> Duration {
        let [random] = random::bytes();
        let pause = self.0.mul_f64(0.5 + f64::from(random) / 512.0);
        self.0 = (self.0 * 2).min(PAUSES.1);
        pause
    }
}
