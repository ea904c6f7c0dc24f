//! What distributed databases do that PostgreSQL and MariaDB do not: `CockroachDB`, `YugabyteDB` and `TiDB` do not run here, so other servers
//! stand in for them.

use std::time::Duration;

use bifrons::{
    config::{DatabaseConfig, Isolation},
    db::Db,
};
use sea_orm::{ConnectionTrait, Database, Statement};
use tokio::time::Instant;

use crate::support::{
    App, EMAIL, PASSWORD,
    faulty_server::{Fault, FaultyServer},
    mariadb::MariaDb,
    postgres::Postgres,
    redis::until,
};

async fn behind(server: &FaultyServer, postgres: &Postgres) -> App {
    App::configured(|config| {
        config.database.url = postgres.url().replace(&postgres.port().to_string(), &server.port.to_string());
        config.sessions.cache_bytes = 0; // every request reads the database
    })
    .await
}

/// A conflict is repeated, with one outcome. If it stays, the answer says when to come back.
#[tokio::test(flavor = "multi_thread")]
async fn conflicts_are_repeated_and_then_answered_503() {
    let postgres = Postgres::start().await;
    let server = FaultyServer::start(postgres.port()).await;
    let app = behind(&server, &postgres).await;
    server.arm(Fault::ConflictAtCommit, 3);
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    assert_eq!(server.left(), 0);
    let ada = app.client();
    server.arm(Fault::ConflictAtCommit, 3);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!((server.left(), app.count("SELECT count(*) FROM session").await), (0, 1));
    server.arm(Fault::ConflictOfStatement, 3);
    ada.get_session().await.expect(200);
    assert_eq!(server.left(), 0);
    for fault in [Fault::ConflictAtCommit, Fault::ConflictOfStatement] {
        server.arm(fault, u32::MAX);
        let began = Instant::now();
        let refused = match fault {
            Fault::ConflictAtCommit => app.client().sign_in(EMAIL, PASSWORD).await,
            _ => ada.get_session().await,
        };
        server.arm(fault, 0);
        assert!(!refused.expect_problem(503, "unavailable").header("retry-after").is_empty());
        assert!(began.elapsed() < Duration::from_secs(20), "{fault:?}: {:?}", began.elapsed());
    }
    assert_eq!(app.count("SELECT count(*) FROM session").await, 1);
    ada.get_session().await.expect(200);
}

/// If it is unknown whether a transaction was committed, it is not repeated: the client asks again, and finds out.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_outcome_is_unknown_is_not_repeated() {
    let postgres = Postgres::start().await;
    let server = FaultyServer::start(postgres.port()).await;
    let app = behind(&server, &postgres).await;
    // What a node does at its start commits, too.
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    tokio::time::sleep(Duration::from_secs(1)).await;
    for (fault, is_stored) in [(Fault::UnknownCommitted, true), (Fault::UnknownRolledBack, false), (Fault::LostAnswer, true)] {
        let email = format!("{fault:?}@example.com").to_ascii_lowercase();
        // A second COMMIT would succeed, or fail because of the first.
        server.arm(fault, 1);
        let refused = app.client().sign_up(&email, PASSWORD).await;
        assert!(!refused.expect_problem(503, "unavailable").header("retry-after").is_empty(), "{fault:?}");
        assert_eq!(server.left(), 0);
        app.client().sign_up(&email, PASSWORD).await.expect(if is_stored { 409 } else { 201 });
        let tokens = app.client().tokens(&email, PASSWORD).await.expect(200).string("/tokens/refresh_token");
        server.arm(fault, 1);
        let refresh = async || app.client().post("/v1/tokens/refresh", serde_json::json!({"refresh_token": tokens})).await;
        refresh().await.expect_problem(503, "unavailable");
        // The same token again is no reuse: the client never got its successor.
        refresh().await.expect(200);
    }
    assert_eq!(app.count("SELECT count(*) FROM user").await, 4);
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NOT NULL").await, 0);
}

async fn open(url: &str) -> Result<Db, bifrons::db::OpenError> {
    let config =
        DatabaseConfig { url: url.to_owned(), connections: 2, transaction_pooling: false, isolation: Isolation::default() };
    Db::open(&config).await
}

/// The server has no advisory lock, or keeps it from this user. A row with an expiry takes its place, and one that a process left behind
/// when it died holds up others only until then.
#[tokio::test(flavor = "multi_thread")]
async fn processes_migrate_one_after_another_without_advisory_locks() {
    let postgres = Postgres::start().await;
    let admin = Database::connect(postgres.url()).await.unwrap();
    admin.execute_unprepared("CREATE ROLE app LOGIN").await.unwrap();
    for (database, hide) in [
        ("hidden", "ALTER FUNCTION pg_catalog.pg_advisory_xact_lock(bigint) RENAME TO hidden"),
        ("forbidden", "REVOKE EXECUTE ON FUNCTION pg_advisory_xact_lock(bigint) FROM PUBLIC"),
    ] {
        admin.execute_unprepared(&format!("CREATE DATABASE {database} OWNER app")).await.unwrap();
        let there = Database::connect(postgres.url_of(database)).await.unwrap();
        there.execute_unprepared(hide).await.unwrap();
        let url = postgres.url_of(database).replace("bifrons@", "app@");
        let began = Instant::now();
        let (one, two, three) = tokio::join!(open(&url), open(&url), open(&url));
        for opened in [one, two, three] {
            opened.unwrap().ping().await.unwrap();
        }
        let held = async |state: &str| {
            for statement in [
                "DELETE FROM seaql_migrations WHERE version LIKE '%create_node_mark'".to_owned(),
                "DROP TABLE IF EXISTS node_mark".to_owned(),
                format!("INSERT INTO migration_lease VALUES (1, 'another', {state})"),
            ] {
                there.execute_unprepared(&statement).await.unwrap();
            }
        };
        // One that died long ago, and one that is about to give the lease back.
        held("0").await;
        open(&url).await.unwrap();
        held("9223372036854775807").await;
        let waiting = tokio::spawn({
            let url = url.clone();
            async move { open(&url).await }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!waiting.is_finished(), "{database}: the lease is held");
        there.execute_unprepared("DELETE FROM migration_lease").await.unwrap();
        waiting.await.unwrap().unwrap();
        assert!(began.elapsed() < Duration::from_secs(60), "{database}");
    }
}

/// The nodes of a database stamp changes with clocks of their own.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_learn_of_changes_that_clocks_apart_have_stamped() {
    let postgres = Postgres::start().await;
    let admin = Database::connect(postgres.url()).await.unwrap();
    for (role, apart) in [("ahead", "+ interval '400 ms'"), ("behind", "- interval '400 ms'")] {
        for statement in [
            format!("CREATE DATABASE {role}"),
            format!("CREATE ROLE {role} SUPERUSER LOGIN"),
            format!("ALTER ROLE {role} SET search_path = public, pg_catalog"),
        ] {
            admin.execute_unprepared(&statement).await.unwrap();
        }
        let there = Database::connect(postgres.url_of(role)).await.unwrap();
        let body = format!("SELECT pg_catalog.clock_timestamp() {apart}");
        let clock = format!(
            "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS '{}'",
            body.replace('\'', "''")
        );
        there.execute_unprepared(&clock).await.unwrap();
        let one = App::configured(|config| config.database.url = postgres.url_of(role)).await;
        let two =
            one.reconfigured(|config| config.database.url = postgres.url_of(role).replace("bifrons@", &format!("{role}@"))).await;
        let now = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";
        let apart = (two.count(now).await - one.count(now).await).abs();
        assert!((300..1000).contains(&apart), "{apart} ms");
        one.client().sign_up(EMAIL, PASSWORD).await.expect(201);
        for (ends, learns) in [(&one, &two), (&two, &one)].repeat(4) {
            let ada = one.client();
            ada.sign_in(EMAIL, PASSWORD).await.expect(200);
            let session = ada.session().await;
            ada.at(learns).get_session().await.expect(200);
            let ended = ada.snapshot();
            ada.at(ends).sign_out().await.expect(204);
            learns.poll().await;
            assert!(learns.state.cache.is_current());
            assert!(learns.state.cache.recall(session).is_none(), "{role}");
            ended.at(learns).get_session().await.expect_problem(401, "invalid_session");
        }
        until(async || one.state.cache.is_current() && two.state.cache.is_current()).await;
    }
}

/// `TiDB` says which server it is. One without the setting that makes `FOR SHARE` a lock is refused, and told why.
#[tokio::test]
async fn a_tidb_without_shared_locks_is_refused() {
    let server = MariaDb::start_with(&["--version=8.0.11-TiDB-v8.1.0"]).await;
    let refused = open(&server.url()).await.unwrap_err().to_string();
    assert!(refused.contains("tidb_enable_shared_lock_promotion must exist, so use TiDB 8.3 or newer"), "{refused}");
}

/// `INTEGER` has eight bytes on `CockroachDB`, and we read four. So no step of the schema says it.
#[tokio::test]
async fn no_column_is_called_integer() {
    let postgres = Postgres::start().await;
    let db = Database::connect(postgres.url()).await.unwrap();
    for statement in [
        "CREATE TABLE statement (sql text)",
        "CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO statement VALUES (current_query()); END $$",
        "CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION note()",
    ] {
        db.execute_unprepared(statement).await.unwrap();
    }
    open(&postgres.url()).await.unwrap();
    let all = Statement::from_string(db.get_database_backend(), "SELECT lower(sql) FROM statement");
    let all: Vec<String> = db.query_all_raw(all).await.unwrap().iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert!(all.iter().any(|sql| sql.contains("int4")) && all.len() > 20, "{all:?}");
    let wrong: Vec<_> =
        all.iter().filter(|sql| sql.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "integer")).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
