//! Notes that a session was used. It happens behind the answer, so no request waits for it and none is refused because of it.

use std::{sync::Arc, time::Duration};

use super::{read::read, store};
use crate::{
    db::{Scope, Unavailable},
    principal::{Principal, SessionSnapshot},
    session_cache::Change,
    state::AppState,
};

/// The session as it is after this use. The use is noted if the last note is older than a tenth of the idle time. A note that fails is
/// made again at the next use, because the row does not have it.
pub(super) fn touch(state: &Arc<AppState>, found: Principal) -> Principal {
    let now = state.clock.now();
    let idle = state.config.sessions.lifetime(found.session.remember).idle;
    let interval = idle / 10;
    if now.since(found.session.last_seen_at) < interval {
        return found;
    }
    let idle_expires_at = now.plus(idle).min(found.session.expires_at);
    let session = SessionSnapshot { last_seen_at: now, idle_expires_at, ..found.session.as_ref().clone() };
    let used = Principal { session: Arc::new(session), user: found.user };
    let (own, noted) = (Arc::clone(state), used.clone());
    state.touches.push(used.session.id, async move {
        if let Err(error) = note(&own, &noted, interval).await {
            tracing::warn!(%error, session = %noted.session.id.0, "the use of a session was not noted");
        }
    });
    used
}

/// Notes a use, unless the row has a later one: then the cache gets what the row says.
async fn note(state: &Arc<AppState>, principal: &Principal, interval: Duration) -> Result<(), Unavailable> {
    let used = &principal.session;
    let input = (Arc::clone(used), used.last_seen_at.minus(interval));
    let noted = state.write(Scope::Relaxed, input, |tx, (used, before)| Box::pin(store::touch(tx, used, *before)));
    if noted.await? {
        state.cache.keep(principal);
        return Ok(());
    }
    state.cache.forget(used.id);
    let db = state.db.relaxed_connection();
    let has_ended = store::find(db, used.id).await?.is_none_or(|(session, _)| session.ended_at.is_some());
    if has_ended {
        // This node had not learned of the end.
        state.cache.announce(&[Change::ended(used.id)]).await;
    } else {
        // Another node has noted a later use.
        state.cache.read_sql(|| read(state, used.id)).await?;
    }
    Ok(())
}
