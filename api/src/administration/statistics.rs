//! How many users, sessions and sign-ins there are.

use std::sync::Arc;

use entity::UnixMillis;
use tokio::{sync::OwnedMutexGuard, time::Instant};

use crate::{
    accounts,
    audit::{self, Event},
    background::run_to_completion,
    db::Unavailable,
    sessions,
    state::AppState,
    statistics::{Counted, Day, DayCounts, Totals},
};

/// So many days are answered at once.
pub const MAX_DAYS: i64 = 90;

/// The refusals of a sign-in.
const REFUSALS: [Event; 3] = [Event::SignInRefused, Event::SecondFactorRefused, Event::PasskeyRefused];

/// How many users, sessions and sign-ins there are.
#[derive(Clone, Debug)]
pub struct CountedStatistics {
    /// When they were counted, the oldest of them.
    pub as_of: UnixMillis,
    /// Users and sessions.
    pub totals: Totals,
    /// What happened on each day, oldest first. Days whose rows were removed from the audit trail, and days to come, are left out.
    pub days: Vec<(Day, DayCounts)>,
}

/// Why nothing was counted.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsError {
    /// The first day is after the last one, or there are too many days.
    #[error("give 1 to {MAX_DAYS} days, the first one first")]
    Range,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
}

/// Counts users, sessions and what happened on these days, or answers with what was counted within the last minute. The default is the last
/// thirty days.
pub async fn statistics(
    state: &Arc<AppState>,
    first: Option<Day>,
    last: Option<Day>,
) -> Result<CountedStatistics, StatisticsError> {
    let last = last.unwrap_or_else(|| Day::of(state.clock.now()));
    let first = first.unwrap_or_else(|| last.plus(-29));
    if !(1..=MAX_DAYS).contains(&first.until(last)) {
        return Err(StatisticsError::Range);
    }
    let counted = state.statistics.lock().await;
    let state = Arc::clone(state);
    // The database goes on when the caller hangs up, so the next one waits for it.
    Ok(run_to_completion(async move { count(&state, counted, first, last).await }).await?)
}

async fn count(
    state: &AppState,
    mut counted: OwnedMutexGuard<Counted>,
    first: Day,
    last: Day,
) -> Result<CountedStatistics, Unavailable> {
    let now = state.clock.now();
    let (totals, mut as_of) = match counted.totals(now) {
        Some(good) => good,
        None => (count_totals(state, &mut counted, now).await?, now),
    };
    let mut days = Vec::new();
    let mut day = first.max(first_kept(state, now));
    while day <= last.min(Day::of(now)) {
        let (counts, at) = match counted.day(day, now) {
            Some(good) => good,
            None => (count_day(state, &mut counted, day, now).await?, now),
        };
        as_of = as_of.min(at);
        days.push((day, counts));
        day = day.plus(1);
    }
    Ok(CountedStatistics { as_of, totals, days })
}

async fn count_totals(state: &AppState, counted: &mut Counted, now: UnixMillis) -> Result<Totals, Unavailable> {
    let begun = Instant::now();
    let totals = Totals { users: accounts::count_users(state).await?, sessions: sessions::count(state).await? };
    counted.keep_totals(totals, now, begun.elapsed());
    Ok(totals)
}

async fn count_day(state: &AppState, counted: &mut Counted, day: Day, now: UnixMillis) -> Result<DayCounts, Unavailable> {
    let (db, times) = (state.db.connection(), (day.start(), day.plus(1).start()));
    let counts = DayCounts {
        sign_ins: audit::store::count(db, Event::SignedIn, times).await?,
        refused: audit::store::count_refusals(db, &REFUSALS, times).await?,
        sign_ups: audit::store::count(db, Event::Registered, times).await?,
    };
    counted.keep_day(day, counts, now);
    Ok(counts)
}

/// The first day of which the audit trail has all rows.
fn first_kept(state: &AppState, now: UnixMillis) -> Day {
    state.config.audit.keep.map_or(Day::of(UnixMillis(0)), |keep| Day::of(now.minus(keep)).plus(1))
}
