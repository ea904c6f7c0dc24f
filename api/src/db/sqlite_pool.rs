//! A connection pool for SQLite. sqlx's pool pings every connection that is returned, which costs two thread switches a statement.
//! A file cannot disconnect, so this pool does not ping.

mod lease;

use std::{fmt, mem, sync::Arc};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    prelude::async_trait,
    sqlx::{Connection as _, sqlite::SqliteConnectOptions},
};
use tokio::sync::{self, Semaphore};

use lease::{Lease, PoolState, cause, plain};

/// Connections to one file. They are opened on demand and kept.
#[derive(Clone)]
pub struct SqlitePool(Arc<PoolState>);

impl SqlitePool {
    /// How many connections are in use, and how many there may be.
    pub(super) fn usage(&self) -> (usize, usize) {
        let max = self.0.max as usize;
        (max.saturating_sub(self.0.permits.available_permits()), max)
    }

    /// Opens the first connection; at most `max` will exist.
    pub(super) async fn open(options: SqliteConnectOptions, max: u32) -> Result<Self, DbErr> {
        let permits = Arc::new(Semaphore::new(max as usize));
        let all = Self(Arc::new(PoolState::new(options, max, permits)));
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

    /// Changes the condition of the database: connections that are open are not used again.
    #[cfg(feature = "testbed")]
    pub(super) fn set_condition(&self, condition: super::condition::Condition) -> super::condition::Condition {
        self.0.set_condition(condition)
    }

    async fn acquire(&self) -> Result<Lease, DbErr> {
        let permit = Arc::clone(&self.0.permits).acquire_owned().await;
        let permit = permit.map_err(|_| DbErr::Conn(RuntimeErr::Internal("the database is closed".to_owned())))?;
        #[cfg(feature = "testbed")]
        let (opened, _) = self.0.conditions.opens()?;
        let idle = self.0.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.0.open().await?,
        };
        Ok(Lease::new(
            connection,
            &self.0,
            permit,
            #[cfg(feature = "testbed")]
            opened,
        ))
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

#[cfg(test)]
mod tests;
