//! Notices that the database went back in time: a backup was restored, or a replica took over that had not received everything. Each node
//! counts up a row of its own. If the row is not as the node left it, the database has lost that write, and others before it.

pub(crate) mod store;

use std::time::Duration;

use entity::UnixMillis;
use uuid::Uuid;

use crate::{
    db::{Db, Unavailable, database_time},
    random,
    sync::{Mutex, lock},
};

/// How often a node makes a mark. What is lost since the last mark goes unnoticed, if no node knows of a later change.
pub(crate) const EVERY: Duration = Duration::from_secs(3);

/// How long a mark stays after its node has made no other, by the database's clock.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);

/// The marks of this node.
#[derive(Debug, Default)]
pub struct NodeMark(Mutex<Option<Mark>>);

/// Whether a node has made a mark in the last ten seconds, by the database's clock.
pub(crate) async fn is_any_running(db: &Db) -> Result<bool, Unavailable> {
    let now = database_time(db.connection()).await?;
    store::is_any_since(db.connection(), now.minus(RUNNING_FOR)).await
}

/// How long after its last mark a node counts as running.
const RUNNING_FOR: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
struct Mark {
    id: Uuid,
    count: i64,
    /// By the clock of this node.
    made_at: UnixMillis,
}

impl NodeMark {
    /// Makes the next mark. If the last one is gone, returns the time by the database's clock. Until then nothing is forgotten: an attempt
    /// that fails notices it again.
    pub(crate) async fn make(&self, db: &Db, now: UnixMillis) -> Result<Option<UnixMillis>, Unavailable> {
        let last = *lock(&self.0);
        let Some(Mark { id, count, made_at }) = last else {
            self.begin(db, now).await?;
            return Ok(None);
        };
        if store::count(db.relaxed_connection(), id, count).await? {
            self.keep(id, count + 1, now);
            return Ok(None);
        }
        let gone_at = match store::find(db.connection(), id).await? {
            // The last mark was made, and its answer was lost.
            Some(found) if found.count > count => {
                self.keep(id, found.count, now);
                return Ok(None);
            }
            // The node was suspended, or the database out of reach, and the mark was removed.
            None if now.since(made_at) >= KEPT_FOR => None,
            _ => Some(database_time(db.reserved_connection()).await?),
        };
        self.begin(db, now).await?;
        Ok(gone_at)
    }

    /// Removes the mark of a node that stops.
    pub(crate) async fn leave(&self, db: &Db) -> Result<(), Unavailable> {
        let last = lock(&self.0).take();
        match last {
            Some(Mark { id, .. }) => store::remove(db.connection(), id).await,
            None => Ok(()),
        }
    }

    async fn begin(&self, db: &Db, now: UnixMillis) -> Result<(), Unavailable> {
        let id = random::passing_uuid_v7(now);
        store::insert(db.relaxed_connection(), id).await?;
        self.keep(id, 1, now);
        Ok(())
    }

    fn keep(&self, id: Uuid, count: i64, made_at: UnixMillis) {
        *lock(&self.0) = Some(Mark { id, count, made_at });
    }
}
