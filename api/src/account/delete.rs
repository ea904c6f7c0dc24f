//! Deleting oneself.

use std::sync::Arc;

use entity::UserId;

use crate::{
    audit::Event,
    background::to_its_end,
    cache::Change,
    db::{Db, Unavailable},
    sessions::{self, Authenticated},
    state::AppState,
    users,
};

/// Why the user is still there.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// The credential was proved too long ago for something that cannot be undone.
    #[error("the credential is not fresh")]
    NotFresh,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Removes the user and all their sessions.
pub async fn delete(state: &Arc<AppState>, who: &Authenticated) -> Result<(), DeleteError> {
    if !sessions::is_fresh(&who.session, state.clock.now(), &state.config.sessions) {
        return Err(DeleteError::NotFresh);
    }
    let (state, who) = (Arc::clone(state), who.clone());
    to_its_end(async move {
        let gone = state.db.retry(|| erase(&state.db, who.user.id)).await?;
        state.cache.announce(&gone).await;
        state.record(Event::UserDeleted.of(who.user.id).in_session(who.session.id));
        Ok(())
    })
    .await
}

async fn erase(db: &Db, id: UserId) -> Result<Vec<Change>, Unavailable> {
    let transaction = db.begin().await?;
    // First the user: a sign-in that holds them is waited for, and its session goes too.
    let gone = users::store::delete(&transaction, id).await?;
    let mut changes = sessions::store::delete_all(&transaction, id).await?;
    changes.push(gone);
    transaction.commit().await?;
    Ok(changes)
}
