//! The connection to the database. With the `store.rs` files, the only place that names SeaORM.

mod connect;
mod connections;
mod create_file;
mod embedded;
mod migrate;
mod patience;

use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, RuntimeErr, SqlErr,
    sea_query::{Expr, SimpleExpr},
    sqlx::error::DatabaseError,
};
use tokio::{sync::Mutex, time::Instant};

use crate::{config::DatabaseConfig, random};
use connect::Serving;
use connections::{Begun, Connections};
use patience::Patient;

/// The database, cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pool: Patient<Connections>,
    relaxed: Patient<Connections>,
    reserved: Patient<Connections>,
    pinged: Arc<Mutex<Option<Pinged>>>,
}

/// When it was tried last whether the database works, and whether it did.
type Pinged = (Instant, Result<(), Unavailable>);

/// A transaction. What it did is undone unless it is committed.
pub type Transaction = Patient<Begun>;

/// What stores answer when the database does not.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the database does not answer: {0}")]
pub struct Unavailable(Arc<DbErr>);

impl From<DbErr> for Unavailable {
    fn from(error: DbErr) -> Self {
        Self(Arc::new(error))
    }
}

impl Unavailable {
    /// It says something that is older than what was heard from it: a backup was restored, or a server took over that lags behind.
    pub(crate) fn outdated() -> Self {
        DbErr::Custom("it is older than what was heard from it; if a backup was restored, restart all nodes".to_owned()).into()
    }

    /// Whether two transactions got in each other's way, and this one was undone: SQLSTATE 40001 and 40P01.
    fn is_conflict(&self) -> bool {
        let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = self.0.as_ref() else {
            return false;
        };
        let code = error.as_database_error().and_then(DatabaseError::code);
        matches!(code.as_deref(), Some("40001" | "40P01"))
    }

    /// Whether the database refused a row because another one has its unique value.
    pub fn is_duplicate(&self) -> bool {
        matches!(self.0.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
    }
}

/// Why the database cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be reached or opened.
    #[error("cannot open the database {0}: {1}")]
    Open(String, DbErr),
    /// Somebody else's tables are in it.
    #[error("the database has a table `{0}` that is not of Bifrons; give Bifrons a database of its own")]
    Others(&'static str),
    /// It was migrated by a newer version of Bifrons.
    #[error("the database was made by a newer version of Bifrons (it has {0}); start that version, or restore a backup")]
    Newer(String),
    /// A migration failed.
    #[error("cannot migrate the database: {0}")]
    Migrate(DbErr),
}

/// How long a statement, or a writer that waits for another one, may take before the answer is 503.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a transaction is tried that got in another one's way.
const ATTEMPTS: u32 = 4;

/// How long the answer to [`Db::ping`] holds: anybody may ask, and trying takes the lock of a writer.
const PING_EVERY: Duration = Duration::from_secs(1);

impl Db {
    /// Opens the database and brings its schema up to date.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, OpenError> {
        let cannot_open = |error| OpenError::Open(config.shown(), error);
        create_file::create_file(&config.url).map_err(|error| cannot_open(DbErr::Custom(error.to_string())))?;
        connect::knock(&config.url).await.map_err(|error| cannot_open(DbErr::Custom(error.to_string())))?;
        let alone = connect::for_migrating(config).await.map_err(cannot_open)?;
        let migrated = migrate::migrate(&alone).await;
        alone.close().await.map_err(cannot_open)?;
        migrated?;
        let Serving { pool, relaxed, reserved } = connect::for_serving(config).await.map_err(cannot_open)?;
        Ok(Self { pool, relaxed, reserved, pinged: Arc::default() })
    }

    /// For reads, and for writes of one statement.
    pub fn connection(&self) -> &impl ConnectionTrait {
        &self.pool
    }

    /// For writes of one statement that nobody is told of: on SQLite they survive the process, but not a power cut.
    pub fn relaxed_connection(&self) -> &impl ConnectionTrait {
        &self.relaxed
    }

    /// A connection that no request takes: for what must go on while requests wait for each other.
    pub fn reserved_connection(&self) -> &impl ConnectionTrait {
        &self.reserved
    }

    /// Does `work`, a whole transaction, and does it again if the database says that it only got in another one's way.
    pub async fn retry<T, F: Future<Output = Result<T, Unavailable>>>(&self, work: impl Fn() -> F) -> Result<T, Unavailable> {
        for attempt in 1.. {
            match work().await {
                Err(error) if attempt < ATTEMPTS && error.is_conflict() => {
                    let [jitter] = random::bytes();
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt * 5) + u64::from(jitter) / 8)).await;
                }
                done => return done,
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Starts a transaction that will write.
    pub async fn begin(&self) -> Result<Transaction, Unavailable> {
        Ok(self.pool.with(Connections::begin).await?)
    }

    /// The same, for what nobody is told of.
    pub async fn begin_relaxed(&self) -> Result<Transaction, Unavailable> {
        Ok(self.relaxed.with(Connections::begin).await?)
    }

    /// Whether the database answers, and can be written to.
    pub async fn ping(&self) -> Result<(), Unavailable> {
        // All who ask at once wait for one answer.
        let mut pinged = self.pinged.lock().await;
        match pinged.as_ref() {
            Some((moment, answer)) if moment.elapsed() < PING_EVERY => answer.clone(),
            _ => {
                let answer = async { Ok(self.begin().await?.rollback().await?) }.await;
                *pinged = Some((Instant::now(), answer.clone()));
                answer
            }
        }
    }

    /// Waits for what is under way and closes all connections.
    pub async fn close(self) -> Result<(), Unavailable> {
        self.reserved.into_inner().close().await?;
        self.relaxed.into_inner().close().await?;
        Ok(self.pool.into_inner().close().await?)
    }
}

/// The database's own time in milliseconds since 1970: nodes' clocks differ, and whoever follows changes asks by one of them.
pub(crate) fn database_now(db: &impl ConnectionTrait) -> SimpleExpr {
    Expr::cust(match db.get_database_backend() {
        DbBackend::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        DbBackend::MySql => "CAST(ROUND(UNIX_TIMESTAMP(SYSDATE(3)) * 1000) AS SIGNED)",
        _ => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    })
}
