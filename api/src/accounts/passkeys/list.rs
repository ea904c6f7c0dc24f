//! The passkeys of a user.

use entity::{UserId, passkey};

use crate::{authentication::passkey::store, db::Unavailable, principal::Principal, state::AppState};

/// The passkeys of the current user, oldest first.
pub async fn passkeys(state: &AppState, principal: &Principal) -> Result<Vec<passkey::Model>, Unavailable> {
    of_user(state, principal.user.id).await
}

/// The passkeys of a user, oldest first.
pub(in crate::accounts) async fn of_user(state: &AppState, user: UserId) -> Result<Vec<passkey::Model>, Unavailable> {
    store::of_user(state.db.connection(), user).await
}
