//! Ending one session of a user.

use std::sync::Arc;

use entity::{SessionId, session::EndedBecause};

use super::instruction::{Administrator, Instruction, OperatorError, refusable};
use crate::{authorization::Operator, db::Scope, sessions, state::AppState};

/// Ends a session; [`OperatorError::NotFound`] if it is not live.
pub async fn end_session(state: &Arc<AppState>, by: Operator, id: SessionId) -> Result<(), OperatorError> {
    let session = sessions::store::find(state.db.connection(), id).await?;
    let (session, _) = session.ok_or(OperatorError::NotFound)?;
    let instruction = Instruction { by, user: session.user_id, versions: None };
    let ended = state.write_or_refuse(Scope::Transaction, (instruction, id, state.clock.now()), |tx, (instruction, id, now)| {
        Box::pin(async move {
            if let Err(error) = instruction.begin(tx, Administrator::Stays).await {
                return refusable(Err(error));
            }
            let has_ended = sessions::store::end(tx, *id, EndedBecause::ByOperator, *now).await?;
            Ok(if has_ended { Ok(()) } else { Err(OperatorError::NotFound) })
        })
    });
    ended.await?
}
