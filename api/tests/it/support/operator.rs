//! What an operator does on the command line.

use std::sync::Arc;

use bifrons::{
    accounts::{self, AdminAction, Instruction},
    administration::{self, ChangeKeyError},
    authorization::Operator,
    signing_keys::Rotation,
    state::AppState,
};
use entity::UnixMillis;

/// An instruction of the command line about the user with this address.
pub async fn instruct(state: &AppState, email: &str) -> Instruction {
    let user = accounts::find_user(state, email).await.unwrap().unwrap().id;
    Instruction { by: Operator::CommandLine, user, versions: None }
}

/// Applies an action, and returns how many sessions it ended.
pub async fn apply(state: &Arc<AppState>, action: AdminAction, email: &str) -> u64 {
    accounts::apply(state, instruct(state, email).await, action).await.unwrap()
}

/// Publishes the next signing key.
pub async fn rotate(state: &Arc<AppState>, signs_from: UnixMillis) -> Rotation {
    administration::rotate_key(state, &Operator::CommandLine, signs_from).await.unwrap()
}

/// Removes a signing key.
pub async fn retire(state: &Arc<AppState>, id: &str) -> Result<(), ChangeKeyError> {
    administration::retire_key(state, Operator::CommandLine, id).await
}
