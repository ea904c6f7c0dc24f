//! Choosing a new password with the token from the mail, or the first one with an invitation.

use std::sync::Arc;

use entity::{
    PasswordHash, UnixMillis, UserId,
    one_time_token::Purpose,
    session::EndedBecause,
    user::{self, Status},
};

use crate::{
    accounts::{store, unproven::remove_unproven},
    audit::Event,
    authentication::{self, ChoosePasswordError, choose_password},
    db::{Scope, Unavailable},
    limits::LimitError,
    one_time_tokens::{self, Notice, Occasion},
    requester::Requester,
    secret::{DeviceToken, Password},
    sessions,
    state::{AppState, Tx},
};

/// Why the password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    /// The token was used, has expired, was replaced by a newer one, or was never issued.
    #[error("the token is not valid")]
    Token,
    /// The new password was not accepted.
    #[error(transparent)]
    Choose(#[from] ChoosePasswordError),
    /// Too many attempts from this network.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Replaces the password and ends all sessions: all or nothing. The account trusts no device but this one, and no session is opened.
pub async fn reset_password(
    state: &Arc<AppState>,
    token: &str,
    new: Password,
    requester: &Requester,
) -> Result<DeviceToken, ResetPasswordError> {
    let refused = |because| {
        state.record(Event::PasswordResetRefused.because(because));
        ResetPasswordError::Token
    };
    state.limits.take_network(requester.network(), state.clock.now()).await?;
    let found = one_time_tokens::find(state, &Purpose::PASSWORD, token).await?;
    let (row, address) = found.ok_or_else(|| refused("token"))?;
    let user = row.user_id.ok_or_else(|| refused("token"))?;
    let hash = choose_password(state, new, address.canonical(), requester).await?;
    let now = state.clock.now();
    let input = (Arc::clone(state), row, user, hash, requester.clone(), now);
    let reset = state.write_or_refuse(Scope::Transaction, input, |tx, (state, row, user, hash, requester, now)| {
        Box::pin(async move {
            // First the user: a concurrent sign-in commits before, and its session ends too.
            let is_present = store::raise_epoch(tx, *user).await?;
            if !is_present || !one_time_tokens::store::take(tx, row.id).await? {
                return Ok(Err(()));
            }
            // The address may have changed since the mail was sent, and the operator may have disabled the user.
            let changed = store::find(tx.connection(), *user).await?;
            let same = |user: &user::Model| user.status == Status::Active && user.email_canonical == row.email_canonical;
            let Some(changed) = changed.filter(same) else { return Ok(Err(())) };
            replace(tx, *user, hash, *now).await?;
            if row.purpose != Purpose::HandedInvitation {
                // The token came by mail.
                store::verify_email(tx, *user).await?;
                if !changed.email_verified {
                    remove_unproven(tx, *user).await?;
                }
            }
            Notice::new(state, &changed, Occasion::PasswordChanged, requester, *now).store(tx).await?;
            tx.record(match row.purpose {
                Purpose::Invitation => Event::InvitationAccepted.of(*user).because("mailed"),
                Purpose::HandedInvitation => Event::InvitationAccepted.of(*user).because("handed"),
                _ => Event::PasswordReset.of(*user),
            });
            Ok(Ok(changed))
        })
    });
    let changed = reset.await?.map_err(|()| refused("used_or_void"))?;
    Ok(state.limits.trust_device(&requester.devices, &changed, now))
}

/// Replaces the password of a user whose row the transaction has changed, and ends their sessions. What else the mailbox was sent to change
/// the password with becomes void.
pub(in crate::accounts) async fn replace(tx: &Tx, user: UserId, hash: &PasswordHash, now: UnixMillis) -> Result<u64, Unavailable> {
    authentication::store::put(tx, user, hash, now).await?;
    one_time_tokens::store::void_password(tx, user).await?;
    sessions::store::end_all(tx, user, EndedBecause::PasswordChanged, now).await
}
