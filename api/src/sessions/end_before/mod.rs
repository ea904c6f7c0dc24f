//! Ends the sessions that were opened before a moment, for an operator.

mod store;

use std::sync::Arc;

use entity::{UnixMillis, session::EndedBecause};

use super::store as sessions;
use crate::{
    authentication::CHALLENGE_VALID_FOR,
    db::{Scope, Unavailable},
    state::AppState,
};

/// So many sessions are ended in one transaction.
const AT_ONCE: u64 = 500;

/// Ends the live sessions that were opened before a moment, and the sign-ins that wait since then for a second factor; the sessions some at a time, and returns how many. `progress` hears of them now and then.
pub async fn end_before(state: &Arc<AppState>, before: UnixMillis, progress: impl Fn(u64)) -> Result<u64, Unavailable> {
    let until = before.plus(CHALLENGE_VALID_FOR);
    state.write(Scope::Transaction, until, |tx, until| Box::pin(store::void_challenges(tx, *until))).await?;
    let (mut after, mut count) = (None, 0);
    for pages in 1_u64.. {
        let page = store::live_before(state.db.connection(), before, after, AT_ONCE).await?;
        let Some(last) = page.last().copied() else { break };
        // Not until a page is empty: users sign in all the time.
        let is_last = (page.len() as u64) < AT_ONCE;
        after = Some(last);
        let ended = state.write(Scope::Transaction, (page, state.clock.now()), |tx, (page, now)| {
            Box::pin(async move {
                let mut ended = 0;
                for session in page {
                    ended += u64::from(sessions::end(tx, *session, EndedBecause::ByOperator, *now).await?);
                }
                Ok(ended)
            })
        });
        count += ended.await?;
        if is_last {
            break;
        }
        if pages.is_multiple_of(20) {
            progress(count);
        }
    }
    Ok(count)
}
