//! The sessions of a user.

use entity::{SessionId, session};

use super::store;
use crate::{db::Unavailable, principal::Principal, state::AppState};

/// The live sessions of a user, newest first: at most `limit` of those older than `before`.
pub async fn list(
    state: &AppState,
    principal: &Principal,
    before: Option<SessionId>,
    limit: u64,
) -> Result<Vec<session::Model>, Unavailable> {
    let live = store::Live { user: principal.user.id, now: state.clock.now(), config: &state.config.sessions };
    store::list(state.db.connection(), live, before, limit).await
}
