//! Opens connections and sets their session parameters.

use std::{fmt::Write, io, sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, Database, DbErr, RuntimeErr,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions as _, Executor, MySqlConnection, PgConnection,
        mysql::MySqlDatabaseError,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};
use tokio::net::TcpStream;

use super::{
    pool::Pool,
    server_pool::ServerPool,
    sqlite_pool::SqlitePool,
    tidb,
    timeouts::{REQUEST_TIMEOUT, SuspectConnections, WithTimeout, with_checks},
};
use crate::config::{DatabaseConfig, Isolation};

/// The longest time between two statements of a transaction.
const IDLE_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// The server ends a statement after `REQUEST_TIMEOUT`; without any answer a second later, the connection is considered lost.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(REQUEST_TIMEOUT.as_secs() + 1);

/// How long a migration step waits for a table lock. Requests queue behind it, so the wait is short.
pub(super) const MIGRATION_LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// The use of a connection.
#[derive(Clone, Copy)]
enum Purpose {
    Serving,
    /// Writes that a power cut may lose: SQLite does not wait for the disk.
    Relaxed,
    /// Schema changes, without a statement timeout.
    Migrating,
}

pub(super) struct Pools {
    pub(super) pool: WithTimeout<Pool>,
    pub(super) relaxed: WithTimeout<Pool>,
    pub(super) reserved: WithTimeout<Pool>,
}

pub(super) async fn for_serving(config: &DatabaseConfig) -> Result<Pools, DbErr> {
    let suspects = Arc::default();
    let connect = async |purpose, connections, limit| {
        let opened = if config.is_server() {
            Pool::Server(server(config, purpose, connections, &suspects).await?)
        } else {
            let file =
                config.url.parse::<SqliteConnectOptions>().map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?;
            Pool::File(SqlitePool::open(sqlite_options(file, purpose).disable_statement_logging(), connections).await?)
        };
        Ok::<_, DbErr>(WithTimeout::new(opened, limit, Arc::clone(&suspects)))
    };
    // Requests may first wait for a free connection.
    let with_queueing = REQUEST_TIMEOUT + CLIENT_TIMEOUT;
    let reserved_connections = if config.is_server() { 1 } else { 2 };
    let pool = connect(Purpose::Serving, config.connections.saturating_sub(reserved_connections).max(1), with_queueing).await?;
    let relaxed = if config.is_server() { pool.clone() } else { connect(Purpose::Relaxed, 1, with_queueing).await? };
    Ok(Pools { pool, relaxed, reserved: connect(Purpose::Serving, 1, CLIENT_TIMEOUT).await? })
}

/// Two connections: on MySQL and MariaDB one of them holds the lock.
pub(super) async fn for_migrating(config: &DatabaseConfig) -> Result<ServerPool, DbErr> {
    server(config, Purpose::Migrating, 2, &Arc::default()).await
}

async fn server(
    config: &DatabaseConfig,
    purpose: Purpose,
    connections: u32,
    suspects: &Arc<SuspectConnections>,
) -> Result<ServerPool, DbErr> {
    let connection = Database::connect(options(config, purpose, connections, suspects)).await?;
    Ok(ServerPool::new(connection, config.transaction_pooling.then(|| postgres_prologue(purpose, isolation(config, purpose)))))
}

/// A process that waited for another one to migrate must see what that one did.
fn isolation(config: &DatabaseConfig, purpose: Purpose) -> Isolation {
    match purpose {
        Purpose::Serving | Purpose::Relaxed => config.isolation,
        Purpose::Migrating => Isolation::ReadCommitted,
    }
}

fn options(config: &DatabaseConfig, purpose: Purpose, connections: u32, suspects: &Arc<SuspectConnections>) -> ConnectOptions {
    let mut options = ConnectOptions::new(&config.url);
    let (postgres_suspects, mysql_suspects) = (Arc::clone(suspects), Arc::clone(suspects));
    let (transaction_pooling, isolation) = (config.transaction_pooling, isolation(config, purpose));
    options
        .connect_timeout(REQUEST_TIMEOUT)
        .acquire_timeout(REQUEST_TIMEOUT)
        .max_connections(connections)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| sqlite_options(sqlite, purpose))
        .map_sqlx_postgres_opts(move |postgres| {
            // Start-up parameters that PgBouncer does not know make it refuse the connection.
            let postgres = postgres.extra_float_digits(None);
            let is_named = postgres.get_application_name().is_some();
            let postgres = if is_named { postgres } else { postgres.application_name("bifrons") };
            if transaction_pooling { postgres.statement_cache_capacity(0) } else { postgres }
        })
        .map_sqlx_postgres_pool_opts(move |pool| {
            let pool = with_checks(pool, &postgres_suspects);
            if transaction_pooling {
                return pool;
            }
            pool.after_connect(move |connection, _| Box::pin(set_postgres(connection, purpose, isolation)))
        })
        .map_sqlx_mysql_opts(|mysql| mysql.charset("utf8mb4").timezone("+00:00".to_owned()))
        .map_sqlx_mysql_pool_opts(move |pool| {
            with_checks(pool, &mysql_suspects).after_connect(move |connection, _| Box::pin(set_mysql(connection, purpose)))
        });
    options
}

fn sqlite_options(sqlite: SqliteConnectOptions, purpose: Purpose) -> SqliteConnectOptions {
    let synchronous = match purpose {
        Purpose::Relaxed => SqliteSynchronous::Normal,
        // A sign-out that was acknowledged must survive a power cut.
        Purpose::Serving | Purpose::Migrating => SqliteSynchronous::Full,
    };
    let sqlite = sqlite.create_if_missing(true).journal_mode(SqliteJournalMode::Wal).synchronous(synchronous);
    sqlite.busy_timeout(REQUEST_TIMEOUT).foreign_keys(true)
}

/// Parameters of a connection, in milliseconds; 0 means no timeout.
fn postgres_timeouts(purpose: Purpose) -> [(&'static str, u128); 3] {
    let (statement, lock, idle) = match purpose {
        Purpose::Serving | Purpose::Relaxed => (REQUEST_TIMEOUT, REQUEST_TIMEOUT, IDLE_TRANSACTION_TIMEOUT),
        Purpose::Migrating => (Duration::ZERO, MIGRATION_LOCK_TIMEOUT, Duration::ZERO),
    };
    [
        ("statement_timeout", statement.as_millis()),
        ("lock_timeout", lock.as_millis()),
        ("idle_in_transaction_session_timeout", idle.as_millis()),
    ]
}

/// Set by SQL and not as start-up parameters, which `PgBouncer` refuses or drops.
async fn set_postgres(connection: &mut PgConnection, purpose: Purpose, isolation: Isolation) -> Result<(), sqlx::Error> {
    let mut sql = format!("SET default_transaction_isolation = '{}'", isolation.sql());
    for (name, millis) in postgres_timeouts(purpose) {
        let _ = write!(sql, "; SET {name} = {millis}");
    }
    connection.execute(AssertSqlSafe(sql)).await.map(drop)
}

/// The same for one transaction, with a pooler in transaction mode. The connection may still have prepared statements of a transaction
/// that failed, under names that this one uses too.
fn postgres_prologue(purpose: Purpose, isolation: Isolation) -> String {
    let mut sql = format!("SET TRANSACTION ISOLATION LEVEL {}; DEALLOCATE ALL", isolation.sql());
    for (name, millis) in postgres_timeouts(purpose) {
        let _ = write!(sql, "; SET LOCAL {name} = {millis}");
    }
    sql
}

/// READ COMMITTED: the WHERE conditions of our updates make them correct; gap locks would only cause deadlocks.
const MYSQL_SETTINGS: [&str; 3] = [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION innodb_lock_wait_timeout = 5",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
];

async fn set_mysql(connection: &mut MySqlConnection, purpose: Purpose) -> Result<(), sqlx::Error> {
    for setting in MYSQL_SETTINGS {
        connection.execute(setting).await?;
    }
    // MariaDB has this variable: a node of Galera first applies what other nodes have committed.
    set_if_known(connection, "SET SESSION wsrep_sync_wait = 7").await?;
    set_if_known(connection, tidb::PROMOTE_SHARED_LOCKS).await?;
    // MariaDB has `max_statement_time` in seconds, MySQL `max_execution_time` in milliseconds.
    let [locks, mariadb, mysql] = match purpose {
        Purpose::Serving | Purpose::Relaxed => {
            ["SET SESSION lock_wait_timeout = 5", "SET SESSION max_statement_time = 5", "SET SESSION max_execution_time = 5000"]
        }
        Purpose::Migrating => {
            ["SET SESSION lock_wait_timeout = 60", "SET SESSION max_statement_time = 0", "SET SESSION max_execution_time = 0"]
        }
    };
    connection.execute(locks).await?;
    if connection.execute(mariadb).await.is_err() {
        connection.execute(mysql).await?;
    }
    Ok(())
}

async fn set_if_known(connection: &mut MySqlConnection, setting: &'static str) -> Result<(), sqlx::Error> {
    const UNKNOWN_VARIABLE: u16 = 1193;
    match connection.execute(setting).await {
        Err(sqlx::Error::Database(error))
            if error.try_downcast_ref::<MySqlDatabaseError>().is_some_and(|error| error.number() == UNKNOWN_VARIABLE) =>
        {
            Ok(())
        }
        set => set.map(drop),
    }
}

/// Fails with the network error if no server listens at the URL. The pool would only report a timeout.
pub(super) async fn check_reachable(url: &str) -> io::Result<()> {
    // `sqlite://data/bifrons.db` names a folder, no host.
    let server = Some(url).filter(|url| !url.starts_with("sqlite:"));
    let Some((url, host)) =
        server.and_then(|url| url::Url::parse(url).ok()).and_then(|url| Some((url.clone(), url.host_str()?.to_owned())))
    else {
        return Ok(());
    };
    let port = url.port().unwrap_or(if url.scheme() == "mysql" { 3306 } else { 5432 });
    let host = host.trim_matches(['[', ']']).to_owned();
    if host.starts_with('%') || url.query().is_some_and(|query| query.contains("host=") || query.contains("socket=")) {
        return Ok(()); // Unix socket
    }
    match tokio::time::timeout(REQUEST_TIMEOUT, TcpStream::connect((host, port))).await {
        Ok(connected) => connected.map(drop),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no answer")),
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt::Debug, str::FromStr};

    use sea_orm::sqlx::{mysql::MySqlConnectOptions, postgres::PgConnectOptions, sqlite::SqliteConnectOptions};

    use crate::config::url_parameters::{MYSQL, POSTGRES, Parameter, SQLITE};

    /// Each parameter changes what the driver does, in each of its values.
    fn driver_knows<T: FromStr<Err: Debug> + Debug>(url: &str, parameters: &[Parameter]) {
        let options = |query: &str| format!("{:?}", format!("{url}?{query}").parse::<T>().expect(query));
        for Parameter { names, values } in parameters {
            for name in *names {
                let values = if values.is_empty() { &["7"] } else { *values };
                let sample = |value: &str| options(&format!("{name}={}", if *name == "hostaddr" { "192.0.2.7" } else { value }));
                let changes = values.iter().filter(|value| sample(value) != options("")).count();
                // One of several values is the default.
                assert!(changes > 0, "{url} {name}");
            }
        }
    }

    #[test]
    fn the_drivers_know_the_parameters_that_the_configuration_takes() {
        driver_knows::<SqliteConnectOptions>("sqlite:x.db", SQLITE);
        driver_knows::<PgConnectOptions>("postgres://h/d", POSTGRES);
        driver_knows::<MySqlConnectOptions>("mysql://h/d", MYSQL);
    }
}
