//! Removing a passkey.

use std::sync::Arc;

use entity::PasskeyId;

use crate::{
    accounts::store,
    audit::Event,
    authentication::{self, passkey, second_factor},
    db::{Scope, Unavailable},
    one_time_tokens::{Notice, Occasion},
    principal::Principal,
    requester::Requester,
    sessions,
    state::AppState,
};

/// Why a passkey was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemovePasskeyError {
    /// The user has no such passkey.
    #[error("the user has no such passkey")]
    Unknown,
    /// The user has no password and no other passkey.
    #[error("the user could not sign in any more")]
    LastOne,
    /// The session ended, or another request renewed it.
    #[error("the session has ended")]
    Ended,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Removes a passkey. If it was the last second factor, the recovery codes go with it, and a sign-in needs the password alone.
pub async fn remove_passkey(
    state: &Arc<AppState>,
    principal: &Principal,
    id: PasskeyId,
    requester: &Requester,
) -> Result<(), RemovePasskeyError> {
    let now = state.clock.now();
    let user = store::find(state.db.connection(), principal.user.id).await?.ok_or(RemovePasskeyError::Ended)?;
    let notice = Notice::new(state, &user, Occasion::PasskeyRemoved, requester, now);
    let removed = state.write_or_refuse(Scope::Transaction, (principal.clone(), id, notice), |tx, (principal, id, notice)| {
        Box::pin(async move {
            let user = principal.user.id;
            // First the user: a sign-in at the same time commits before, or is refused.
            sessions::store::note_user_change(tx, user).await?;
            if !sessions::store::is_still_fresh(tx, principal).await? {
                return Ok(Err(RemovePasskeyError::Ended));
            }
            if !passkey::store::remove(tx, user, *id).await? {
                return Ok(Err(RemovePasskeyError::Unknown));
            }
            let is_last = passkey::store::count(tx.connection(), user).await? == 0;
            if is_last && authentication::store::find_hash(tx.connection(), user).await?.is_none() {
                return Ok(Err(RemovePasskeyError::LastOne));
            }
            let has_any = second_factor::store::after_removal(tx, user).await?;
            store::set_second_factor(tx, user, has_any).await?;
            notice.store(tx).await?;
            tx.record(Event::SecondFactorRemoved.of(user).in_session(principal.session.id).because("passkey"));
            Ok(Ok(()))
        })
    });
    removed.await?
}
