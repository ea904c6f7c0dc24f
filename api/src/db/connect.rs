//! How to connect, and what is set on each connection.

use std::{io, sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr,
    sqlx::{
        ConnectOptions as _, Executor, MySqlConnection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};
use tokio::net::TcpStream;

use super::{
    PATIENCE,
    connections::Connections,
    embedded::Embedded,
    patience::{Doubt, Patient, watched},
};
use crate::config::DatabaseConfig;

/// How long somebody who has begun a transaction may say nothing.
const SILENCE: Duration = Duration::from_secs(10);

/// What the server may take to answer, and a bit: who answers later has gone.
const GIVE_UP: Duration = Duration::from_secs(PATIENCE.as_secs() + 1);

/// How long a step of a migration waits for others who use its table. They are held up behind it, so not for long.
const LOCKED_OUT: Duration = Duration::from_secs(60);

/// What a connection is for.
#[derive(Clone, Copy)]
enum For {
    /// Requests, which do not wait for long.
    Serving,
    /// Their writes that may be lost with the machine's power: SQLite does not wait for the disk.
    Relaxed,
    /// Changing the schema, which takes as long as it takes.
    Migrating,
}

/// What the service is connected with.
pub(super) struct Serving {
    pub(super) pool: Patient<Connections>,
    pub(super) relaxed: Patient<Connections>,
    pub(super) reserved: Patient<Connections>,
}

/// The connections for requests, and those that are set aside.
pub(super) async fn for_serving(config: &DatabaseConfig) -> Result<Serving, DbErr> {
    let doubt = Arc::default();
    let connect = async |purpose, connections, limit| {
        let opened = if config.is_server() {
            Connections::Server(Database::connect(options(config, purpose, connections, &doubt)).await?)
        } else {
            let file =
                config.url.parse::<SqliteConnectOptions>().map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?;
            Connections::File(Embedded::open(sqlite_options(file, purpose).disable_statement_logging(), connections).await?)
        };
        Ok::<_, DbErr>(Patient::new(opened, limit, Arc::clone(&doubt)))
    };
    // Who wants one of many, or one that many want, may wait for it first.
    let in_line = PATIENCE + GIVE_UP;
    let set_aside = if config.is_server() { 1 } else { 2 };
    let pool = connect(For::Serving, config.connections.saturating_sub(set_aside).max(1), in_line).await?;
    let relaxed = if config.is_server() { pool.clone() } else { connect(For::Relaxed, 1, in_line).await? };
    Ok(Serving { pool, relaxed, reserved: connect(For::Serving, 1, GIVE_UP).await? })
}

/// Two connections, one of which holds the lock.
pub(super) async fn for_migrating(config: &DatabaseConfig) -> Result<DatabaseConnection, DbErr> {
    Database::connect(options(config, For::Migrating, 2, &Arc::default())).await
}

fn options(config: &DatabaseConfig, purpose: For, connections: u32, doubt: &Arc<Doubt>) -> ConnectOptions {
    let mut options = ConnectOptions::new(&config.url);
    let (of_postgres, of_mysql) = (Arc::clone(doubt), Arc::clone(doubt));
    options
        .connect_timeout(PATIENCE)
        .acquire_timeout(PATIENCE)
        .max_connections(connections)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| sqlite_options(sqlite, purpose))
        .map_sqlx_postgres_opts(move |postgres| postgres.application_name("bifrons").options(postgres_settings(purpose)))
        .map_sqlx_postgres_pool_opts(move |pool| watched(pool, &of_postgres))
        .map_sqlx_mysql_opts(|mysql| mysql.charset("utf8mb4").timezone("+00:00".to_owned()))
        .map_sqlx_mysql_pool_opts(move |pool| {
            watched(pool, &of_mysql).after_connect(move |connection, _| Box::pin(set_mysql(connection, purpose)))
        });
    options
}

fn sqlite_options(sqlite: SqliteConnectOptions, purpose: For) -> SqliteConnectOptions {
    let synchronous = match purpose {
        For::Relaxed => SqliteSynchronous::Normal,
        // A sign-out that was acknowledged must survive a power cut.
        For::Serving | For::Migrating => SqliteSynchronous::Full,
    };
    let sqlite = sqlite.create_if_missing(true).journal_mode(SqliteJournalMode::Wal).synchronous(synchronous);
    sqlite.busy_timeout(PATIENCE).foreign_keys(true)
}

fn postgres_settings(purpose: For) -> [(&'static str, String); 4] {
    let (statement, lock, silence) = match purpose {
        For::Serving | For::Relaxed => (PATIENCE, PATIENCE, SILENCE),
        For::Migrating => (Duration::ZERO, LOCKED_OUT, Duration::ZERO),
    };
    let millis = |time: Duration| time.as_millis().to_string(); // 0: as long as it takes
    [
        ("statement_timeout", millis(statement)),
        ("lock_timeout", millis(lock)),
        ("idle_in_transaction_session_timeout", millis(silence)),
        ("default_transaction_isolation", "read committed".to_owned()),
    ]
}

/// READ COMMITTED: the conditions of our updates are what makes them right, and gap locks only make deadlocks.
const MYSQL_SETTINGS: [&str; 3] = [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION innodb_lock_wait_timeout = 5",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
];

async fn set_mysql(connection: &mut MySqlConnection, purpose: For) -> Result<(), sea_orm::sqlx::Error> {
    for setting in MYSQL_SETTINGS {
        connection.execute(setting).await?;
    }
    // One of each pair exists: MariaDB counts seconds, MySQL milliseconds.
    let [locks, mariadb, mysql] = match purpose {
        For::Serving | For::Relaxed => {
            ["SET SESSION lock_wait_timeout = 5", "SET SESSION max_statement_time = 5", "SET SESSION max_execution_time = 5000"]
        }
        For::Migrating => {
            ["SET SESSION lock_wait_timeout = 60", "SET SESSION max_statement_time = 0", "SET SESSION max_execution_time = 0"]
        }
    };
    connection.execute(locks).await?;
    if connection.execute(mariadb).await.is_err() {
        connection.execute(mysql).await?;
    }
    Ok(())
}

/// Whether somebody listens there: the pool would only say that it waited in vain.
pub(super) async fn knock(url: &str) -> io::Result<()> {
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
