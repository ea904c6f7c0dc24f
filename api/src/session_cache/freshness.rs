//! Whether this node knows all changes: from polling the database, and from what other nodes push.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicI64, AtomicU32, Ordering},
    time::Duration,
};

use entity::UnixMillis;
use tokio::time::Instant;

use super::recent_changes::SHARED_FOR;
use crate::{
    clock::Clock,
    sync::{Mutex, lock},
};

/// How long the cache is current after the last poll.
const CURRENT_FOR: Duration = Duration::from_secs(5);

/// The same while the push works.
const CURRENT_FOR_WITH_PUSH: Duration = Duration::from_secs(60);

/// How long a node may be silent before its push is broken. Every node sends a heartbeat once a second.
const MAX_SILENCE: Duration = Duration::from_secs(3);

/// How much later than the moment at which a node noticed it, nothing is trusted that other nodes read.
const TRUST_MARGIN: Duration = Duration::from_secs(5);

/// A process that pushes: a random number from its start.
pub(super) type NodeId = u64;

/// A moment by the monotonic clock and by the wall clock.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    monotonic: Instant,
    wall: UnixMillis,
}

#[derive(Debug)]
pub(super) struct Freshness {
    origin: Instant,
    clock: Clock,
    polls: AtomicU32,
    polled: AtomicI64,
    /// When that was by the wall clock: the monotonic clock stands still while the machine is suspended.
    polled_wall: AtomicI64,
    until: AtomicI64,
    /// What was read before this, by the database's clock, counts for nothing.
    trusted_since: AtomicI64,
    push: Mutex<Push>,
}

/// What arrives from other nodes.
#[derive(Debug, Default)]
struct Push {
    /// Since when this node receives all messages; `None` while it does not.
    subscribed: Option<Instant>,
    /// When each other node pushed last. A node that was silent for long has stopped.
    others: HashMap<NodeId, Instant>,
}

impl Freshness {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            origin: Instant::now(),
            clock,
            polls: AtomicU32::new(0),
            polled: AtomicI64::new(NEVER),
            polled_wall: AtomicI64::new(0),
            until: AtomicI64::new(NOTHING),
            trusted_since: AtomicI64::new(NOTHING),
            push: Mutex::default(),
        }
    }

    /// Now, by both clocks.
    pub(super) fn moment(&self) -> Moment {
        Moment { monotonic: Instant::now(), wall: self.clock.now() }
    }

    /// A poll that began at `moment` has succeeded; it was `until` by the database's clock.
    pub(super) fn polled(&self, moment: Moment, until: UnixMillis) {
        self.polls.fetch_add(1, Ordering::Relaxed);
        // Nothing that is older than the start of this node.
        let _ = self.trusted_since.compare_exchange(NOTHING, until.0, Ordering::AcqRel, Ordering::Acquire);
        // The database's clock may have gone back. By then, no older entry is left in Redis.
        self.trusted_since.fetch_min(until.plus(SHARED_FOR + TRUST_MARGIN).0, Ordering::AcqRel);
        self.until.store(until.0, Ordering::Release);
        self.polled_wall.store(moment.wall.0, Ordering::Release);
        self.polled.store(self.millis(moment.monotonic), Ordering::Release);
    }

    /// The database went back in time, and it is `now` by its clock: nothing that was read before counts, and the next poll begins anew.
    pub(super) fn distrust(&self, now: UnixMillis) {
        self.polled.store(NEVER, Ordering::Release);
        let last = UnixMillis(self.until.swap(NOTHING, Ordering::AcqRel));
        // The clock of another machine may be behind.
        self.trusted_since.store(now.max(last).plus(TRUST_MARGIN).0, Ordering::Release);
    }

    /// Whether what was read at this moment of the database's clock counts.
    pub(super) fn trusts(&self, read_at: UnixMillis) -> bool {
        let since = self.trusted_since.load(Ordering::Acquire);
        since != NOTHING && read_at.0 >= since
    }

    /// How many polls have succeeded.
    pub(super) fn polls(&self) -> u32 {
        self.polls.load(Ordering::Relaxed)
    }

    /// When the last poll was, by the database's clock; `None` before the first.
    pub(super) fn polled_until(&self) -> Option<UnixMillis> {
        Some(UnixMillis(self.until.load(Ordering::Acquire))).filter(|until| until.0 != NOTHING)
    }

    /// Whether this node receives all messages, from now on.
    pub(super) fn subscribed(&self, is_subscribed: bool) {
        lock(&self.push).subscribed = is_subscribed.then(Instant::now);
    }

    /// Another node has pushed a message.
    pub(super) fn heard_from(&self, node: NodeId) {
        let others = &mut lock(&self.push).others;
        others.retain(|_, last| last.elapsed() <= CURRENT_FOR_WITH_PUSH);
        others.insert(node, Instant::now());
    }

    /// Whether the push of all other nodes works, and did so since the last poll. What was pushed while this node was not subscribed is
    /// lost, and only a poll finds it.
    pub(super) fn is_pushed(&self) -> bool {
        let Push { subscribed, others } = &*lock(&self.push);
        let polled = self.polled.load(Ordering::Acquire);
        let whole = subscribed.is_some_and(|since| self.millis(since) <= polled);
        let ages = || others.values().map(Instant::elapsed);
        whole && ages().any(|age| age <= MAX_SILENCE) && !ages().any(|age| age > MAX_SILENCE && age <= CURRENT_FOR_WITH_PUSH)
    }

    /// Whether all changes are known, but for those within the bound. After the machine was suspended, or its snapshot was restored, the
    /// wall clock has moved on and the monotonic clock has not: then neither the last poll is recent nor the push without gaps.
    pub(super) fn is_current(&self) -> bool {
        let Some(age) = self.last_poll() else { return false };
        let wall = self.clock.now().since(UnixMillis(self.polled_wall.load(Ordering::Acquire)));
        let was_suspended = wall > age + MAX_SILENCE;
        age.max(wall) <= CURRENT_FOR || (!was_suspended && age <= CURRENT_FOR_WITH_PUSH && self.is_pushed())
    }

    /// How long ago the last poll began, by the monotonic clock; `None` before the first.
    pub(super) fn last_poll(&self) -> Option<Duration> {
        match self.polled.load(Ordering::Acquire) {
            NEVER => None,
            then => Some(Duration::from_millis(u64::try_from(self.millis(Instant::now()) - then).unwrap_or(0))),
        }
    }

    /// How long after the start of this node a moment is.
    fn millis(&self, moment: Instant) -> i64 {
        i64::try_from(moment.duration_since(self.origin).as_millis()).unwrap_or(i64::MAX)
    }
}

/// Before every moment.
const NEVER: i64 = i64::MIN;
const NOTHING: i64 = i64::MIN;

#[cfg(test)]
mod tests;
