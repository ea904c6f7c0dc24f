//! Disabling and enabling users, and ending their sessions.

use std::sync::Arc;

use entity::{UnixMillis, session::EndedBecause, user::Status};

use super::instruction::{Administrator, Instruction, OperatorError, refusable};
use crate::{
    accounts::store,
    audit::Event,
    db::Scope,
    one_time_tokens, sessions,
    state::{AppState, Tx},
};

/// What an operator does to an account.
#[derive(Clone, Copy, Debug)]
pub enum AdminAction {
    /// End all sessions.
    SignOut,
    /// End all sessions, and refuse new ones.
    Disable,
    /// Allow new sessions again.
    Enable,
}

/// Applies an action, and returns how many sessions it ended.
pub async fn apply(state: &Arc<AppState>, instruction: Instruction, action: AdminAction) -> Result<u64, OperatorError> {
    let input = (instruction, action, state.clock.now());
    let applied = state.write_or_refuse(Scope::Transaction, input, |tx, (instruction, action, now)| {
        Box::pin(async move { refusable(perform(tx, instruction, *action, *now).await) })
    });
    applied.await?
}

async fn perform(tx: &Tx, instruction: &Instruction, action: AdminAction, now: UnixMillis) -> Result<u64, OperatorError> {
    let leaves = matches!(action, AdminAction::Disable);
    let user = instruction.begin(tx, if leaves { Administrator::Leaves } else { Administrator::Stays }).await?;
    let wanted = match action {
        AdminAction::SignOut => None,
        AdminAction::Disable => Some(Status::Disabled),
        AdminAction::Enable => Some(Status::Active),
    };
    // A repeated instruction changes nothing: neither the version, which other operators have read, nor the trail.
    if wanted == Some(user.status) {
        return Ok(0);
    }
    let user = user.id;
    // The user comes first, then the sessions: a concurrent sign-in has committed by then, and its session ends too.
    match action {
        AdminAction::SignOut => sessions::store::note_user_change(tx, user).await?,
        AdminAction::Disable => store::set_status(tx, user, Status::Disabled).await?,
        AdminAction::Enable => store::set_status(tx, user, Status::Active).await?,
    };
    if matches!(action, AdminAction::Disable) {
        // Enabled again, the user gets new ones.
        one_time_tokens::store::void_password(tx, user).await?;
    }
    let ended = match action {
        AdminAction::SignOut | AdminAction::Disable => sessions::store::end_all(tx, user, EndedBecause::ByOperator, now).await?,
        AdminAction::Enable => 0,
    };
    tx.record(match action {
        AdminAction::SignOut => Event::UserSignedOut.of(user),
        AdminAction::Disable => Event::UserDisabled.of(user),
        AdminAction::Enable => Event::UserEnabled.of(user),
    });
    Ok(ended)
}
