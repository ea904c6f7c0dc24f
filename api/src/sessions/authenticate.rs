//! Verifying a credential: one look-up by the session's id, then the proof.

use std::sync::Arc;

use entity::SessionId;

use super::{Authenticated, access_token, ends, store, touch};
use crate::{
    cache::{SessionSnapshot, Snapshot},
    config::Verification,
    db::Unavailable,
    metrics::Source,
    secret::SessionCookie,
    state::AppState,
};

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
pub async fn by_cookie(state: &Arc<AppState>, value: &str) -> Result<Authenticated, Refused> {
    let cookie = SessionCookie::parse(value).ok_or(Refused::Invalid)?;
    let proves = |session: &SessionSnapshot| session.secret_hash.as_ref().is_some_and(|hash| cookie.matches(hash));
    authenticate(state, cookie.session, proves).await
}

/// Verifies an access token. The session decides: its end is felt at once, whatever the token's `exp` says; unless tokens shall stand
/// alone.
pub async fn by_access_token(state: &Arc<AppState>, token: &str, verification: Verification) -> Result<Authenticated, Refused> {
    let token = access_token::verify(state, token).ok_or(Refused::Invalid)?;
    if token.expires_at <= state.clock.now().seconds() {
        return Err(Refused::Invalid);
    }
    match verification {
        // Proved again since: such a token is void.
        Verification::Session => {
            authenticate(state, token.session, |session| session.authenticated_at.seconds() <= token.authenticated_at).await
        }
        Verification::Stateless => Box::pin(whoever(state, token.session)).await,
    }
}

/// Whoever signed in to a session, whatever has become of it.
async fn whoever(state: &AppState, id: SessionId) -> Result<Authenticated, Refused> {
    if let Some(kept) = state.cache.recall(id) {
        return Ok(kept);
    }
    state.metrics.session_read(Source::Sql);
    let (session, user) = store::find(state.db.connection(), id).await?.ok_or(Refused::Invalid)?;
    let who = Snapshot::new(&session, &user);
    if Snapshot::of_live(&session, &user).is_some() {
        state.cache.keep(&who);
    }
    Ok(who)
}

async fn authenticate(
    state: &Arc<AppState>,
    id: SessionId,
    proves: impl Fn(&SessionSnapshot) -> bool,
) -> Result<Authenticated, Refused> {
    let now = state.clock.now();
    let ends = |session: &SessionSnapshot| ends(session, &state.config.sessions);
    let counts = |session: &SessionSnapshot| now < ends(session).idle && proves(session);
    let found = match state.cache.recall(id) {
        Some(kept) => kept,
        // Boxed: every request would set the room aside that only those take who must ask somebody.
        None => Box::pin(state.cache.read(id, counts, || read(state, id))).await?.ok_or(Refused::Invalid)?,
    };
    if now >= ends(&found.session).absolute {
        return Err(Refused::Invalid);
    }
    if counts(&found.session) {
        return Ok(touch::touch(state, found));
    }
    // Past its idle time, or of another secret. Another node may have seen the person since, or given them a new secret: SQL knows.
    let found = Box::pin(state.cache.read_sql(|| read(state, id))).await?;
    let found = found.filter(|found| counts(&found.session)).ok_or(Refused::Invalid)?;
    Ok(touch::touch(state, found))
}

/// What SQL says of a session.
pub(super) async fn read(state: &AppState, id: SessionId) -> Result<Option<Snapshot>, Unavailable> {
    state.metrics.session_read(Source::Sql);
    let found = store::find(state.db.connection(), id).await?;
    Ok(found.and_then(|(session, user)| Snapshot::of_live(&session, &user)))
}
