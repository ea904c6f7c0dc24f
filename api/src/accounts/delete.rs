//! Deleting a user.

use std::sync::Arc;

use super::store;
use crate::{
    audit::Event,
    db::{Scope, Unavailable},
    principal::Principal,
    sessions,
    state::AppState,
};

/// Why the user was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// The user authenticated too long ago for an operation that cannot be undone.
    #[error("the session is not fresh")]
    NotFresh,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Deletes the user with all personal data, and all their sessions.
pub async fn delete(state: &Arc<AppState>, principal: &Principal) -> Result<(), DeleteError> {
    if !sessions::is_fresh(&principal.session, state.clock.now(), &state.config.sessions) {
        return Err(DeleteError::NotFresh);
    }
    let deleted = state.write(Scope::Transaction, (principal.user.id, principal.session.id), |tx, (user, session)| {
        Box::pin(async move {
            // First the user: a concurrent sign-in commits before, and its session is deleted too.
            store::delete(tx, *user).await?;
            sessions::store::delete_all(tx, *user).await?;
            tx.record(Event::UserDeleted.of(*user).in_session(*session));
            Ok(())
        })
    });
    Ok(deleted.await?)
}
