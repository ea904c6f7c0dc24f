//! Refreshing: a refresh token becomes its successor and a new access token.
//!
//! The successor is derived from the generation, so everyone who may have it gets the same one: a hundred tabs that ask at
//! once, and a client whose answer was lost. Whoever comes with an older token holds a copy, and the session ends.

use std::{sync::Arc, time::Duration};

use entity::{
    UnixMillis,
    session::{self, EndedBecause, RefreshIn},
    user,
};

use super::{Credential, Established, Tokens, access_token, is_live, store};
use crate::{
    audit::Event,
    background::to_its_end,
    cache::{Change, Snapshot},
    db::{Db, Unavailable},
    mail,
    secret::RefreshToken,
    state::AppState,
};

/// Why there is no successor.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Not one of ours, or its session is over. Which, nobody is told.
    #[error("the refresh token is not valid")]
    Invalid,
    /// It was used before: somebody has a copy. The session has ended.
    #[error("the refresh token was used before")]
    Reused,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// An access token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// What a genuine token of a live session is worth.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// It counts: its successor has yet to be made.
    Current,
    /// Its successor was made a moment ago: here it is again.
    Predecessor,
    /// Its successor was made long ago, or has successors of its own.
    Reused,
    /// We have not made it yet.
    Unknown,
}

fn standing(session: &session::Model, generation: i32, now: UnixMillis, grace: Duration) -> Standing {
    // In both directions: clocks of two nodes differ, and one may jump back; neither may stretch the grace.
    let within = |moment: UnixMillis| now.since(moment) <= grace && moment.since(now) <= grace && !grace.is_zero();
    match session.generation - generation {
        0 => Standing::Current,
        1 if session.rotated_at.is_some_and(within) => Standing::Predecessor,
        1.. => Standing::Reused,
        _ => Standing::Unknown,
    }
}

/// Trades a refresh token for its successor.
pub async fn refresh(state: &Arc<AppState>, presented: &str) -> Result<Established, RefreshError> {
    let refused = |because| {
        state.record(Event::RefreshRefused.because(because));
        RefreshError::Invalid
    };
    let token = RefreshToken::parse(presented).ok_or_else(|| refused("malformed"))?;
    loop {
        let (session, user) = find_live(state, &token).await?.ok_or_else(|| refused("forged_or_over"))?;
        let now = state.clock.now();
        match standing(&session, token.generation, now, state.config.tokens.refresh_grace) {
            Standing::Unknown => return Err(refused("not_yet_made")),
            Standing::Reused if end_stolen(state, &session, &user, now).await? => return Err(RefreshError::Reused),
            Standing::Reused => {} // It ended meanwhile, or has another secret: the row knows.
            Standing::Predecessor => {
                state.record(Event::RefreshRepeated.of(user.id).in_session(session.id));
                return established(state, &session, &user, now);
            }
            Standing::Current => {
                let idle = state.config.sessions.lifetime(session.remember).idle;
                let idle_expires_at = now.plus(idle).min(session.expires_at);
                if state.db.retry(|| store::rotate(state.db.connection(), &session, now, idle_expires_at)).await? {
                    let generation = session.generation + 1;
                    let rotated =
                        session::Model { generation, rotated_at: Some(now), last_seen_at: now, idle_expires_at, ..session };
                    state.cache.keep(&Snapshot::new(&rotated, &user));
                    state.record(Event::Refreshed.of(user.id).in_session(rotated.id));
                    return established(state, &rotated, &user, now);
                }
                // Somebody else rotated first, or the session ended: the row knows.
            }
        }
    }
}

/// The session of a genuine token, if it still counts.
async fn find_live(state: &AppState, token: &RefreshToken) -> Result<Option<(session::Model, user::Model)>, Unavailable> {
    let found = store::find(state.db.connection(), token.session).await?;
    Ok(found.filter(|(session, user)| {
        session.seed.as_ref().is_some_and(|seed| token.is_genuine(&state.secrets, seed))
            && is_live(session, user, state.clock.now(), &state.config.sessions)
    }))
}

/// Ends a session of which somebody has a copy, and tells its owner: both or neither. False if it is not as it was read.
async fn end_stolen(
    state: &Arc<AppState>,
    session: &session::Model,
    user: &user::Model,
    now: UnixMillis,
) -> Result<bool, Unavailable> {
    let (state, session, user) = (Arc::clone(state), session.clone(), user.clone());
    to_its_end(async move {
        let Some(change) = state.db.retry(|| end_and_write(&state.db, &session, &user, now)).await? else { return Ok(false) };
        state.cache.announce(&[change]).await;
        state.record(Event::RefreshReused.of(user.id).in_session(session.id));
        state.outbox.notify();
        Ok(true)
    })
    .await
}

async fn end_and_write(
    db: &Db,
    session: &session::Model,
    user: &user::Model,
    now: UnixMillis,
) -> Result<Option<Change>, Unavailable> {
    let transaction = db.begin().await?;
    let Some(change) = store::end_unchanged(&transaction, session, EndedBecause::RefreshReused, now).await? else {
        return Ok(None);
    };
    mail::store::insert(&transaction, mail::refresh_token_reused(user, now)).await?;
    transaction.commit().await?;
    Ok(Some(change))
}

fn established(
    state: &AppState,
    session: &session::Model,
    user: &user::Model,
    now: UnixMillis,
) -> Result<Established, RefreshError> {
    let who = Snapshot::new(session, user);
    let credential = Credential::Tokens(tokens(state, session, &who, now)?);
    Ok(Established { who, credential })
}

/// The tokens of a session as it stands.
pub(super) fn tokens(
    state: &AppState,
    session: &session::Model,
    who: &Snapshot,
    now: UnixMillis,
) -> Result<Tokens, jsonwebtoken::errors::Error> {
    let (access_token, expires_in) = access_token::issue(state, who, state.config.public_url.as_str(), now)?;
    // Only sessions of the bearer face come here, and they have both from the start.
    let seed = session.seed.clone().unwrap_or_else(|| entity::Seed(Vec::new()));
    let refresh_token = RefreshToken::derive(&state.secrets, &seed, session.id, session.generation);
    Ok(Tokens { access_token, expires_in, refresh_token, refresh_in: session.refresh_in.unwrap_or(RefreshIn::Body) })
}
