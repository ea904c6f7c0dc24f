//! Undoing a change of the address, with the token that its old mailbox got.

use std::sync::Arc;

use entity::{one_time_token::Purpose, session::EndedBecause, user::Status};

use crate::{
    accounts::{password_reset, store},
    audit::Event,
    db::{Scope, Unavailable},
    limits::LimitError,
    mail::{Letter, written},
    one_time_tokens,
    requester::Requester,
    sessions,
    state::AppState,
};

/// Why the change was not undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoEmailError {
    /// The token was used, has expired, or was never issued.
    #[error("the token is not valid")]
    Token,
    /// Another user has the old address by now.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Too many attempts from this network.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Gives the user the old address back, ends all sessions, and sends a mail to choose a new password with. What was sent to later
/// addresses is void; who read an earlier one can still undo that change.
pub async fn undo_email_change(state: &Arc<AppState>, token: &str, requester: &Requester) -> Result<(), UndoEmailError> {
    let refused = |because, error| {
        state.record(Event::EmailUndoRefused.because(because));
        error
    };
    let now = state.clock.now();
    state.limits.take_network(requester.network(), now).await?;
    let found = one_time_tokens::find(state, Purpose::UndoEmail, token).await?;
    let found = found.and_then(|(row, address)| row.user_id.map(|user| (row, address, user)));
    let (row, address, user) = found.ok_or_else(|| refused("token", UndoEmailError::Token))?;
    let locale = state.outbox.locale(None, requester.accept_language.as_deref());
    let mail = state.outbox.seal(&Letter::EmailChangeUndone { time: written(now) }, &row.email, locale, now);
    let reset = password_reset::request(&address, locale, now);
    let input = (user, row, mail, reset, now);
    let undone = state.write_or_refuse(Scope::Transaction, input, |tx, (user, row, mail, reset, now)| {
        Box::pin(async move {
            let before = store::find(tx.connection(), *user).await?.filter(|before| before.status != Status::Deleted);
            let Some(before) = before else { return Ok(Err(())) };
            if !store::confirm_email(tx, &before, row).await? || !one_time_tokens::store::take(tx, row.id).await? {
                return Ok(Err(()));
            }
            store::raise_epoch(tx, *user).await?;
            sessions::store::end_all(tx, *user, EndedBecause::EmailUndone, *now).await?;
            one_time_tokens::store::void_since(tx, *user, row.id).await?;
            tx.mail(mail.clone()).await?;
            password_reset::store::insert(tx, reset.clone()).await?;
            tx.record(Event::EmailUndone.of(*user));
            Ok(Ok(()))
        })
    });
    match undone.await {
        Ok(Ok(())) => {
            state.reset_requests.notify_one();
            Ok(())
        }
        Ok(Err(())) => Err(refused("used_or_void", UndoEmailError::Token)),
        Err(error) if error.is_duplicate() => Err(refused("email_taken", UndoEmailError::EmailTaken)),
        Err(error) => Err(error.into()),
    }
}
