//! Access tokens for other services, from a session in either mode.

use std::time::Duration;

use zeroize::Zeroizing;

use super::access_token;
use crate::{audit::Event, principal::Principal, state::AppState};

/// A token that another service accepts and this one refuses.
pub struct Minted {
    /// A JWT (RFC 9068) with that audience.
    pub access_token: Zeroizing<String>,
    /// How long it is valid.
    pub expires_in: Duration,
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// `tokens.audiences` does not list it.
    #[error("no such audience; there are {}", .0.join(", "))]
    UnknownAudience(Vec<String>),
    /// It could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Issues a token for one of the configured audiences; for the first if none is named.
pub fn mint(state: &AppState, principal: &Principal, audience: Option<&str>) -> Result<Minted, MintError> {
    let mut audiences = state.config.tokens.audiences.iter();
    let audience = match audience {
        None => audiences.next(),
        Some(named) => audiences.find(|audience| *audience == named),
    };
    let audience = audience.ok_or_else(|| MintError::UnknownAudience(state.config.tokens.audiences.clone()))?;
    state.record(Event::AccessTokenMinted.of(principal.user.id).in_session(principal.session.id));
    let (access_token, expires_in) = access_token::issue(state, principal, audience, state.clock.now())?;
    Ok(Minted { access_token, expires_in })
}
