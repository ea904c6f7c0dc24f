//! When what failed is tried again.

use std::time::Duration;

use crate::random;

/// Delays that double.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delays {
    /// After the first attempt.
    pub(crate) first: Duration,
    /// The maximum.
    pub(crate) longest: Duration,
}

impl Delays {
    /// The delay after so many attempts, with jitter, so that nodes and attempts spread.
    pub(crate) fn after(&self, attempts: i32) -> Duration {
        let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
        jittered(self.first.saturating_mul(1 << doublings).min(self.longest))
    }
}

/// From three quarters to five quarters of a delay.
pub(crate) fn jittered(delay: Duration) -> Duration {
    let [random] = random::bytes();
    delay.mul_f64(0.75 + f64::from(random) / 512.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Delays;

    #[test]
    fn delays_grow_and_end() {
        let delays = Delays { first: Duration::from_secs(60), longest: Duration::from_secs(3600) };
        for (attempts, seconds) in [(0, 60), (1, 60), (2, 120), (3, 240), (40, 3600), (i32::MAX, 3600)] {
            let delay = delays.after(attempts);
            let expected = Duration::from_secs(seconds);
            assert!(delay >= expected.mul_f64(0.75) && delay <= expected.mul_f64(1.25), "{attempts}: {delay:?}");
        }
    }
}
