//! Noting that a session was used. Nobody waits for it and nobody is refused because of it: it happens behind the answer, one at a
//! time, so that a slow database is not slowed down further.

use std::{sync::Arc, time::Duration};

use super::{Authenticated, store};
use crate::{
    cache::{SessionSnapshot, Snapshot},
    state::AppState,
};

/// How often the use of a session is noted at most, however short its idle time.
const AT_MOST_EVERY: Duration = Duration::from_secs(60);

/// The session as it is after this use, which is noted if the last note is a tenth of the idle time old.
pub(super) fn touch(state: &AppState, read: Authenticated) -> Authenticated {
    let now = state.clock.now();
    let idle = state.config.sessions.lifetime(read.session.remember).idle;
    if now.since(read.session.last_seen_at) < (idle / 10).max(AT_MOST_EVERY) {
        return read;
    }
    let idle_expires_at = now.plus(idle).min(read.session.expires_at);
    let session = SessionSnapshot { last_seen_at: now, idle_expires_at, ..read.session.as_ref().clone() };
    let used = Snapshot { session: Arc::new(session), user: read.user };
    state.cache.keep(&used);
    let (db, before, after) = (state.db.clone(), read.session, Arc::clone(&used.session));
    state.touches.push(async move {
        if let Err(error) = store::touch(db.connection(), &before, &after).await {
            tracing::warn!(%error, session = %before.id.0, "the use of a session was not noted");
        }
    });
    used
}
