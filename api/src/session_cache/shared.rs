//! What the nodes share through Redis: cache entries, and changes.
//!
//! Every entry says when it was read, by the database's clock, and lives for less time than nodes keep changes. So every node still
//! knows the changes since, even if an attacker keeps an entry and writes it back later.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use aws_lc_rs::hmac;
use entity::{SessionId, UnixMillis};

use super::{
    change::{self, Change, Subject},
    freshness::NodeId,
    recent_changes::SHARED_FOR,
    seal::{Kind, Seal},
};
use crate::{
    principal::{Principal, SessionSnapshot, UserSnapshot},
    random,
    redis::Redis,
};

/// The channel on which nodes push changes.
pub fn channel(redis: &Redis) -> Vec<u8> {
    redis.name("changes", b"")
}

/// What this process is to the nodes that receive what it pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It sends heartbeats, and the others notice when they stop.
    Node,
    /// It pushes changes, and no node waits for its heartbeats.
    Command,
}

/// The node id of a command.
pub(super) const COMMAND: NodeId = 0;

/// What the nodes share through Redis.
#[derive(Debug)]
pub struct Shared {
    redis: Redis,
    seal: Seal,
    role: Role,
    /// The id of this node. It changes after a push failed: the other nodes then miss the old id, and rely on polling until they
    /// forget it.
    own: AtomicU64,
}

impl Shared {
    /// Entries and messages are authenticated with the keys: the first seals, all open.
    pub fn new(redis: Redis, keys: Vec<hmac::Key>, role: Role) -> Self {
        Self { redis, seal: Seal(keys), role, own: AtomicU64::new(draw(role)) }
    }

    fn key(&self, id: SessionId) -> Vec<u8> {
        self.redis.name("session", id.0.as_bytes())
    }

    /// The entry of a session, and when it was read.
    pub(super) async fn get(&self, id: SessionId) -> Option<(Principal, UnixMillis)> {
        let entry: Option<Vec<u8>> = self.redis.ask(redis::cmd("GET").arg(self.key(id))).await.ok()?;
        let entry = entry?;
        let content = self.seal.open(Kind::Entry, &entry)?;
        let (read_at, session, user): (UnixMillis, SessionSnapshot, UserSnapshot) = postcard::from_bytes(content).ok()?;
        let whole = session.id == id && session.user_id == user.id;
        whole.then(|| (Principal { session: Arc::new(session), user: Arc::new(user) }, read_at))
    }

    /// Writes an entry that was read after `read_at`, behind the answer.
    pub(super) fn put(&self, Principal { session, user }: &Principal, read_at: UnixMillis) {
        let Ok(content) = postcard::to_stdvec(&(read_at, session.as_ref(), user.as_ref())) else { return };
        let entry = self.seal.seal(Kind::Entry, &content);
        let command = redis::cmd("SET").arg(self.key(session.id)).arg(entry).arg("EX").arg(SHARED_FOR.as_secs()).take();
        let redis = self.redis.clone();
        tokio::spawn(async move {
            let _ = redis.ask::<()>(&command).await; // If it fails, the next request reads from SQL.
        });
    }

    /// Pushes changes to the other nodes, and removes the entries of the sessions. Without changes it is a heartbeat.
    pub(super) async fn push(&self, changes: &[Change]) {
        let message = [self.own.load(Ordering::Acquire).to_be_bytes().as_slice(), &change::encode(changes)].concat();
        let publish = redis::cmd("PUBLISH").arg(channel(&self.redis)).arg(self.seal.seal(Kind::Message, &message)).take();
        let mut unlink = redis::cmd("UNLINK");
        let sessions = changes.iter().filter_map(|change| match change.subject {
            Subject::Session(id) => Some(self.key(id)),
            Subject::User(_) => None,
        });
        let keys: Vec<_> = sessions.collect();
        unlink.arg(&keys);
        let removing = async {
            if !keys.is_empty() {
                let _ = self.redis.ask::<()>(&unlink).await; // If it fails, their version reveals them.
            }
        };
        let (told, ()) = tokio::join!(self.redis.ask::<()>(&publish), removing);
        if told.is_err() && !changes.is_empty() {
            self.own.store(draw(self.role), Ordering::Release);
            tracing::debug!("the push failed: the other nodes learn of the change by polling");
        }
    }

    /// The node that pushed a message, and the changes. `None` if it is this node, or if the message is not authentic.
    pub(super) fn open_message<'a>(&self, message: &'a [u8]) -> Option<(NodeId, impl Iterator<Item = Change> + 'a)> {
        let (node, changes) = self.seal.open(Kind::Message, message)?.split_first_chunk()?;
        let node = NodeId::from_be_bytes(*node);
        (node != self.own.load(Ordering::Acquire)).then(|| (node, change::decode(changes)))
    }
}

fn draw(role: Role) -> NodeId {
    match role {
        Role::Node => NodeId::from_be_bytes(random::bytes()),
        Role::Command => COMMAND,
    }
}
