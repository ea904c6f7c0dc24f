//! Grants: what a session in mode `token` is presented by. A grant is a chain of refresh tokens; each comes with an access token.

mod access_token;
mod mint;
pub(crate) mod store;

use std::{fmt, time::Duration};

pub use entity::token_grant::RefreshIn;
use entity::{GrantId, Seed, SessionId, UnixMillis, token_grant};
use zeroize::Zeroizing;

pub use access_token::verify;
pub use mint::{MintError, Minted, mint};

use crate::{principal::Principal, random, secret::RefreshToken, state::AppState};

/// What a client in mode `token` holds.
pub struct Tokens {
    /// A JWT (RFC 9068).
    pub access_token: Zeroizing<String>,
    /// How long the access token is valid.
    pub expires_in: Duration,
    /// For the next access token.
    pub refresh_token: RefreshToken,
    /// Where the refresh token travels.
    pub refresh_in: RefreshIn,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

/// A new grant of a session, to be stored in the transaction that stores the session.
pub(crate) fn new_grant(session: SessionId, refresh_in: RefreshIn) -> token_grant::Model {
    let id = GrantId::of(session);
    token_grant::Model { id, session_id: session, seed: new_seed(), generation: 0, rotated_at: None, refresh_in }
}

/// What a chain of refresh tokens is derived from. A new seed makes all earlier tokens of the grant invalid.
pub(crate) fn new_seed() -> Seed {
    Seed(random::bytes::<32>().to_vec())
}

/// The tokens of a grant as it stands.
pub(crate) fn tokens(
    state: &AppState,
    grant: &token_grant::Model,
    principal: &Principal,
    now: UnixMillis,
) -> Result<Tokens, jsonwebtoken::errors::Error> {
    let (access_token, expires_in) = access_token::issue(state, principal, state.config.public_url.as_str(), now)?;
    let refresh_token = RefreshToken::derive(&state.secrets, &grant.seed, grant.id, grant.generation);
    Ok(Tokens { access_token, expires_in, refresh_token, refresh_in: grant.refresh_in })
}
