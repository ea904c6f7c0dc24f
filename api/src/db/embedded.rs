//! SQLite's connections. A library's pool asks each one that is put back whether it still works: two changes of threads for every
//! statement. A file does not go away, so nobody asks here.

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

/// A file's connections: opened when they are first needed, and kept.
#[derive(Clone)]
pub struct Embedded(Arc<Connections>);

struct Connections {
    options: SqliteConnectOptions,
    most: u32,
    places: Arc<Semaphore>,
    /// The one that was used last is taken first: what it read is still in its cache, and the processor's.
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Connections {
    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Embedded {
    /// At most so many connections. Opens the first.
    pub(super) async fn open(options: SqliteConnectOptions, most: u32) -> Result<Self, DbErr> {
        let places = Arc::new(Semaphore::new(most as usize));
        let all = Self(Arc::new(Connections { options, most, places, idle: Mutex::default() }));
        all.take().await?;
        Ok(all)
    }

    /// Starts a transaction that will write. SQLite must know that at once: it cannot turn a reader into a writer while others
    /// write, and says "locked" without waiting.
    pub(super) async fn begin(&self) -> Result<EmbeddedTransaction, DbErr> {
        let mut taken = self.take().await?;
        // It begins even if nobody waits for that.
        taken.in_transaction = true;
        taken.execute(plain("BEGIN IMMEDIATE")).await?;
        Ok(EmbeddedTransaction(sync::Mutex::new(taken)))
    }

    /// Waits for what is under way and closes them.
    pub(super) async fn close(self) -> Result<(), DbErr> {
        let all = self.0.places.acquire_many(self.0.most).await;
        self.0.places.close();
        drop(all);
        let idle = mem::take(&mut *self.0.idle());
        for connection in idle {
            connection.close().await.map_err(|error| DbErr::Conn(cause(error)))?;
        }
        Ok(())
    }

    async fn take(&self) -> Result<Taken, DbErr> {
        let place = Arc::clone(&self.0.places).acquire_owned().await;
        let place = place.map_err(|_| DbErr::Conn(RuntimeErr::Internal("the database is closed".to_owned())))?;
        let idle = self.0.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => SqliteConnection::connect_with(&self.0.options).await.map_err(|error| DbErr::Conn(cause(error)))?,
        };
        Ok(Taken { connection: Some(connection), in_transaction: false, from: Arc::clone(&self.0), place: Some(place) })
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("most", &self.0.most).finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Embedded {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.take().await?.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.take().await?.execute(plain(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.take().await?.query_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.take().await?.query_all(statement).await
    }
}

/// A connection in a transaction.
#[derive(Debug)]
pub struct EmbeddedTransaction(sync::Mutex<Taken>);

impl EmbeddedTransaction {
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        self.end("COMMIT").await
    }

    pub(super) async fn rollback(self) -> Result<(), DbErr> {
        self.end("ROLLBACK").await
    }

    async fn end(self, sql: &str) -> Result<(), DbErr> {
        let mut taken = self.0.into_inner();
        taken.execute(plain(sql)).await?;
        taken.in_transaction = false;
        Ok(())
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for EmbeddedTransaction {
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

/// A connection that nobody else uses. It does one thing after the other, and finishes what nobody waits for any more.
struct Taken {
    /// None if it can be used no more.
    connection: Option<SqliteConnection>,
    in_transaction: bool,
    from: Arc<Connections>,
    place: Option<OwnedSemaphorePermit>,
}

impl Taken {
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

    /// Ends a transaction that nobody ended.
    async fn undo(mut self) {
        if self.execute(plain("ROLLBACK")).await.is_err() {
            // There was none any more, or there still is: to close the connection is right either way.
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

impl Drop for Taken {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if !self.in_transaction {
            self.from.idle().push(connection);
        } else if let Ok(runtime) = Handle::try_current() {
            let (from, place) = (Arc::clone(&self.from), self.place.take());
            runtime.spawn(Self { connection: Some(connection), in_transaction: false, from, place }.undo());
        }
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taken").field("in_transaction", &self.in_transaction).finish_non_exhaustive()
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
