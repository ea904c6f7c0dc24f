//! The database server is unreachable, restarted, locked, or contended for.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use bifrons::db::Db;
use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use tokio::sync::Barrier;

use crate::support::{
    App, EMAIL, PASSWORD,
    binary::{refuses, run},
    mariadb::MariaDb,
    postgres::Postgres,
    proxy::Proxy,
    redis::until,
};

#[test]
fn an_unreachable_server_is_reported_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    for url in ["postgres://ada:hunter2@127.0.0.1:1/bifrons", "mysql://ada:hunter2@127.0.0.1:1/bifrons"] {
        let output = run(folder.path(), &[], &[("BIFRONS_DATABASE__URL", url), ("BIFRONS_LISTEN", "127.0.0.1:0")]);
        refuses(&output, 1, "Connection refused");
        refuses(&output, 1, "://127.0.0.1:1/bifrons");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"));
        let shown = run(folder.path(), &["config", "check"], &[("BIFRONS_DATABASE__URL", url)]);
        assert!(!String::from_utf8_lossy(&shown.stdout).contains("hunter2"));
    }
    let wrong = run(folder.path(), &[], &[("BIFRONS_DATABASE__URL", "oracle://ada:hunter2@db/bifrons")]);
    refuses(&wrong, 2, "write sqlite:FILE, postgres://");
    assert!(!String::from_utf8_lossy(&wrong.stderr).contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_under_load_keeps_users_signed_in() {
    let mut server = Postgres::start().await;
    let app = App::configured(|config| {
        server.configure(config);
        config.sessions.cache_bytes = 0; // every request reads the database
    })
    .await;
    let ada = app.ada().await;
    for _ in 0..3 {
        let asking = Barrier::new(2);
        let load = async {
            let mut right = 0;
            asking.wait().await;
            while right < 50 {
                let answer = ada.get_session().await;
                right += 1;
                if answer.status != 200 {
                    assert!(!answer.expect_problem(503, "unavailable").header("retry-after").is_empty());
                    right = 0;
                }
            }
        };
        let restart = async {
            asking.wait().await;
            server.restart().await;
        };
        tokio::join!(load, restart);
    }
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(app.count("SELECT count(*) FROM user").await, 1);
}

/// The restart closes all connections, idle ones too. One request finds out; the other connections are checked before use.
#[tokio::test]
async fn a_restart_fails_at_most_one_request() {
    let mut server = Postgres::start().await;
    let app = App::configured(|config| {
        server.configure(config);
        config.sessions.cache_bytes = 0;
    })
    .await;
    let ada = app.ada().await;
    futures_util::future::join_all((0..50).map(async |_| ada.get_session().await.expect(200))).await;
    server.restart().await;
    let mut refused = 0;
    for _ in 0..30 {
        refused += usize::from(ada.get_session().await.status != 200);
    }
    assert!(refused <= 1, "{refused} were refused");
}

#[tokio::test]
async fn with_a_frozen_server_cached_sessions_continue_and_others_get_503() {
    let server = Postgres::start().await;
    let app = App::configured(|config| server.configure(config)).await;
    let ada = app.ada().await;
    let unknown = app.client();
    unknown.sign_in(EMAIL, PASSWORD).await.expect(200);
    app.poll().await;
    server.freeze();
    for _ in 0..100 {
        ada.get_session().await.expect(200);
    }
    app.state.cache.clear();
    let refused = unknown.get_session().await.expect_problem(503, "unavailable");
    assert!(!refused.header("retry-after").is_empty());
    server.thaw();
    until(async || unknown.get_session().await.status == 200).await;
    app.poll().await;
    ada.get_session().await.expect(200);
}

#[tokio::test]
async fn with_a_locked_table_cached_sessions_continue() {
    let server = Postgres::start().await;
    let app = App::configured(|config| server.configure(config)).await;
    let ada = app.ada().await;
    app.poll().await;
    ada.get_session().await.expect(200);
    let db = Database::connect(server.url()).await.unwrap();
    let held = db.begin().await.unwrap();
    held.execute_unprepared("LOCK TABLE \"user\" IN ACCESS EXCLUSIVE MODE").await.unwrap();
    // More requests than connections.
    let waiting: Vec<_> = (0..30)
        .map(|_| {
            let client = app.client();
            tokio::spawn(async move { client.sign_in(EMAIL, PASSWORD).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    ada.get_session().await.expect(200);
    for answer in waiting {
        answer.await.unwrap().expect_problem(503, "unavailable");
    }
    held.rollback().await.unwrap();
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(app.count("SELECT count(*) FROM session").await, 2, "refused requests changed nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_victim_of_a_deadlock_is_retried() {
    let server = Postgres::start().await;
    let mut config = App::config();
    server.configure(&mut config);
    let db = Db::open(&config.database).await.unwrap();
    db.connection()
        .execute_unprepared("CREATE TABLE counter (id int PRIMARY KEY, n int); INSERT INTO counter VALUES (1, 0), (2, 0)")
        .await
        .unwrap();
    let (both, attempts) = (Barrier::new(2), AtomicU32::new(0));
    let crossed = |first: i32, second: i32| {
        let (db, both, attempts) = (&db, &both, &attempts);
        async move {
            db.retry(move || async move {
                let transaction = db.begin().await?;
                let add = |id: i32| format!("UPDATE counter SET n = n + 1 WHERE id = {id}");
                transaction.execute_unprepared(&add(first)).await?;
                if attempts.fetch_add(1, Ordering::SeqCst) < 2 {
                    both.wait().await;
                }
                transaction.execute_unprepared(&add(second)).await?;
                transaction.commit().await?;
                Ok(())
            })
            .await
            .unwrap();
        }
    };
    tokio::join!(crossed(1, 2), crossed(2, 1));
    let row =
        db.connection().query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, "SELECT min(n) FROM counter"));
    assert_eq!(row.await.unwrap().unwrap().try_get_by_index::<i32>(0).unwrap(), 2);
    assert_eq!(attempts.load(Ordering::SeqCst), 3, "the victim ran twice");
}

/// Connections opened while the server was read-only stay read-only. They are replaced, so that the service recovers by itself.
#[tokio::test]
async fn connections_that_cannot_write_are_replaced() {
    let (postgres, mariadb) = tokio::join!(Postgres::start(), MariaDb::start());
    let on_postgres = (
        [postgres.url(), postgres.url()],
        ["ALTER ROLE bifrons SET default_transaction_read_only = on", "ALTER ROLE bifrons RESET default_transaction_read_only"],
        "SELECT CAST(pg_terminate_backend(pid) AS text) FROM pg_stat_activity WHERE application_name = 'bifrons'",
    );
    let on_mariadb = (
        [mariadb.url(), mariadb.url_of("mysql")],
        ["SET GLOBAL tx_read_only = 1", "SET GLOBAL tx_read_only = 0"],
        "SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE db = 'bifrons'",
    );
    for ([url, admin], [read_only, writable], disconnect) in [on_postgres, on_mariadb] {
        let app = App::configured(|config| config.database.url = url).await;
        app.ada().await;
        let admin = Database::connect(admin).await.unwrap();
        admin.execute_unprepared(read_only).await.unwrap();
        let statement = sea_orm::Statement::from_string(admin.get_database_backend(), disconnect);
        for row in admin.query_all_raw(statement).await.unwrap() {
            let kill = row.try_get_by_index::<String>(0).unwrap();
            if kill.starts_with("KILL") {
                admin.execute_unprepared(&kill).await.unwrap();
            }
        }
        // Every connection is opened again now, and read-only.
        for _ in 0..20 {
            app.client().sign_in(EMAIL, PASSWORD).await.expect_problem(503, "unavailable");
        }
        app.client().get("/health/ready").await.expect(503);
        admin.execute_unprepared(writable).await.unwrap();
        until(async || app.client().sign_in(EMAIL, PASSWORD).await.status == 200).await;
        until(async || app.client().get("/health/ready").await.status == 200).await;
        for _ in 0..20 {
            app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
        }
    }
}

/// Existing connections no longer answer, although they are not closed; new connections work.
#[tokio::test]
async fn connections_that_do_not_answer_are_replaced() {
    let (postgres, mariadb) = tokio::join!(Postgres::start(), MariaDb::start());
    let servers = [(postgres.url(), postgres.port()), (mariadb.url(), mariadb.port())];
    futures_util::future::join_all(servers.map(async |(url, port)| {
        let proxy = Proxy::start(port).await;
        let app = App::configured(|config| {
            config.database.url = url.replace(&port.to_string(), &proxy.port.to_string());
            config.sessions.cache_bytes = 0; // every request reads the database
        })
        .await;
        let ada = app.ada().await;
        // Opens the maximum of connections.
        futures_util::future::join_all((0..30).map(async |_| app.client().sign_in(EMAIL, PASSWORD).await.expect(200))).await;
        until(async || app.state.cache.is_current()).await;
        proxy.silence();
        // A request gets a new connection while those that were just used are being returned.
        let mut answer = ada.get_session().await;
        while answer.status == 200 {
            answer = ada.get_session().await;
        }
        assert!(!answer.expect_problem(503, "unavailable").header("retry-after").is_empty());
        // After one failure all connections were checked.
        futures_util::future::join_all((0..30).map(async |_| ada.get_session().await.expect(200))).await;
        let polls = app.state.cache.polls();
        until(async || app.state.cache.polls() > polls && app.state.cache.is_current()).await;
    }))
    .await;
}

/// Requests that wait for a lock may occupy all connections. Polling for changes has a reserved one.
#[tokio::test]
async fn polling_continues_while_requests_occupy_all_connections() {
    let server = Postgres::start().await;
    let app = App::configured(|config| server.configure(config)).await;
    let (ada, other) = (app.ada().await, app.client());
    other.sign_in(EMAIL, PASSWORD).await.expect(200);
    let session = other.session().await;
    app.poll().await;
    ada.get_session().await.expect(200);
    let db = Database::connect(server.url()).await.unwrap();
    let held = db.begin().await.unwrap();
    held.execute_unprepared(&format!("SELECT id FROM session WHERE id = '{}' FOR UPDATE", session.0)).await.unwrap();
    let waiting: Vec<_> = (0..40)
        .map(|_| {
            let other = other.snapshot();
            tokio::spawn(async move { while other.snapshot().sign_out().await.status == 503 {} })
        })
        .collect();
    let polls = app.state.cache.polls();
    while app.state.cache.polls() < polls + 4 {
        assert!(app.state.cache.is_current());
        ada.get_session().await.expect(200);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    held.rollback().await.unwrap();
    for signed_out in waiting {
        signed_out.await.unwrap();
    }
}
