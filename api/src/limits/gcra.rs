//! The generic cell rate algorithm (ITU-T I.371): one number for each limit, the moment at which the full burst is available again.

use std::time::Duration;

use entity::UnixMillis;

use crate::config::Rate;

/// Takes one: the number to store, or how long to wait for the next.
///
/// A number further ahead than the rate can bring it means that the clock was set back. It is read as an exhausted limit; otherwise the
/// client would wait until the clock has caught up.
pub(super) fn take(rate: Rate, new_at: UnixMillis, now: UnixMillis) -> Result<UnixMillis, Duration> {
    let full = now.plus(rate.period);
    let next = new_at.max(now).min(full).plus(rate.interval());
    if next > full { Err(next.since(full)) } else { Ok(next) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::UnixMillis;

    use super::{Rate, take};

    #[test]
    fn a_burst_then_one_each_interval() {
        let rate = Rate::parse("3/3s").unwrap();
        let mut stored = UnixMillis(0);
        let mut at = |now| take(rate, stored, UnixMillis(now)).map(|next| stored = next);
        for _ in 0..3 {
            assert_eq!(at(10_000), Ok(()));
        }
        assert_eq!(at(10_000), Err(Duration::from_secs(1)));
        assert_eq!(at(10_999), Err(Duration::from_millis(1)));
        assert_eq!(at(11_000), Ok(()));
        assert_eq!(at(11_000), Err(Duration::from_secs(1)));
        assert_eq!(at(60_000), Ok(()));
    }

    #[test]
    fn c_28_after_a_clock_is_set_back_the_wait_is_that_of_an_exhausted_limit() {
        let rate = Rate::parse("3/3s").unwrap();
        let stored = UnixMillis(3_600_000);
        assert_eq!(take(rate, stored, UnixMillis(1000)), Err(Duration::from_secs(1)));
    }
}
