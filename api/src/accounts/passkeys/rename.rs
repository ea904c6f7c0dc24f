//! Renaming a passkey.

use std::sync::Arc;

use entity::PasskeyId;

use super::RemovePasskeyError;
use crate::{audit::Event, authentication::passkey::store, db::Scope, principal::Principal, sessions, state::AppState};

/// Gives a passkey of the current user another name.
pub async fn rename_passkey(
    state: &Arc<AppState>,
    principal: &Principal,
    id: PasskeyId,
    name: String,
) -> Result<(), RemovePasskeyError> {
    let renamed = state.write_or_refuse(Scope::Transaction, (principal.clone(), id, name), |tx, (principal, id, name)| {
        Box::pin(async move {
            let user = principal.user.id;
            if !sessions::store::is_live(tx, &principal.session).await? {
                return Ok(Err(RemovePasskeyError::Ended));
            }
            if !store::rename(tx, user, *id, name).await? {
                return Ok(Err(RemovePasskeyError::Unknown));
            }
            tx.record(Event::PasskeyRenamed.of(user).in_session(principal.session.id));
            Ok(Ok(()))
        })
    });
    renamed.await?
}
