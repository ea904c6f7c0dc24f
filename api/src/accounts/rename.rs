//! Changing the name of a user.

use std::sync::Arc;

use super::{
    new_user::{Violation, check_name},
    store,
};
use crate::{
    db::{Scope, Unavailable},
    principal::{Principal, UserSnapshot},
    state::AppState,
};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// The name breaks its rule.
    #[error("a value breaks a rule")]
    Invalid(Violation),
    /// The user was deleted.
    #[error("the user was deleted")]
    Gone,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Changes or removes the name.
pub async fn rename(state: &Arc<AppState>, principal: &Principal, name: Option<String>) -> Result<UserSnapshot, RenameError> {
    check_name(name.as_deref()).map_err(RenameError::Invalid)?;
    let renamed = state.write(Scope::Transaction, (principal.user.id, name.clone()), |tx, (id, name)| {
        Box::pin(store::rename(tx, *id, name.as_deref()))
    });
    if !renamed.await? {
        return Err(RenameError::Gone);
    }
    Ok(UserSnapshot { name, ..principal.user.as_ref().clone() })
}
