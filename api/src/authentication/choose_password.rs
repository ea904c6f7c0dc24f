//! Choosing a new password: for sign-up, confirmation and change alike.

use entity::PasswordHash;

use crate::{
    hashing::HashingError,
    passwords::{BreachedError, PasswordRule},
    requester::Requester,
    secret::Password,
    state::AppState,
};

/// Why a password was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ChoosePasswordError {
    /// It breaks a rule.
    #[error("it {}", .0.detail())]
    Invalid(PasswordRule),
    /// The breach check cannot be asked.
    #[error(transparent)]
    Breached(#[from] BreachedError),
    /// No worker hashed it.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

/// Checks a password against the rules and against known breaches, and hashes it. In the order of cost: what breaks a rule asks no other
/// service, and what is known from a breach takes no place in the hashing queue.
pub async fn choose_password(
    state: &AppState,
    password: Password,
    address: &str,
    requester: &Requester,
) -> Result<PasswordHash, ChoosePasswordError> {
    state.passwords.check(&password, address).map_err(ChoosePasswordError::Invalid)?;
    if state.passwords.is_breached(&password).await? {
        return Err(ChoosePasswordError::Invalid(PasswordRule::Breached));
    }
    Ok(state.hasher.admit(requester.network())?.hash(password).await?)
}
