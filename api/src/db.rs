//! The connection to the database. With the `store.rs` files, the only place that names SeaORM.

use std::{
    fs::{DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    sync::Arc,
    time::Duration,
};

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, SqlErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sea_query::{Expr, SimpleExpr},
    sqlx::{
        Executor,
        error::DatabaseError,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use tokio::net::TcpStream;

use crate::{config::DatabaseConfig, random};

/// The database, cheap to clone.
#[derive(Clone, Debug)]
pub struct Db(DatabaseConnection);

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
    /// It was migrated by a newer version of Bifrons.
    #[error("the database was made by a newer version of Bifrons (it has {0}); start that version, or restore a backup")]
    Newer(String),
    /// A migration failed; what it did was undone.
    #[error("cannot migrate the database: {0}")]
    Migrate(DbErr),
}

/// How long a statement, or a writer that waits for another one, may take before the answer is 503.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long somebody who has begun a transaction may say nothing.
const SILENCE: Duration = Duration::from_secs(10);

/// How often a transaction is tried that got in another one's way.
const ATTEMPTS: u32 = 4;

/// A connection that was idle for longer is tried before it is used: a server may have gone since.
const STALE: Duration = Duration::from_secs(30);

impl Db {
    /// Opens the database and brings its schema up to date.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, OpenError> {
        let cannot_open = |error| OpenError::Open(config.shown(), error);
        create_file(&config.url).map_err(|error| cannot_open(DbErr::Custom(error.to_string())))?;
        knock(&config.url).await.map_err(|error| cannot_open(DbErr::Custom(error.to_string())))?;
        let connection = Database::connect(options(config)).await.map_err(cannot_open)?;
        migrate(&connection).await?;
        Ok(Self(connection))
    }

    /// For reads, and for writes of one statement.
    pub fn connection(&self) -> &impl ConnectionTrait {
        &self.0
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

    /// Starts a transaction that will write. SQLite must know that at once: it cannot turn a reader into a writer while others
    /// write, and says "locked" without waiting.
    pub async fn begin(&self) -> Result<DatabaseTransaction, Unavailable> {
        let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
        Ok(self.0.begin_with_options(options).await?)
    }

    /// Whether the database answers, and can be written to.
    pub async fn ping(&self) -> Result<(), Unavailable> {
        Ok(self.begin().await?.rollback().await?)
    }

    /// Waits for what is under way and closes all connections.
    pub async fn close(self) -> Result<(), Unavailable> {
        Ok(self.0.close().await?)
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

fn options(config: &DatabaseConfig) -> ConnectOptions {
    let mut options = ConnectOptions::new(&config.url);
    options
        .connect_timeout(PATIENCE)
        .acquire_timeout(PATIENCE)
        .max_connections(config.connections)
        .test_before_acquire_if_idle_for(STALE)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // Not NORMAL: a sign-out that was acknowledged must survive a power cut.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(PATIENCE)
                .foreign_keys(true)
        })
        .map_sqlx_postgres_opts(|postgres| {
            let millis = |time: Duration| time.as_millis().to_string();
            postgres.application_name("bifrons").options([
                ("statement_timeout", millis(PATIENCE)),
                ("lock_timeout", millis(PATIENCE)),
                ("idle_in_transaction_session_timeout", millis(SILENCE)),
            ])
        })
        .map_sqlx_mysql_opts(|mysql| mysql.charset("utf8mb4").timezone("+00:00".to_owned()))
        .map_sqlx_mysql_pool_opts(|pool| {
            pool.after_connect(|connection, _| {
                Box::pin(async move {
                    for setting in MYSQL_SETTINGS {
                        connection.execute(setting).await?;
                    }
                    // One of them exists: MariaDB counts seconds, MySQL milliseconds.
                    if connection.execute("SET SESSION max_statement_time = 5").await.is_err() {
                        connection.execute("SET SESSION max_execution_time = 5000").await?;
                    }
                    Ok(())
                })
            })
        });
    options
}

/// READ COMMITTED: the conditions of our updates are what makes them right, and gap locks only make deadlocks.
const MYSQL_SETTINGS: [&str; 3] = [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION innodb_lock_wait_timeout = 5",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
];

/// Whether somebody listens there: the pool would only say that it waited in vain.
async fn knock(url: &str) -> io::Result<()> {
    let Some((url, host)) = url::Url::parse(url).ok().and_then(|url| Some((url.clone(), url.host_str()?.to_owned()))) else {
        return Ok(()); // SQLite
    };
    let port = url.port().unwrap_or(if url.scheme() == "mysql" { 3306 } else { 5432 });
    let host = host.trim_matches(['[', ']']).to_owned();
    if host.starts_with('%') || url.query().is_some_and(|query| query.contains("host=") || query.contains("socket=")) {
        return Ok(()); // a socket in the file system
    }
    match tokio::time::timeout(PATIENCE, TcpStream::connect((host, port))).await {
        Ok(connected) => connected.map(drop),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "nobody answers")),
    }
}

/// Brings the schema up to date, one starter at a time.
async fn migrate(connection: &DatabaseConnection) -> Result<(), OpenError> {
    let alone = connection.begin().await.map_err(OpenError::Migrate)?;
    lock(&alone).await.map_err(OpenError::Migrate)?;
    let migrated = migrate_alone(connection).await;
    unlock(alone).await.map_err(OpenError::Migrate)?;
    migrated
}

async fn migrate_alone(connection: &DatabaseConnection) -> Result<(), OpenError> {
    let known: Vec<_> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let applied = Migrator::get_migration_models(connection).await.map_err(OpenError::Migrate)?;
    if let Some(newer) = applied.into_iter().find(|step| !known.contains(&step.version)) {
        return Err(OpenError::Newer(newer.version));
    }
    Migrator::up(connection, None).await.map_err(OpenError::Migrate)
}

/// Waits for other starters, for as long as migrating may take them. SQLite's are held up by a file (`state::lock`).
async fn lock(alone: &DatabaseTransaction) -> Result<(), DbErr> {
    match alone.get_database_backend() {
        DbBackend::Postgres => {
            for setting in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
                alone.execute_unprepared(&format!("SET LOCAL {setting} = '10min'")).await?;
            }
            alone.execute_unprepared("SELECT pg_advisory_xact_lock(7161826510)").await?;
        }
        DbBackend::MySql => {
            let ask = Statement::from_string(DbBackend::MySql, "SELECT GET_LOCK(CONCAT('bifrons ', DATABASE()), 2)");
            let mut waits = 300;
            while alone.query_one_raw(ask.clone()).await?.and_then(|row| row.try_get_by_index::<i64>(0).ok()) != Some(1) {
                waits -= 1;
                if waits == 0 {
                    return Err(DbErr::Custom("another process has been migrating for ten minutes".to_owned()));
                }
            }
        }
        _ => {}
    }
    Ok(())
}

async fn unlock(alone: DatabaseTransaction) -> Result<(), DbErr> {
    if alone.get_database_backend() == DbBackend::MySql {
        alone.execute_unprepared("DO RELEASE_LOCK(CONCAT('bifrons ', DATABASE()))").await?;
    }
    alone.commit().await
}

/// Makes SQLite's file, and its folder, for the service's user alone: it holds addresses and hashes. SQLite would let everybody read
/// it, and gives the files beside it the mode of this one.
fn create_file(url: &str) -> io::Result<()> {
    let Some(path) = url.strip_prefix("sqlite:") else { return Ok(()) };
    let path = path.trim_start_matches("//").split('?').next().unwrap_or_default();
    if path.is_empty() || path == ":memory:" {
        return Ok(());
    }
    if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    File::options().create(true).append(true).mode(0o600).open(path).map(drop)
}
