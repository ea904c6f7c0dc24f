//! A connection of the pool in exclusive use.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sea_orm::{
    DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    sea_query::Values,
    sqlx::{self, AssertSqlSafe, Connection as _, Sqlite, SqliteConnection, query::Query, sqlite::SqliteConnectOptions},
};
use sea_query_sqlx::SqlxValues;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};

#[cfg(feature = "testbed")]
use crate::db::condition::{Condition, Conditions};

/// What all connections to a file share.
pub(super) struct PoolState {
    pub(super) options: SqliteConnectOptions,
    pub(super) max: u32,
    pub(super) permits: Arc<Semaphore>,
    /// A stack: the connection used last has the warmest cache.
    idle: Mutex<Vec<SqliteConnection>>,
    #[cfg(feature = "testbed")]
    pub(super) conditions: Conditions,
}

impl PoolState {
    pub(super) fn new(options: SqliteConnectOptions, max: u32, permits: Arc<Semaphore>) -> Self {
        Self {
            options,
            max,
            permits,
            idle: Mutex::default(),
            #[cfg(feature = "testbed")]
            conditions: Conditions::default(),
        }
    }

    pub(super) fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn open(&self) -> Result<SqliteConnection, DbErr> {
        let options = self.options.clone();
        #[cfg(feature = "testbed")]
        let options = if self.conditions.opens()?.1 { options.pragma("query_only", "ON") } else { options };
        SqliteConnection::connect_with(&options).await.map_err(|error| DbErr::Conn(cause(error)))
    }

    #[cfg(feature = "testbed")]
    pub(super) fn set_condition(&self, condition: Condition) -> Condition {
        let mut idle = self.idle();
        idle.clear();
        self.conditions.set(condition)
    }

    /// Keeps a connection for the next statement.
    fn put_back(&self, connection: SqliteConnection, #[cfg(feature = "testbed")] opened: u64) {
        let mut idle = self.idle();
        #[cfg(feature = "testbed")]
        if !self.conditions.is_current(opened) {
            return;
        }
        idle.push(connection);
    }
}

/// A connection in exclusive use. It executes statements in order, also those whose future was dropped.
pub(super) struct Lease {
    /// `None` once the connection is unusable.
    connection: Option<SqliteConnection>,
    pub(super) in_transaction: bool,
    from: Arc<PoolState>,
    permit: Option<OwnedSemaphorePermit>,
    /// The change of the condition after which the connection was opened.
    #[cfg(feature = "testbed")]
    opened: u64,
}

impl Lease {
    pub(super) fn new(
        connection: SqliteConnection,
        from: &Arc<PoolState>,
        permit: OwnedSemaphorePermit,
        #[cfg(feature = "testbed")] opened: u64,
    ) -> Self {
        Self {
            connection: Some(connection),
            in_transaction: false,
            from: Arc::clone(from),
            permit: Some(permit),
            #[cfg(feature = "testbed")]
            opened,
        }
    }

    pub(super) async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        #[cfg(feature = "testbed")]
        self.meet().await?;
        let done = query(statement).execute(self.connection()?).await;
        done.map(ExecResult::from).map_err(|error| DbErr::Exec(self.cause(error)))
    }

    pub(super) async fn query_one(&mut self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        #[cfg(feature = "testbed")]
        self.meet().await?;
        let row = query(statement).fetch_optional(self.connection()?).await;
        row.map(|row| row.map(QueryResult::from)).map_err(|error| DbErr::Query(self.cause(error)))
    }

    pub(super) async fn query_all(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        #[cfg(feature = "testbed")]
        self.meet().await?;
        let rows = query(statement).fetch_all(self.connection()?).await;
        rows.map(|rows| rows.into_iter().map(QueryResult::from).collect()).map_err(|error| DbErr::Query(self.cause(error)))
    }

    /// What the next statement meets. A connection that is lost is closed, so its transaction is rolled back.
    #[cfg(feature = "testbed")]
    async fn meet(&mut self) -> Result<(), DbErr> {
        let met = self.from.conditions.meet(self.opened).await;
        if met.is_err() {
            self.connection = None;
        }
        met
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
            self.from.put_back(
                connection,
                #[cfg(feature = "testbed")]
                self.opened,
            );
        } else if let (Ok(runtime), Some(permit)) = (Handle::try_current(), self.permit.take()) {
            let lease = Self::new(
                connection,
                &self.from,
                permit,
                #[cfg(feature = "testbed")]
                self.opened,
            );
            runtime.spawn(lease.roll_back());
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("in_transaction", &self.in_transaction).finish_non_exhaustive()
    }
}

fn query(statement: Statement) -> Query<'static, Sqlite, SqlxValues> {
    let values = statement.values.unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

pub(super) fn plain(sql: &str) -> Statement {
    Statement::from_string(DbBackend::Sqlite, sql)
}

pub(super) fn cause(error: sqlx::Error) -> RuntimeErr {
    RuntimeErr::SqlxError(error.into())
}
