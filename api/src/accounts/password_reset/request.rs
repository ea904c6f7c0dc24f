//! Asking for a new password.
//!
//! The answer comes before the address is looked up. So it is the same, and takes as long, whether or not the address has an account.

use std::sync::Arc;

use entity::{ResetRequestId, UnixMillis, reset_request};

use super::store;
use crate::{
    audit::{Event, Record},
    db::{Scope, Unavailable},
    email_address::EmailAddress,
    limits::LimitError,
    random,
    requester::Requester,
    state::{AppState, Tx},
};

/// Why no request was stored.
#[derive(Debug, thiserror::Error)]
pub enum RequestResetError {
    /// The text is no address.
    #[error("not an e-mail address")]
    Address,
    /// Too many requests from this network.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Stores the request. The user who has the address gets a mail, unless they got too many.
pub async fn request_password_reset(state: &Arc<AppState>, email: &str, requester: &Requester) -> Result<(), RequestResetError> {
    let address = EmailAddress::parse_stored(email).ok_or(RequestResetError::Address)?;
    let now = state.clock.now();
    state.limits.take_network(requester.network(), now).await?;
    let locale = state.outbox.locale(None, requester.accept_language.as_deref());
    let request = reset_request::Model { is_limited: true, ..request(&address, locale, now) };
    let asked = (request, Event::PasswordResetRequested.into());
    let stored = state.write(Scope::Transaction, asked, |tx, (request, record)| {
        Box::pin(store_request(tx, request.clone(), Record::clone(record)))
    });
    stored.await?;
    state.reset_requests.notify_one();
    Ok(())
}

/// A request, to be stored. After that, `state.reset_requests` wakes the task that resolves it.
pub(in crate::accounts) fn request(address: &EmailAddress, locale: &str, now: UnixMillis) -> reset_request::Model {
    reset_request::Model {
        id: ResetRequestId(random::uuid_v7(now)),
        email_canonical: address.canonical().to_owned(),
        locale: locale.to_owned(),
        is_limited: false,
        created_at: now,
    }
}

/// Stores a request, in the transaction that asks for it.
pub(in crate::accounts) async fn store_request(tx: &Tx, request: reset_request::Model, record: Record) -> Result<(), Unavailable> {
    store::insert(tx, request).await?;
    tx.record(record);
    Ok(())
}
