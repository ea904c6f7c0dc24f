//! The session cache: principals that were read, in process and, if it is configured, in Redis, so that most requests need no query.
//!
//! One rule makes it correct: **an entry is valid only if it was read after the last change of its session and its user.** Both rows
//! have a version that every such change raises, and every node learns of a change in two ways: by the push (Redis, milliseconds) and
//! by polling the database (every two seconds, with Redis or without). A node that has not polled for five seconds reads from the
//! database, as if the cache were empty.
//!
//! - In process an entry lives as long as its session: a change arrives, and removes it.
//! - In Redis an entry lives for less time than changes are kept, so that the version reveals an entry from before a change.
//! - A slow read that ends after a change arrived is repeated.

mod change;
mod freshness;
#[cfg(test)]
mod model;
mod recent_changes;
mod seal;
mod shared;
#[cfg(test)]
mod tests;
mod tokens;
mod weight;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use entity::{SessionId, UnixMillis, UserId};
use quick_cache::sync::Cache as Bounded;
use tokio::sync::OnceCell;

pub use change::{Change, Subject};
use freshness::Freshness;
pub use freshness::Moment;
use recent_changes::RecentChanges;
pub use recent_changes::WINDOW;
pub use shared::{Role, Shared, channel};
pub use tokens::{VerifiedToken, VerifiedTokens};
use weight::Bytes;

use crate::{
    clock::Clock,
    db::Unavailable,
    metrics::{Metrics, Source},
    principal::{Principal, SessionSnapshot, UserSnapshot},
    sync::{Mutex, lock},
};

/// A session is read this often, if changes arrive while it is read.
const ATTEMPTS: usize = 10;

/// The session cache of a node.
pub struct SessionCache {
    sessions: Bounded<SessionId, Arc<SessionSnapshot>, Bytes>,
    users: Bounded<UserId, Arc<UserSnapshot>, Bytes>,
    /// Held while entries are put in and removed: none comes in after the change that removes it.
    recent: Mutex<RecentChanges>,
    freshness: Freshness,
    shared: Option<Shared>,
    reads: Mutex<HashMap<SessionId, Arc<Read>>>,
    metrics: Arc<Metrics>,
}

/// One read of a session that all requests for it wait for.
type Read = OnceCell<Result<Option<Principal>, Unavailable>>;

impl SessionCache {
    /// Keeps at most about `bytes` in process.
    pub fn new(bytes: u64, shared: Option<Shared>, metrics: Arc<Metrics>, clock: Clock) -> Self {
        // The entries of a user and of a session are about as large, and most users have one or two sessions.
        let bounded = |bytes: u64| usize::try_from(bytes / 512).unwrap_or(usize::MAX).min(1024);
        Self {
            sessions: Bounded::with_weighter(bounded(bytes), bytes / 2, Bytes),
            users: Bounded::with_weighter(bounded(bytes), bytes / 2, Bytes),
            recent: Mutex::new(RecentChanges::new()),
            freshness: Freshness::new(clock),
            shared,
            reads: Mutex::new(HashMap::new()),
            metrics,
        }
    }

    /// The entry in process of a session, if it is valid.
    pub fn recall(&self, id: SessionId) -> Option<Principal> {
        let entry = self.freshness.is_current().then(|| self.entry(id))??;
        self.metrics.session_read(Source::Process);
        Some(entry)
    }

    /// The entry in process of a session, valid only while the cache is current.
    pub fn entry(&self, id: SessionId) -> Option<Principal> {
        let session = self.sessions.get(&id)?;
        let user = self.users.get(&session.user_id).filter(|user| user.version == session.user_version)?;
        Some(Principal { session, user })
    }

    /// Reads a session: from Redis if the entry is valid and `is_enough`, otherwise from SQL. Concurrent requests wait for one read.
    pub async fn read<F: Future<Output = Result<Option<Principal>, Unavailable>>>(
        &self,
        id: SessionId,
        is_enough: impl Fn(&SessionSnapshot) -> bool,
        sql: impl Fn() -> F,
    ) -> Result<Option<Principal>, Unavailable> {
        let read = Joined { cache: self, id, read: Arc::clone(lock(&self.reads).entry(id).or_default()) };
        let reading = async {
            if let Some(found) = self.read_shared(id, is_enough).await {
                return Ok(Some(found));
            }
            let read_at = self.freshness.polled_until();
            let found = self.read_sql(&sql).await?;
            if let (Some(shared), Some(found), Some(read_at)) = (&self.shared, &found, read_at) {
                shared.put(found, read_at);
            }
            Ok(found)
        };
        let found = read.read.get_or_init(|| reading).await.clone()?;
        drop(read);
        match found {
            // A change arrived after the shared read had ended, and before this request saw its result.
            Some(found) if !lock(&self.recent).allows(&found) => self.read_sql(&sql).await,
            found => Ok(found),
        }
    }

    /// Reads a session from SQL and keeps it; again, if a change arrived while it was read.
    pub async fn read_sql<F: Future<Output = Result<Option<Principal>, Unavailable>>>(
        &self,
        sql: impl Fn() -> F,
    ) -> Result<Option<Principal>, Unavailable> {
        for _ in 0..ATTEMPTS {
            let generation = lock(&self.recent).generation();
            let Some(found) = sql().await? else { return Ok(None) };
            if self.keep_of(generation, &found) {
                return Ok(Some(found));
            }
        }
        Err(Unavailable::outdated())
    }

    async fn read_shared(&self, id: SessionId, is_enough: impl Fn(&SessionSnapshot) -> bool) -> Option<Principal> {
        let shared = self.shared.as_ref().filter(|_| self.freshness.is_current())?;
        let generation = lock(&self.recent).generation();
        let (found, read_at) = shared.get(id).await?;
        let until = self.freshness.polled_until().filter(|_| self.freshness.is_current())?;
        // In both directions: the database's clock may have gone back.
        let is_young = until.since(read_at).max(read_at.since(until)) <= recent_changes::SHARED_FOR;
        let is_valid = is_young && self.freshness.trusts(read_at) && is_enough(&found.session) && self.keep_of(generation, &found);
        is_valid.then(|| {
            self.metrics.session_read(Source::Redis);
            found
        })
    }

    /// Keeps an entry in process, unless a change arrived since it was read.
    pub fn keep(&self, principal: &Principal) -> bool {
        self.put(&lock(&self.recent), principal)
    }

    /// The same for what a read found that began in this generation.
    fn keep_of(&self, generation: u64, principal: &Principal) -> bool {
        let recent = lock(&self.recent);
        recent.generation() == generation && self.put(&recent, principal)
    }

    fn put(&self, recent: &RecentChanges, principal: &Principal) -> bool {
        let is_valid = recent.allows(principal);
        if is_valid {
            self.users.insert(principal.user.id, Arc::clone(&principal.user));
            self.sessions.insert(principal.session.id, Arc::clone(&principal.session));
        }
        is_valid
    }

    /// Applies a change.
    pub fn apply(&self, change: Change) {
        let mut recent = lock(&self.recent);
        if recent.note(change) {
            match change.subject {
                Subject::Session(id) => drop(self.sessions.remove(&id)),
                Subject::User(id) => drop(self.users.remove(&id)),
            }
        }
    }

    /// Applies what this node has just committed, and pushes it to the others.
    pub async fn announce(&self, changes: &[Change]) {
        for change in changes {
            self.apply(*change);
        }
        if let Some(shared) = self.shared.as_ref().filter(|_| !changes.is_empty()) {
            shared.push(changes).await;
        }
    }

    /// Tells the other nodes that this one is running, so that silence means that the push is broken.
    pub async fn heartbeat(&self) {
        if let Some(shared) = &self.shared {
            shared.push(&[]).await;
        }
    }

    /// Whether this node receives what is pushed, from now on.
    pub fn subscribed(&self, is_subscribed: bool) {
        self.freshness.subscribed(is_subscribed);
    }

    /// Applies a message that was pushed.
    pub fn apply_message(&self, message: &[u8]) {
        if let Some((node, changes)) = self.shared.as_ref().and_then(|shared| shared.open_message(message)) {
            changes.for_each(|change| self.apply(change));
            if node != shared::COMMAND {
                self.freshness.heard_from(node);
            }
        }
    }

    /// The moment at which a poll begins.
    pub fn moment(&self) -> Moment {
        self.freshness.moment()
    }

    /// A poll that began at `moment` has applied all changes up to `until`, by the database's clock.
    pub fn polled(&self, moment: Moment, until: UnixMillis) {
        self.freshness.polled(moment, until);
    }

    /// How many polls there were.
    pub fn polls(&self) -> u32 {
        self.freshness.polls()
    }

    /// Up to when changes were polled, by the database's clock; `None` before the first poll.
    pub fn polled_until(&self) -> Option<UnixMillis> {
        self.freshness.polled_until()
    }

    /// How long ago this node last polled for changes; `None` before the first time.
    pub fn last_poll(&self) -> Option<Duration> {
        self.freshness.last_poll()
    }

    /// Whether all changes but those of the last moments were applied.
    pub fn is_current(&self) -> bool {
        self.freshness.is_current()
    }

    /// Whether the push from all other nodes works.
    pub fn is_pushed(&self) -> bool {
        self.freshness.is_pushed()
    }

    /// Removes the entry in process of a session.
    pub fn forget(&self, id: SessionId) {
        self.sessions.remove(&id);
    }

    /// The database went back in time, and it is `now` by its clock: what this node and Redis remember counts for nothing.
    pub fn distrust(&self, now: UnixMillis) {
        let mut recent = lock(&self.recent);
        self.freshness.distrust(now);
        recent.forget();
        self.clear();
    }

    /// Removes all entries in process.
    pub fn clear(&self) {
        self.sessions.clear();
        self.users.clear();
    }

    /// How many sessions are cached in process.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }
}

impl fmt::Debug for SessionCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionCache").field("sessions", &self.sessions.len()).finish_non_exhaustive()
    }
}

/// A request that waits for a shared read. When it leaves, with a result or without, the next request reads anew.
struct Joined<'a> {
    cache: &'a SessionCache,
    id: SessionId,
    read: Arc<Read>,
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        let mut reads = lock(&self.cache.reads);
        if reads.get(&self.id).is_some_and(|read| Arc::ptr_eq(read, &self.read)) {
            reads.remove(&self.id);
        }
    }
}
