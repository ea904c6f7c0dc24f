//! One-time tokens: what the link in a mail is good for. A token serves one purpose, once, until it expires.

mod notice;
pub(crate) mod store;

use std::time::Duration;

use entity::{
    OneTimeTokenId, SessionId, UnixMillis, UserId,
    one_time_token::{Model, Purpose},
    user,
};

use crate::{db::Unavailable, email_address::EmailAddress, random, secret::OneTimeToken, state::AppState};
pub(crate) use notice::{Notice, Occasion};

/// A new token, and the row to store.
pub(crate) struct Issued {
    pub(crate) token: OneTimeToken,
    pub(crate) row: Model,
}

/// A new token for an address that has no user yet.
pub(crate) fn issue(purpose: Purpose, address: &EmailAddress, now: UnixMillis, within: Duration) -> Issued {
    new(purpose, None, None, (address.as_typed(), address.canonical()), now, within)
}

/// A new token for a user, about their own address.
pub(crate) fn issue_to(user: &user::Model, purpose: Purpose, now: UnixMillis, within: Duration) -> Issued {
    new(purpose, Some(user.id), None, (&user.email, &user.email_canonical), now, within)
}

/// A new token for the user of a session, about another address. It is void when the session ends.
pub(crate) fn issue_in(
    session: SessionId,
    user: UserId,
    purpose: Purpose,
    address: &EmailAddress,
    now: UnixMillis,
    within: Duration,
) -> Issued {
    new(purpose, Some(user), Some(session), (address.as_typed(), address.canonical()), now, within)
}

fn new(
    purpose: Purpose,
    user_id: Option<UserId>,
    session_id: Option<SessionId>,
    (typed, canonical): (&str, &str),
    now: UnixMillis,
    within: Duration,
) -> Issued {
    // The time in the id orders tokens: undoing a change voids what came after it.
    let token = OneTimeToken::new(OneTimeTokenId(random::uuid_v7(now)));
    let row = Model {
        id: token.id,
        purpose,
        secret_hash: token.hash(),
        user_id,
        session_id,
        email: typed.to_owned(),
        email_canonical: canonical.to_owned(),
        expires_at: now.plus(within),
    };
    Issued { token, row }
}

/// The row of a token, and its address, if the token is good for this purpose now.
pub(crate) async fn find(state: &AppState, purpose: Purpose, written: &str) -> Result<Option<(Model, EmailAddress)>, Unavailable> {
    let Some(token) = OneTimeToken::parse(written) else { return Ok(None) };
    let found = store::find(state.db.connection(), token.id).await?;
    let found = found.filter(|row| row.purpose == purpose && token.matches(&row.secret_hash) && state.clock.now() < row.expires_at);
    // It was an address when it was stored.
    Ok(found.and_then(|row| EmailAddress::parse_stored(&row.email).map(|address| (row, address))))
}
