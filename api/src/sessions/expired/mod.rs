//! Adds the ends of sessions that expired to the audit trail. No request ends such a session, so nothing else records it.
//!
//! The deployment notes up to which time that is done, in the transaction that adds the rows. So each session has one, however many nodes
//! there are, and whenever one of them stops.

mod store;

use std::{sync::Arc, time::Duration};

use entity::{SessionId, UnixMillis, session};
use uuid::Uuid;

use store::Place;

use crate::{
    audit::{Event, Record},
    db::{Scope, Unavailable},
    deployment,
    state::AppState,
};

/// So many sessions are recorded in one transaction.
const AT_ONCE: u64 = 1000;

/// So many transactions make one pass. The rest waits for the next one.
const MAX_TRANSACTIONS: u32 = 100;

/// Clocks differ: a node whose clock is behind may note a use of a session that has expired on this one.
const MARGIN: Duration = Duration::from_secs(60);

/// The first time, the sessions of so long are recorded.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Another node is recording.
struct Overtaken;

/// Records the sessions that expired since the last time, a minute ago at least, and returns how many. The first time, those of a day.
pub async fn record_expired(state: &Arc<AppState>, now: UnixMillis) -> Result<u64, Unavailable> {
    let (until, mut count) = (now.minus(MARGIN), 0);
    for _ in 0..MAX_TRANSACTIONS {
        let noted = deployment::store::find(state.db.connection(), deployment::EXPIRED_UNTIL).await?;
        let first = (until.minus(DAY), SessionId(Uuid::nil()));
        let after = noted.as_deref().and_then(read).unwrap_or(first);
        if after.0 >= until {
            break;
        }
        let page = store::expired(state.db.connection(), after, until, AT_ONCE).await?;
        let is_last = (page.len() as u64) < AT_ONCE;
        let next = page.last().filter(|_| !is_last).map_or((until, SessionId(Uuid::max())), |last| (last.idle_expires_at, last.id));
        let recorded = state.write_or_refuse(Scope::Transaction, (page, noted, next), |tx, (page, noted, next)| {
            Box::pin(async move {
                let next = format!("{} {}", next.0.0, next.1.0);
                if !deployment::store::put(tx.connection(), deployment::EXPIRED_UNTIL, noted.as_deref(), &next).await? {
                    return Ok(Err(Overtaken));
                }
                for session in page {
                    tx.record(event(session));
                }
                Ok(Ok(page.len() as u64))
            })
        });
        let Ok(recorded) = recorded.await? else { break };
        count += recorded;
        if is_last {
            break;
        }
    }
    Ok(count)
}

fn event(session: &session::Model) -> Record {
    // The idle time never ends after the absolute one.
    let because = if session.idle_expires_at == session.expires_at { "absolute" } else { "idle" };
    Event::SessionExpired.of(session.user_id).in_session(session.id).because(because).at(session.idle_expires_at)
}

fn read(noted: &str) -> Option<Place> {
    let (at, id) = noted.split_once(' ')?;
    Some((UnixMillis(at.parse().ok()?), SessionId(id.parse().ok()?)))
}
