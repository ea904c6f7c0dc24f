//! Access tokens for other services, from a session of either face.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{Authenticated, access_token};
use crate::{audit::Event, state::AppState};

/// A token that another service accepts, and we do not.
pub struct Minted {
    /// A JWT (RFC 9068) with that audience.
    pub access_token: Zeroizing<String>,
    /// How long it counts.
    pub expires_in: Duration,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// `tokens.audiences` does not list it.
    #[error("no such audience")]
    UnknownAudience,
    /// It could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Makes a token for one of the configured audiences; for the first if none is named.
pub fn mint(state: &AppState, who: &Authenticated, audience: Option<&str>) -> Result<Minted, MintError> {
    let mut audiences = state.config.tokens.audiences.iter();
    let audience = match audience {
        None => audiences.next(),
        Some(named) => audiences.find(|audience| *audience == named),
    };
    let audience = audience.ok_or(MintError::UnknownAudience)?;
    state.record(Event::AccessTokenMinted.of(who.user.id).in_session(who.session.id));
    let (access_token, expires_in) = access_token::issue(state, who, audience, state.clock.now())?;
    Ok(Minted { access_token, expires_in })
}
