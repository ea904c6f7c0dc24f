//! A schema of another version than the binary: older, newer, and newer while the service runs.

use std::{fs, path::Path};

use sea_orm::{ConnectionTrait, Database};
use tempfile::tempdir;

use crate::support::{
    EMAIL, PASSWORD,
    binary::{Process, free_port, refuses, run},
    redis::until,
};

const FUTURE: &str = "INSERT INTO seaql_migrations VALUES ('m20991231_000001_the_future', 0)";
const ANCIENT: &str = "DELETE FROM seaql_migrations WHERE version LIKE '%create_node_mark'";

async fn execute(folder: &Path, sql: &str) {
    let db = Database::connect(format!("sqlite:{}", folder.join("data/bifrons.db").display())).await.unwrap();
    db.execute_unprepared(sql).await.unwrap();
    db.close().await.unwrap();
}

/// The reason says what to do: there is no way back from a newer schema but the newer version, or a backup.
#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let folder = tempdir().unwrap();
    Process::start(folder.path()).stop();
    execute(folder.path(), FUTURE).await;
    let listen = format!("127.0.0.1:{}", free_port());
    for arguments in [[].as_slice(), &["serve", "--no-migrate"], &["migrate"]] {
        let output = run(folder.path(), arguments, &[("BIFRONS_LISTEN", &listen)]);
        refuses(
            &output,
            1,
            "a newer version of Bifrons migrated this database (step m20991231_000001_the_future); start that version, or restore a backup",
        );
    }
}

#[tokio::test]
async fn without_migrating_the_service_needs_a_schema_of_its_version() {
    let folder = tempdir().unwrap();
    let serve = || run(folder.path(), &["serve", "--no-migrate"], &[("BIFRONS_LISTEN", "127.0.0.1:0")]);
    refuses(&serve(), 1, "there is no database of Bifrons at");
    assert!(!folder.path().join("data/bifrons.db").exists() && !folder.path().join("data/bifrons.key").exists());
    assert!(run(folder.path(), &["migrate"], &[]).status.success());
    execute(folder.path(), ANCIENT).await;
    refuses(&serve(), 1, "the database schema is of an older version of Bifrons; run `bifrons migrate`");
    execute(folder.path(), "DROP TABLE node_mark").await;
    assert!(run(folder.path(), &["migrate"], &[]).status.success());
    let service = Process::start_without_migrating(folder.path());
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    service.client().sign_in(EMAIL, PASSWORD).await.expect(200);
}

/// A node that runs goes on, and tells its operator once.
#[tokio::test]
async fn a_running_node_says_that_a_newer_version_migrated_its_database() {
    let folder = tempdir().unwrap();
    let admin = format!("127.0.0.1:{}", free_port());
    let service = Process::start_with(folder.path(), &[("BIFRONS_ADMIN_LISTEN", &admin)]);
    let gauge = async || {
        let metrics = reqwest::get(format!("http://{admin}/metrics")).await.unwrap().text().await.unwrap();
        metrics.lines().find_map(|line| line.strip_prefix("bifrons_schema_newer ")).unwrap().to_owned()
    };
    assert_eq!(gauge().await, "0");
    execute(folder.path(), FUTURE).await;
    until(async || gauge().await == "1").await;
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    execute(folder.path(), "DELETE FROM seaql_migrations WHERE version LIKE '%the_future'").await;
    until(async || gauge().await == "0").await;
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    let says = r#""step":"m20991231_000001_the_future""#;
    assert_eq!(log.matches(says).count(), 1, "{log}");
}
