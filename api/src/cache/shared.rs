//! What the nodes share through Redis: snapshots, and the news that something happened.
//!
//! Every entry says when it was read, by the database's clock, and lives for less time than nodes remember changes. So whatever
//! happened since is remembered wherever the entry turns up, even if somebody keeps it and writes it back later.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::hmac;
use entity::{SessionId, UnixMillis};

use super::{
    change::{self, Change, Subject},
    hearing::NodeId,
    lately::WINDOW,
    seal::{Kind, Seal},
    snapshot::{SessionSnapshot, Snapshot, UserSnapshot},
};
use crate::{random, redis::Redis};

/// How long after its reading an entry counts. The rest of the window covers a change that was committed long after it was stamped.
pub(super) const LIFETIME: Duration = Duration::from_secs(WINDOW.as_secs() * 2 / 3);

/// Where nodes tell each other of changes.
pub const CHANNEL: &str = "bifrons:changes";

#[derive(Debug)]
pub(super) struct Shared {
    redis: Redis,
    seal: Seal,
    /// Which node this is: another one after something could not be told. Whoever listens hears a node fall silent, and relies on
    /// looking for as long as that node is remembered.
    own: AtomicU64,
}

impl Shared {
    pub(super) fn new(redis: Redis, key: hmac::Key) -> Self {
        Self { redis, seal: Seal(key), own: AtomicU64::new(draw()) }
    }

    /// What some node wrote about a session, and when it had been read.
    pub(super) async fn get(&self, id: SessionId) -> Option<(Snapshot, UnixMillis)> {
        let entry: Option<Vec<u8>> = self.redis.ask(redis::cmd("GET").arg(key(id))).await.ok()?;
        let entry = entry?;
        let content = self.seal.open(Kind::Entry, &entry)?;
        let (read_at, session, user): (UnixMillis, SessionSnapshot, UserSnapshot) = postcard::from_bytes(content).ok()?;
        let whole = session.id == id && session.user_id == user.id;
        whole.then(|| (Snapshot { session: Arc::new(session), user: Arc::new(user) }, read_at))
    }

    /// Writes a snapshot that was read after `read_at`, behind the answer.
    pub(super) fn put(&self, Snapshot { session, user }: &Snapshot, read_at: UnixMillis) {
        let Ok(content) = postcard::to_stdvec(&(read_at, session.as_ref(), user.as_ref())) else { return };
        let entry = self.seal.seal(Kind::Entry, &content);
        let command = redis::cmd("SET").arg(key(session.id)).arg(entry).arg("EX").arg(LIFETIME.as_secs()).take();
        let redis = self.redis.clone();
        tokio::spawn(async move {
            let _ = redis.ask::<()>(&command).await; // The next reader will ask SQL.
        });
    }

    /// Tells the other nodes, and removes what Redis knows of the sessions. Without changes it only tells them that we are there.
    pub(super) async fn push(&self, changes: &[Change]) {
        let message = [self.own.load(Ordering::Acquire).to_be_bytes().as_slice(), &change::encode(changes)].concat();
        let publish = redis::cmd("PUBLISH").arg(CHANNEL).arg(self.seal.seal(Kind::Message, &message)).take();
        let mut unlink = redis::cmd("UNLINK");
        let sessions = changes.iter().filter_map(|change| match change.subject {
            Subject::Session(id) => Some(key(id)),
            Subject::User(_) => None,
        });
        let keys: Vec<_> = sessions.collect();
        unlink.arg(&keys);
        let removing = async {
            if !keys.is_empty() {
                let _ = self.redis.ask::<()>(&unlink).await; // Whoever finds them sees through them.
            }
        };
        let (told, ()) = tokio::join!(self.redis.ask::<()>(&publish), removing);
        if told.is_err() && !changes.is_empty() {
            self.own.store(draw(), Ordering::Release);
            tracing::debug!("other nodes will hear of a change from the database");
        }
    }

    /// Which other node says something, and what. `None` if it is our own voice, or nobody's.
    pub(super) fn hear<'a>(&self, message: &'a [u8]) -> Option<(NodeId, impl Iterator<Item = Change> + 'a)> {
        let (node, changes) = self.seal.open(Kind::Message, message)?.split_first_chunk()?;
        let node = NodeId::from_be_bytes(*node);
        (node != self.own.load(Ordering::Acquire)).then(|| (node, change::decode(changes)))
    }
}

fn draw() -> NodeId {
    NodeId::from_be_bytes(random::bytes())
}

fn key(id: SessionId) -> Vec<u8> {
    [b"bifrons:", id.0.as_bytes().as_slice()].concat()
}
