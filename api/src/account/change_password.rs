//! Changing the password: the other sessions end, this one gets a new secret.

use entity::session::EndedBecause;

use crate::{
    db::Unavailable,
    secret::{HashingError, Password, PasswordRule, Verdict},
    sessions::{self, Authenticated, Established},
    state::AppState,
    users,
};

/// Why the password is still the old one.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The new one breaks a rule.
    #[error("the new password breaks a rule")]
    Invalid(PasswordRule),
    /// The current one is another one.
    #[error("wrong password")]
    WrongPassword,
    /// The session ended while the passwords were hashed.
    #[error("the session has ended")]
    Ended,
    /// No worker for the passwords.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// An access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Replaces the password, ends all other sessions and renews this one: all or nothing.
pub async fn change_password(
    state: &AppState,
    who: Authenticated,
    current: Password,
    new: Password,
) -> Result<Established, ChangePasswordError> {
    state.config.passwords.check(&new).map_err(ChangePasswordError::Invalid)?;
    if let Verdict::Wrong = state.hasher.verify(current, Some(who.user.password_hash.clone())).await? {
        return Err(ChangePasswordError::WrongPassword);
    }
    let hash = state.hasher.hash(new).await?;
    let now = state.clock.now();
    let renewal = sessions::reissue(&who.session, now);
    let transaction = state.db.begin().await?;
    // Somebody may have changed it meanwhile: what was proved was the old one.
    if !users::store::change_password(&transaction, &who.user, hash, now).await? {
        return Err(ChangePasswordError::WrongPassword);
    }
    sessions::store::end_others(&transaction, who.user.id, who.session.id, EndedBecause::PasswordChanged, now).await?;
    if !sessions::store::reissue(&transaction, &who.session, &renewal.stored, now).await? {
        return Err(ChangePasswordError::Ended);
    }
    transaction.commit().await.map_err(Unavailable::from)?;
    tracing::info!(event = "password_changed", user = %who.user.id.0, session = %who.session.id.0);
    Ok(renewal.establish(state, who)?)
}
