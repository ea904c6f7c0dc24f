//! The database goes back in time: a backup is restored, or a replica takes over that is behind. What it lost is lost for every node, too.

use std::{fs, path::Path, sync::Arc, time::Duration};

use bifrons::{audit::Event, clock::Clock, config::RedisConfig, maintenance, sessions::make_mark, state::AppState};
use entity::UnixMillis;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;
use tempfile::tempdir;

use crate::{
    redis_faults::two,
    support::{
        Actor, App, EMAIL, PASSWORD,
        binary::{Process, run},
        postgres::Postgres,
        redis::{RedisServer, until},
    },
};

const GRACE: &str = "grace@example.com";

async fn signed_in(client: Actor, email: &str) -> Actor {
    client.post("/v1/users", json!({ "email": email, "password": PASSWORD })).await;
    client.sign_in(email, PASSWORD).await.expect(200);
    client.get_session().await.expect(200);
    client
}

/// While the nodes run. The database forgets a user, and that another one was enabled again.
#[tokio::test]
async fn a_running_node_notices_that_the_database_went_back() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    let (ada, grace) = (signed_in(one.client(), EMAIL).await, signed_in(one.client(), GRACE).await);
    for node in [&one, &two] {
        node.poll().await;
        make_mark(&node.state).await.unwrap();
        make_mark(&node.state).await.unwrap();
        for user in [&ada, &grace] {
            user.at(node).get_session().await.expect(200);
        }
    }
    for lost in [
        "UPDATE node_mark SET count = count - 1",
        "DELETE FROM session WHERE user_id IN (SELECT id FROM user WHERE email = 'grace@example.com')",
        "DELETE FROM user WHERE email = 'grace@example.com'",
        "UPDATE user SET status = 'disabled' WHERE email = 'ada@example.com'",
    ] {
        one.execute(lost).await;
    }
    ada.get_session().await.expect(200);
    for node in [&one, &two] {
        make_mark(&node.state).await.unwrap();
        assert_eq!(node.state.metrics.events(Event::DatabaseWentBack, ""), 1);
        for user in [&ada, &grace] {
            user.at(node).get_session().await.expect_problem(401, "invalid_session");
        }
        make_mark(&node.state).await.unwrap();
        assert_eq!(node.state.metrics.events(Event::DatabaseWentBack, ""), 1, "once");
    }
    let other = signed_in(one.client(), "other@example.com").await;
    other.at(&two).get_session().await.expect(200);
}

/// An answer that a node did not receive is no loss.
#[tokio::test]
async fn a_mark_whose_answer_was_lost_counts() {
    let app = App::start().await;
    make_mark(&app.state).await.unwrap();
    app.execute("UPDATE node_mark SET count = count + 1").await;
    for _ in 0..3 {
        make_mark(&app.state).await.unwrap();
    }
    assert_eq!(app.state.metrics.events(Event::DatabaseWentBack, ""), 0);
}

/// A node on the same database that does nothing by itself, with a clock of its own.
async fn idle_node(app: &App, clock: Clock) -> Arc<AppState> {
    Arc::new(Box::pin(AppState::open(app.state.config.clone(), clock)).await.unwrap())
}

fn alarms(node: &AppState) -> u64 {
    node.metrics.events(Event::DatabaseWentBack, "")
}

/// The connection for changes is busy when the node notices, and the attempt fails.
#[tokio::test]
async fn what_a_node_has_noticed_it_does_not_forget_when_the_next_query_fails() {
    let app = App::start().await;
    let node = idle_node(&app, app.state.clock.clone()).await;
    for _ in 0..2 {
        make_mark(&node).await.unwrap();
    }
    app.execute("UPDATE node_mark SET count = 1 WHERE count > 1").await;
    let backend = node.db.connection().get_database_backend();
    let slow = match backend {
        DbBackend::Postgres => "SELECT pg_sleep(2)",
        DbBackend::MySql => "SELECT SLEEP(2)",
        _ => "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000) SELECT count(*) FROM n",
    };
    let busy = node.db.reserved_connection().query_one_raw(Statement::from_string(backend, slow));
    let (_, failed) = tokio::join!(busy, tokio::time::timeout(Duration::from_millis(500), make_mark(&node)));
    failed.unwrap_err();
    make_mark(&node).await.unwrap();
    assert_eq!(alarms(&node), 1);
}

/// The database's clock decides which marks are old. So a node whose clock is wrong removes no mark of a running node.
#[tokio::test]
async fn a_node_whose_clock_is_behind_raises_no_alarm() {
    let app = App::start().await;
    let behind = idle_node(&app, app.state.clock.clone()).await;
    make_mark(&behind).await.unwrap();
    let right = idle_node(&app, Clock::manual(behind.clock.now().plus(Duration::from_secs(3 * 24 * 3600)))).await;
    maintenance::purge(&right).await.unwrap();
    make_mark(&behind).await.unwrap();
    assert_eq!(alarms(&behind), 0);
}

/// It was suspended, or the database was out of reach, and its mark was removed.
#[tokio::test]
async fn a_node_that_was_away_for_days_raises_no_alarm() {
    let app = App::start().await;
    let node = idle_node(&app, Clock::manual(UnixMillis(1_767_258_000_000))).await;
    make_mark(&node).await.unwrap();
    node.clock.advance(Duration::from_secs(2 * 24 * 3600));
    app.execute("DELETE FROM node_mark").await;
    for _ in 0..2 {
        make_mark(&node).await.unwrap();
    }
    assert_eq!(alarms(&node), 0);
    app.execute("DELETE FROM node_mark").await;
    make_mark(&node).await.unwrap();
    assert_eq!(alarms(&node), 1);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in ["bifrons.db", "bifrons.db-wal", "bifrons.db-shm"] {
        let _ = fs::remove_file(to.join(file));
        if from.join(file).exists() {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
    }
}

/// The service is stopped, a backup is restored, and the service starts again beside a Redis that remembers.
#[tokio::test]
async fn after_a_restore_no_user_is_signed_in_whom_the_backup_does_not_know() {
    let (redis, folder) = (RedisServer::start().await, tempdir().unwrap());
    let url = redis.url();
    let environment = [("BIFRONS_REDIS__URL", url.as_str())];
    let start = || Process::start_with(folder.path(), &environment);
    let user = |verb: &str| assert!(run(folder.path(), &["user", verb, EMAIL], &environment).status.success());
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    let mut service = start();
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    user("disable");
    service.stop();
    copy(&data, &backup);

    let mut service = start();
    user("enable");
    let (ada, grace) = (signed_in(service.client(), EMAIL).await, signed_in(service.client(), GRACE).await);
    // Another node reads the sessions, so that Redis has them, unless it has not polled yet or is not connected yet.
    while redis.say("DBSIZE").await != "Ok(int(2))" {
        let mut other = start();
        for user in [&ada, &grace] {
            user.at_port(other.port).get_session().await.expect(200);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        other.stop();
    }
    service.stop();
    copy(&backup, &data);

    let service = start();
    for user in [&ada, &grace] {
        user.at_port(service.port).get_session().await.expect_problem(401, "invalid_session");
    }
}

/// PostgreSQL fails, and a replica takes over that has not received the last changes.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_behind_takes_over() {
    let (redis, mut database) = (RedisServer::start().await, Postgres::start().await);
    let app = App::configured(|config| {
        database.configure(config);
        config.redis = Some(RedisConfig::parse(&redis.url()).unwrap());
    })
    .await;
    let ada = signed_in(app.client(), EMAIL).await;
    make_mark(&app.state).await.unwrap();
    let replica = database.replica();
    let grace = signed_in(app.client(), GRACE).await;
    make_mark(&app.state).await.unwrap();
    database.fail_over(replica).await;
    // The node asks for it every three seconds.
    until(async || app.state.metrics.events(Event::DatabaseWentBack, "") == 1).await;
    grace.get_session().await.expect_problem(401, "invalid_session");
    ada.get_session().await.expect(200);
    signed_in(app.client(), "other@example.com").await;
}
