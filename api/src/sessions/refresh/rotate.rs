//! Rotating: refreshes that arrive together are one transaction, each with a verdict of its own.
//!
//! The rows are locked, judged, and changed by one statement a table. None is acknowledged before it is durable. A group never waits for
//! the row of one of its tokens: a row that another transaction holds is left to [`rotate_alone`].

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use entity::{GrantId, SessionId, UnixMillis};

use super::{super::lifetime::is_live, store};
use crate::{
    db::{Scope, Unavailable},
    grants::{
        self,
        store::{LockedRows, lock_all},
    },
    refresh_verdict::{Found, Standing, Verdict},
    secret::RefreshToken,
    state::{AppState, Tx},
};

/// Makes the successor of a token, together with those of others that arrive at the same time.
pub(super) async fn rotate(state: &Arc<AppState>, token: Arc<RefreshToken>) -> Result<Verdict, Unavailable> {
    let owner = Arc::clone(state);
    let together = move |tokens| {
        let state = Arc::clone(&owner);
        async move { rotate_all(&state, tokens, LockedRows::Skip).await }
    };
    match state.refreshes.run(Arc::clone(&token), together).await? {
        Verdict::Locked => rotate_alone(state, token).await,
        verdict => Ok(verdict),
    }
}

/// Waits until no other transaction holds the row.
async fn rotate_alone(state: &Arc<AppState>, token: Arc<RefreshToken>) -> Result<Verdict, Unavailable> {
    let verdicts = rotate_all(state, vec![token], LockedRows::Wait).await?;
    Ok(verdicts.into_iter().next().unwrap_or(Verdict::Locked))
}

async fn rotate_all(
    state: &Arc<AppState>,
    tokens: Vec<Arc<RefreshToken>>,
    locked: LockedRows,
) -> Result<Vec<Verdict>, Unavailable> {
    let input = (Arc::clone(state), tokens, locked);
    let rotated =
        state.write(Scope::Transaction, input, |tx, (state, tokens, locked)| Box::pin(rotate_in(tx, state, tokens, *locked)));
    rotated.await
}

async fn rotate_in(
    tx: &Tx,
    state: &AppState,
    tokens: &[Arc<RefreshToken>],
    locked: LockedRows,
) -> Result<Vec<Verdict>, Unavailable> {
    // In one order, so that two transactions that wait do not wait for each other.
    let ids: BTreeSet<GrantId> = tokens.iter().map(|token| token.grant).collect();
    let rows = lock_all(tx, ids.iter().copied(), locked).await?;
    let mut rows: HashMap<GrantId, Found> = rows.into_iter().map(|found| (found.0.id, found)).collect();
    let missing = ids.into_iter().filter(|id| !rows.contains_key(id));
    let held: HashSet<GrantId> = match locked {
        LockedRows::Wait => HashSet::new(),
        LockedRows::Skip => grants::store::existing(tx, missing).await?.into_iter().collect(),
    };
    let now = state.clock.now();
    let verdict = |token: &Arc<RefreshToken>| match rows.get_mut(&token.grant) {
        Some(found) => judge(state, token, found, now),
        None if held.contains(&token.grant) => Verdict::Locked,
        None => Verdict::Refused("forged_or_over"),
    };
    let verdicts: Vec<_> = tokens.iter().map(verdict).collect();
    let (mut rotated, mut used): (Vec<GrantId>, Vec<SessionId>) = (Vec::new(), Vec::new());
    for verdict in &verdicts {
        if let Verdict::Rotated(found) = verdict {
            rotated.push(found.0.id);
            used.push(found.1.id);
        }
    }
    if !rotated.is_empty() {
        store::note_refreshes(tx, used, now, &state.config.sessions).await?;
        grants::store::rotate(tx, rotated, now).await?;
    }
    Ok(verdicts)
}

/// The verdict on one token. If the token is valid, `found` becomes what the transaction will write: of two tokens of one generation, the
/// second is not valid any more.
fn judge(state: &AppState, token: &RefreshToken, found: &mut Found, now: UnixMillis) -> Verdict {
    let (grant, session, user) = &mut *found;
    if !token.is_genuine(&state.secrets, &grant.seed) || !is_live(session, user, now, &state.config.sessions) {
        return Verdict::Refused("forged_or_over");
    }
    match Standing::of(token.generation, grant, now, state.config.tokens.refresh_grace) {
        Standing::Unknown => Verdict::Refused("not_yet_made"),
        Standing::Reused => Verdict::Reused(Box::new(found.clone())),
        Standing::Predecessor => Verdict::Repeated(Box::new(found.clone())),
        Standing::Current => {
            let idle = state.config.sessions.lifetime(session.remember).idle;
            (grant.generation, grant.rotated_at) = (grant.generation + 1, Some(now));
            (session.last_seen_at, session.idle_expires_at) = (now, now.plus(idle).min(session.expires_at));
            Verdict::Rotated(Box::new(found.clone()))
        }
    }
}
