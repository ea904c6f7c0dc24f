//! One-time tokens: what the link in a mail is good for. A token serves one purpose, once, until it expires.

pub(crate) mod store;

use std::time::Duration;

use entity::{
    OneTimeTokenId, SessionId, UnixMillis, UserId,
    one_time_token::{Model, Purpose},
};

use crate::{db::Unavailable, email_address::EmailAddress, random, secret::OneTimeToken, state::AppState};

/// A new token, and the row to store.
pub(super) struct Issued {
    pub(super) token: OneTimeToken,
    pub(super) row: Model,
}

/// A new token for a user, or for an address that has none yet.
pub(super) fn issue(purpose: Purpose, user: Option<UserId>, address: (&str, &str), now: UnixMillis, within: Duration) -> Issued {
    let token = OneTimeToken::new(OneTimeTokenId(random::uuid_v7(now)));
    let row = Model {
        id: token.id,
        purpose,
        secret_hash: token.hash(),
        user_id: user,
        session_id: None::<SessionId>,
        email: address.0.to_owned(),
        email_canonical: address.1.to_owned(),
        expires_at: now.plus(within),
    };
    Issued { token, row }
}

/// The row of a token, and its address, if the token is good for this purpose now.
pub(super) async fn find(state: &AppState, purpose: Purpose, written: &str) -> Result<Option<(Model, EmailAddress)>, Unavailable> {
    let Some(token) = OneTimeToken::parse(written) else { return Ok(None) };
    let found = store::find(state.db.connection(), token.id).await?;
    let found = found.filter(|row| row.purpose == purpose && token.matches(&row.secret_hash) && state.clock.now() < row.expires_at);
    // It was an address when it was stored.
    Ok(found.and_then(|row| EmailAddress::parse_stored(&row.email).map(|address| (row, address))))
}
