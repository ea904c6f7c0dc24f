//! Timeouts on this side of a connection. The server ends slow statements, but a server or a firewall can disappear without closing
//! the connection. A caller that waits longer than the server's own timeouts gets an error, and the connection is not used again.
//! All connections that were idle then are checked before their next use.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    prelude::async_trait,
    sqlx::{self, Connection as _, Database, mysql::MySqlDatabaseError, pool::PoolOptions},
};
use tokio::time::{Instant, timeout};

use super::pool::PoolTransaction;

/// The longest time for a statement, and for a writer that waits for a lock. After it the response is 503.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that was idle for longer is checked before use: the server may have stopped, or a firewall dropped the connection.
const IDLE_BEFORE_CHECK: Duration = Duration::from_secs(30);

/// Connections are replaced at most this often because one of them refused to write.
const REPLACE_EVERY: Duration = Duration::from_secs(1);

/// The timeout of the check before use.
const CHECK_TIMEOUT: Duration = Duration::from_secs(1);

/// A pool or a transaction whose operations end after a time limit.
#[derive(Clone, Debug)]
pub struct WithTimeout<C> {
    inner: C,
    limit: Duration,
    suspects: Arc<SuspectConnections>,
}

/// Connections that may be unusable because of what happened on another one.
#[derive(Debug, Default)]
pub(super) struct SuspectConnections(Mutex<LastFailures>);

#[derive(Clone, Copy, Debug, Default)]
struct LastFailures {
    /// When a connection was lost. Connections that were idle at that time may be lost too.
    lost: Option<Instant>,
    /// When a connection refused to write. All connections opened before that may stay read-only, even if the server is not any more.
    read_only: Option<Instant>,
}

impl SuspectConnections {
    fn note(&self, error: &DbErr) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_read_only(error) {
            // While the server itself is read-only, connections are not replaced more often.
            if last.read_only.is_none_or(|at| at.elapsed() > REPLACE_EVERY) {
                last.read_only = Some(Instant::now());
            }
        } else if is_connection_failure(error) {
            last.lost = Some(Instant::now());
        }
    }

    /// Whether a connection with this idle time must be checked.
    fn must_check(&self, idle: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle > IDLE_BEFORE_CHECK || last.lost.is_some_and(|at| at.elapsed() <= idle)
    }

    /// Whether a connection of this age must be replaced.
    fn must_replace(&self, age: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.read_only.is_some_and(|at| at.elapsed() <= age)
    }
}

impl<C> WithTimeout<C> {
    pub(super) fn new(inner: C, limit: Duration, suspects: Arc<SuspectConnections>) -> Self {
        Self { inner, limit, suspects }
    }

    pub(super) fn inner(&self) -> &C {
        &self.inner
    }

    pub(super) fn into_inner(self) -> C {
        self.inner
    }

    async fn wait<T>(&self, work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        wait(self.limit, &self.suspects, work).await
    }
}

impl<C> WithTimeout<C> {
    /// Derives a value, such as a transaction, that has the same time limit.
    pub(super) async fn with<'a, T, F: Future<Output = Result<T, DbErr>>>(
        &'a self,
        make: impl FnOnce(&'a C) -> F,
    ) -> Result<WithTimeout<T>, DbErr> {
        let inner = self.wait(make(&self.inner)).await?;
        Ok(WithTimeout::new(inner, self.limit, Arc::clone(&self.suspects)))
    }
}

impl WithTimeout<PoolTransaction> {
    pub async fn commit(self) -> Result<(), DbErr> {
        wait(self.limit, &self.suspects, self.inner.commit()).await
    }

    pub async fn rollback(self) -> Result<(), DbErr> {
        wait(self.limit, &self.suspects, self.inner.rollback()).await
    }
}

#[async_trait::async_trait]
impl<C: ConnectionTrait> ConnectionTrait for WithTimeout<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.wait(self.inner.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.wait(self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.wait(self.inner.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.wait(self.inner.query_all_raw(statement)).await
    }
}

async fn wait<T>(limit: Duration, suspects: &SuspectConnections, work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    let done = timeout(limit, work).await;
    let done = done.unwrap_or_else(|_| Err(DbErr::Conn(RuntimeErr::Internal("the connection does not answer".to_owned()))));
    if let Err(error) = &done {
        suspects.note(error);
    }
    done
}

/// Whether the connection is lost and others may be too: the server restarted or ended it (SQLSTATE class 57, operator intervention).
fn is_connection_failure(error: &DbErr) -> bool {
    match error {
        DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => match error.as_ref() {
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
            sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a connection refused to write: SQLSTATE 25006, and three errors of MySQL and MariaDB about a read-only server or transaction. A
/// node of Galera that has lost the others (1047) refuses everything: a new connection may reach another node.
fn is_read_only(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else { return false };
    let Some(error) = error.as_database_error() else { return false };
    match error.try_downcast_ref::<MySqlDatabaseError>() {
        Some(mysql) => matches!(mysql.number(), 1047 | 1290 | 1792 | 1836),
        None => error.code().as_deref() == Some("25006"),
    }
}

/// Configures a pool to check suspect connections before use, and every connection when it is returned. The library's own check has no
/// timeout: it would wait as long as TCP does and occupy a place in the pool.
pub(super) fn with_checks<D: Database>(pool: PoolOptions<D>, suspects: &Arc<SuspectConnections>) -> PoolOptions<D> {
    let suspects = Arc::clone(suspects);
    pool.test_before_acquire(false)
        .before_acquire(move |connection, meta| {
            let (must_replace, must_check) = (suspects.must_replace(meta.age), suspects.must_check(meta.idle_for));
            Box::pin(async move {
                if must_replace {
                    return Ok(false);
                }
                if must_check { answers::<D>(connection, CHECK_TIMEOUT).await } else { Ok(true) }
            })
        })
        .after_release(|connection, _| Box::pin(answers::<D>(connection, REQUEST_TIMEOUT)))
}

async fn answers<D: Database>(connection: &mut D::Connection, limit: Duration) -> Result<bool, sqlx::Error> {
    let timed_out = || io::Error::new(io::ErrorKind::TimedOut, "the connection does not answer");
    timeout(limit, connection.ping()).await.unwrap_or_else(|_| Err(timed_out().into())).map(|()| true)
}
