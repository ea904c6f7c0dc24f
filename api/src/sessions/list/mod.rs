//! Live sessions: those of a user, and how many there are.

mod store;

use entity::{SessionId, UserId, session};

use crate::{db::Unavailable, state::AppState, statistics::SessionCounts};

/// The live sessions of a user, newest first: at most `limit` of those older than `before`.
pub async fn list(
    state: &AppState,
    user: UserId,
    before: Option<SessionId>,
    limit: u64,
) -> Result<Vec<session::Model>, Unavailable> {
    let live = store::Live { user, now: state.clock.now(), config: &state.config.sessions };
    store::list(state.db.connection(), live, before, limit).await
}

/// How many live sessions there are. It reads the whole table.
pub(crate) async fn count(state: &AppState) -> Result<SessionCounts, Unavailable> {
    store::count(state.db.connection(), state.clock.now(), &state.config.sessions).await
}
