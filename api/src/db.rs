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
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqlErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sea_query::{Expr, SimpleExpr},
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

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

/// How long a writer waits for another one before the answer is 503.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl Db {
    /// Opens the database and brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let cannot_open = |error| OpenError::Open(url.to_owned(), error);
        create_file(url).map_err(|error| cannot_open(DbErr::Custom(error.to_string())))?;
        let mut options = ConnectOptions::new(url);
        options
            .connect_timeout(BUSY_TIMEOUT)
            .acquire_timeout(BUSY_TIMEOUT)
            .max_connections(8)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // Not NORMAL: a sign-out that was acknowledged must survive a power cut.
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(BUSY_TIMEOUT)
                    .foreign_keys(true)
            });
        let connection = Database::connect(options).await.map_err(cannot_open)?;
        migrate(&connection).await?;
        Ok(Self(connection))
    }

    /// For reads, and for writes of one statement.
    pub fn connection(&self) -> &impl ConnectionTrait {
        &self.0
    }

    /// Does `work`, a whole transaction, and does it again if the database says that it only got in another one's way.
    pub async fn retry<T, F: Future<Output = Result<T, Unavailable>>>(&self, work: impl Fn() -> F) -> Result<T, Unavailable> {
        work().await
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

async fn migrate(connection: &DatabaseConnection) -> Result<(), OpenError> {
    let known: Vec<_> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let applied = Migrator::get_migration_models(connection).await.map_err(OpenError::Migrate)?;
    if let Some(newer) = applied.into_iter().find(|step| !known.contains(&step.version)) {
        return Err(OpenError::Newer(newer.version));
    }
    Migrator::up(connection, None).await.map_err(OpenError::Migrate)
}

/// Makes SQLite's file, and its folder, for the service's user alone: it holds addresses and hashes. SQLite would let everybody read
/// it, and gives the files beside it the mode of this one.
fn create_file(url: &str) -> io::Result<()> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//").split('?').next().unwrap_or_default();
    if path.is_empty() || path == ":memory:" {
        return Ok(());
    }
    if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    File::options().create(true).append(true).mode(0o600).open(path).map(drop)
}
