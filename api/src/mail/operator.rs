//! What an operator does with mails.

use entity::{MailId, UnixMillis};

use super::store;
use crate::{
    audit::{Event, Trail},
    db::{Db, Transaction, Unavailable},
};

/// Has mails that were given up delivered again, one or all, and returns how many.
pub async fn retry(db: &Db, audit: &Trail, id: Option<MailId>, now: UnixMillis) -> Result<u64, Unavailable> {
    db.retry(async || {
        let tx = db.begin().await?;
        let count = store::revive(&tx, id, now).await?;
        finish(tx, audit, count, Event::MailRetried).await
    })
    .await
}

/// Removes one mail, or all that were given up, and returns how many.
pub async fn discard(db: &Db, audit: &Trail, id: Option<MailId>) -> Result<u64, Unavailable> {
    db.retry(async || {
        let tx = db.begin().await?;
        let count = match id {
            Some(id) => store::remove(&tx, id).await?.into(),
            None => store::remove_dead(&tx).await?,
        };
        finish(tx, audit, count, Event::MailDiscarded).await
    })
    .await
}

async fn finish(tx: Transaction, audit: &Trail, count: u64, event: Event) -> Result<u64, Unavailable> {
    if count == 0 {
        tx.rollback().await?;
    } else {
        audit.commit(tx, vec![event.into()]).await?;
    }
    Ok(count)
}
