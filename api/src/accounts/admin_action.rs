//! What an operator does to an account.

use std::sync::Arc;

use entity::{session::EndedBecause, user::Status};

use super::store;
use crate::{
    audit::Event,
    db::{Scope, Unavailable},
    email_address::EmailAddress,
    sessions,
    state::AppState,
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

/// The user was deleted.
struct Gone;

/// Applies an action, and returns how many sessions it ended, or `None` if no user has the address.
pub async fn apply(state: &Arc<AppState>, action: AdminAction, address: &EmailAddress) -> Result<Option<u64>, Unavailable> {
    let Some(user) = store::find_by_email(state.db.connection(), address).await? else { return Ok(None) };
    let input = (user.id, action, state.clock.now());
    let applied = state.write_or_refuse(Scope::Transaction, input, |tx, (user, action, now)| {
        Box::pin(async move {
            // First the user, and then the sessions: one that opens at the same time commits before, and ends too.
            let is_applied = match action {
                AdminAction::SignOut => sessions::store::note_user_change(tx, *user).await?,
                AdminAction::Disable => store::set_status(tx, *user, Status::Disabled).await?,
                AdminAction::Enable => store::set_status(tx, *user, Status::Active).await?,
            };
            if !is_applied {
                return Ok(Err(Gone));
            }
            let ended = match action {
                AdminAction::SignOut | AdminAction::Disable => {
                    sessions::store::end_all(tx, *user, EndedBecause::ByOperator, *now).await?
                }
                AdminAction::Enable => 0,
            };
            tx.record(match action {
                AdminAction::SignOut => Event::UserSignedOut.of(*user),
                AdminAction::Disable => Event::UserDisabled.of(*user),
                AdminAction::Enable => Event::UserEnabled.of(*user),
            });
            Ok(Ok(ended))
        })
    });
    Ok(applied.await?.ok())
}
