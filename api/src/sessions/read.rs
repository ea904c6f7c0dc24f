//! Reads a session from SQL, for the cache.

use std::{collections::HashMap, sync::Arc};

use entity::{SessionId, session, user};

use super::store;
use crate::{db::Unavailable, metrics::Source, principal::Principal, state::AppState};

/// A live session and its user.
pub(super) async fn read(state: &Arc<AppState>, id: SessionId) -> Result<Option<Principal>, Unavailable> {
    let found = find(state, id).await?;
    Ok(found.and_then(|(session, user)| Principal::of_live(&session, &user)))
}

/// A principal as the database has it now: the cache of this node may not have heard of a change of the factors. `None` if the session has
/// ended or was renewed.
pub async fn read_again(state: &AppState, principal: &Principal) -> Result<Option<Principal>, Unavailable> {
    let found = store::find_same(state.db.connection(), principal).await?;
    Ok(found.and_then(|(session, user)| Principal::of_live(&session, &user)))
}

/// A session and its user, whether or not the session has ended.
pub(super) async fn find(state: &Arc<AppState>, id: SessionId) -> Result<Option<(session::Model, user::Model)>, Unavailable> {
    state.metrics.session_read(Source::Sql);
    let reader = Arc::clone(state);
    let query = move |ids: Vec<SessionId>| {
        let state = Arc::clone(&reader);
        async move {
            let found = store::find_all(state.db.connection(), ids.iter().copied()).await?;
            let found: HashMap<_, _> = found.into_iter().map(|found| (found.0.id, found)).collect();
            Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
        }
    };
    state.session_reads.run(id, query).await
}
