//! The generic cell rate algorithm (ITU-T I.371): one number for each limit, the moment at which it will be as good as new.

use std::time::Duration;

use entity::UnixMillis;

use crate::config::Rate;

/// Takes one: the number to keep, or how long to wait for the next.
///
/// A number further ahead than the rate can bring it means that the clock was set back. It counts as no more than a full limit, or
/// people would wait for the clock to catch up.
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
        let mut kept = UnixMillis(0);
        let mut at = |now| take(rate, kept, UnixMillis(now)).map(|next| kept = next);
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
    fn c_28_a_clock_that_is_set_back_makes_nobody_wait_for_it() {
        let rate = Rate::parse("3/3s").unwrap();
        let kept = UnixMillis(3_600_000);
        assert_eq!(take(rate, kept, UnixMillis(1000)), Err(Duration::from_secs(1)), "no longer than at a full limit");
    }
}
