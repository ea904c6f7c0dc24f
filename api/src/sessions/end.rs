//! Ending sessions before they expire. SQL first: an acknowledged end stays.

use std::sync::Arc;

use entity::{
    SessionId,
    session::{self, EndedBecause},
};
use zeroize::Zeroizing;

use super::store;
use crate::{
    audit::Event,
    db::{Scope, Unavailable},
    grants,
    principal::Principal,
    secret::{REFRESH_TOKEN_PREFIX, RefreshToken, SessionCookie},
    state::AppState,
};

/// A credential that a request carries, whether or not it is the one that authenticates the request.
#[derive(Clone)]
pub enum PresentedCredential {
    /// The value of a session cookie.
    Cookie(Zeroizing<String>),
    /// A refresh token or an access token.
    Token(Zeroizing<String>),
}

/// The session that a cookie's value proves, even if it has ended.
async fn session_of_cookie(state: &AppState, value: &str) -> Result<Option<SessionId>, Unavailable> {
    let Some(cookie) = SessionCookie::parse(value) else { return Ok(None) };
    let found = store::find(state.db.connection(), cookie.session).await?;
    let hash = found.and_then(|(session, _)| session.secret_hash);
    Ok(hash.filter(|hash| cookie.matches(hash)).map(|_| cookie.session))
}

/// The session that a refresh token or an access token proves, even if it has ended. An expired token still names its session: it is
/// good for ending it, and for nothing else (as `id_token_hint` in OpenID Connect RP-Initiated Logout).
pub async fn session_of_token(state: &AppState, token: &str) -> Result<Option<SessionId>, Unavailable> {
    if token.starts_with(REFRESH_TOKEN_PREFIX) {
        let Some(token) = RefreshToken::parse(token) else { return Ok(None) };
        let found = grants::store::find(state.db.connection(), token.grant).await?;
        return Ok(found.filter(|found| token.is_genuine(&state.secrets, &found.grant.seed)).map(|found| found.session.id));
    }
    let Some(token) = grants::verify(state, token) else { return Ok(None) };
    let found = store::find(state.db.connection(), token.session).await?;
    let proves = |session: &session::Model| session.authenticated_at.seconds() <= token.authenticated_at;
    Ok(found.filter(|(session, _)| proves(session)).map(|(session, _)| session.id))
}

/// The sessions that these credentials prove, even if they have ended.
pub async fn sessions_of(state: &AppState, presented: &[PresentedCredential]) -> Result<Vec<SessionId>, Unavailable> {
    let mut found = Vec::new();
    for credential in presented {
        found.extend(match credential {
            PresentedCredential::Cookie(value) => session_of_cookie(state, value).await?,
            PresentedCredential::Token(token) => session_of_token(state, token).await?,
        });
    }
    Ok(found)
}

/// Ends sessions whose user signs out.
pub async fn end_all(state: &Arc<AppState>, sessions: &[SessionId]) -> Result<(), Unavailable> {
    if sessions.is_empty() {
        return Ok(());
    }
    let scope = if sessions.len() == 1 { Scope::Statement } else { Scope::Transaction };
    let (sessions, now) = (sessions.to_vec(), state.clock.now());
    let ended = state.write(scope, (sessions, now), |tx, (sessions, now)| {
        Box::pin(async move {
            for session in sessions {
                store::end(tx, *session, EndedBecause::SignedOut, *now).await?;
            }
            Ok(())
        })
    });
    ended.await
}

/// Ends one session of the same user; false if the user has none with that id.
pub async fn end_one(state: &Arc<AppState>, principal: &Principal, id: SessionId) -> Result<bool, Unavailable> {
    match store::find(state.db.connection(), id).await? {
        Some((session, _)) if session.user_id == principal.user.id => {
            let input = (id, state.clock.now());
            let ended =
                state.write(Scope::Statement, input, |tx, (id, now)| Box::pin(store::end(tx, *id, EndedBecause::Revoked, *now)));
            ended.await
        }
        _ => Ok(false),
    }
}

/// Ends all sessions of the same user but the one in use.
pub async fn end_others(state: &Arc<AppState>, principal: &Principal) -> Result<(), Unavailable> {
    let input = (principal.user.id, principal.session.id, state.clock.now());
    let ended = state.write(Scope::Transaction, input, |tx, (user, kept, now)| {
        Box::pin(async move {
            store::note_user_change(tx, *user).await?;
            store::end_others(tx, *user, *kept, EndedBecause::Revoked, *now).await?;
            tx.record(Event::OtherSessionsEnded.of(*user).in_session(*kept));
            Ok(())
        })
    });
    ended.await
}
