//! Renaming a passkey.

use std::sync::Arc;

use entity::PasskeyId;

use crate::{
    audit::Event,
    authentication::passkey::store,
    db::{Scope, Unavailable},
    principal::Principal,
    sessions,
    state::AppState,
};

/// Why a passkey was not renamed.
#[derive(Debug, thiserror::Error)]
pub enum RenamePasskeyError {
    /// The user has no such passkey.
    #[error("the user has no such passkey")]
    Unknown,
    /// The session ended.
    #[error("the session has ended")]
    Ended,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Gives a passkey of the current user another name.
pub async fn rename_passkey(
    state: &Arc<AppState>,
    principal: &Principal,
    id: PasskeyId,
    name: String,
) -> Result<(), RenamePasskeyError> {
    let renamed = state.write_or_refuse(Scope::Transaction, (principal.clone(), id, name), |tx, (principal, id, name)| {
        Box::pin(async move {
            let user = principal.user.id;
            if !sessions::store::is_live(tx, &principal.session).await? {
                return Ok(Err(RenamePasskeyError::Ended));
            }
            if !store::rename(tx, user, *id, name).await? {
                return Ok(Err(RenamePasskeyError::Unknown));
            }
            tx.record(Event::PasskeyRenamed.of(user).in_session(principal.session.id));
            Ok(Ok(()))
        })
    });
    renamed.await?
}
