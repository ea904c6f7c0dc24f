//! Repeats work that the database rolled back because of another transaction.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, sqlx::mysql::MySqlDatabaseError};
use tokio::time::{Instant, sleep};

use super::timeouts::REQUEST_TIMEOUT;
use crate::random;

/// How many times work is attempted.
const ATTEMPTS: u32 = 8;

/// The longest delay before the second attempt. It doubles with each attempt.
const FIRST_DELAY: Duration = Duration::from_millis(10);

/// Runs `work`, a whole transaction or a statement outside any, until it succeeds, fails for another reason, or has conflicted with others
/// too often or for too long. Then the error is the last conflict.
pub(super) async fn retry<T, E, F: Future<Output = Result<T, E>>>(
    is_conflict: impl Fn(&E) -> bool,
    work: impl Fn() -> F,
) -> Result<T, E> {
    let began = Instant::now();
    let mut attempt = 1;
    loop {
        match work().await {
            Err(error) if attempt < ATTEMPTS && began.elapsed() < REQUEST_TIMEOUT && is_conflict(&error) => {
                sleep(delay(attempt)).await;
                attempt += 1;
            }
            done => return done,
        }
    }
}

/// Between nothing and twice the longest delay before: those who conflicted come back at different times.
fn delay(attempt: u32) -> Duration {
    let longest = FIRST_DELAY * (1 << (attempt - 1));
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
    matches!(error.code().as_deref(), Some("40001" | "40P01")) || number.is_some_and(|number| matches!(number, 8022 | 8028 | 9007))
}
