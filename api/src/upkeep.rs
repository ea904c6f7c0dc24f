//! What the service does without being asked.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{db::Unavailable, limits, sessions, state::AppState, users};

/// How often rows that nobody needs any more are removed.
const CLEAR_UP_EVERY: Duration = Duration::from_secs(3600);

/// How often it is measured how long hashes take that are not of today.
const KEEP_PACE_EVERY: Duration = Duration::from_secs(600);

/// How long rows stay after they are over: much longer than any node takes to hear of it.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// Follows what other nodes do, delivers mail, clears up and keeps the pace of wrong passwords. Never ends.
pub async fn run(state: Arc<AppState>) {
    let clearing_up = async {
        loop {
            if let Err(error) = clear_up(&state).await {
                tracing::warn!(%error, "what is over was not removed");
            }
            sleep(CLEAR_UP_EVERY).await;
        }
    };
    let keeping_pace = async {
        loop {
            sleep(KEEP_PACE_EVERY).await;
            keep_pace(&state).await;
        }
    };
    tokio::join!(sessions::follow(&state), state.outbox.deliver(&state.db), clearing_up, keeping_pace);
}

/// Measures how long hashes take that are not of today. Before anybody is served, and then now and again.
pub async fn keep_pace(state: &AppState) {
    if let Err(error) = users::keep_pace(state).await {
        tracing::warn!(%error, "nobody knows how long other hashes take");
    }
}

/// Removes sessions that expired and users who were deleted, a day after; sign-ups that nobody confirmed, limits that limit nothing.
pub async fn clear_up(state: &AppState) -> Result<(), Unavailable> {
    let db = state.db.connection();
    let sessions = sessions::store::purge(db, state.clock.now().minus(KEPT)).await?;
    let users = users::store::purge(db, sessions::store::database_time(db).await?.minus(KEPT)).await?;
    let registrations = users::store::purge_registrations(db, state.clock.now()).await?;
    let limits = limits::store::purge(db, state.clock.now()).await?;
    if sessions + users + registrations + limits > 0 {
        tracing::info!(sessions, users, registrations, limits, "removed what is over");
    }
    Ok(())
}
