//! One-time tokens: what the link in a mail is good for. A token serves one purpose, once, until it expires.

mod notice;
pub(crate) mod store;

use std::time::Duration;

use entity::{
    OneTimeTokenId, SessionId, UnixMillis, UserId,
    one_time_token::{Model, Purpose},
    user,
};
use uuid::Uuid;

use crate::{
    db::Unavailable,
    email_address::EmailAddress,
    random,
    secret::OneTimeToken,
    state::{AppState, Tx},
};
pub(crate) use notice::{Notice, Occasion};

/// A new token, and the row to store.
pub(crate) struct Issued {
    pub(crate) token: OneTimeToken,
    pub(crate) row: Model,
}

/// A new token for an address that has no user yet.
pub(crate) fn issue(purpose: Purpose, address: &EmailAddress, now: UnixMillis, within: Duration) -> Issued {
    new(random::uuid_v7(now), purpose, (None, None), (address.as_typed(), address.canonical()), now.plus(within))
}

/// A new token for a user, about their own address.
pub(crate) fn issue_to(user: &user::Model, purpose: Purpose, now: UnixMillis, within: Duration) -> Issued {
    new(random::uuid_v7(now), purpose, (Some(user.id), None), (&user.email, &user.email_canonical), now.plus(within))
}

/// The same for a token that takes an account back: its id is after those of the user's other tokens, whichever clocks made them. Using
/// one voids what came after it.
pub(crate) async fn issue_last(
    tx: &Tx,
    user: &user::Model,
    purpose: Purpose,
    now: UnixMillis,
    within: Duration,
) -> Result<Issued, Unavailable> {
    let id = random::uuid_v7_after(store::newest_of(tx, user.id).await?.map(|id| id.0), now);
    Ok(new(id, purpose, (Some(user.id), None), (&user.email, &user.email_canonical), now.plus(within)))
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
    let owner = (Some(user), Some(session));
    new(random::uuid_v7(now), purpose, owner, (address.as_typed(), address.canonical()), now.plus(within))
}

fn new(
    id: Uuid,
    purpose: Purpose,
    (user_id, session_id): (Option<UserId>, Option<SessionId>),
    (typed, canonical): (&str, &str),
    expires_at: UnixMillis,
) -> Issued {
    let token = OneTimeToken::new(OneTimeTokenId(id));
    let row = Model {
        id: token.id,
        purpose,
        secret_hash: token.hash(),
        user_id,
        session_id,
        email: typed.to_owned(),
        email_canonical: canonical.to_owned(),
        expires_at,
    };
    Issued { token, row }
}

/// The row of a token, and its address, if the token is good for one of these purposes now.
pub(crate) async fn find(
    state: &AppState,
    purposes: &[Purpose],
    written: &str,
) -> Result<Option<(Model, EmailAddress)>, Unavailable> {
    let Some(token) = OneTimeToken::parse(written) else { return Ok(None) };
    let found = store::find(state.db.connection(), token.id).await?;
    let found = found
        .filter(|row| purposes.contains(&row.purpose) && token.matches(&row.secret_hash) && state.clock.now() < row.expires_at);
    // It was an address when it was stored.
    Ok(found.and_then(|row| EmailAddress::parse_stored(&row.email).map(|address| (row, address))))
}
