//! The PostgreSQL that `.ci/with-databases` started.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};

/// Creates a database, and returns its URL.
pub(crate) async fn database(name: &str) -> String {
    let server = std::env::var("TEST_POSTGRES_URL").expect("run by `make bench`");
    let connection = Database::connect(&server).await.unwrap();
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

/// Transactions of a database. Each query outside of one counts as one.
pub(crate) async fn transactions(url: &str) -> f64 {
    // An idle connection reports its statistics within 10 s (PGSTAT_IDLE_INTERVAL).
    tokio::time::sleep(Duration::from_secs(11)).await;
    let connection = Database::connect(url).await.unwrap();
    let sum = "SELECT xact_commit + xact_rollback AS sum FROM pg_stat_database WHERE datname = current_database()";
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, sum)).await.unwrap().unwrap();
    let sum: i64 = row.try_get("", "sum").unwrap();
    sum as f64
}
