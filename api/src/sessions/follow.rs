//! Following what happens to sessions and users on other nodes, and behind the service's back: by looking, and by being told.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::store::{self, Seen};
use crate::{
    cache::{CHANNEL, WINDOW},
    db::Unavailable,
    redis::SubscriptionEvent,
    state::AppState,
};

/// How often the database is asked what changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How far a look goes back behind the one before, at least: the database stamps a change when it is made and shows it when it is
/// committed, which takes a moment. If something holds the commit up (a standby that must confirm it), it takes long, so every
/// second look goes back twice as far, every fourth four times, up to the whole window.
const OVERLAP: Duration = Duration::from_secs(30);

/// How many changes are read at once: however many there are, no reading takes too long.
const AT_ONCE: u64 = 10_000;

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
                loop {
                    state.cache.greet().await;
                    sleep(SPEAK_EVERY).await;
                }
            };
            let listening = redis.listen(CHANNEL, |heard| match heard {
                SubscriptionEvent::Started => state.cache.subscribed(true),
                SubscriptionEvent::Message(message) => state.cache.hear_push(message),
                SubscriptionEvent::Lost => state.cache.subscribed(false),
            });
            tokio::join!(looking, redis.keep_linked(), listening, speaking);
        }
    }
}

/// Looks once at what changed since the last look, or within the window at first.
pub async fn look(state: &AppState) -> Result<(), Unavailable> {
    let (began, db) = (Instant::now(), state.db.reserved_connection());
    let mut last = state.cache.seen_until();
    loop {
        let since = match last {
            Some(last) => last.minus(overlap(state.cache.looks())),
            None => store::database_time(db).await?.minus(WINDOW),
        };
        let (mut until, mut seen) = (None, Some(Seen::before(since)));
        while let Some(from) = seen {
            let page = store::changes(db, from, AT_ONCE).await?;
            page.changes.into_iter().for_each(|change| state.cache.hear(change));
            // What happens while the rest is read is for the next look.
            (until, seen) = (until.or(Some(page.now)), page.rest);
        }
        let until = until.unwrap_or(since);
        match last {
            // The database's clock went back, or we were cut off for longer than anybody remembers: as if we had just started.
            Some(last) if until < last || until.since(last) > WINDOW => state.cache.clear(),
            _ => {
                state.cache.looked(began, until);
                return Ok(());
            }
        }
        last = None;
    }
}

/// How far the look after so many others goes back.
fn overlap(looks: u32) -> Duration {
    (OVERLAP * (1 << looks.trailing_zeros().min(5))).min(WINDOW)
}

#[cfg(test)]
mod tests {
    use super::{OVERLAP, WINDOW, overlap};

    #[test]
    fn what_was_committed_late_is_heard_all_the_sooner_the_less_late_it_was() {
        let far = |times: u32| (1..=32).filter(|looks| overlap(*looks) >= OVERLAP * times).count();
        assert_eq!([1, 2, 4, 8, 16].map(far), [32, 16, 8, 4, 2]);
        assert_eq!(overlap(32), WINDOW);
    }
}
