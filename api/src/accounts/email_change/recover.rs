//! The reader of a mailbox takes the account back: with the token of the mail about a changed address, or of a security mail.
//!
//! Until the reader has chosen a new password, the account has none: a thief who knows the old one could undo the recovery.

use std::{sync::Arc, time::Duration};

use entity::{
    Roles, UserId,
    one_time_token::{self, Purpose},
    outgoing_mail, reset_request,
    session::EndedBecause,
    user::Status,
};

use crate::{
    accounts::{password_reset, store},
    audit::Event,
    authentication::{self, second_factor},
    db::{Scope, Unavailable},
    limits::LimitError,
    mail::{Circumstances, Letter, UNDO_WITHIN},
    one_time_tokens,
    random::moment_of,
    request_context::Actor,
    requester::Requester,
    sessions,
    state::{AppState, Tx},
};

/// Why the account was not taken back.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The token was used, has expired, or was never issued.
    #[error("the token is not valid")]
    Token,
    /// Another user has confirmed that the address is theirs.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Too many attempts from this network.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// How long the tokens that take an account back are valid, at least.
const RECOVERED_WITHIN: Duration = UNDO_WITHIN;

/// Which mail the token is from.
#[derive(Clone, Copy)]
struct Cause {
    purpose: Purpose,
    because: EndedBecause,
    done: Event,
    refused: Event,
}

/// Gives the user the old address back.
pub async fn undo_email_change(state: &Arc<AppState>, token: &str, requester: &Requester) -> Result<(), RecoverError> {
    let because = EndedBecause::EmailUndone;
    let cause = Cause { purpose: Purpose::UndoEmail, because, done: Event::EmailUndone, refused: Event::EmailUndoRefused };
    recover(state, cause, token, requester).await
}

/// The reader did not do what a security mail reported. If the address was changed since, the user gets it back.
pub async fn report_not_me(state: &Arc<AppState>, token: &str, requester: &Requester) -> Result<(), RecoverError> {
    let cause = Cause { purpose: Purpose::NotMe, because: EndedBecause::NotMe, done: Event::NotMe, refused: Event::NotMeRefused };
    recover(state, cause, token, requester).await
}

/// Ends all sessions, removes the password, and sends a mail to choose a new one with. What was sent to later addresses is void; who read an
/// earlier one can still undo that change.
async fn recover(state: &Arc<AppState>, cause: Cause, token: &str, requester: &Requester) -> Result<(), RecoverError> {
    let refused = |because, error| {
        state.record(cause.refused.because(because));
        error
    };
    let now = state.clock.now();
    state.limits.take_network(requester.network(), now).await?;
    let found = one_time_tokens::find(state, &[cause.purpose], token).await?;
    let found = found.and_then(|(row, address)| row.user_id.map(|user| (row, address, user)));
    let (row, address, user) = found.ok_or_else(|| refused("token", RecoverError::Token))?;
    let locale = state.outbox.locale(None, requester.accept_language.as_deref());
    let undone = state.outbox.seal(&Letter::EmailChangeUndone(Circumstances::new(now, requester)), &row.email, locale, now);
    let undone = outgoing_mail::Model { user_id: Some(user), ..undone };
    let reset = password_reset::request(&address, locale, now);
    let input = (user, cause, row, undone, reset);
    let recovered = state.write_or_refuse(Scope::Transaction, input, |tx, (user, cause, row, undone, reset)| {
        Box::pin(take_back(tx, *user, *cause, row, undone, reset))
    });
    match recovered.await {
        Ok(Ok(())) => {
            state.reset_requests.notify_one();
            Ok(())
        }
        Ok(Err(())) => Err(refused("used_or_void", RecoverError::Token)),
        Err(error) if error.is_duplicate() => Err(refused("email_taken", RecoverError::EmailTaken)),
        Err(error) => Err(error.into()),
    }
}

async fn take_back(
    tx: &Tx,
    user: UserId,
    cause: Cause,
    row: &one_time_token::Model,
    undone: &outgoing_mail::Model,
    reset: &reset_request::Model,
) -> Result<Result<(), ()>, Unavailable> {
    let before = store::find(tx.connection(), user).await?.filter(|before| before.status != Status::Deleted);
    let Some(before) = before else { return Ok(Err(())) };
    let is_change = before.email_canonical != row.email_canonical;
    if is_change {
        evict(tx, &row.email_canonical).await?;
    }
    if !store::confirm_email(tx, &before, row).await? || !one_time_tokens::store::take(tx, row.id).await? {
        return Ok(Err(()));
    }
    // A deletion that the thief asked for does not happen either. This raises the epoch: no device is known any more.
    store::schedule_deletion(tx, user, None).await?;
    authentication::store::delete(tx, user).await?;
    // A thief may have added them, before or after what this mail reports. Their own mail has a link as long as that. What is older stays: to
    // read mail is not to have the second factor.
    let now = reset.created_at;
    let reported_at = moment_of(row.id.0).unwrap_or(now);
    if let Some(has_any) = second_factor::store::remove_since(tx, user, reported_at.min(now.minus(RECOVERED_WITHIN))).await? {
        store::set_second_factor(tx, user, has_any).await?;
        tx.record(Event::SecondFactorRemoved.of(user).because(cause.because.name()));
    }
    sessions::store::end_all(tx, user, cause.because, reset.created_at).await?;
    one_time_tokens::store::void_since(tx, user, row.id).await?;
    if is_change {
        tx.mail(undone.clone()).await?;
    }
    password_reset::store::insert(tx, reset.clone()).await?;
    tx.record(cause.done.of(user));
    Ok(Ok(()))
}

/// A thief may have signed up with the address that the account had. They cannot confirm it, and do not keep it.
async fn evict(tx: &Tx, canonical: &str) -> Result<(), Unavailable> {
    let squatter = store::find_by_canonical(tx.connection(), canonical).await?;
    // A user with roles has them from an operator.
    let squatter = squatter.filter(|squatter| !squatter.email_verified && squatter.roles == Roles::default());
    if let Some(squatter) = squatter
        && store::delete(tx, squatter.id).await?
    {
        sessions::store::delete_all(tx, squatter.id).await?;
        tx.record(Event::UserDeleted.of(squatter.id).because("address_taken_back").by(Actor::UNKNOWN));
    }
    Ok(())
}
