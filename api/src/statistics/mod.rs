//! How many users, sessions and sign-ins there are, and how long a number is good for.
//!
//! Counting users and sessions reads their tables. So a node counts at most once a minute and spends at most a twentieth of its time on it;
//! all callers share the result. A day that has ended does not change, and is counted once.

mod day;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

pub use day::Day;
use entity::UnixMillis;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long a number is good for.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// Totals are good for at least so many times as long as counting them took.
const REST: u32 = 20;

/// How long after its end a day changes: refusals are stored later, and clocks differ.
const SETTLED_AFTER: Duration = Duration::from_secs(3600);

/// So many days are kept.
const MAX_DAYS: usize = 1000;

/// Users who are not deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserCounts {
    /// All of them.
    pub total: u64,
    /// Those who may not sign in.
    pub disabled: u64,
    /// Those whose address is verified.
    pub verified: u64,
    /// Those of whom a sign-in demands a second factor.
    pub second_factor: u64,
    /// Those with a passkey.
    pub passkey: u64,
}

/// Live sessions by mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionCounts {
    /// Those of browsers.
    pub cookie: u64,
    /// Those of apps.
    pub token: u64,
}

/// Users and sessions at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Users who are not deleted.
    pub users: UserCounts,
    /// Live sessions.
    pub sessions: SessionCounts,
}

/// What happened on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayCounts {
    /// Sessions that were opened.
    pub sign_ins: u64,
    /// Passwords, codes and passkeys that were refused.
    pub refused: u64,
    /// Users who signed up.
    pub sign_ups: u64,
}

/// The numbers that a node has counted.
#[derive(Debug, Default)]
pub struct Counted {
    totals: Option<(Totals, UnixMillis, Duration)>,
    days: BTreeMap<Day, (DayCounts, UnixMillis)>,
}

/// A node's numbers. One caller counts at a time; the others wait for it.
#[derive(Clone, Debug, Default)]
pub struct Shared(Arc<Mutex<Counted>>);

impl Shared {
    /// Waits for the caller who counts.
    pub(crate) async fn lock(&self) -> OwnedMutexGuard<Counted> {
        Arc::clone(&self.0).lock_owned().await
    }
}

/// Whether something that was counted at a moment is good until so much later. After the clock was set back, it is not.
fn is_good(counted_at: UnixMillis, good_for: Duration, now: UnixMillis) -> bool {
    counted_at <= now && now.since(counted_at) < good_for
}

impl Counted {
    /// The totals and when they were counted, if they are still good.
    pub(crate) fn totals(&self, now: UnixMillis) -> Option<(Totals, UnixMillis)> {
        self.totals.filter(|(_, at, good_for)| is_good(*at, *good_for, now)).map(|(totals, at, _)| (totals, at))
    }

    /// Keeps totals. Counting them took so long.
    pub(crate) fn keep_totals(&mut self, totals: Totals, now: UnixMillis, took: Duration) {
        self.totals = Some((totals, now, GOOD_FOR.max(took.saturating_mul(REST))));
    }

    /// What happened on a day, and when that was counted, if it is still good.
    pub(crate) fn day(&self, day: Day, now: UnixMillis) -> Option<(DayCounts, UnixMillis)> {
        let (counts, at) = *self.days.get(&day)?;
        // A day that had settled when it was counted is as good as counted now.
        if day.has_ended(SETTLED_AFTER, at) {
            return Some((counts, now));
        }
        is_good(at, GOOD_FOR, now).then_some((counts, at))
    }

    /// Keeps what happened on a day.
    pub(crate) fn keep_day(&mut self, day: Day, counts: DayCounts, now: UnixMillis) {
        self.days.insert(day, (counts, now));
        if self.days.len() > MAX_DAYS {
            self.days.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Counted, Day, DayCounts, GOOD_FOR, MAX_DAYS, SETTLED_AFTER, Totals};

    #[test]
    fn totals_are_good_for_a_minute_and_for_twenty_times_their_cost() {
        let now = Day::parse("2026-01-31").unwrap().start();
        let mut counted = Counted::default();
        assert_eq!(counted.totals(now), None);
        for (took, good_for) in [(0, 60), (2, 60), (10, 200)] {
            counted.keep_totals(Totals::default(), now, Duration::from_secs(took));
            let last = now.plus(Duration::from_secs(good_for - 1));
            assert!(counted.totals(last).is_some_and(|(_, at)| at == now), "{took}");
            assert_eq!(counted.totals(last.plus(Duration::from_secs(1))), None, "{took}");
        }
        assert_eq!(counted.totals(now.minus(Duration::from_secs(1))), None, "the clock was set back");
    }

    #[test]
    fn a_day_is_counted_once_after_it_has_settled() {
        let day = Day::parse("2026-01-31").unwrap();
        let (counts, end) = (DayCounts { sign_ins: 7, ..DayCounts::default() }, day.plus(1).start());
        let mut counted = Counted::default();
        counted.keep_day(day, counts, end);
        assert_eq!(counted.day(day, end), Some((counts, end)));
        assert_eq!(counted.day(day, end.plus(GOOD_FOR)), None, "refusals may be stored later");
        let settled = end.plus(SETTLED_AFTER);
        counted.keep_day(day, counts, settled);
        let later = settled.plus(Duration::from_secs(400 * 24 * 3600));
        assert_eq!(counted.day(day, later), Some((counts, later)));
        for n in 0..2 * i64::try_from(MAX_DAYS).unwrap() {
            counted.keep_day(day.plus(n), counts, later);
        }
        assert_eq!(counted.days.len(), MAX_DAYS);
    }
}
