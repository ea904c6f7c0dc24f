//! Recovery codes: ten at a time, shown once.

use std::sync::Arc;

use entity::{SecretHash, UserId};

use super::remove::RemoveSecondFactorError;
use crate::{
    accounts::store,
    audit::Event,
    authentication::second_factor,
    db::Scope,
    one_time_tokens::{Notice, Occasion},
    principal::Principal,
    requester::Requester,
    secret::RecoveryCode,
    sessions,
    state::AppState,
};

/// How many codes a user gets.
const COUNT: usize = 10;

/// New codes, and the hashes to store.
pub(in crate::accounts) fn new_codes(user: UserId) -> (Vec<RecoveryCode>, Vec<SecretHash>) {
    let codes: Vec<_> = std::iter::repeat_with(RecoveryCode::generate).take(COUNT).collect();
    let hashes = codes.iter().map(|code| code.hash(user)).collect();
    (codes, hashes)
}

/// Gives the user new recovery codes; the former ones are void.
pub async fn replace_recovery_codes(
    state: &Arc<AppState>,
    principal: &Principal,
    requester: &Requester,
) -> Result<Vec<RecoveryCode>, RemoveSecondFactorError> {
    let (codes, hashes) = new_codes(principal.user.id);
    let user = store::find(state.db.connection(), principal.user.id).await?.ok_or(RemoveSecondFactorError::Ended)?;
    let notice = Notice::new(state, &user, Occasion::RecoveryCodesReplaced, requester, state.clock.now());
    let input = (principal.clone(), hashes, notice);
    let replaced = state.write_or_refuse(Scope::Transaction, input, |tx, (principal, hashes, notice)| {
        Box::pin(async move {
            let user = principal.user.id;
            // First the user: a removal at the same time comes before or after.
            sessions::store::note_user_change(tx, user).await?;
            if !sessions::store::is_still_fresh(tx, principal).await? {
                return Ok(Err(RemoveSecondFactorError::Ended));
            }
            if store::find(tx.connection(), user).await?.is_none_or(|user| !user.second_factor) {
                return Ok(Err(RemoveSecondFactorError::None));
            }
            second_factor::store::replace_codes(tx, user, hashes.clone()).await?;
            notice.store(tx).await?;
            tx.record(Event::RecoveryCodesReplaced.of(user).in_session(principal.session.id));
            Ok(Ok(()))
        })
    });
    replaced.await??;
    Ok(codes)
}
