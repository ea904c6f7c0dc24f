//! When a mail is tried again, and when it is given up.

use std::time::Duration;

use super::letter::RESET_WITHIN;
use crate::random;

/// After this time a mail that was not delivered is dead.
const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The delay after the first failed attempt. It doubles up to [`LONGEST_DELAY`].
const FIRST_DELAY: Duration = Duration::from_secs(60);
pub(super) const LONGEST_DELAY: Duration = Duration::from_secs(3600);

/// The link of a reset is void long before a day is over.
pub(super) fn give_up_after(kind: &str) -> Duration {
    if kind == "reset_password" { RESET_WITHIN } else { GIVE_UP_AFTER }
}

/// The delay after so many attempts, with jitter, so that nodes and mails spread.
pub(super) fn delay_after(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    jittered(FIRST_DELAY.saturating_mul(1 << doublings).min(LONGEST_DELAY))
}

/// From three quarters to five quarters of a delay.
pub(super) fn jittered(delay: Duration) -> Duration {
    let [random] = random::bytes();
    delay.mul_f64(0.75 + f64::from(random) / 512.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LONGEST_DELAY, delay_after};

    #[test]
    fn delays_grow_and_end() {
        for (attempts, seconds) in [(0, 60), (1, 60), (2, 120), (3, 240), (40, 3600)] {
            let delay = delay_after(attempts);
            let expected = Duration::from_secs(seconds);
            assert!(delay >= expected.mul_f64(0.75) && delay <= expected.mul_f64(1.25), "{attempts}: {delay:?}");
        }
        assert!(delay_after(i32::MAX) <= LONGEST_DELAY.mul_f64(1.25));
    }
}
