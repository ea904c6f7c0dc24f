//! Deleting a user.

use std::sync::Arc;

use super::store;
use crate::{
    audit::Event,
    db::{Scope, Unavailable},
    mail::{Letter, written},
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
    /// The session ended, or another request renewed it.
    #[error("the session has ended")]
    Ended,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Deletes the user with all personal data, and all their sessions.
pub async fn delete(state: &Arc<AppState>, principal: &Principal) -> Result<(), DeleteError> {
    if !sessions::is_fresh(&principal.session, state.clock.now(), &state.config.sessions) {
        return Err(DeleteError::NotFresh);
    }
    let now = state.clock.now();
    let locale = state.outbox.locale(principal.user.locale.as_deref(), None);
    let mail = state.outbox.seal(&Letter::AccountDeleted { time: written(now) }, &principal.user.email, locale, now);
    let deleted = state.write_or_refuse(Scope::Transaction, (principal.clone(), mail), |tx, (principal, mail)| {
        Box::pin(async move {
            let user = principal.user.id;
            // First the user: a concurrent sign-in commits before, and its session is deleted too.
            if !store::delete(tx, user).await? || !sessions::store::is_unchanged(tx, &principal.session).await? {
                return Ok(Err(DeleteError::Ended));
            }
            sessions::store::delete_all(tx, user).await?;
            tx.mail(mail.clone()).await?;
            tx.record(Event::UserDeleted.of(user).in_session(principal.session.id));
            Ok(Ok(()))
        })
    });
    deleted.await?
}
