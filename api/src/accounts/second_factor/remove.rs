//! Removing the authenticator app.

use std::sync::Arc;

use crate::{
    accounts::store,
    audit::Event,
    authentication::second_factor,
    db::{Scope, Unavailable},
    one_time_tokens::{Notice, Occasion},
    principal::Principal,
    requester::Requester,
    sessions,
    state::AppState,
};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveSecondFactorError {
    /// The user has no second factor.
    #[error("the user has no second factor")]
    None,
    /// The session ended, or another request renewed it.
    #[error("the session has ended")]
    Ended,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Removes the authenticator app. If the user has no passkey, the recovery codes go with it, and a sign-in needs the password alone.
pub async fn remove_second_factor(
    state: &Arc<AppState>,
    principal: &Principal,
    requester: &Requester,
) -> Result<(), RemoveSecondFactorError> {
    let now = state.clock.now();
    let user = store::find(state.db.connection(), principal.user.id).await?.ok_or(RemoveSecondFactorError::Ended)?;
    let notice = Notice::new(state, &user, Occasion::SecondFactorRemoved, requester, now);
    let removed = state.write_or_refuse(Scope::Transaction, (principal.clone(), notice), |tx, (principal, notice)| {
        Box::pin(async move {
            let user = principal.user.id;
            // First the user: a sign-in at the same time commits before, or is refused.
            sessions::store::note_user_change(tx, user).await?;
            if !sessions::store::is_still_fresh(tx, principal).await? {
                return Ok(Err(RemoveSecondFactorError::Ended));
            }
            if !second_factor::store::remove_totp(tx, user).await? {
                return Ok(Err(RemoveSecondFactorError::None));
            }
            let has_any = second_factor::store::after_removal(tx, user).await?;
            store::set_second_factor(tx, user, has_any).await?;
            notice.store(tx).await?;
            tx.record(Event::SecondFactorRemoved.of(user).in_session(principal.session.id).because("totp"));
            Ok(Ok(()))
        })
    });
    removed.await?
}
