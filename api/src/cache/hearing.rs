//! How well we hear of changes: by looking at the database, and by what other nodes push.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use entity::UnixMillis;
use tokio::time::Instant;

use super::lock;

/// How long what is kept counts after the last look at the database's changes.
const TRUSTED: Duration = Duration::from_secs(5);

/// The same while the push works.
const TRUSTED_WITH_PUSH: Duration = Duration::from_secs(60);

/// How long a node may be silent before the push counts as broken. Every node says something once a second.
const SILENCE: Duration = Duration::from_secs(3);

/// A process that pushes: a number that it drew at its start.
pub(super) type NodeId = u64;

#[derive(Debug)]
pub(super) struct Hearing {
    origin: Instant,
    looks: AtomicU32,
    looked: AtomicI64,
    until: AtomicI64,
    push: Mutex<Push>,
}

/// What comes from other nodes.
#[derive(Debug, Default)]
struct Push {
    /// Since when we hear all that is said; `None` while we do not.
    subscribed: Option<Instant>,
    /// When others were heard last. Whoever was silent for long has gone.
    others: HashMap<NodeId, Instant>,
}

impl Hearing {
    pub(super) fn new() -> Self {
        Self {
            origin: Instant::now(),
            looks: AtomicU32::new(0),
            looked: AtomicI64::new(NEVER),
            until: AtomicI64::new(NOTHING),
            push: Mutex::default(),
        }
    }

    /// A look at the database's changes that began at `moment` has succeeded; it was `until` by the database's clock.
    pub(super) fn looked(&self, moment: Instant, until: UnixMillis) {
        self.looks.fetch_add(1, Ordering::Relaxed);
        self.until.store(until.0, Ordering::Release);
        self.looked.store(self.millis(moment), Ordering::Release);
    }

    /// How many looks have succeeded.
    pub(super) fn looks(&self) -> u32 {
        self.looks.load(Ordering::Relaxed)
    }

    /// When the last look was, by the database's clock; `None` before the first.
    pub(super) fn seen_until(&self) -> Option<UnixMillis> {
        Some(UnixMillis(self.until.load(Ordering::Acquire))).filter(|until| until.0 != NOTHING)
    }

    /// From now on we hear all that is pushed; or not any more.
    pub(super) fn subscribed(&self, is_subscribed: bool) {
        lock(&self.push).subscribed = is_subscribed.then(Instant::now);
    }

    /// Another node said something.
    pub(super) fn heard(&self, node: NodeId) {
        let others = &mut lock(&self.push).others;
        others.retain(|_, heard| heard.elapsed() <= TRUSTED_WITH_PUSH);
        others.insert(node, Instant::now());
    }

    /// Whether all other nodes are heard, and were since the last look: what was pushed while we were not subscribed is lost, and only
    /// a look makes up for it.
    pub(super) fn is_pushed(&self) -> bool {
        let Push { subscribed, others } = &*lock(&self.push);
        let looked = self.looked.load(Ordering::Acquire);
        let whole = subscribed.is_some_and(|since| looked != NEVER && self.millis(since) <= looked);
        let ages = || others.values().map(Instant::elapsed);
        whole && ages().any(|age| age <= SILENCE) && !ages().any(|age| age > SILENCE && age <= TRUSTED_WITH_PUSH)
    }

    /// Whether everything that happened has been heard of, but for what happened within the bound.
    pub(super) fn is_current(&self) -> bool {
        self.last_look().is_some_and(|age| age <= TRUSTED || (age <= TRUSTED_WITH_PUSH && self.is_pushed()))
    }

    /// How long ago the last look began; `None` before the first.
    fn last_look(&self) -> Option<Duration> {
        match self.looked.load(Ordering::Acquire) {
            NEVER => None,
            then => Some(Duration::from_millis(u64::try_from(self.millis(Instant::now()) - then).unwrap_or(0))),
        }
    }

    fn millis(&self, moment: Instant) -> i64 {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        millis(moment.duration_since(self.origin)) - millis(self.origin.duration_since(moment))
    }
}

const NEVER: i64 = i64::MIN;
const NOTHING: i64 = i64::MIN;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::UnixMillis;
    use tokio::time::{Instant, advance};

    use super::Hearing;

    const SECOND: Duration = Duration::from_secs(1);

    async fn a_second_later(hearing: &Hearing, heard: &[u64]) {
        advance(SECOND).await;
        for node in heard {
            hearing.heard(*node);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn trust_lasts_five_seconds_and_a_minute_with_the_push() {
        let hearing = Hearing::new();
        assert!(!hearing.is_current(), "before the first look");
        hearing.subscribed(true);
        hearing.looked(Instant::now(), UnixMillis(0));
        advance(5 * SECOND).await;
        assert!(hearing.is_current());
        advance(Duration::from_millis(1)).await;
        assert!(!hearing.is_current());
        hearing.heard(1);
        assert!(hearing.is_current());
        for _ in 0..54 {
            a_second_later(&hearing, &[1]).await;
        }
        assert!(hearing.is_current());
        a_second_later(&hearing, &[1]).await;
        assert!(!hearing.is_current(), "the push alone is not enough for ever");
    }

    #[tokio::test(start_paused = true)]
    async fn one_silent_node_is_a_broken_push() {
        let hearing = Hearing::new();
        hearing.subscribed(true);
        hearing.looked(Instant::now(), UnixMillis(0));
        a_second_later(&hearing, &[1, 2]).await;
        for _ in 0..3 {
            assert!(hearing.is_pushed());
            a_second_later(&hearing, &[1]).await;
        }
        assert!(hearing.is_pushed());
        a_second_later(&hearing, &[1]).await;
        assert!(!hearing.is_pushed(), "the second is not heard");
        for _ in 0..60 {
            a_second_later(&hearing, &[1]).await;
        }
        assert!(hearing.is_pushed(), "it has gone for good");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_pushed_in_a_gap_takes_a_look() {
        let hearing = Hearing::new();
        hearing.looked(Instant::now(), UnixMillis(0));
        hearing.subscribed(true);
        hearing.heard(1);
        advance(SECOND).await;
        hearing.subscribed(false);
        assert!(!hearing.is_pushed());
        hearing.subscribed(true);
        hearing.heard(1);
        assert!(!hearing.is_pushed(), "what was said in between is lost");
        hearing.looked(Instant::now(), UnixMillis(0));
        assert!(hearing.is_pushed());
    }
}
