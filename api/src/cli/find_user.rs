//! Finds the user whom an argument names.

use std::sync::Arc;

use entity::user;
use uuid::Uuid;

use super::failure::Failure;
use crate::{accounts, state::AppState};

/// The user with this address or id.
pub(super) async fn find(state: &Arc<AppState>, written: &str) -> Result<user::Model, Failure> {
    accounts::find_user(state, written).await.map_err(Failure::new)?.ok_or_else(|| not_found(written))
}

/// The failure if no user has the address or the id.
pub(super) fn not_found(written: &str) -> Failure {
    let what = if Uuid::try_parse(written).is_ok() { "id" } else { "address" };
    Failure::Failed(format!("no user has the {what} {written}"))
}
