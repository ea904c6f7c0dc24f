//! Verifying a credential: the session's id finds the session, and the rest of the credential must prove it.

use std::sync::Arc;

use entity::{SessionId, user::Status};

use super::{
    lifetime::expiry,
    read::{find, read},
    touch,
};
use crate::{
    config::Verification,
    db::Unavailable,
    grants,
    principal::{Principal, SessionSnapshot},
    secret::SessionCookie,
    state::AppState,
};

/// Why a credential was refused.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// It proves nothing, has expired, or its session has ended.
    #[error("the credential is not valid")]
    Invalid,
    /// The database does not answer, so the credential cannot be verified.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Verifies the value of a session cookie.
pub async fn by_cookie(state: &Arc<AppState>, value: &str) -> Result<Principal, AuthenticateError> {
    let cookie = SessionCookie::parse(value).ok_or(AuthenticateError::Invalid)?;
    let proves = |session: &SessionSnapshot| session.secret_hash.as_ref().is_some_and(|hash| cookie.matches(hash));
    authenticate(state, cookie.session, proves).await
}

/// Verifies an access token. With `Verification::Session` its session must be live, even if the token's `exp` has not passed.
pub async fn by_access_token(
    state: &Arc<AppState>,
    token: &str,
    verification: Verification,
) -> Result<Principal, AuthenticateError> {
    let token = grants::verify(state, token).ok_or(AuthenticateError::Invalid)?;
    if token.expires_at <= state.clock.now().seconds() {
        return Err(AuthenticateError::Invalid);
    }
    match verification {
        // The session was renewed since: a token from before is invalid.
        Verification::Session => {
            authenticate(state, token.session, |session| session.authenticated_at.seconds() <= token.authenticated_at).await
        }
        Verification::Stateless => Box::pin(identify(state, token.session)).await,
    }
}

/// The user and the session of a token, even if the session has ended. A disabled or deleted user is refused all the same.
async fn identify(state: &Arc<AppState>, id: SessionId) -> Result<Principal, AuthenticateError> {
    if let Some(kept) = state.cache.recall(id) {
        return Ok(kept);
    }
    let found = find(state, id).await?;
    let (session, user) = found.filter(|(_, user)| user.status == Status::Active).ok_or(AuthenticateError::Invalid)?;
    let principal = Principal::new(&session, &user);
    if Principal::of_live(&session, &user).is_some() {
        state.cache.keep(&principal);
    }
    Ok(principal)
}

async fn authenticate(
    state: &Arc<AppState>,
    id: SessionId,
    proves: impl Fn(&SessionSnapshot) -> bool,
) -> Result<Principal, AuthenticateError> {
    let now = state.clock.now();
    let expiry = |session: &SessionSnapshot| expiry(session, &state.config.sessions);
    let is_valid = |session: &SessionSnapshot| now < expiry(session).idle && proves(session);
    let found = match state.cache.recall(id) {
        Some(kept) => kept,
        // Boxed: every request would set aside memory that only a cache miss needs.
        None => Box::pin(state.cache.read(id, is_valid, || read(state, id))).await?.ok_or(AuthenticateError::Invalid)?,
    };
    if now >= expiry(&found.session).absolute {
        return Err(AuthenticateError::Invalid);
    }
    if is_valid(&found.session) {
        return Ok(touch::touch(state, found));
    }
    // Past its idle time, or of another secret. Another node may have noted a use since, or renewed the session: SQL knows.
    let found = Box::pin(state.cache.read_sql(|| read(state, id))).await?;
    let found = found.filter(|found| is_valid(&found.session)).ok_or(AuthenticateError::Invalid)?;
    Ok(touch::touch(state, found))
}
