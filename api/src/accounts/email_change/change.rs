//! Asking for another address. It counts once the reader of the new one confirms it; until then the old one signs in.

use std::sync::Arc;

use entity::{one_time_token::Purpose, outgoing_mail};

use crate::{
    accounts::store,
    audit::Event,
    db::{Scope, Unavailable},
    email_address::EmailAddress,
    limits::LimitError,
    mail::{CONFIRMED_WITHIN, Letter},
    one_time_tokens::{self, Issued},
    principal::Principal,
    requester::Requester,
    sessions,
    state::AppState,
};

/// Why no mail was sent.
#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
    /// The session ended, or another request renewed it.
    #[error("the session has ended")]
    Ended,
    /// Too many requests from this network.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Sends a token to the address that the user has.
pub async fn send_email_verification(
    state: &Arc<AppState>,
    principal: &Principal,
    requester: &Requester,
) -> Result<(), ChangeEmailError> {
    match EmailAddress::parse_stored(&principal.user.email).filter(|_| !principal.user.email_verified) {
        Some(address) => change_email(state, principal, &address, requester).await,
        None => Ok(()),
    }
}

/// Sends a token to the new address. An earlier pending change is void. If another user has the address, its owner is told, and the answer
/// is the same.
pub async fn change_email(
    state: &Arc<AppState>,
    principal: &Principal,
    address: &EmailAddress,
    requester: &Requester,
) -> Result<(), ChangeEmailError> {
    let now = state.clock.now();
    state.limits.take_network(requester.network(), now).await?;
    if !state.limits.take_mail(&state.db, address, now).await? {
        state.record(Event::AttemptLimited.because("mail"));
        return Ok(());
    }
    let (user, session) = (principal.user.id, principal.session.id);
    let Issued { token, row } = one_time_tokens::issue_in(session, user, Purpose::ConfirmEmail, address, now, CONFIRMED_WITHIN);
    let locale = state.outbox.locale(principal.user.locale.as_deref(), requester.accept_language.as_deref());
    let letter = Letter::confirm_email(state.config.pages.confirm_email.as_ref(), &token);
    let mail = outgoing_mail::Model { user_id: Some(user), ..state.outbox.seal(&letter, address.as_typed(), locale, now) };
    let exists = state.outbox.seal(&Letter::AccountExists, address.as_typed(), locale, now);
    let input = (principal.clone(), row, mail, exists);
    let sent = state.write_or_refuse(Scope::Transaction, input, |tx, (principal, row, mail, exists)| {
        Box::pin(async move {
            if !sessions::store::is_still_fresh(tx, principal).await? {
                return Ok(Err(ChangeEmailError::Ended));
            }
            let owner = store::find_by_canonical(tx.connection(), &row.email_canonical).await?;
            one_time_tokens::store::void(tx, principal.user.id, Purpose::ConfirmEmail).await?;
            // Stored in both cases, so that an export looks the same. Only the mail has the secret.
            one_time_tokens::store::insert(tx, row.clone()).await?;
            match owner.filter(|owner| owner.id != principal.user.id) {
                None => tx.mail(mail.clone()).await?,
                Some(owner) => {
                    let (user_id, recipient) = (Some(owner.id), owner.email);
                    tx.mail(outgoing_mail::Model { user_id, recipient, ..exists.clone() }).await?;
                }
            }
            tx.record(Event::EmailConfirmationSent.of(principal.user.id).in_session(principal.session.id));
            Ok(Ok(()))
        })
    });
    sent.await?
}
