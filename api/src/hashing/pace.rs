//! One pace for all wrong passwords. A hash that other software made, or that was made with other parameters, takes another time
//! than one of today's; without this, the time would tell who has such an account, and so that there is one (B-34).

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// How long the slowest of the hashes that are not of today takes, in microseconds; zero while none is known.
#[derive(Debug, Default)]
pub(super) struct Pace(AtomicU64);

impl Pace {
    /// A hash that is not of today took so long. A slower one counts at once; when there are none any more, that is noticed slowly.
    pub(super) fn note(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let known = self.0.load(Ordering::Relaxed);
        self.0.store(if took > known { took } else { known - (known - took) / 16 }, Ordering::Relaxed);
    }

    /// How much later to say that a password is wrong. Whatever it was compared with is over by then: twice the slowest, or a multiple
    /// if there was a queue.
    pub(super) fn wait(&self, elapsed: Duration) -> Duration {
        let step = self.0.load(Ordering::Relaxed).saturating_mul(2);
        if step == 0 {
            return Duration::ZERO;
        }
        let elapsed = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(step - elapsed % step)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pace;

    #[test]
    fn b_34_wrong_passwords_are_told_at_one_moment_whatever_they_were_compared_with() {
        let (pace, ms) = (Pace::default(), Duration::from_millis);
        assert_eq!(pace.wait(ms(20)), Duration::ZERO, "all hashes are of today");
        pace.note(ms(250));
        for took in [20, 21, 19, 250, 270, 499] {
            assert_eq!(ms(took) + pace.wait(ms(took)), ms(500), "{took}");
        }
        assert_eq!(ms(620) + pace.wait(ms(620)), ms(1000), "after a queue");
        pace.note(ms(10));
        assert_eq!(pace.wait(ms(0)), ms(470), "one fast one says little");
    }
}
