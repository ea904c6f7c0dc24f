//! Repeats work that the database rolled back because of another transaction.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, sqlx::mysql::MySqlDatabaseError};
use tokio::time::{Instant, sleep};

use crate::random;

/// For how long work is attempted: as long as a request waits for a lock.
const LIMIT: Duration = Duration::from_secs(5);

/// The longest delay before the second attempt. It doubles with each attempt, up to [`MAX_DELAY`].
const FIRST_DELAY: Duration = Duration::from_millis(10);

const MAX_DELAY: Duration = Duration::from_millis(160);

/// Runs `work`, a whole transaction or a statement outside any, until it succeeds, fails for another reason, or has conflicted with others
/// for too long. Then the error is the last conflict.
pub(super) async fn retry<T, E, F: Future<Output = Result<T, E>>>(
    is_conflict: impl Fn(&E) -> bool,
    work: impl Fn() -> F,
) -> Result<T, E> {
    let began = Instant::now();
    let mut longest = FIRST_DELAY;
    loop {
        match work().await {
            Err(error) if began.elapsed() < LIMIT && is_conflict(&error) => sleep(random_part(longest)).await,
            done => return done,
        }
        longest = (longest * 2).min(MAX_DELAY);
    }
}

/// Those who conflicted come back at different times.
fn random_part(longest: Duration) -> Duration {
    longest.mul_f64(f64::from(u16::from_be_bytes(random::bytes())) / f64::from(u16::MAX))
}

/// Whether the database rolled the transaction back because of another one, so that it can be repeated.
///
/// SQLSTATE 40001 and 40P01; MySQL, MariaDB and Galera report deadlocks and failed certifications with 40001. `TiDB` reports a write
/// conflict, a commit that it rolled back, and a schema that changed with numbers of its own. Not 40003: then it is unknown whether the
/// transaction was committed.
pub(super) fn is_conflict(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else { return false };
    let Some(error) = error.as_database_error() else { return false };
    let number = error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number);
    matches!(error.code().as_deref(), Some("40001" | "40P01"))
        || number.is_some_and(|number| matches!(number, 8002 | 8005 | 8022 | 8028 | 9007))
}
