//! What the service does without a request: it follows changes, delivers mail and webhooks, removes old rows and measures the refusal delay.

mod configuration;
mod reseal;

use std::{sync::Arc, time::Duration};

use entity::UnixMillis;
use tokio::time::sleep;

pub use configuration::note_configuration;
pub use reseal::{ResealError, Resealed, reseal};

use crate::{
    accounts, audit, authentication,
    db::{Scope, Unavailable, database_time},
    limits, mail, node_mark, one_time_tokens, sessions,
    signing_keys::{self, SigningKeysError},
    state::AppState,
    webhooks,
};

/// How often old rows are removed.
const PURGE_INTERVAL: Duration = Duration::from_secs(3600);

/// How often sessions that expired are recorded.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(600);

/// How often the refusal delay is measured.
const CALIBRATION_INTERVAL: Duration = Duration::from_secs(600);

/// How often the schema is compared with this version.
const COMPARISON_INTERVAL: Duration = Duration::from_secs(10);

/// How long rows stay after they expired or were deleted: much longer than any node takes to learn of it.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);

/// Runs all maintenance. Never returns.
pub async fn run(state: Arc<AppState>) {
    let purging = async {
        loop {
            if let Err(error) = purge(&state).await {
                tracing::warn!(%error, "old rows were not removed");
            }
            sleep(PURGE_INTERVAL).await;
        }
    };
    let recording = async {
        loop {
            if let Err(error) = record_expired(&state).await {
                tracing::warn!(%error, "sessions that expired were not recorded");
            }
            sleep(EXPIRY_INTERVAL).await;
        }
    };
    let calibrating = async {
        loop {
            sleep(CALIBRATION_INTERVAL).await;
            calibrate(&state).await;
        }
    };
    let comparing = async {
        let mut known = None;
        loop {
            sleep(COMPARISON_INTERVAL).await;
            compare_schema(&state, &mut known).await;
        }
    };
    let keeping_keys = async {
        loop {
            sleep(signing_keys::READ_EVERY).await;
            if let Err(error) = keep_keys(&state).await {
                tracing::warn!(%error, "the signing keys were not read or not rotated; this node uses those that it knows");
            }
        }
    };
    tokio::join!(
        sessions::follow_changes(&state),
        state.outbox.deliver(&state.db),
        webhooks::deliver(&state),
        accounts::resolve_reset_requests(&state),
        state.audit.store_gathered(&state.db),
        purging,
        recording,
        calibrating,
        comparing,
        keeping_keys
    );
}

/// What comes before the first request: this node counts as running, and the refusal delay is measured.
pub async fn prepare(state: &AppState) {
    if let Err(error) = sessions::make_mark(state).await {
        tracing::warn!(%error, "cannot make a mark in the database");
    }
    calibrate(state).await;
}

/// Measures how long hashes with other parameters take. Before the first request is served, and then every ten minutes.
pub async fn calibrate(state: &AppState) {
    if let Err(error) = authentication::calibrate_refusal_delay(state).await {
        tracing::warn!(%error, "the refusal delay was not measured");
    }
}

/// Says once for each migration if a newer version migrated the database. The release after this one leaves what this one needs, the ones
/// after that may not.
async fn compare_schema(state: &AppState, known: &mut Option<String>) {
    // A database that does not answer is reported elsewhere.
    let Ok(newer) = state.db.newer_step().await else { return };
    state.metrics.node.schema_newer.set(newer.is_some().into());
    if let Some(step) = newer.as_deref().filter(|step| known.as_deref() != Some(step)) {
        tracing::warn!(step, "a newer version of Bifrons migrated the database: upgrade this node too");
    }
    *known = newer;
}

/// Makes the next signing key if it is time, and reads the keys. A database that cannot be written to still says which keys are gone.
pub async fn keep_keys(state: &AppState) -> Result<(), SigningKeysError> {
    let changed = change_keys(state).await;
    if state.keys.reload(&state.db, &state.secrets).await? {
        state.tokens.clear();
    }
    changed
}

async fn change_keys(state: &AppState) -> Result<(), SigningKeysError> {
    let now = earlier_clock(state).await?;
    if let Some(every) = state.config.tokens.key_rotation {
        state.keyring().rotate_when_due(every, now).await?;
    }
    Ok(state.keyring().remove_gone(now).await?)
}

/// The time of this node or of the database, whichever is earlier. What is removed does not come back: a node whose clock is ahead must not
/// remove what the other nodes still use.
async fn earlier_clock(state: &AppState) -> Result<UnixMillis, Unavailable> {
    Ok(state.clock.now().min(database_clock(state).await?))
}

async fn database_clock(state: &AppState) -> Result<UnixMillis, Unavailable> {
    #[cfg(feature = "testbed")]
    if state.is_testbed {
        return Ok(state.clock.now());
    }
    database_time(state.db.connection()).await
}

/// Adds the ends of sessions that expired to the audit trail, and returns how many.
pub async fn record_expired(state: &Arc<AppState>) -> Result<u64, Unavailable> {
    sessions::record_expired(state, earlier_clock(state).await?).await
}

/// Deletes users whose grace is over. Removes sessions a day after they expired, users a day after they were deleted, one-time tokens that
/// have expired, challenges that have expired, secrets of authenticator apps that were never confirmed, used challenges of passkeys a day after they
/// expired, limits that are full again, marks
/// of nodes that stopped a day ago, dead letters after a month, deliveries to webhooks after a week or a month, and the rows of the audit trail after `audit.keep`.
pub async fn purge(state: &Arc<AppState>) -> Result<(), Unavailable> {
    let (db, now) = (state.db.connection(), earlier_clock(state).await?);
    let expired = now.minus(KEPT_FOR);
    let sessions = state.write(Scope::Transaction, expired, |tx, before| Box::pin(sessions::store::purge(tx, *before))).await?;
    let by_database = database_clock(state).await?;
    let deleted = by_database.minus(KEPT_FOR);
    let tokens = one_time_tokens::store::purge(db, now).await?;
    let challenges = authentication::challenge::store::purge(db, now).await?;
    let enrolments = authentication::second_factor::store::purge(db, expired).await?;
    // A day later: the clock of another node may be behind, and accept a challenge that has expired here.
    let signatures = authentication::passkey::store::purge(db, expired).await?;
    let limits = limits::store::purge(db, now).await?;
    let marks = node_mark::store::purge(db, by_database.minus(node_mark::KEPT_FOR)).await?;
    let mails = mail::store::purge(db, now.minus(mail::store::DEAD_KEPT_FOR)).await?;
    let deliveries = webhooks::purge(state, now).await?;
    let events = match state.config.audit.keep {
        Some(keep) => audit::store::purge(&state.db, now.minus(keep)).await?,
        None => 0,
    };
    // Last: what one user left behind holds up nothing else.
    let users = state.write(Scope::Transaction, deleted, |tx, before| Box::pin(accounts::store::purge(tx, *before))).await?;
    accounts::delete_due(state, now).await?;
    if sessions + users + tokens + challenges + enrolments + signatures + limits + marks + mails + deliveries + events > 0 {
        tracing::info!(
            sessions,
            users,
            tokens,
            challenges,
            enrolments,
            signatures,
            limits,
            marks,
            mails,
            deliveries,
            events,
            "removed old rows"
        );
    }
    Ok(())
}
