//! Notices that the database went back in time: a backup was restored, or a replica took over that had not received everything. Each node
//! counts up a row of its own. If the row is not as the node left it, the database has lost that write, and others before it.

pub(crate) mod store;

use std::time::Duration;

use entity::{UnixMillis, node_mark::Model};
use uuid::Uuid;

use crate::{
    db::{Db, Unavailable},
    random,
    sync::{Mutex, lock},
};

/// How often a node makes a mark. What is lost since the last mark goes unnoticed, if no node knows of a later change.
pub(crate) const EVERY: Duration = Duration::from_secs(3);

/// The marks of this node.
#[derive(Debug, Default)]
pub struct NodeMark(Mutex<Option<Mark>>);

#[derive(Clone, Copy, Debug)]
struct Mark {
    id: Uuid,
    count: i64,
}

impl NodeMark {
    /// Makes the next mark. Returns whether the last one is gone.
    pub(crate) async fn make(&self, db: &Db, now: UnixMillis) -> Result<bool, Unavailable> {
        let last = *lock(&self.0);
        let Some(Mark { id, count }) = last else {
            self.begin(db, now).await?;
            return Ok(false);
        };
        if store::count(db.relaxed_connection(), id, count, now).await? {
            *lock(&self.0) = Some(Mark { id, count: count + 1 });
            return Ok(false);
        }
        match store::find(db.connection(), id).await? {
            // The last mark was made, and its answer was lost.
            Some(found) if found.count > count => {
                *lock(&self.0) = Some(Mark { id, count: found.count });
                Ok(false)
            }
            _ => {
                self.begin(db, now).await?;
                Ok(true)
            }
        }
    }

    async fn begin(&self, db: &Db, now: UnixMillis) -> Result<(), Unavailable> {
        let id = random::uuid_v7(now);
        store::insert(db.relaxed_connection(), Model { id, count: 1, made_at: now }).await?;
        *lock(&self.0) = Some(Mark { id, count: 1 });
        Ok(())
    }
}
