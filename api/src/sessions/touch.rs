//! Noting that a session was used. Nobody waits for it and nobody is refused because of it: it happens behind the answer, one at a
//! time, so that a slow database is not slowed down further.

use std::{sync::Arc, time::Duration};

use super::{Authenticated, authenticate, store};
use crate::{
    cache::{Change, SessionSnapshot, Snapshot},
    db::Unavailable,
    state::AppState,
};

/// The session as it is after this use, which is noted if the last note is a tenth of the idle time old. Until it is in the row it
/// counts as not noted: a note that could not be made is made at the next use.
pub(super) fn touch(state: &Arc<AppState>, read: Authenticated) -> Authenticated {
    let now = state.clock.now();
    let idle = state.config.sessions.lifetime(read.session.remember).idle;
    let pause = idle / 10;
    if now.since(read.session.last_seen_at) < pause {
        return read;
    }
    let idle_expires_at = now.plus(idle).min(read.session.expires_at);
    let session = SessionSnapshot { last_seen_at: now, idle_expires_at, ..read.session.as_ref().clone() };
    let used = Snapshot { session: Arc::new(session), user: read.user };
    let (own, noted) = (Arc::clone(state), used.clone());
    state.touches.push(used.session.id, async move {
        if let Err(error) = note(&own, &noted, pause).await {
            tracing::warn!(%error, session = %noted.session.id.0, "the use of a session was not noted");
        }
    });
    used
}

/// Notes a use, unless the row knows better: then what it says is kept instead of what we thought.
async fn note(state: &AppState, who: &Snapshot, pause: Duration) -> Result<(), Unavailable> {
    let (db, used) = (state.db.relaxed_connection(), &who.session);
    if store::touch(db, used, used.last_seen_at.minus(pause)).await? {
        state.cache.keep(who);
        return Ok(());
    }
    state.cache.forget(used.id);
    let has_ended = store::find(db, used.id).await?.is_none_or(|(session, _)| session.ended_at.is_some());
    if has_ended {
        // And nobody has told us.
        state.cache.announce(&[Change::ended(used.id)]).await;
    } else {
        // Another node has noted a use after the one we knew of.
        state.cache.read_sql(|| authenticate::read(state, used.id)).await?;
    }
    Ok(())
}
