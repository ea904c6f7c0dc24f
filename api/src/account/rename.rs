//! Changing what a user is called.

use crate::{
    cache::UserSnapshot,
    db::Unavailable,
    sessions::Authenticated,
    state::AppState,
    users::{Violation, check_name, store},
};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// The value breaks a rule.
    #[error("a value breaks a rule")]
    Invalid(Violation),
    /// The user was deleted meanwhile.
    #[error("the user is gone")]
    Gone,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Changes or removes the name.
pub async fn rename(state: &AppState, who: &Authenticated, name: Option<String>) -> Result<UserSnapshot, RenameError> {
    name.as_deref().map_or(Ok(()), check_name).map_err(RenameError::Invalid)?;
    let renamed = store::rename(state.db.connection(), who.user.id, name.as_deref()).await?.ok_or(RenameError::Gone)?;
    state.cache.announce(&[renamed]).await;
    Ok(UserSnapshot { name, ..who.user.as_ref().clone() })
}
