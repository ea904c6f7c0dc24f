//! Refreshing: a refresh token becomes its successor and a new access token.
//!
//! The successor is derived from the generation, so every holder gets the same one: a hundred tabs that ask at once, and a client
//! whose answer was lost. A token from before the last two generations is a copy, and the session ends (RFC 9700 section 4.14.2).

use std::{sync::Arc, time::Duration};

use entity::{
    UnixMillis,
    session::{self, EndedBecause},
    token_grant, user,
};

use super::{
    established::{Credential, Established},
    lifetime::is_live,
    store,
};
use crate::{
    audit::Event,
    db::{Scope, Unavailable},
    grants::{self, store::Found},
    one_time_tokens::{Notice, Occasion},
    principal::Principal,
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

/// What a genuine token of a live session is worth.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// It is valid: its successor has yet to be made.
    Current,
    /// Its successor was made within the grace: the client gets it again.
    Predecessor,
    /// Its successor was made before that, or has successors of its own.
    Reused,
    /// This service has not made it yet.
    Unknown,
}

fn standing(grant: &token_grant::Model, generation: i64, now: UnixMillis, grace: Duration) -> Standing {
    // In both directions: clocks of two nodes differ, and one may jump back; neither may stretch the grace.
    let within = |moment: UnixMillis| now.since(moment) <= grace && moment.since(now) <= grace && !grace.is_zero();
    match grant.generation - generation {
        0 => Standing::Current,
        1 if grant.rotated_at.is_some_and(within) => Standing::Predecessor,
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
        let (grant, session, user) = find_live(state, &token).await?.ok_or_else(|| refused("forged_or_over"))?;
        let now = state.clock.now();
        match standing(&grant, token.generation, now, state.config.tokens.refresh_grace) {
            Standing::Unknown => return Err(refused("not_yet_made")),
            Standing::Reused if end_stolen(state, &session, &user, now).await? => return Err(RefreshError::Reused),
            // The session ended or was renewed since it was read. The row says which.
            Standing::Reused => {}
            Standing::Predecessor => {
                state.record(Event::RefreshRepeated.of(user.id).in_session(session.id));
                return refreshed(state, &grant, &session, &user, now);
            }
            Standing::Current => {
                if let Some((grant, session)) = rotate(state, grant, session, now).await? {
                    state.cache.keep(&Principal::new(&session, &user));
                    return refreshed(state, &grant, &session, &user, now);
                }
                // Another request rotated first, or the session ended. The row says which.
            }
        }
    }
}

/// The grant, session and user of a genuine token, if the session is live.
async fn find_live(state: &Arc<AppState>, token: &RefreshToken) -> Result<Option<Found>, Unavailable> {
    let reader = Arc::clone(state);
    let query = move |ids| {
        let state = Arc::clone(&reader);
        async move {
            let found = grants::store::find_all(state.db.connection(), ids).await?;
            Ok(found.into_iter().map(|found| (found.0.id, found)).collect())
        }
    };
    let found = state.grant_reads.read(token.grant, query).await?;
    Ok(found.filter(|(grant, session, user)| {
        token.is_genuine(&state.secrets, &grant.seed) && is_live(session, user, state.clock.now(), &state.config.sessions)
    }))
}

/// Makes the next generation valid, and notes the use of the session. `None` if the grant or the session is not as it was read.
async fn rotate(
    state: &Arc<AppState>,
    grant: token_grant::Model,
    session: session::Model,
    now: UnixMillis,
) -> Result<Option<(token_grant::Model, session::Model)>, Unavailable> {
    let idle = state.config.sessions.lifetime(session.remember).idle;
    let used = session::Model { last_seen_at: now, idle_expires_at: now.plus(idle).min(session.expires_at), ..session.clone() };
    let rotated = state.write_or_refuse(Scope::Transaction, (grant, session, used, now), |tx, (grant, session, used, now)| {
        Box::pin(async move {
            // First the session, as everywhere: two transactions that lock rows in two orders block each other.
            if !store::note_refresh(tx, session, used).await? || !grants::store::rotate(tx, grant, *now).await? {
                return Ok(Err(()));
            }
            tx.record(Event::Refreshed.of(session.user_id).in_session(session.id));
            let grant = token_grant::Model { generation: grant.generation + 1, rotated_at: Some(*now), ..grant.clone() };
            Ok(Ok((grant, used.clone())))
        })
    });
    Ok(rotated.await?.ok())
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
            if !store::end_unchanged(tx, session, EndedBecause::RefreshReused, *now).await? {
                return Ok(false);
            }
            notice.store(tx).await?;
            tx.record(Event::RefreshReused.of(session.user_id).in_session(session.id));
            Ok(true)
        })
    });
    ended.await
}

fn refreshed(
    state: &AppState,
    grant: &token_grant::Model,
    session: &session::Model,
    user: &user::Model,
    now: UnixMillis,
) -> Result<Established, RefreshError> {
    let principal = Principal::new(session, user);
    let credential = Credential::Tokens(grants::tokens(state, grant, &principal, now)?);
    Ok(Established { principal, credential })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use entity::{UnixMillis, token_grant};

    use super::{Standing, standing};
    use crate::fixtures;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
    const GRACE: Duration = Duration::from_secs(10);

    #[test]
    fn the_generation_and_the_grace_decide_what_a_token_is_worth() {
        let grant = token_grant::Model { generation: 5, rotated_at: Some(NOW), ..fixtures::grant() };
        let later = NOW.plus(GRACE + Duration::from_millis(1));
        for (generation, now, grace, expected) in [
            (5, later, GRACE, Standing::Current),
            (4, NOW.plus(GRACE), GRACE, Standing::Predecessor),
            (4, NOW.minus(GRACE), GRACE, Standing::Predecessor),
            (4, later, GRACE, Standing::Reused),
            (4, NOW.minus(GRACE + Duration::from_millis(1)), GRACE, Standing::Reused),
            (4, NOW, Duration::ZERO, Standing::Reused),
            (3, NOW, GRACE, Standing::Reused),
            (6, NOW, GRACE, Standing::Unknown),
        ] {
            assert_eq!(standing(&grant, generation, now, grace), expected, "generation {generation}");
        }
    }
}
