//! An operator reads and removes the second factors of a user.

use std::sync::Arc;

use entity::{UserId, passkey};

use super::{
    find::user_by_id,
    instruction::{Administrator, Instruction, OperatorError, refusable},
};
use crate::{
    accounts::{FactorsSummary, passkeys::of_user, second_factor::factors_of_user, store},
    audit::Event,
    authentication::second_factor,
    db::{Scope, Unavailable},
    one_time_tokens::{Notice, Occasion},
    requester::Requester,
    state::{AppState, Tx},
};

/// The second factors and the passkeys of a user.
#[derive(Debug)]
pub struct FactorsOfUser {
    /// The authenticator app and the recovery codes.
    pub summary: FactorsSummary,
    /// The passkeys, oldest first.
    pub passkeys: Vec<passkey::Model>,
}

/// Reads the second factors and the passkeys of a user.
pub async fn factors_of(state: &AppState, user: UserId) -> Result<FactorsOfUser, Unavailable> {
    Ok(FactorsOfUser { summary: factors_of_user(state, user).await?, passkeys: of_user(state, user).await? })
}

/// Removes the second factors of a user who lost them; false if the user has none. A mail tells the user.
pub async fn reset_second_factors(state: &Arc<AppState>, instruction: Instruction) -> Result<bool, OperatorError> {
    let user = user_by_id(state, instruction.user).await?.ok_or(OperatorError::NotFound)?;
    let notice = Notice::new(state, &user, Occasion::SecondFactorRemoved, &Requester::default(), state.clock.now());
    let reset = state.write_or_refuse(Scope::Transaction, (instruction, notice), |tx, (instruction, notice)| {
        Box::pin(async move { refusable(perform(tx, instruction, notice).await) })
    });
    reset.await?
}

async fn perform(tx: &Tx, instruction: &Instruction, notice: &Notice) -> Result<bool, OperatorError> {
    let user = instruction.begin(tx, Administrator::Stays).await?.id;
    if !second_factor::store::remove_all(tx, user).await? {
        return Ok(false);
    }
    store::set_second_factor(tx, user, false).await?;
    notice.store(tx).await?;
    tx.record(Event::SecondFactorsReset.of(user));
    Ok(true)
}
