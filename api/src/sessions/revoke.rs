//! Ending sessions before their time. SQL first: what was acknowledged stays ended.

use entity::{SessionId, session, session::EndedBecause};

use super::{Authenticated, access_token, store};
use crate::{
    db::Unavailable,
    secret::{REFRESH_TOKEN_PREFIX, RefreshToken},
    state::AppState,
};

/// Ends the session somebody is signed in with.
pub async fn end(state: &AppState, who: &Authenticated) -> Result<(), Unavailable> {
    end_by_id(state, who.session.id, EndedBecause::SignedOut).await
}

/// Ends the session of a token of ours, refresh or access token, current or not: ending is all that it can do, so an expired one
/// serves too (as with `id_token_hint` in OpenID Connect RP-Initiated Logout). Any other token is nothing (RFC 7009 section 2.2).
pub async fn end_bearer_of(state: &AppState, token: &str) -> Result<(), Unavailable> {
    let session = if token.starts_with(REFRESH_TOKEN_PREFIX) {
        let Some(token) = RefreshToken::parse(token) else { return Ok(()) };
        let found = store::find(state.db.connection(), token.session).await?;
        let seed = found.and_then(|(session, _)| session.seed);
        seed.filter(|seed| token.is_genuine(&state.secrets, seed)).map(|_| token.session)
    } else {
        access_token::verify(state, token).map(|claims| claims.session())
    };
    match session {
        Some(session) => end_by_id(state, session, EndedBecause::SignedOut).await,
        None => Ok(()),
    }
}

/// Ends one session of the same user; false if they have none with that id.
pub async fn end_one(state: &AppState, who: &Authenticated, id: SessionId) -> Result<bool, Unavailable> {
    let found = store::find(state.db.connection(), id).await?;
    let theirs = found.is_some_and(|(session, _)| session.user_id == who.user.id && session.ended_at.is_none());
    if theirs {
        end_by_id(state, id, EndedBecause::Revoked).await?;
    }
    Ok(theirs)
}

/// Ends all sessions of the same user but the one they are using.
pub async fn end_others(state: &AppState, who: &Authenticated) -> Result<(), Unavailable> {
    store::end_others(state.db.connection(), who.user.id, who.session.id, EndedBecause::Revoked, state.clock.now()).await?;
    tracing::info!(event = "other_sessions_ended", user = %who.user.id.0);
    Ok(())
}

/// The live sessions of a user, newest first: at most `limit` of those older than `before`.
pub async fn list(
    state: &AppState,
    who: &Authenticated,
    before: Option<SessionId>,
    limit: u64,
) -> Result<Vec<session::Model>, Unavailable> {
    store::list(state.db.connection(), who.user.id, before, limit, state.clock.now()).await
}

async fn end_by_id(state: &AppState, id: SessionId, because: EndedBecause) -> Result<(), Unavailable> {
    if store::end(state.db.connection(), id, because, state.clock.now()).await? {
        tracing::info!(event = "session_ended", session = %id.0, because = ?because);
    }
    Ok(())
}
