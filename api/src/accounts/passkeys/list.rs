//! The passkeys of a user.

use entity::passkey;

use crate::{authentication::passkey::store, db::Unavailable, principal::Principal, state::AppState};

/// The passkeys of the current user, oldest first.
pub async fn passkeys(state: &AppState, principal: &Principal) -> Result<Vec<passkey::Model>, Unavailable> {
    store::of_user(state.db.connection(), principal.user.id).await
}
