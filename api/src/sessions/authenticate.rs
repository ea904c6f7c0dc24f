//! Verifying a credential: one look-up by the session's id, then the proof.

use super::{Authenticated, access_token, is_live, store, touch};
use crate::{db::Unavailable, secret::SessionCookie, state::AppState};

/// Why a credential that was presented does not count.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It proves nothing, or its session is over.
    #[error("the credential is not valid")]
    Invalid,
    /// Nobody can tell: the database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Verifies the value of a session cookie.
pub async fn by_cookie(state: &AppState, value: &str) -> Result<Authenticated, Refused> {
    let cookie = SessionCookie::parse(value).ok_or(Refused::Invalid)?;
    let (session, user) = store::find(state.db.connection(), cookie.session).await?.ok_or(Refused::Invalid)?;
    if !session.secret_hash.as_ref().is_some_and(|hash| cookie.matches(hash)) {
        return Err(Refused::Invalid);
    }
    admit(state, Authenticated { session, user })
}

/// Verifies an access token. The session decides: its end is felt at once, whatever the token's `exp` says.
pub async fn by_access_token(state: &AppState, token: &str) -> Result<Authenticated, Refused> {
    let claims = access_token::verify(state, token).ok_or(Refused::Invalid)?;
    if claims.has_expired(state.clock.now()) {
        return Err(Refused::Invalid);
    }
    let (session, user) = store::find(state.db.connection(), claims.session()).await?.ok_or(Refused::Invalid)?;
    if claims.is_older_than_proof(&session) {
        return Err(Refused::Invalid);
    }
    admit(state, Authenticated { session, user })
}

fn admit(state: &AppState, who: Authenticated) -> Result<Authenticated, Refused> {
    let Authenticated { session, user } = who;
    if !is_live(&session, &user, state.clock.now(), &state.config.sessions) {
        return Err(Refused::Invalid);
    }
    let session = touch::touch(state, session);
    Ok(Authenticated { session, user })
}
