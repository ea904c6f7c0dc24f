//! The generic cell rate algorithm (ITU-T I.371): one number for each limit, the moment at which the full burst is available again.

use std::time::Duration;

use entity::UnixMillis;

use crate::config::Rate;

/// An attempt that is over the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted {
    /// How long until the next one is free.
    pub wait: Duration,
    /// The number to store. It differs from the one that was stored if that was too far ahead.
    pub new_at: UnixMillis,
}

/// Takes one and leaves `reserve` untouched: returns the number to store.
///
/// A number further ahead than the rate can bring it means that the clock was set back, or that the rate was changed. It is read as an
/// exhausted limit, and must be stored so; otherwise the client would wait until the clock has caught up.
pub(super) fn take(rate: Rate, reserve: Duration, new_at: UnixMillis, now: UnixMillis) -> Result<UnixMillis, Exhausted> {
    let empty = now.plus(rate.period);
    let new_at = new_at.max(now).min(empty);
    let (next, last) = (new_at.plus(rate.interval()), empty.minus(reserve));
    if next > last { Err(Exhausted { wait: next.since(last), new_at }) } else { Ok(next) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::UnixMillis;

    use super::{Exhausted, Rate, take};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_then_one_each_interval() {
        let rate = Rate::parse("3/3s").unwrap();
        let mut stored = UnixMillis(0);
        let mut at = |now| {
            let taken = take(rate, Duration::ZERO, stored, UnixMillis(now)).map_err(|exhausted| exhausted.wait);
            taken.map(|next| stored = next)
        };
        for _ in 0..3 {
            assert_eq!(at(10_000), Ok(()));
        }
        assert_eq!(at(10_000), Err(SECOND));
        assert_eq!(at(10_999), Err(Duration::from_millis(1)));
        assert_eq!(at(11_000), Ok(()));
        assert_eq!(at(11_000), Err(SECOND));
        assert_eq!(at(60_000), Ok(()));
    }

    #[test]
    fn a_reserve_is_left_to_those_who_may_use_it() {
        let (rate, now) = (Rate::parse("4/4s").unwrap(), UnixMillis(10_000));
        let one_left = UnixMillis(13_000);
        assert_eq!(take(rate, SECOND, one_left, now), Err(Exhausted { wait: SECOND, new_at: one_left }));
        assert_eq!(take(rate, Duration::ZERO, one_left, now), Ok(UnixMillis(14_000)));
        assert_eq!(take(rate, SECOND, UnixMillis(12_000), now), Ok(one_left));
    }

    #[test]
    fn c_28_a_number_too_far_ahead_is_replaced_by_that_of_an_exhausted_limit() {
        let (rate, now) = (Rate::parse("3/3s").unwrap(), UnixMillis(1000));
        let exhausted = Exhausted { wait: SECOND, new_at: UnixMillis(4000) };
        assert_eq!(take(rate, Duration::ZERO, UnixMillis(3_600_000), now), Err(exhausted));
        assert_eq!(take(rate, Duration::ZERO, exhausted.new_at, UnixMillis(2000)), Ok(UnixMillis(5000)));
    }
}
