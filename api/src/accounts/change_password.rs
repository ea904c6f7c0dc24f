//! Changing the password: the other sessions end, and this one gets a new secret. The account trusts this device alone.

use std::sync::Arc;

use entity::{session::EndedBecause, user};

use super::store;
use crate::{
    audit::Event,
    authentication::{self, ChoosePasswordError, PasswordAttempt, VerifyPasswordError, choose_password},
    db::{Scope, Unavailable},
    one_time_tokens::{self, Notice, Occasion},
    principal::Principal,
    requester::Requester,
    secret::{DeviceToken, Password},
    sessions::{self, Established, Renewal},
    state::AppState,
};

/// Why the password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The new password was not accepted.
    #[error(transparent)]
    Choose(#[from] ChoosePasswordError),
    /// The current password proved nothing.
    #[error(transparent)]
    Verify(#[from] VerifyPasswordError),
    /// The user has a second factor, and did not prove all factors a short time ago: a password alone must not make the session fresh.
    #[error("the session is not fresh")]
    NotFresh,
    /// The session ended, or another request renewed it.
    #[error("the session has ended")]
    Ended,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Replaces the password, ends all other sessions and renews this one: all or nothing. The account trusts no device but this one.
pub async fn change_password(
    state: &Arc<AppState>,
    principal: Principal,
    current: Password,
    new: Password,
    requester: &Requester,
) -> Result<(Established, DeviceToken), ChangePasswordError> {
    let address = &principal.user.email;
    state.passwords.check(&new, address).map_err(ChoosePasswordError::Invalid)?;
    let refusal = |because| Event::PasswordChangeRefused.of(principal.user.id).in_session(principal.session.id).because(because);
    let refused = |because, error| {
        state.record(refusal(because));
        error
    };
    let found = sessions::store::find_same(state.db.connection(), &principal).await?;
    let (session, user) = found.ok_or_else(|| refused("session_over", ChangePasswordError::Ended))?;
    let principal = Principal::new(&session, &user);
    if user.second_factor && !sessions::is_fresh(&principal, state.clock.now(), &state.config.sessions) {
        return Err(refused("not_fresh", ChangePasswordError::NotFresh));
    }
    let attempt = PasswordAttempt::begin_in_session(state, &session, &user, requester).await.map_err(VerifyPasswordError::from)?;
    let old = authentication::store::find_hash(state.db.connection(), user.id).await?;
    attempt.verify(current, old.clone(), refusal("wrong_password")).await?;
    // A user without a password has no current one to verify, so `verify` has refused.
    let old = old.ok_or(ChangePasswordError::Verify(VerifyPasswordError::Wrong))?;
    // After the current password is verified: the breach check asks another service.
    let hash = choose_password(state, new, address, requester).await?;
    let now = state.clock.now();
    let notice = Notice::new(state, &user, Occasion::PasswordChanged, requester, now);
    let input = (Renewal::new(&session, session.methods, now), session, principal.clone(), old, hash, notice, now);
    let changed = state.write_or_refuse(Scope::Transaction, input, |tx, (renewal, session, principal, old, hash, notice, now)| {
        Box::pin(async move {
            let user = session.user_id;
            store::raise_epoch(tx, user).await?;
            if !sessions::store::is_still_fresh(tx, principal).await? {
                return Ok(Err(ChangePasswordError::Ended));
            }
            // A concurrent request may have changed it: what was verified is the old one.
            if !authentication::store::replace(tx, user, old, hash, *now).await? {
                return Ok(Err(ChangePasswordError::Verify(VerifyPasswordError::Wrong)));
            }
            one_time_tokens::store::void_password(tx, user).await?;
            sessions::store::end_others(tx, user, session.id, EndedBecause::PasswordChanged, *now).await?;
            let Some(renewed) = renewal.store(tx, session).await? else { return Ok(Err(ChangePasswordError::Ended)) };
            notice.store(tx).await?;
            tx.record(Event::PasswordChanged.of(user).in_session(session.id));
            Ok(Ok(renewed))
        })
    });
    let renewed = changed.await?.map_err(|error| refused("changed_concurrently", error))?;
    // A concurrent change of the account raises the epoch further. Then the account does not know the device until the next sign-in.
    let changed = user::Model { credential_epoch: user.credential_epoch + 1, ..user };
    let device = state.limits.trust_device(&requester.devices, &changed, now);
    Ok((renewed.establish(state, &changed)?, device))
}
