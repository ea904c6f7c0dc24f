//! Verifying a credential: one look-up by the session's id, then the proof.

use std::time::Duration;

use super::{Authenticated, access_token, is_live, store};
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

/// How often a session's use is noted at most, however short its idle time.
const TOUCH_AT_MOST_EVERY: Duration = Duration::from_secs(60);

/// Verifies the value of a session cookie.
pub async fn by_cookie(state: &AppState, value: &str) -> Result<Authenticated, Refused> {
    let cookie = SessionCookie::parse(value).ok_or(Refused::Invalid)?;
    let (session, user) = store::find(state.db.connection(), cookie.session).await?.ok_or(Refused::Invalid)?;
    if !session.secret_hash.as_ref().is_some_and(|hash| cookie.matches(hash)) {
        return Err(Refused::Invalid);
    }
    admit(state, Authenticated { session, user }).await
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
    admit(state, Authenticated { session, user }).await
}

async fn admit(state: &AppState, who: Authenticated) -> Result<Authenticated, Refused> {
    let now = state.clock.now();
    if !is_live(&who.session, &who.user, now, &state.config.sessions) {
        return Err(Refused::Invalid);
    }
    touch(state, &who).await;
    Ok(who)
}

/// Notes that the session was used. Nobody is refused because that could not be written, and a session that ended meanwhile
/// stays ended.
async fn touch(state: &AppState, who: &Authenticated) {
    let now = state.clock.now();
    let idle = state.config.sessions.lifetime(who.session.remember).idle;
    if now.since(who.session.last_seen_at) < (idle / 10).max(TOUCH_AT_MOST_EVERY) {
        return;
    }
    let idle_expires_at = now.plus(idle).min(who.session.expires_at);
    if let Err(error) = store::touch(state.db.connection(), who.session.id, now, idle_expires_at).await {
        tracing::warn!(%error, session = %who.session.id.0, "the use of a session was not noted");
    }
}
