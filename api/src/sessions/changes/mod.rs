//! Follows the changes of sessions and users that other nodes and commands make: by polling the database, and by what they push.

mod store;

use std::time::Duration;

use tokio::time::sleep;

use self::store::Position;
use crate::{
    audit::Event,
    db::{Unavailable, database_time},
    node_mark,
    redis::SubscriptionEvent,
    session_cache::{WINDOW, channel},
    state::AppState,
};

/// How often the database is polled.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// How far a poll goes back behind the one before, at least. The database stamps a change when it is made and shows it when it is
/// committed. A commit can take long (a standby must confirm it), so every second poll goes back twice as far, every fourth four
/// times, up to the whole window.
const OVERLAP: Duration = Duration::from_secs(30);

/// At most this many changes are read at once, so that no query takes long.
const PAGE: u64 = 10_000;

/// How often every node sends a heartbeat, so that silence means that the push is broken.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// Follows changes. Never returns.
pub async fn follow_changes(state: &AppState) {
    let polling = async {
        loop {
            if let Err(error) = poll_changes(state).await {
                tracing::warn!(%error, "cannot poll for changes");
            }
            sleep(POLL_INTERVAL).await;
        }
    };
    let marking = async {
        loop {
            if let Err(error) = make_mark(state).await {
                tracing::debug!(%error, "cannot make a mark in the database");
            }
            sleep(node_mark::EVERY).await;
        }
    };
    match &state.redis {
        None => drop(tokio::join!(polling, marking)),
        Some(redis) => {
            let channel = channel(redis);
            let heartbeats = async {
                loop {
                    state.cache.heartbeat().await;
                    sleep(HEARTBEAT_INTERVAL).await;
                }
            };
            let listening = redis.listen(&channel, |event| match event {
                SubscriptionEvent::Started => state.cache.subscribed(true),
                SubscriptionEvent::Message(message) => state.cache.apply_message(message),
                SubscriptionEvent::Lost => state.cache.subscribed(false),
            });
            tokio::join!(polling, marking, redis.keep_linked(), listening, heartbeats);
        }
    }
}

/// Makes a mark in the database. If the last one is gone, nothing that this node knows counts.
pub async fn make_mark(state: &AppState) -> Result<(), Unavailable> {
    if let Some(now) = state.node_mark.make(&state.db, state.clock.now()).await? {
        state.cache.distrust(now);
        tracing::error!("the database went back in time: a backup was restored, or a replica took over that was behind");
        state.record(Event::DatabaseWentBack);
        poll_changes(state).await?;
    }
    Ok(())
}

/// Applies what changed since the last poll, or within the window at first.
pub async fn poll_changes(state: &AppState) -> Result<(), Unavailable> {
    let (began, db) = (state.cache.moment(), state.db.reserved_connection());
    let mut last = state.cache.polled_until();
    loop {
        let since = match last {
            Some(last) => last.minus(overlap(state.cache.polls())),
            None => database_time(db).await?.minus(WINDOW),
        };
        let (mut until, mut next) = (None, Some(Position::before(since)));
        while let Some(from) = next {
            let page = store::changes(db, from, PAGE).await?;
            page.changes.into_iter().for_each(|change| state.cache.apply(change));
            // Changes that are made while the next pages are read belong to the next poll.
            (until, next) = (until.or(Some(page.now)), page.rest);
        }
        let until = until.unwrap_or(since);
        match last {
            // The database's clock went back, or this node was cut off for longer than changes are kept: it starts anew.
            Some(last) if until < last || until.since(last) > WINDOW => state.cache.clear(),
            _ => {
                state.cache.polled(began, until);
                return Ok(());
            }
        }
        last = None;
    }
}

/// How far the poll after so many others goes back.
fn overlap(polls: u32) -> Duration {
    (OVERLAP * (1 << polls.trailing_zeros().min(5))).min(WINDOW)
}

#[cfg(test)]
mod tests {
    use super::{OVERLAP, WINDOW, overlap};

    #[test]
    fn the_later_a_commit_the_rarer_the_poll_that_finds_it() {
        let far = |times: u32| (1..=32).filter(|polls| overlap(*polls) >= OVERLAP * times).count();
        assert_eq!([1, 2, 4, 8, 16].map(far), [32, 16, 8, 4, 2]);
        assert_eq!(overlap(32), WINDOW);
    }
}
