//! Migrations: by several processes at once, by one that is killed, and by one that takes long.

use std::time::Duration;

use bifrons::{
    config::{DatabaseConfig, Isolation},
    db::Db,
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement, TransactionTrait};
use tokio::time::sleep;

use crate::support::{
    EMAIL, PASSWORD,
    binary::{self, Process, refuses, run},
    mariadb::MariaDb,
    postgres::Postgres,
};

struct Servers {
    postgres: Postgres,
    mariadb: MariaDb,
}

impl Servers {
    async fn start() -> Self {
        let (postgres, mariadb) = tokio::join!(Postgres::start(), MariaDb::start());
        Self { postgres, mariadb }
    }

    /// A new database on each server.
    async fn databases(&self, name: &str) -> [String; 2] {
        for admin in [self.postgres.url(), self.mariadb.url()] {
            let admin = Database::connect(admin).await.unwrap();
            admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        }
        [self.postgres.url_of(name), self.mariadb.url_of(name)]
    }
}

async fn open(url: &str) -> Result<Db, bifrons::db::OpenError> {
    Db::open(&DatabaseConfig { url: url.to_owned(), connections: 2, transaction_pooling: false, isolation: Isolation::default() })
        .await
}

async fn connect(url: &str) -> DatabaseConnection {
    Database::connect(url).await.unwrap()
}

#[tokio::test]
async fn three_processes_migrate_once_and_a_newer_schema_is_refused() {
    for url in Servers::start().await.databases("one").await {
        let (one, two, three) = tokio::join!(open(&url), open(&url), open(&url));
        for opened in [one, two, three] {
            opened.unwrap().ping().await.unwrap();
        }
        let db = connect(&url).await;
        let schema = if url.starts_with("mysql") { "DATABASE()" } else { "current_schema()" };
        let tables = format!("SELECT CAST(count(*) AS CHAR(9)) FROM information_schema.tables WHERE table_schema = {schema}");
        let tables = db.query_one_raw(Statement::from_string(db.get_database_backend(), tables)).await.unwrap().unwrap();
        let known = migration::TABLES.len() + 1;
        assert_eq!(tables.try_get_by_index::<String>(0).unwrap().trim(), known.to_string(), "migration::TABLES lists all tables");
        db.execute_unprepared("INSERT INTO seaql_migrations VALUES ('m20990101_000001_from_the_future', 0)").await.unwrap();
        let refused = open(&url).await.unwrap_err().to_string();
        assert!(refused.contains("a newer version of Bifrons") && refused.contains("m20990101"), "{refused}");
    }
}

/// A database user with rights to the data only can start the service once the schema is up to date.
#[tokio::test]
async fn an_up_to_date_schema_needs_no_right_to_change_it() {
    for url in Servers::start().await.databases("one").await {
        open(&url).await.unwrap();
        let admin = connect(&url).await;
        let (on_postgres, on_mariadb) = (
            ["CREATE ROLE app LOGIN", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app"],
            ["CREATE USER app@'%'", "GRANT SELECT, INSERT, UPDATE, DELETE ON one.* TO app@'%'"],
        );
        for grant in if url.starts_with("mysql") { on_mariadb } else { on_postgres } {
            admin.execute_unprepared(grant).await.unwrap();
        }
        let app = url.replace("bifrons@", "app@").replace("root@", "app@");
        let db = open(&app).await.unwrap();
        db.ping().await.unwrap();
        assert!(db.connection().execute_unprepared("CREATE TABLE new (id int)").await.is_err(), "the user has no such right");
        admin.execute_unprepared("DELETE FROM seaql_migrations WHERE version LIKE '%attempt_limit'").await.unwrap();
        let refused = open(&app).await.unwrap_err().to_string();
        assert!(refused.contains("cannot migrate the database"), "{refused}");
    }
}

#[tokio::test]
async fn a_step_may_take_longer_than_a_request() {
    let servers = Servers::start().await;
    let slowly = async |url: String| {
        open(&url).await.unwrap();
        let db = connect(&url).await;
        let (on_table, hold) =
            if url.starts_with("mysql") { (" ON session", "SELECT * FROM session") } else { ("", "LOCK TABLE session") };
        db.execute_unprepared(&format!("DROP INDEX session_by_expiry{on_table}")).await.unwrap();
        db.execute_unprepared("DELETE FROM seaql_migrations WHERE version LIKE '%follow_changes'").await.unwrap();
        // The lock prevents schema changes until the rollback.
        let blocking = db.begin().await.unwrap();
        blocking.execute_unprepared(hold).await.unwrap();
        let release = async {
            sleep(Duration::from_secs(6)).await;
            blocking.rollback().await.unwrap();
        };
        let (opened, ()) = tokio::join!(open(&url), release);
        opened.unwrap();
    };
    let [postgres, mariadb] = servers.databases("one").await;
    tokio::join!(slowly(postgres), slowly(mariadb));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_migration_continues_at_the_next_start() {
    let servers = Servers::start().await;
    for (n, moment) in [20, 60, 100, 150, 200, 300].into_iter().enumerate() {
        for url in servers.databases(&format!("bifrons_{n}")).await {
            let folder = tempfile::tempdir().unwrap();
            let environment = [("BIFRONS_DATABASE__URL", url.as_str()), ("BIFRONS_LISTEN", "127.0.0.1:0")];
            let mut starting = binary::bifrons(folder.path());
            let mut starting = starting.envs(environment).stdout(std::process::Stdio::null()).spawn().unwrap();
            sleep(Duration::from_millis(moment)).await;
            starting.kill().unwrap();
            starting.wait().unwrap();
            let service = Process::start_with(folder.path(), &environment[..1]);
            service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
            service.client().sign_in(EMAIL, PASSWORD).await.expect(200);
        }
    }
}

#[tokio::test]
async fn tables_of_other_programs_are_not_touched() {
    let servers = Servers::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}?mode=rwc", folder.path().join("other.db").display());
    for url in servers.databases("other").await.into_iter().chain([file]) {
        let db = connect(&url).await;
        db.execute_unprepared("CREATE TABLE session (id int PRIMARY KEY, data text)").await.unwrap();
        let refused = run(folder.path(), &["migrate"], &[("BIFRONS_DATABASE__URL", &url)]);
        refuses(&refused, 1, "contains a table `session` that does not belong to Bifrons");
        db.execute_unprepared("INSERT INTO session VALUES (1, 'foreign')").await.unwrap();
        assert!(db.execute_unprepared("SELECT * FROM seaql_migrations").await.is_err(), "nothing was created");
    }
}
