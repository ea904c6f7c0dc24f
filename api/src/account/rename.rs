//! Changing what a user is called.

use std::sync::Arc;

use crate::{
    background::to_its_end,
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
pub async fn rename(state: &Arc<AppState>, who: &Authenticated, name: Option<String>) -> Result<UserSnapshot, RenameError> {
    name.as_deref().map_or(Ok(()), check_name).map_err(RenameError::Invalid)?;
    let (own, id, new) = (Arc::clone(state), who.user.id, name.clone());
    let renamed = to_its_end(async move {
        let renamed = own.db.retry(|| store::rename(own.db.connection(), id, new.as_deref())).await?;
        own.cache.announce(&[renamed.ok_or(RenameError::Gone)?]).await;
        Ok::<_, RenameError>(())
    });
    renamed.await?;
    Ok(UserSnapshot { name, ..who.user.as_ref().clone() })
}
