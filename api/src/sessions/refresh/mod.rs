//! Refreshing: a refresh token becomes its successor and a new access token.
//!
//! The successor is derived from the generation, so every holder gets the same one: a hundred tabs that ask at once, and a client
//! whose answer was lost. A token from before the last two generations is a copy, and the session ends (RFC 9700 section 4.14.2).

mod rotate;
mod store;

use std::sync::Arc;

use entity::{
    UnixMillis,
    session::{self, EndedBecause},
    user,
};

use super::{
    established::{Credential, Established},
    store as sessions,
};
use crate::{
    audit::Event,
    background::run_to_completion,
    db::{Scope, Unavailable},
    grants,
    one_time_tokens::{Notice, Occasion},
    principal::Principal,
    refresh_verdict::{Found, Verdict},
    request_context::Actor,
    requester::Requester,
    secret::RefreshToken,
    state::AppState,
};

/// Why there is no successor.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Not a token of this service, or its session has ended. The client does not learn which.
    #[error("the refresh token is not valid")]
    Invalid,
    /// It was used before, so there is a copy of it. The session has ended.
    #[error("the refresh token was used before")]
    Reused,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Trades a refresh token for its successor.
pub async fn refresh(state: &Arc<AppState>, presented: &str) -> Result<Established, RefreshError> {
    let token = RefreshToken::parse(presented);
    // What was rotated is recorded, even if the client hangs up.
    run_to_completion(trade(Arc::clone(state), token.map(Arc::new))).await
}

async fn trade(state: Arc<AppState>, token: Option<Arc<RefreshToken>>) -> Result<Established, RefreshError> {
    let refused = |because| {
        state.record(Event::RefreshRefused.because(because));
        RefreshError::Invalid
    };
    let token = token.ok_or_else(|| refused("malformed"))?;
    loop {
        match rotate::rotate(&state, Arc::clone(&token)).await? {
            Verdict::Refused(because) => return Err(refused(because)),
            Verdict::Reused(found) if end_stolen(&state, &found.1, &found.2, state.clock.now()).await? => {
                return Err(RefreshError::Reused);
            }
            Verdict::Repeated(found) => return refreshed(&state, &found, Event::RefreshRepeated),
            Verdict::Rotated(found) => {
                state.cache.keep(&Principal::new(&found.1, &found.2));
                return refreshed(&state, &found, Event::Refreshed);
            }
            // The session ended or was renewed since it was read. The row says which.
            Verdict::Reused(_) | Verdict::Locked => {}
        }
    }
}

/// Ends a session whose refresh token was copied, and tells its user by mail: both or neither. False if it is not as it was read.
async fn end_stolen(
    state: &Arc<AppState>,
    session: &session::Model,
    user: &user::Model,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    let holder = Requester { user_agent: session.user_agent.clone(), ..Requester::default() };
    let notice = Notice::new(state, user, Occasion::RefreshTokenReused, &holder, now);
    let ended = state.write(Scope::Transaction, (session.clone(), notice, now), |tx, (session, notice, now)| {
        Box::pin(async move {
            if !sessions::end_unchanged(tx, session, EndedBecause::RefreshReused, *now).await? {
                return Ok(false);
            }
            notice.store(tx).await?;
            // The user, or who copied the token: nothing tells them apart.
            tx.record(Event::RefreshReused.of(session.user_id).in_session(session.id).by(Actor::UNKNOWN));
            Ok(true)
        })
    });
    ended.await
}

fn refreshed(state: &AppState, (grant, session, user): &Found, event: Event) -> Result<Established, RefreshError> {
    state.record(event.of(user.id).in_session(session.id));
    let principal = Principal::new(session, user);
    let credential = Credential::Tokens(grants::tokens(state, grant, &principal, state.clock.now())?);
    Ok(Established { principal, credential })
}
