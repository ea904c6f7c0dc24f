//! An operator sets the password of a user, or sends the user a reset.

use std::sync::Arc;

use entity::{PasswordHash, UnixMillis, reset_request, user::Status};

use super::{
    find::user_by_id,
    instruction::{Administrator, Instruction, OperatorError, refusable},
};
use crate::{
    accounts::{
        password_reset::{replace, request, store_request},
        store,
    },
    audit::Event,
    authentication::{ChoosePasswordError, choose_password},
    authorization::Operator,
    db::{Scope, Unavailable},
    email_address::EmailAddress,
    one_time_tokens::{Notice, Occasion},
    requester::Requester,
    secret::Password,
    state::{AppState, Tx},
};

/// Why the password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// The password was not accepted.
    #[error(transparent)]
    Choose(#[from] ChoosePasswordError),
    /// The instruction itself was refused.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Sets the password of a user, ends all their sessions and returns how many.
pub async fn set_password(state: &Arc<AppState>, instruction: Instruction, new: Password) -> Result<u64, SetPasswordError> {
    let user = user_by_id(state, instruction.user).await?.ok_or(OperatorError::NotFound)?;
    let hash = choose_password(state, new, &user.email_canonical, &Requester::default()).await?;
    let now = state.clock.now();
    let notice = Notice::new(state, &user, Occasion::PasswordChanged, &Requester::default(), now);
    let input = (instruction, hash, notice, now);
    let set = state.write_or_refuse(Scope::Transaction, input, |tx, (instruction, hash, notice, now)| {
        Box::pin(async move { refusable(perform(tx, instruction, (hash, notice), *now).await) })
    });
    Ok(set.await??)
}

async fn perform(
    tx: &Tx,
    instruction: &Instruction,
    (hash, notice): (&PasswordHash, &Notice),
    now: UnixMillis,
) -> Result<u64, OperatorError> {
    let user = instruction.begin(tx, Administrator::Stays).await?.id;
    store::raise_epoch(tx, user).await?;
    let ended = replace(tx, user, hash, now).await?;
    notice.store(tx).await?;
    tx.record(Event::PasswordSet.of(user));
    Ok(ended)
}

/// Sends a user the mail with which the user chooses a new password. The limits on requests by users do not apply.
pub async fn send_password_reset(state: &Arc<AppState>, instruction: Instruction) -> Result<(), OperatorError> {
    let sent = state.write_or_refuse(Scope::Transaction, (Arc::clone(state), instruction), |tx, (state, instruction)| {
        Box::pin(async move { refusable(ask(tx, state, instruction).await) })
    });
    sent.await??;
    state.reset_requests.notify_one();
    Ok(())
}

async fn ask(tx: &Tx, state: &AppState, instruction: &Instruction) -> Result<(), OperatorError> {
    let user = instruction.begin(tx, Administrator::Stays).await?;
    // A stored address parses: it was valid when it was stored.
    let address = EmailAddress::parse_stored(&user.email).filter(|_| user.status == Status::Active);
    let address = address.ok_or(OperatorError::Disabled)?;
    let locale = state.outbox.locale(None, None);
    // A program has the limits of a request by the user: it may be stolen, or run in a circle.
    let is_limited = matches!(instruction.by, Operator::Key(_));
    let request = reset_request::Model { is_limited, ..request(&address, locale, state.clock.now()) };
    store_request(tx, request, Event::PasswordResetOrdered.of(user.id)).await?;
    Ok(())
}
