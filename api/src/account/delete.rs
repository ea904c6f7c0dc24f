//! Deleting oneself.

use crate::{
    db::Unavailable,
    sessions::{self, Authenticated},
    state::AppState,
    users::store,
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
pub async fn delete(state: &AppState, who: &Authenticated) -> Result<(), DeleteError> {
    if !sessions::is_fresh(&who.session, state.clock.now(), &state.config.sessions) {
        return Err(DeleteError::NotFresh);
    }
    store::delete(state.db.connection(), who.user.id).await?;
    tracing::info!(event = "user_deleted", user = %who.user.id.0);
    Ok(())
}
