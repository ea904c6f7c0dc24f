//! Sessions that were verified: kept in process and, if there is one, in Redis, so that a request need not ask the database.
//!
//! One rule makes it right: **what is kept counts only if it was read after the last thing that happened to its session or its
//! user.** Both rows carry a version that every such thing raises, and every node hears of it twice: by the push (Redis,
//! milliseconds) and by looking at what changed in the database (every two seconds, with Redis or without). Whoever has not looked
//! for five seconds asks the database, as if nothing was kept.
//!
//! - In process an entry lives as long as its session: what happens to it arrives, and removes it.
//! - In Redis it counts for less time than changes are remembered, so one from before a change is seen through by its version.
//! - A slow read that ends after a change was heard of is read again.

mod change;
mod hearing;
mod lately;
mod seal;
mod shared;
mod snapshot;
#[cfg(test)]
mod tests;
mod tokens;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::hmac;
use entity::{SessionId, UnixMillis, UserId};
use quick_cache::{Weighter, sync::Cache as Bounded};
use tokio::{sync::OnceCell, time::Instant};

pub use change::{Change, Subject};
use hearing::Hearing;
use lately::Lately;
pub use lately::WINDOW;
pub use shared::CHANNEL;
use shared::Shared;
pub use snapshot::{SessionSnapshot, Snapshot, UserSnapshot};
pub use tokens::{VerifiedToken, VerifiedTokens};

use crate::{
    db::Unavailable,
    metrics::{Metrics, Source},
    redis::Redis,
};

/// How often a session is read again because something happened while it was read.
const ATTEMPTS: usize = 10;

/// What is known of sessions.
pub struct Cache {
    sessions: Bounded<SessionId, Arc<SessionSnapshot>, Bytes>,
    users: Bounded<UserId, Arc<UserSnapshot>, Bytes>,
    /// Held while entries are put in and taken out: none comes in after the change that takes it out.
    lately: Mutex<Lately>,
    hearing: Hearing,
    shared: Option<Shared>,
    reads: Mutex<HashMap<SessionId, Arc<Read>>>,
    metrics: Arc<Metrics>,
}

/// One reading of a session that all who want it wait for.
type Read = OnceCell<Result<Option<Snapshot>, Unavailable>>;

impl Cache {
    /// Keeps at most about `bytes` in process. With Redis, what goes there is sealed with the key.
    pub fn new(bytes: u64, redis: Option<(Redis, hmac::Key)>, metrics: Arc<Metrics>) -> Self {
        // A user's entry and a session's are about as large; most people have one or two sessions.
        let bounded = |bytes: u64| usize::try_from(bytes / 512).unwrap_or(usize::MAX).min(1024);
        Self {
            sessions: Bounded::with_weighter(bounded(bytes), bytes / 2, Bytes),
            users: Bounded::with_weighter(bounded(bytes), bytes / 2, Bytes),
            lately: Mutex::new(Lately::new()),
            hearing: Hearing::new(),
            shared: redis.map(|(redis, key)| Shared::new(redis, key)),
            reads: Mutex::new(HashMap::new()),
            metrics,
        }
    }

    /// What is kept in process of a session, if it counts.
    pub fn recall(&self, id: SessionId) -> Option<Snapshot> {
        if !self.hearing.is_current() {
            return None;
        }
        let session = self.sessions.get(&id)?;
        let user = self.users.get(&session.user_id).filter(|user| user.version == session.user_version)?;
        self.metrics.session_read(Source::Process);
        Some(Snapshot { session, user })
    }

    /// Reads a session: from Redis if that counts and `is_enough`, otherwise from SQL. All who ask at once wait for one reading.
    pub async fn read<F: Future<Output = Result<Option<Snapshot>, Unavailable>>>(
        &self,
        id: SessionId,
        is_enough: impl Fn(&SessionSnapshot) -> bool,
        sql: impl Fn() -> F,
    ) -> Result<Option<Snapshot>, Unavailable> {
        let read = Joined { cache: self, id, read: Arc::clone(lock(&self.reads).entry(id).or_default()) };
        let reading = async {
            if let Some(found) = self.read_shared(id, is_enough).await {
                return Ok(Some(found));
            }
            let read_at = self.hearing.seen_until();
            let found = self.read_sql(&sql).await?;
            if let (Some(shared), Some(found), Some(read_at)) = (&self.shared, &found, read_at) {
                shared.put(found, read_at);
            }
            Ok(found)
        };
        let found = read.read.get_or_init(|| reading).await.clone()?;
        drop(read);
        match found {
            // Something happened after somebody else's reading was over, and before we had a look at it.
            Some(found) if !lock(&self.lately).allows(&found) => self.read_sql(&sql).await,
            found => Ok(found),
        }
    }

    /// Reads a session from SQL, and keeps it; again, if something happened to it meanwhile.
    pub async fn read_sql<F: Future<Output = Result<Option<Snapshot>, Unavailable>>>(
        &self,
        sql: impl Fn() -> F,
    ) -> Result<Option<Snapshot>, Unavailable> {
        for _ in 0..ATTEMPTS {
            let Some(found) = sql().await? else { return Ok(None) };
            if self.keep(&found) {
                return Ok(Some(found));
            }
        }
        Err(Unavailable::outdated())
    }

    async fn read_shared(&self, id: SessionId, is_enough: impl Fn(&SessionSnapshot) -> bool) -> Option<Snapshot> {
        let shared = self.shared.as_ref().filter(|_| self.hearing.is_current())?;
        let (found, read_at) = shared.get(id).await?;
        let until = self.hearing.seen_until().filter(|_| self.hearing.is_current())?;
        // In both directions: the database's clock may have gone back.
        let is_young = until.since(read_at).max(read_at.since(until)) <= shared::LIFETIME;
        let counts = is_young && is_enough(&found.session) && self.keep(&found);
        counts.then(|| {
            self.metrics.session_read(Source::Redis);
            found
        })
    }

    /// Keeps a snapshot in process, unless something happened since it was read.
    pub fn keep(&self, snapshot: &Snapshot) -> bool {
        let lately = lock(&self.lately);
        let counts = lately.allows(snapshot);
        if counts {
            self.users.insert(snapshot.user.id, Arc::clone(&snapshot.user));
            self.sessions.insert(snapshot.session.id, Arc::clone(&snapshot.session));
        }
        counts
    }

    /// Takes note of a change.
    pub fn hear(&self, change: Change) {
        let mut lately = lock(&self.lately);
        if lately.note(change) {
            match change.subject {
                Subject::Session(id) => drop(self.sessions.remove(&id)),
                Subject::User(id) => drop(self.users.remove(&id)),
            }
        }
    }

    /// Takes note of what this node has just committed, and tells the others.
    pub async fn announce(&self, changes: &[Change]) {
        for change in changes {
            self.hear(*change);
        }
        if let Some(shared) = self.shared.as_ref().filter(|_| !changes.is_empty()) {
            shared.push(changes).await;
        }
    }

    /// Tells the other nodes that this one is there, so that silence means that the push is broken.
    pub async fn greet(&self) {
        if let Some(shared) = &self.shared {
            shared.push(&[]).await;
        }
    }

    /// From now on this node hears what is pushed; or not any more.
    pub fn subscribed(&self, is_subscribed: bool) {
        self.hearing.subscribed(is_subscribed);
    }

    /// Takes note of a message that was pushed.
    pub fn hear_push(&self, message: &[u8]) {
        if let Some((node, changes)) = self.shared.as_ref().and_then(|shared| shared.hear(message)) {
            changes.for_each(|change| self.hear(change));
            self.hearing.heard(node);
        }
    }

    /// A look at the database that began at `moment` has told of all changes, up to `until` by the database's clock.
    pub fn looked(&self, moment: Instant, until: UnixMillis) {
        self.hearing.looked(moment, until);
    }

    /// How many looks there were.
    pub fn looks(&self) -> u32 {
        self.hearing.looks()
    }

    /// Up to when changes were seen, by the database's clock; `None` before the first look.
    pub fn seen_until(&self) -> Option<UnixMillis> {
        self.hearing.seen_until()
    }

    /// Whether everything that happened has been heard of, but for the last moments.
    pub fn is_current(&self) -> bool {
        self.hearing.is_current()
    }

    /// Whether the other nodes are heard, all of them.
    pub fn is_pushed(&self) -> bool {
        self.hearing.is_pushed()
    }

    /// Forgets what is kept in process of a session.
    pub fn forget(&self, id: SessionId) {
        self.sessions.remove(&id);
    }

    /// Forgets everything that is kept in process.
    pub fn clear(&self) {
        self.sessions.clear();
        self.users.clear();
    }

    /// How many sessions are kept in process.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("sessions", &self.sessions.len()).finish_non_exhaustive()
    }
}

/// Somebody who waits for a reading. Whoever leaves, with an answer or without, clears the place: the next one reads anew.
struct Joined<'a> {
    cache: &'a Cache,
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

/// Entries weigh what they take.
#[derive(Clone, Copy, Debug)]
struct Bytes;

impl Weighter<SessionId, Arc<SessionSnapshot>> for Bytes {
    fn weight(&self, _: &SessionId, session: &Arc<SessionSnapshot>) -> u64 {
        session.weight()
    }
}

impl Weighter<UserId, Arc<UserSnapshot>> for Bytes {
    fn weight(&self, _: &UserId, user: &Arc<UserSnapshot>) -> u64 {
        user.weight()
    }
}

/// No holder of these locks can panic half way through a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
