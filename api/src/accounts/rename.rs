//! Changing the name of a user.

use std::sync::Arc;

use super::{
    new_user::{Violation, check_name},
    store,
};
use crate::{
    db::{Scope, Unavailable},
    principal::{Principal, UserSnapshot},
    sessions,
    state::AppState,
};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// The name breaks its rule.
    #[error("a value breaks a rule")]
    Invalid(Violation),
    /// The session ended.
    #[error("the session has ended")]
    Ended,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Changes or removes the name.
pub async fn rename(state: &Arc<AppState>, principal: &Principal, name: Option<String>) -> Result<UserSnapshot, RenameError> {
    check_name(name.as_deref()).map_err(RenameError::Invalid)?;
    let renamed = state.write_or_refuse(Scope::Transaction, (principal.clone(), name.clone()), |tx, (principal, name)| {
        Box::pin(async move {
            let is_renamed = store::rename(tx, principal.user.id, name.as_deref()).await?;
            Ok(if is_renamed && sessions::store::is_live(tx, &principal.session).await? { Ok(()) } else { Err(RenameError::Ended) })
        })
    });
    renamed.await??;
    Ok(UserSnapshot { name, ..principal.user.as_ref().clone() })
}
