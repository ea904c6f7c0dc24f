//! Ending sessions before they expire. SQL first: an acknowledged end stays.

use std::{collections::BTreeSet, sync::Arc};

use entity::{
    GrantId, SessionId,
    session::{self, EndedBecause},
    token_grant,
};
use zeroize::Zeroizing;

use super::store;
use crate::{
    audit::Event,
    db::{Scope, Unavailable},
    grants,
    principal::Principal,
    secret::{REFRESH_TOKEN_PREFIX, RefreshToken, SessionCookie},
    session_cache::VerifiedToken,
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

/// A credential that names a session; whether it proves it is yet to be seen.
enum Claim {
    Cookie(SessionCookie),
    AccessToken(VerifiedToken),
    RefreshToken(RefreshToken),
}

impl Claim {
    fn read(state: &AppState, credential: &PresentedCredential) -> Option<Self> {
        match credential {
            PresentedCredential::Cookie(value) => SessionCookie::parse(value).map(Self::Cookie),
            PresentedCredential::Token(token) if token.starts_with(REFRESH_TOKEN_PREFIX) => {
                RefreshToken::parse(token).map(Self::RefreshToken)
            }
            PresentedCredential::Token(token) => grants::verify(state, token).map(Self::AccessToken),
        }
    }

    fn session(&self) -> Option<SessionId> {
        match self {
            Self::Cookie(cookie) => Some(cookie.session),
            Self::AccessToken(token) => Some(token.session),
            Self::RefreshToken(_) => None,
        }
    }

    fn grant(&self) -> Option<GrantId> {
        match self {
            Self::RefreshToken(token) => Some(token.grant),
            Self::Cookie(_) | Self::AccessToken(_) => None,
        }
    }

    fn proves_session(&self, session: &session::Model) -> bool {
        match self {
            Self::Cookie(cookie) => {
                session.id == cookie.session && session.secret_hash.as_ref().is_some_and(|hash| cookie.matches(hash))
            }
            Self::AccessToken(token) => session.id == token.session && session.authenticated_at.seconds() <= token.authenticated_at,
            Self::RefreshToken(_) => false,
        }
    }

    fn proves_grant(&self, state: &AppState, grant: &token_grant::Model) -> bool {
        matches!(self, Self::RefreshToken(token) if token.grant == grant.id && token.is_genuine(&state.secrets, &grant.seed))
    }
}

/// The sessions that these credentials prove, even if they have ended. An expired access token still names its session: it is good for
/// ending it, and for nothing else (as `id_token_hint` in OpenID Connect RP-Initiated Logout). However many credentials there are, two
/// queries find their sessions.
pub async fn sessions_of(state: &AppState, presented: &[PresentedCredential]) -> Result<Vec<SessionId>, Unavailable> {
    let claims: Vec<_> = presented.iter().filter_map(|credential| Claim::read(state, credential)).collect();
    let db = state.db.connection();
    let sessions = store::find_all(db, claims.iter().filter_map(Claim::session)).await?;
    let grants = grants::store::find_all(db, claims.iter().filter_map(Claim::grant)).await?;
    let proven =
        sessions.iter().map(|(session, _)| session).filter(|session| claims.iter().any(|claim| claim.proves_session(session)));
    let granted = grants.iter().filter(|(grant, ..)| claims.iter().any(|claim| claim.proves_grant(state, grant)));
    let found: BTreeSet<_> = proven.map(|session| session.id).chain(granted.map(|(_, session, _)| session.id)).collect();
    Ok(found.into_iter().collect())
}

/// Ends sessions whose user signs out.
pub async fn end_all(state: &Arc<AppState>, sessions: &[SessionId]) -> Result<(), Unavailable> {
    if sessions.is_empty() {
        return Ok(());
    }
    let (sessions, now) = (sessions.to_vec(), state.clock.now());
    let ended = state.write(Scope::Transaction, (sessions, now), |tx, (sessions, now)| {
        Box::pin(async move {
            for session in sessions {
                store::end(tx, *session, EndedBecause::SignedOut, *now).await?;
            }
            Ok(())
        })
    });
    ended.await
}

/// Why no session of the user was ended.
#[derive(Debug, thiserror::Error)]
pub enum EndOthersError {
    /// The session of the request ended, or another request renewed it.
    #[error("the session has ended")]
    Ended,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Why a session was not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndSessionError {
    /// The user has no live session with that id.
    #[error("no such session")]
    NotFound,
    /// Nothing was ended.
    #[error(transparent)]
    Others(#[from] EndOthersError),
}

impl From<Unavailable> for EndSessionError {
    fn from(error: Unavailable) -> Self {
        Self::Others(error.into())
    }
}

/// Ends one session of the same user.
pub async fn end_one(state: &Arc<AppState>, principal: &Principal, id: SessionId) -> Result<(), EndSessionError> {
    let input = (principal.clone(), id, state.clock.now());
    let ended = state.write_or_refuse(Scope::Transaction, input, |tx, (principal, id, now)| {
        Box::pin(async move {
            if !store::is_unchanged(tx, &principal.session).await? {
                return Ok(Err(EndSessionError::Others(EndOthersError::Ended)));
            }
            match store::find(tx.connection(), *id).await? {
                // Of a session that had ended, the end is announced again.
                Some((session, _)) if session.user_id == principal.user.id => {
                    store::end(tx, *id, EndedBecause::Revoked, *now).await.map(Ok)
                }
                _ => Ok(Err(EndSessionError::NotFound)),
            }
        })
    });
    let has_ended = ended.await??;
    if has_ended { Ok(()) } else { Err(EndSessionError::NotFound) }
}

/// Ends all sessions of the same user but the one in use.
pub async fn end_others(state: &Arc<AppState>, principal: &Principal) -> Result<(), EndOthersError> {
    let ended = state.write_or_refuse(Scope::Transaction, (principal.clone(), state.clock.now()), |tx, (principal, now)| {
        Box::pin(async move {
            let (user, kept) = (principal.user.id, principal.session.id);
            if !store::note_user_change(tx, user).await? || !store::is_unchanged(tx, &principal.session).await? {
                return Ok(Err(EndOthersError::Ended));
            }
            store::end_others(tx, user, kept, EndedBecause::Revoked, *now).await?;
            tx.record(Event::OtherSessionsEnded.of(user).in_session(kept));
            Ok(Ok(()))
        })
    });
    ended.await?
}
