//! The sessions of a user.

use entity::{SessionId, UserId, session};

use super::store;
use crate::{db::Unavailable, state::AppState};

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
