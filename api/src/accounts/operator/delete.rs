//! Deleting a user.

use std::sync::Arc;

use entity::outgoing_mail;

use super::{
    find::user_by_id,
    instruction::{Administrator, Instruction, OperatorError, refusable},
};
use crate::{
    accounts::store,
    audit::Event,
    db::Scope,
    mail::{Circumstances, Letter},
    sessions,
    state::{AppState, Tx},
};

/// Deletes a user with all personal data and all sessions, without a grace. A mail tells the user.
pub async fn delete_user(state: &Arc<AppState>, instruction: Instruction) -> Result<(), OperatorError> {
    let now = state.clock.now();
    let user = user_by_id(state, instruction.user).await?.ok_or(OperatorError::NotFound)?;
    let mail = state.outbox.seal_for(&user, &Letter::AccountDeleted(Circumstances::at(now)), now);
    // The deletion removes the mails that name the user; this one must stay.
    let mail = outgoing_mail::Model { user_id: None, ..mail };
    let deleted = state.write_or_refuse(Scope::Transaction, (instruction, mail), |tx, (instruction, mail)| {
        Box::pin(async move { refusable(perform(tx, instruction, mail).await) })
    });
    deleted.await?
}

async fn perform(tx: &Tx, instruction: &Instruction, mail: &outgoing_mail::Model) -> Result<(), OperatorError> {
    let user = instruction.begin(tx, Administrator::Leaves).await?.id;
    if !store::delete(tx, user).await? {
        return Err(OperatorError::NotFound);
    }
    tx.mail(mail.clone()).await?;
    sessions::store::delete_all(tx, user).await?;
    tx.record(Event::UserDeleted.of(user).because("by_operator"));
    Ok(())
}
