//! Noting that a session was used. Nobody waits for it and nobody is refused because of it: it happens behind the answer, one at a
//! time, so that a slow database is not slowed down further.

use std::time::Duration;

use entity::session::Model;

use super::store;
use crate::state::AppState;

/// How often the use of a session is noted at most, however short its idle time.
const AT_MOST_EVERY: Duration = Duration::from_secs(60);

/// The session as it is after this use, which is noted if the last note is a tenth of the idle time old.
pub(super) fn touch(state: &AppState, read: Model) -> Model {
    let now = state.clock.now();
    let idle = state.config.sessions.lifetime(read.remember).idle;
    if now.since(read.last_seen_at) < (idle / 10).max(AT_MOST_EVERY) {
        return read;
    }
    let used = Model { last_seen_at: now, idle_expires_at: now.plus(idle).min(read.expires_at), ..read.clone() };
    let (db, written) = (state.db.clone(), used.clone());
    state.touches.push(async move {
        if let Err(error) = store::touch(db.connection(), &read, &written).await {
            tracing::warn!(%error, session = %read.id.0, "the use of a session was not noted");
        }
    });
    used
}
