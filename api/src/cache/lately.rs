//! What happened lately, and whether we have heard of it.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use entity::UnixMillis;
use tokio::time::Instant;

use super::change::{Change, Subject};

/// How long changes are remembered at least. Longer than anything read before one can turn up: an entry in Redis, or the answer
/// of a slow database.
pub const WINDOW: Duration = Duration::from_secs(15 * 60);

/// How long what is kept counts after the last look at the database's changes.
const TRUSTED: Duration = Duration::from_secs(5);

/// The same while the push works.
const TRUSTED_WITH_PUSH: Duration = Duration::from_secs(60);

/// How long the push counts as working after the last message. Every node sends one a second.
const PUSH_SILENCE: Duration = Duration::from_secs(3);

/// The last known version of whatever changed within the window. Two generations: the older one is dropped as a whole.
#[derive(Debug)]
pub(super) struct Lately {
    current: HashMap<Subject, i64>,
    previous: HashMap<Subject, i64>,
    since: Instant,
}

impl Lately {
    pub(super) fn new() -> Self {
        Self { current: HashMap::new(), previous: HashMap::new(), since: Instant::now() }
    }

    /// Remembers a change; false if it was known.
    pub(super) fn note(&mut self, change: Change) -> bool {
        if self.since.elapsed() > WINDOW {
            self.previous = std::mem::take(&mut self.current);
            self.since = Instant::now();
        }
        let is_news = self.version(change.subject) < change.version;
        if is_news {
            self.current.insert(change.subject, change.version);
        }
        is_news
    }

    /// The lowest version that counts; zero if nothing happened.
    pub(super) fn version(&self, subject: Subject) -> i64 {
        let known = |changes: &HashMap<_, _>| changes.get(&subject).copied();
        known(&self.current).or_else(|| known(&self.previous)).unwrap_or(0)
    }
}

/// How well we hear.
#[derive(Debug)]
pub(super) struct Hearing {
    origin: Instant,
    looked: AtomicU64,
    until: AtomicI64,
    pushed: AtomicU64,
}

impl Hearing {
    pub(super) fn new() -> Self {
        Self {
            origin: Instant::now(),
            looked: AtomicU64::new(NEVER),
            until: AtomicI64::new(NOTHING),
            pushed: AtomicU64::new(NEVER),
        }
    }

    /// A look at the database's changes that began at `moment` has succeeded; it was `until` by the database's clock.
    pub(super) fn looked(&self, moment: Instant, until: UnixMillis) {
        self.until.store(until.0, Ordering::Release);
        self.looked.store(self.millis(moment), Ordering::Release);
    }

    /// A message came.
    pub(super) fn pushed(&self) {
        self.pushed.store(self.millis(Instant::now()), Ordering::Release);
    }

    /// When the last look was, by the database's clock; `None` before the first.
    pub(super) fn seen_until(&self) -> Option<UnixMillis> {
        Some(UnixMillis(self.until.load(Ordering::Acquire))).filter(|until| until.0 != NOTHING)
    }

    /// How long ago the last look began; `None` before the first.
    fn last_look(&self) -> Option<Duration> {
        self.age(&self.looked)
    }

    /// Whether everything that happened has been heard of, but for what happened within the bound.
    pub(super) fn is_current(&self) -> bool {
        let within = |age: Option<Duration>, bound| age.is_some_and(|age| age <= bound);
        let looked = self.last_look();
        within(looked, TRUSTED) || (within(looked, TRUSTED_WITH_PUSH) && within(self.age(&self.pushed), PUSH_SILENCE))
    }

    fn millis(&self, moment: Instant) -> u64 {
        u64::try_from(moment.duration_since(self.origin).as_millis()).unwrap_or(NEVER)
    }

    fn age(&self, moment: &AtomicU64) -> Option<Duration> {
        match moment.load(Ordering::Acquire) {
            NEVER => None,
            then => Some(Duration::from_millis(self.millis(Instant::now()).saturating_sub(then))),
        }
    }
}

const NEVER: u64 = u64::MAX;
const NOTHING: i64 = i64::MIN;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{SessionId, UnixMillis};
    use tokio::time::{Instant, advance};
    use uuid::Uuid;

    use super::{Change, Hearing, Lately, WINDOW};

    #[tokio::test(start_paused = true)]
    async fn changes_are_remembered_for_the_window_and_not_for_ever() {
        let mut lately = Lately::new();
        let change = |n, version| Change::session(SessionId(Uuid::from_u128(n)), version);
        assert!(lately.note(change(1, 3)));
        assert!(!lately.note(change(1, 2)), "older news are none");
        for _ in 0..3 {
            assert_eq!(lately.version(change(1, 0).subject), 3);
            advance(WINDOW / 3).await;
            lately.note(change(2, 1));
        }
        advance(2 * WINDOW).await;
        lately.note(change(3, 1));
        advance(2 * WINDOW).await;
        lately.note(change(4, 1));
        assert_eq!(lately.version(change(1, 0).subject), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn trust_lasts_five_seconds_and_a_minute_with_the_push() {
        let hearing = Hearing::new();
        assert!(!hearing.is_current(), "before the first look");
        hearing.looked(Instant::now(), UnixMillis(0));
        advance(Duration::from_secs(5)).await;
        assert!(hearing.is_current());
        advance(Duration::from_millis(1)).await;
        assert!(!hearing.is_current());
        hearing.pushed();
        assert!(hearing.is_current());
        for _ in 0..27 {
            advance(Duration::from_secs(2)).await;
            hearing.pushed();
        }
        assert!(hearing.is_current());
        advance(Duration::from_secs(2)).await;
        hearing.pushed();
        assert!(!hearing.is_current(), "the push alone is not enough for ever");
    }
}
