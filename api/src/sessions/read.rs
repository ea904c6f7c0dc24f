//! Reads a session from SQL, for the cache.

use entity::SessionId;

use super::store;
use crate::{db::Unavailable, metrics::Source, principal::Principal, state::AppState};

/// A live session and its user.
pub(super) async fn read(state: &AppState, id: SessionId) -> Result<Option<Principal>, Unavailable> {
    state.metrics.session_read(Source::Sql);
    let found = store::find(state.db.connection(), id).await?;
    Ok(found.and_then(|(session, user)| Principal::of_live(&session, &user)))
}
