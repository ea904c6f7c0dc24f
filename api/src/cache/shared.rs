//! What the nodes share through Redis: snapshots, and the news that something happened.
//!
//! Every entry is sealed under the server secret, so that whoever can write to Redis can sign nobody in, and lives for less time
//! than nodes remember changes: one that was written too late is seen through by its version.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use entity::SessionId;

use super::{
    change::{self, Change, Subject},
    lately::WINDOW,
    snapshot::{SessionSnapshot, Snapshot, UserSnapshot},
};
use crate::redis::Redis;

/// How long an entry lives in Redis. The rest of the window covers a node that was stopped between reading and writing.
const LIFETIME: Duration = Duration::from_secs(WINDOW.as_secs() * 2 / 3);

/// Where nodes tell each other of changes.
pub const CHANNEL: &str = "bifrons:changes";

/// Bytes of the seal (RFC 2104 section 5: at least half of the hash).
const SEAL: usize = 16;

/// The first byte of an entry: what the rest is made like.
const FORMAT: u8 = 1;

#[derive(Debug)]
pub(super) struct Shared {
    redis: Redis,
    key: Arc<hmac::Key>,
}

impl Shared {
    pub(super) fn new(redis: Redis, key: hmac::Key) -> Self {
        Self { redis, key: Arc::new(key) }
    }

    /// What some node wrote about a session.
    pub(super) async fn get(&self, id: SessionId) -> Option<Snapshot> {
        let entry: Option<Vec<u8>> = self.redis.ask(redis::cmd("GET").arg(key(id))).await.ok()?;
        open(&self.key, id, &entry?)
    }

    /// Writes a snapshot, behind the answer.
    pub(super) fn put(&self, snapshot: &Snapshot) {
        let id = snapshot.session.id;
        let Some(entry) = seal(&self.key, snapshot) else { return };
        let redis = self.redis.clone();
        tokio::spawn(async move {
            let command = redis::cmd("SET").arg(key(id)).arg(entry).arg("EX").arg(LIFETIME.as_secs()).take();
            let _ = redis.ask::<()>(&command).await; // The next reader will ask SQL.
        });
    }

    /// Tells the other nodes, and removes what Redis knows of the sessions.
    pub(super) async fn push(&self, changes: &[Change]) {
        let told = self.redis.ask::<()>(redis::cmd("PUBLISH").arg(CHANNEL).arg(change::encode(changes))).await;
        if told.is_err() {
            tracing::debug!("other nodes will hear of a change from the database");
        }
        for change in changes {
            if let Subject::Session(id) = change.subject {
                let _ = self.redis.ask::<()>(redis::cmd("UNLINK").arg(key(id))).await;
            }
        }
    }
}

fn key(id: SessionId) -> Vec<u8> {
    [b"bifrons:", id.0.as_bytes().as_slice()].concat()
}

fn seal(key: &hmac::Key, Snapshot { session, user }: &Snapshot) -> Option<Vec<u8>> {
    let mut entry = vec![FORMAT];
    entry.extend(postcard::to_stdvec(&(session.as_ref(), user.as_ref())).ok()?);
    let seal = hmac::sign(key, &entry);
    entry.extend_from_slice(seal.as_ref().get(..SEAL)?);
    Some(entry)
}

fn open(key: &hmac::Key, id: SessionId, sealed: &[u8]) -> Option<Snapshot> {
    let (entry, seal) = sealed.split_at_checked(sealed.len().checked_sub(SEAL)?)?;
    let expected = hmac::sign(key, entry);
    aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_ref().get(..SEAL)?, seal).ok()?;
    let (&FORMAT, encoded) = entry.split_first()? else { return None };
    let (session, user): (SessionSnapshot, UserSnapshot) = postcard::from_bytes(encoded).ok()?;
    (session.id == id && session.user_id == user.id).then(|| Snapshot { session: Arc::new(session), user: Arc::new(user) })
}
