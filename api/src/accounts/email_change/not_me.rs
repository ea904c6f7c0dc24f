//! A security mail reported what its reader did not do.

use std::sync::Arc;

use entity::{one_time_token::Purpose, session::EndedBecause};

use super::undo::UndoEmailError;
use crate::{
    accounts::{password_reset, store},
    audit::Event,
    db::Scope,
    one_time_tokens,
    requester::Requester,
    sessions,
    state::AppState,
};

/// Ends all sessions, forgets all devices, and sends a mail to choose a new password with.
pub async fn report_not_me(state: &Arc<AppState>, token: &str, requester: &Requester) -> Result<(), UndoEmailError> {
    let refused = |because| {
        state.record(Event::NotMeRefused.because(because));
        UndoEmailError::Token
    };
    let now = state.clock.now();
    state.limits.take_network(requester.network(), now).await?;
    let found = one_time_tokens::find(state, Purpose::NotMe, token).await?;
    let found = found.and_then(|(row, address)| row.user_id.map(|user| (row, address, user)));
    let (row, address, user) = found.ok_or_else(|| refused("token"))?;
    let locale = state.outbox.locale(None, requester.accept_language.as_deref());
    let input = (user, row, password_reset::request(&address, locale, now), now);
    let ended = state.write_or_refuse(Scope::Transaction, input, |tx, (user, row, reset, now)| {
        Box::pin(async move {
            if !store::raise_epoch(tx, *user).await? || !one_time_tokens::store::take(tx, row.id).await? {
                return Ok(Err(()));
            }
            sessions::store::end_all(tx, *user, EndedBecause::NotMe, *now).await?;
            for purpose in [Purpose::ResetPassword, Purpose::ConfirmEmail] {
                one_time_tokens::store::void(tx, *user, purpose).await?;
            }
            password_reset::store::insert(tx, reset.clone()).await?;
            tx.record(Event::NotMe.of(*user));
            Ok(Ok(()))
        })
    });
    ended.await?.map_err(|()| refused("used_or_void"))?;
    state.reset_requests.notify_one();
    Ok(())
}
