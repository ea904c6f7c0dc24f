//! A connection pool for SQLite. sqlx's pool pings every connection that is returned, which costs two thread switches a statement.
//! A file cannot disconnect, so this pool does not ping.

use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    prelude::async_trait,
    sea_query::Values,
    sqlx::{self, AssertSqlSafe, Connection as _, Sqlite, SqliteConnection, query::Query, sqlite::SqliteConnectOptions},
};
use sea_query_sqlx::SqlxValues;
use tokio::{
    runtime::Handle,
    sync::{self, OwnedSemaphorePermit, Semaphore},
};

/// Connections to one file. They are opened on demand and kept.
#[derive(Clone)]
pub struct SqlitePool(Arc<PoolState>);

struct PoolState {
    options: SqliteConnectOptions,
    max: u32,
    permits: Arc<Semaphore>,
    /// A stack: the connection used last has the warmest cache.
    idle: Mutex<Vec<SqliteConnection>>,
}

impl PoolState {
    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SqlitePool {
    /// How many connections are in use, and how many there may be.
    pub(super) fn usage(&self) -> (usize, usize) {
        let max = self.0.max as usize;
        (max.saturating_sub(self.0.permits.available_permits()), max)
    }

    /// Opens the first connection; at most `max` will exist.
    pub(super) async fn open(options: SqliteConnectOptions, max: u32) -> Result<Self, DbErr> {
        let permits = Arc::new(Semaphore::new(max as usize));
        let all = Self(Arc::new(PoolState { options, max, permits, idle: Mutex::default() }));
        all.acquire().await?;
        Ok(all)
    }

    /// Begins a transaction that will write. SQLite must know at the start: it cannot turn a reader into a writer while another
    /// connection writes, and fails with "locked" without waiting.
    pub(super) async fn begin(&self) -> Result<SqliteTransaction, DbErr> {
        let mut lease = self.acquire().await?;
        // SQLite executes BEGIN even if this future is dropped.
        lease.in_transaction = true;
        lease.execute(plain("BEGIN IMMEDIATE")).await?;
        Ok(SqliteTransaction(sync::Mutex::new(lease)))
    }

    /// Waits for running statements and closes all connections.
    pub(super) async fn close(self) -> Result<(), DbErr> {
        let all = self.0.permits.acquire_many(self.0.max).await;
        self.0.permits.close();
        drop(all);
        let idle = mem::take(&mut *self.0.idle());
        for connection in idle {
            connection.close().await.map_err(|error| DbErr::Conn(cause(error)))?;
        }
        Ok(())
    }

    async fn acquire(&self) -> Result<Lease, DbErr> {
        let permit = Arc::clone(&self.0.permits).acquire_owned().await;
        let permit = permit.map_err(|_| DbErr::Conn(RuntimeErr::Internal("the database is closed".to_owned())))?;
        let idle = self.0.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => SqliteConnection::connect_with(&self.0.options).await.map_err(|error| DbErr::Conn(cause(error)))?,
        };
        Ok(Lease { connection: Some(connection), in_transaction: false, from: Arc::clone(&self.0), permit: Some(permit) })
    }
}

impl fmt::Debug for SqlitePool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlitePool").field("max", &self.0.max).finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for SqlitePool {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.acquire().await?.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.acquire().await?.execute(plain(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.acquire().await?.query_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.acquire().await?.query_all(statement).await
    }
}

/// A transaction on one connection.
#[derive(Debug)]
pub struct SqliteTransaction(sync::Mutex<Lease>);

impl SqliteTransaction {
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        self.end("COMMIT").await
    }

    pub(super) async fn rollback(self) -> Result<(), DbErr> {
        self.end("ROLLBACK").await
    }

    async fn end(self, sql: &str) -> Result<(), DbErr> {
        let mut lease = self.0.into_inner();
        lease.execute(plain(sql)).await?;
        lease.in_transaction = false;
        Ok(())
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for SqliteTransaction {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.lock().await.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.lock().await.execute(plain(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.lock().await.query_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.lock().await.query_all(statement).await
    }
}

/// A connection in exclusive use. It executes statements in order, also those whose future was dropped.
struct Lease {
    /// `None` once the connection is unusable.
    connection: Option<SqliteConnection>,
    in_transaction: bool,
    from: Arc<PoolState>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Lease {
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let done = query(statement).execute(self.connection()?).await;
        done.map(ExecResult::from).map_err(|error| DbErr::Exec(self.cause(error)))
    }

    async fn query_one(&mut self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let row = query(statement).fetch_optional(self.connection()?).await;
        row.map(|row| row.map(QueryResult::from)).map_err(|error| DbErr::Query(self.cause(error)))
    }

    async fn query_all(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let rows = query(statement).fetch_all(self.connection()?).await;
        rows.map(|rows| rows.into_iter().map(QueryResult::from).collect()).map_err(|error| DbErr::Query(self.cause(error)))
    }

    /// Rolls back a transaction that was dropped.
    async fn roll_back(mut self) {
        if self.execute(plain("ROLLBACK")).await.is_err() {
            // The state of the transaction is unknown: close the connection.
            self.connection = None;
        }
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection, DbErr> {
        self.connection.as_mut().ok_or_else(|| DbErr::Conn(cause(sqlx::Error::WorkerCrashed)))
    }

    fn cause(&mut self, error: sqlx::Error) -> RuntimeErr {
        if matches!(error, sqlx::Error::WorkerCrashed) {
            self.connection = None;
        }
        cause(error)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if !self.in_transaction {
            self.from.idle().push(connection);
        } else if let Ok(runtime) = Handle::try_current() {
            let (from, permit) = (Arc::clone(&self.from), self.permit.take());
            runtime.spawn(Self { connection: Some(connection), in_transaction: false, from, permit }.roll_back());
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("in_transaction", &self.in_transaction).finish_non_exhaustive()
    }
}

fn plain(sql: &str) -> Statement {
    Statement::from_string(DbBackend::Sqlite, sql)
}

fn query(statement: Statement) -> Query<'static, Sqlite, SqlxValues> {
    let values = statement.values.unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

fn cause(error: sqlx::Error) -> RuntimeErr {
    RuntimeErr::SqlxError(error.into())
}

#[cfg(test)]
mod tests;
