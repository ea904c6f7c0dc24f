//! The connection to the database. With the `store.rs` files, the only place that names SeaORM.

mod backup;
mod clock;
#[cfg(feature = "testbed")]
mod condition;
mod conflict;
mod connect;
mod error;
mod galera;
mod grouped;
mod lease;
mod migrate;
mod migration_lease;
mod pool;
mod server_pool;
mod sqlite_file;
mod sqlite_pool;
mod tidb;
mod timeouts;
mod variable;

use std::{io, sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait,
    sea_query::{Expr, Query},
};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    config::{DatabaseConfig, Isolation},
    random,
};
pub use backup::{BackupError, backup, restore};
pub(crate) use clock::{database_now, database_time};
#[cfg(feature = "testbed")]
pub use condition::Condition;
use connect::Pools;
pub use error::{OpenError, Unavailable};
pub(crate) use galera::later;
pub use grouped::Grouped;
pub(crate) use grouped::padded;
pub(crate) use lease::{Held, Lease};
use migrate::Status;
use pool::{Pool, PoolTransaction};
use timeouts::WithTimeout;

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pool: WithTimeout<Pool>,
    relaxed: WithTimeout<Pool>,
    reserved: WithTimeout<Pool>,
    last_ping: Arc<Mutex<Option<LastPing>>>,
    row_locks_need_writes: bool,
}

/// What to do with a schema of an older version.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Schema {
    Migrate,
    Require,
}

/// When the database was last checked, and the result.
type LastPing = (Instant, Result<(), Unavailable>);

/// What a write promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of its statements or none, on the disk.
    Transaction,
    /// The same for a write that no answer acknowledges: on SQLite it survives the process, but not a power cut.
    Relaxed,
}

/// A transaction. It rolls back unless it is committed.
pub type Transaction = WithTimeout<PoolTransaction>;

/// How long [`Db::ping`] reuses its result: the readiness endpoint is public, and a check takes the write lock.
const PING_CACHED_FOR: Duration = Duration::from_secs(1);

impl Db {
    /// Opens the database and migrates its schema. An up-to-date schema needs no right to change it.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, OpenError> {
        let cannot_open = |error: io::Error| OpenError::Open(config.shown(), DbErr::Custom(error.to_string()));
        sqlite_file::create(&config.url).map_err(cannot_open)?;
        connect::check_reachable(&config.url).await.map_err(cannot_open)?;
        Self::with_schema(config, Schema::Migrate).await
    }

    /// Opens a database that a previous start or `bifrons migrate` has migrated to this version. Creates nothing.
    pub async fn open_existing(config: &DatabaseConfig) -> Result<Self, OpenError> {
        if !sqlite_file::exists(&config.url) {
            return Err(OpenError::Missing(config.shown()));
        }
        let cannot_open = |error: io::Error| OpenError::Open(config.shown(), DbErr::Custom(error.to_string()));
        connect::check_reachable(&config.url).await.map_err(cannot_open)?;
        Self::with_schema(config, Schema::Require).await
    }

    async fn with_schema(config: &DatabaseConfig, schema: Schema) -> Result<Self, OpenError> {
        let cannot_open = |error| OpenError::Open(config.shown(), error);
        let connection = connect::for_migrating(config).await.map_err(cannot_open)?;
        tidb::check(&connection).await?;
        let result = match migrate::status(&connection).await {
            Ok(Status::Current) => Ok(()),
            Ok(Status::Empty) if schema == Schema::Require => Err(OpenError::Missing(config.shown())),
            Ok(Status::Older) if schema == Schema::Require => Err(OpenError::Older),
            Ok(_) => migrate::migrate(&connection).await,
            Err(error) => Err(error),
        };
        connection.close().await.map_err(cannot_open)?;
        result?;
        let Pools { pool, relaxed, reserved } = connect::for_serving(config).await.map_err(cannot_open)?;
        // At repeatable read, a transaction that waited for a lock does not see what the holder inserted: it must find the row written.
        let is_snapshot = config.isolation == Isolation::RepeatableRead;
        let row_locks_need_writes = is_snapshot || galera::is_galera(&pool).await.map_err(cannot_open)?;
        Ok(Self { pool, relaxed, reserved, last_ping: Arc::default(), row_locks_need_writes })
    }

    /// How many connections for requests and tasks are in use, and how many there may be.
    pub fn connections(&self) -> (usize, usize) {
        self.pool.inner().usage()
    }

    /// Whether a lock of a row is not enough, because of Galera or of repeatable read.
    pub(crate) fn row_locks_need_writes(&self) -> bool {
        self.row_locks_need_writes
    }

    /// The newest migration of the schema that this version does not know, if a newer version migrated it.
    pub async fn newer_step(&self) -> Result<Option<String>, Unavailable> {
        Ok(migrate::newer_step(&self.reserved).await?)
    }

    /// For reads, and for writes of a single statement.
    pub fn connection(&self) -> &impl ConnectionTrait {
        &self.pool
    }

    /// For writes of a single statement that no response acknowledges: on SQLite they survive a crash of the process, but not a power cut.
    pub fn relaxed_connection(&self) -> &impl ConnectionTrait {
        &self.relaxed
    }

    /// A connection that requests never use: polling for changes continues while requests wait for locks.
    pub fn reserved_connection(&self) -> &impl ConnectionTrait {
        &self.reserved
    }

    /// Runs `work`, a whole transaction, and retries it when the database reports a conflict with another transaction.
    pub async fn retry<T, F: Future<Output = Result<T, Unavailable>>>(&self, work: impl Fn() -> F) -> Result<T, Unavailable> {
        conflict::retry(Unavailable::is_conflict, work).await
    }

    /// Begins a transaction that promises this.
    pub(crate) async fn begin_with(&self, scope: Scope) -> Result<Transaction, Unavailable> {
        match scope {
            Scope::Transaction => self.begin().await,
            Scope::Relaxed => self.begin_relaxed().await,
        }
    }

    /// Begins a transaction that will write.
    pub async fn begin(&self) -> Result<Transaction, Unavailable> {
        Ok(self.pool.with(Pool::begin).await?)
    }

    /// Begins a transaction whose result no response acknowledges.
    pub async fn begin_relaxed(&self) -> Result<Transaction, Unavailable> {
        Ok(self.relaxed.with(Pool::begin).await?)
    }

    /// Checks that the database answers and stores a write: it may be read-only, or its disk full.
    pub async fn ping(&self) -> Result<(), Unavailable> {
        // Concurrent callers share one check.
        let mut last_ping = self.last_ping.lock().await;
        match last_ping.as_ref() {
            Some((moment, answer)) if moment.elapsed() < PING_CACHED_FOR => answer.clone(),
            _ => {
                let answer = self.write_check().await;
                *last_ping = Some((Instant::now(), answer.clone()));
                answer
            }
        }
    }

    async fn write_check(&self) -> Result<(), Unavailable> {
        let content = u64::from_be_bytes(random::bytes()).to_string();
        let update =
            Query::update().table("deployment").value("content", content).and_where(Expr::col("name").eq("write_check")).to_owned();
        match self.connection().execute(&update).await?.rows_affected() {
            0 => Err(DbErr::RecordNotUpdated.into()),
            _ => Ok(()),
        }
    }

    /// Changes the condition of the embedded database of a testbed, and returns the former one. Readiness says so at once.
    #[cfg(feature = "testbed")]
    pub async fn set_condition(&self, condition: Condition) -> Condition {
        self.relaxed.inner().set_condition(condition);
        self.reserved.inner().set_condition(condition);
        let former = self.pool.inner().set_condition(condition);
        *self.last_ping.lock().await = None;
        former
    }

    /// Waits for running statements and closes all connections.
    pub async fn close(self) -> Result<(), Unavailable> {
        self.reserved.into_inner().close().await?;
        self.relaxed.into_inner().close().await?;
        Ok(self.pool.into_inner().close().await?)
    }
}
