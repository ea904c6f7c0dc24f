//! Following what happens to sessions and users on other nodes, and behind the service's back: by looking, and by being told.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::store;
use crate::{
    cache::{CHANNEL, WINDOW},
    db::Unavailable,
    state::AppState,
};

/// How often the database is asked what changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How far each look goes back behind the one before: the database stamps a change when it is made and shows it when it is
/// committed, and no transaction of ours takes so long.
const OVERLAP: Duration = Duration::from_secs(30);

/// How often every node says something, so that silence means that the push is broken.
const SPEAK_EVERY: Duration = Duration::from_secs(1);

/// Follows. Never ends.
pub async fn follow(state: &AppState) {
    let looking = async {
        loop {
            if let Err(error) = look(state).await {
                tracing::warn!(%error, "cannot see what changed");
            }
            sleep(LOOK_EVERY).await;
        }
    };
    match &state.redis {
        None => looking.await,
        Some(redis) => {
            let speaking = async {
                let nothing = redis::cmd("PUBLISH").arg(CHANNEL).arg("").take();
                loop {
                    let _ = redis.ask::<()>(&nothing).await; // Who does not hear it knows what that means.
                    sleep(SPEAK_EVERY).await;
                }
            };
            let listening = redis.listen(CHANNEL, |message| state.cache.hear_push(message));
            tokio::join!(looking, redis.keep_linked(), listening, speaking);
        }
    }
}

/// Looks once at what changed since the last look, or within the window at first.
pub async fn look(state: &AppState) -> Result<(), Unavailable> {
    let began = Instant::now();
    let db = state.db.connection();
    let since = match state.cache.seen_until() {
        Some(until) => until.minus(OVERLAP),
        None => store::database_time(db).await?.minus(WINDOW),
    };
    let (until, changes) = store::changes(db, since).await?;
    for change in changes {
        state.cache.hear(change);
    }
    state.cache.looked(began, until);
    Ok(())
}
