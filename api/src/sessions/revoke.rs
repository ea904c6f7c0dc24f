//! Ending sessions before their time. SQL first: what was acknowledged stays ended.

use std::sync::Arc;

use entity::{
    SessionId, UnixMillis,
    session::{self, EndedBecause},
};

use zeroize::Zeroizing;

use super::{Authenticated, access_token, ends, store};
use crate::{
    audit::Event,
    background::to_its_end,
    cache::Change,
    db::{Db, Unavailable},
    secret::{REFRESH_TOKEN_PREFIX, RefreshToken, SessionCookie},
    state::AppState,
};

/// The session that a cookie's value is the secret of, whatever has become of it.
async fn session_of_cookie(state: &AppState, value: &str) -> Result<Option<SessionId>, Unavailable> {
    let Some(cookie) = SessionCookie::parse(value) else { return Ok(None) };
    let found = store::find(state.db.connection(), cookie.session).await?;
    let hash = found.and_then(|(session, _)| session.secret_hash);
    Ok(hash.filter(|hash| cookie.matches(hash)).map(|_| cookie.session))
}

/// The session that a refresh token or an access token of ours belongs to, whatever has become of it. An expired token still names
/// its session: all it is good for is to end it (as with `id_token_hint` in OpenID Connect RP-Initiated Logout).
pub async fn session_of_token(state: &AppState, token: &str) -> Result<Option<SessionId>, Unavailable> {
    if token.starts_with(REFRESH_TOKEN_PREFIX) {
        let Some(token) = RefreshToken::parse(token) else { return Ok(None) };
        let found = store::find(state.db.connection(), token.session).await?;
        let seed = found.and_then(|(session, _)| session.seed);
        return Ok(seed.filter(|seed| token.is_genuine(&state.secrets, seed)).map(|_| token.session));
    }
    let Some(token) = access_token::verify(state, token) else { return Ok(None) };
    let found = store::find(state.db.connection(), token.session).await?;
    let proves = |session: &session::Model| session.authenticated_at.seconds() <= token.authenticated_at;
    Ok(found.filter(|(session, _)| proves(session)).map(|(session, _)| session.id))
}

/// A credential that a request carries, whichever one says who is asking.
#[derive(Clone)]
pub enum Carried {
    /// The value of a session cookie.
    Cookie(Zeroizing<String>),
    /// A refresh token or an access token.
    Token(Zeroizing<String>),
}

/// The sessions that credentials belong to, whatever has become of them.
pub async fn sessions_of(state: &AppState, carried: &[Carried]) -> Result<Vec<SessionId>, Unavailable> {
    let mut found = Vec::new();
    for credential in carried {
        found.extend(match credential {
            Carried::Cookie(value) => session_of_cookie(state, value).await?,
            Carried::Token(token) => session_of_token(state, token).await?,
        });
    }
    Ok(found)
}

/// Ends sessions whose owner signs out.
pub async fn end_all(state: &Arc<AppState>, sessions: &[SessionId]) -> Result<(), Unavailable> {
    let (state, sessions) = (Arc::clone(state), sessions.to_vec());
    to_its_end(async move {
        for session in sessions {
            end(&state, session, EndedBecause::SignedOut).await?;
        }
        Ok(())
    })
    .await
}

/// Ends one session of the same user; false if they have none with that id.
pub async fn end_one(state: &Arc<AppState>, who: &Authenticated, id: SessionId) -> Result<bool, Unavailable> {
    match store::find(state.db.connection(), id).await? {
        Some((session, _)) if session.user_id == who.user.id => end(state, id, EndedBecause::Revoked).await,
        _ => Ok(false),
    }
}

/// Ends all sessions of the same user but the one they are using.
pub async fn end_others(state: &Arc<AppState>, who: &Authenticated) -> Result<(), Unavailable> {
    let (state, who) = (Arc::clone(state), who.clone());
    to_its_end(async move {
        let ended = state.db.retry(|| end_all_but(&state.db, &who, state.clock.now())).await?;
        state.cache.announce(&[ended]).await;
        state.record(Event::OtherSessionsEnded.of(who.user.id).in_session(who.session.id));
        Ok(())
    })
    .await
}

/// The live sessions of a user, newest first: at most `limit` of those older than `before`.
pub async fn list(
    state: &AppState,
    who: &Authenticated,
    before: Option<SessionId>,
    limit: u64,
) -> Result<Vec<session::Model>, Unavailable> {
    let now = state.clock.now();
    let mut sessions = store::list(state.db.connection(), who.user.id, before, limit, now).await?;
    sessions.retain(|session| now < ends(session, &state.config.sessions).idle);
    Ok(sessions)
}

async fn end_all_but(db: &Db, who: &Authenticated, now: UnixMillis) -> Result<Change, Unavailable> {
    let transaction = db.begin().await?;
    let ended = store::end_others(&transaction, who.user.id, who.session.id, EndedBecause::Revoked, now).await?;
    transaction.commit().await?;
    Ok(ended)
}

/// Ends a session; false if it had ended. Everybody is told all the same: whoever ended it may not have come so far.
async fn end(state: &Arc<AppState>, id: SessionId, because: EndedBecause) -> Result<bool, Unavailable> {
    let state = Arc::clone(state);
    to_its_end(async move {
        let ended = state.db.retry(|| store::end(state.db.connection(), id, because, state.clock.now())).await?;
        state.cache.announce(&[Change::ended(id)]).await;
        if ended {
            state.record(Event::SessionEnded.in_session(id).because(because.name()));
        }
        Ok(ended)
    })
    .await
}
