//! Sessions that were verified: kept in process and, if there is one, in Redis, so that a request need not ask the database.
//!
//! One rule makes it right: **what is kept counts only if it was read after the last thing that happened to its session or its
//! user.** Both rows carry a version that every such thing raises, and every node hears of it twice: by the push (Redis,
//! milliseconds) and by looking at what changed in the database (every two seconds, with Redis or without). Whoever has not looked
//! for five seconds asks the database, as if nothing was kept.
//!
//! - In process an entry lives as long as its session: what happens to it arrives, and removes it.
//! - In Redis it lives for less time than changes are remembered, so one from before a change is seen through by its version.
//! - A slow read that ends after a change was heard of is read again.

mod change;
mod lately;
mod shared;
mod snapshot;
mod tokens;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_lc_rs::hmac;
use entity::{SessionId, UnixMillis, UserId};
use quick_cache::{Weighter, sync::Cache as Bounded};
use tokio::{sync::OnceCell, time::Instant};

pub use change::{Change, Subject};
pub use lately::WINDOW;
use lately::{Hearing, Lately};
use shared::Shared;
pub use snapshot::{SessionSnapshot, Snapshot, UserSnapshot};

use crate::{
    db::Unavailable,
    metrics::{Metrics, Source},
    redis::Redis,
};

pub use shared::CHANNEL;
pub use tokens::{VerifiedToken, VerifiedTokens};

/// A snapshot that took longer to read is not handed to other nodes: it may be older than what they remember.
const SLOW_READ: Duration = Duration::from_secs(5);

/// What is known of sessions.
pub struct Cache {
    sessions: Bounded<SessionId, Arc<SessionSnapshot>, Bytes>,
    users: Bounded<UserId, Arc<UserSnapshot>, Bytes>,
    lately: Mutex<Lately>,
    hearing: Hearing,
    shared: Option<Shared>,
    reads: Mutex<HashMap<SessionId, Arc<Read>>>,
    metrics: Arc<Metrics>,
}

/// One reading of a session that all who want it wait for.
type Read = OnceCell<Result<Option<Snapshot>, Unavailable>>;

impl Cache {
    /// Keeps at most about `bytes` in process. With Redis, entries there are sealed with `key`.
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
        read.read.get_or_init(|| self.read_alone(id, is_enough, sql)).await.clone()
    }

    async fn read_alone<F: Future<Output = Result<Option<Snapshot>, Unavailable>>>(
        &self,
        id: SessionId,
        is_enough: impl Fn(&SessionSnapshot) -> bool,
        sql: impl Fn() -> F,
    ) -> Result<Option<Snapshot>, Unavailable> {
        if let Some(shared) = self.shared.as_ref().filter(|_| self.hearing.is_current())
            && let Some(snapshot) = shared.get(id).await
            && self.hearing.is_current()
            && is_enough(&snapshot.session)
            && self.keep(&snapshot)
        {
            self.metrics.session_read(Source::Redis);
            return Ok(Some(snapshot));
        }
        let mut heard_before = None;
        loop {
            let began = Instant::now();
            let Some(snapshot) = sql().await? else { return Ok(None) };
            if self.keep(&snapshot) {
                if let Some(shared) = self.shared.as_ref().filter(|_| began.elapsed() < SLOW_READ) {
                    shared.put(&snapshot);
                }
                return Ok(Some(snapshot));
            }
            // Something happened since it was read, or what we heard is from a future that a restored backup does not know. In
            // the second case SQL says the same again, and SQL is the truth.
            let heard = self.heard_of(&snapshot);
            if heard_before == Some(heard) {
                return Ok(Some(snapshot));
            }
            heard_before = Some(heard);
        }
    }

    /// Keeps a snapshot in process, unless something happened since it was read.
    pub fn keep(&self, snapshot: &Snapshot) -> bool {
        if !self.counts(snapshot) {
            return false;
        }
        self.users.insert(snapshot.user.id, Arc::clone(&snapshot.user));
        self.sessions.insert(snapshot.session.id, Arc::clone(&snapshot.session));
        // Somebody may have removed both before they were there.
        let counts = self.counts(snapshot);
        if !counts {
            self.sessions.remove_if(&snapshot.session.id, |kept| Arc::ptr_eq(kept, &snapshot.session));
            self.users.remove_if(&snapshot.user.id, |kept| Arc::ptr_eq(kept, &snapshot.user));
        }
        counts
    }

    /// Takes note of a change.
    pub fn hear(&self, change: Change) {
        if lock(&self.lately).note(change) {
            match change.subject {
                Subject::Session(id) => drop(self.sessions.remove_if(&id, |kept| kept.version < change.version)),
                Subject::User(id) => drop(self.users.remove_if(&id, |kept| kept.version < change.version)),
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

    /// Takes note of a message that another node pushed.
    pub fn hear_push(&self, message: &[u8]) {
        self.hearing.pushed();
        for change in change::decode(message) {
            self.hear(change);
        }
    }

    /// A look at the database that began at `moment` has told of all changes, up to `until` by the database's clock.
    pub fn looked(&self, moment: Instant, until: UnixMillis) {
        self.hearing.looked(moment, until);
    }

    /// Up to when changes were seen, by the database's clock; `None` before the first look.
    pub fn seen_until(&self) -> Option<UnixMillis> {
        self.hearing.seen_until()
    }

    /// Whether everything that happened has been heard of, but for the last moments.
    pub fn is_current(&self) -> bool {
        self.hearing.is_current()
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

    fn counts(&self, snapshot: &Snapshot) -> bool {
        let (session, user) = self.heard_of(snapshot);
        snapshot.session.version >= session && snapshot.session.user_version >= user && snapshot.user.version >= user
    }

    /// The lowest versions that count.
    fn heard_of(&self, Snapshot { session, user }: &Snapshot) -> (i64, i64) {
        let lately = lock(&self.lately);
        (lately.version(Subject::Session(session.id)), lately.version(Subject::User(user.id)))
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
