//! An ended session stays ended: after an old cache entry, after a late commit, and if the client hangs up before the answer.

use std::time::Duration;

use bifrons::{sessions, webhooks};
use entity::{Scope, SessionId, UnixMillis, session};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::{
    admin_access::{HOUR, program},
    support::{
        Actor, App, EMAIL, PASSWORD,
        receiver::{self, subscribe},
        redis::{RedisServer, until},
    },
};

const LONG: Duration = Duration::from_secs(16 * 60);

async fn with_redis(redis: &RedisServer) -> App {
    let config = bifrons::config::RedisConfig::parse(&redis.url()).unwrap();
    let app = App::configured(|current| current.redis = Some(config)).await;
    app.until_linked().await;
    app
}

/// An attacker who can write to Redis may keep an old entry and write it back when the nodes have dropped the change.
#[tokio::test]
async fn an_old_entry_in_redis_is_refused() {
    let redis = RedisServer::start().await;
    let one = with_redis(&redis).await;
    let ada = one.ada().await;
    one.poll().await;
    one.state.cache.clear();
    let key = one.state.redis.as_ref().unwrap().name("session", ada.session().await.0.as_bytes());
    until(async || redis.say("DBSIZE").await == "Ok(int(1))").await;
    let redis::Value::BulkString(copy) = redis.ask(&[b"GET", &key]).await.unwrap() else { panic!("no entry") };
    let ended = ada.snapshot();
    ada.sign_out().await.expect(204);
    // Older than the changes that a new node polls.
    one.sql(&format!("UPDATE session SET changed_at = changed_at - {}", LONG.as_millis())).await;
    let new = one.another().await;
    new.until_linked().await;
    new.poll().await;
    loop {
        let (polls, now) = (new.state.cache.polls(), new.state.cache.polled_until().unwrap());
        new.state.cache.polled(new.state.cache.moment(), now.plus(LONG));
        redis.ask(&[b"SET", &key, &copy]).await.unwrap();
        let answer = ended.at(&new).get_session().await;
        // The node's own poll in between would set the right time.
        if new.state.cache.polls() == polls + 1 {
            answer.expect_problem(401, "invalid_session");
            return;
        }
        new.poll().await;
    }
}

/// A change gets its time before it is committed. A commit that waits for a standby may be late.
#[tokio::test]
async fn a_late_commit_is_polled() {
    let one = App::start().await;
    let two = one.another().await;
    let ada = one.ada().await;
    two.poll().await;
    ada.at(&two).get_session().await.expect(200);
    let changed_at = two.state.cache.polled_until().unwrap().minus(Duration::from_secs(45)).0;
    one.sql(&format!(
        "UPDATE session SET ended_at = {changed_at}, ended_because = 'revoked', version = version + 1, changed_at = {changed_at}"
    ))
    .await;
    until(async || {
        two.poll().await;
        ada.at(&two).get_session().await.status == 401
    })
    .await;
}

/// Sessions that differ from one in nothing but the id.
async fn insert_beside(app: &App, one: &session::Model, ids: &[u128]) {
    for some in ids.chunks(1000) {
        let rows = some.iter().map(|id| {
            let id = SessionId(Uuid::from_u128(*id));
            session::Model { id, ..one.clone() }.into_active_model()
        });
        let insert = session::Entity::insert_many(rows.collect::<Vec<_>>());
        insert.exec_without_returning(app.state.db.connection()).await.unwrap();
    }
}

/// One more than a transaction records or ends, and exactly as many: the last one must not be taken for the whole. All webhooks hear of all
/// of them, which is more values than one statement takes.
#[tokio::test]
async fn all_sessions_are_recorded_and_ended_however_many_there_are() {
    let app = receiver::app().await;
    let (operator, _) = program(&app, [Scope::WebhooksWrite], HOUR).await;
    for _ in 0..webhooks::MAX_WEBHOOKS {
        // Nothing listens there.
        subscribe(&operator, "http://127.0.0.1:9/", &["session_expired", "session_ended"]).await;
    }
    let ada = app.ada().await;
    let id = ada.session().await;
    let hers = session::Entity::find_by_id(id).one(app.state.db.connection()).await.unwrap().unwrap();
    insert_beside(&app, &hers, &(1..=1000).collect::<Vec<_>>()).await;
    let later = hers.idle_expires_at.plus(LONG);
    assert_eq!(sessions::record_expired(&app.state, later).await.unwrap(), 1001);
    assert_eq!(sessions::record_expired(&app.state, later).await.unwrap(), 0);
    assert_eq!(sessions::end_before(&app.state, UnixMillis(i64::MAX), |_| ()).await.unwrap(), 1001);
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_because = 'by_operator'").await, 1001);
    let deliveries = app.count("SELECT count(*) FROM webhook_delivery WHERE event = 'session_expired'").await;
    assert_eq!(deliveries, 1001 * i64::try_from(webhooks::MAX_WEBHOOKS).unwrap());
    ada.get_session().await.expect_problem(401, "invalid_session");
}

/// All sessions end with one statement: all changes have the same time, and one query does not read them all.
#[tokio::test]
async fn more_changes_than_one_query_reads_are_all_polled() {
    let one = App::start().await;
    let two = one.another().await;
    let ada = one.ada().await;
    let id = ada.session().await;
    let hers = session::Entity::find_by_id(id).one(one.state.db.connection()).await.unwrap().unwrap();
    // Half of the ids are smaller than hers, half are greater.
    let others: Vec<_> = (1..=12_500_u128).flat_map(|n| [id.0.as_u128() - n, id.0.as_u128() + n]).collect();
    insert_beside(&one, &hers, &others).await;
    two.poll().await;
    ada.at(&two).get_session().await.expect(200);
    let changed_at = two.state.cache.polled_until().unwrap().0;
    let end = "UPDATE session SET ended_at = 1, ended_because = 'revoked', version = version + 1, changed_at =";
    one.execute(&format!("{end} {changed_at}")).await;
    two.poll().await;
    two.until_forgotten(id).await;
    ada.at(&two).get_session().await.expect_problem(401, "invalid_session");
}

/// The retry of an end whose answer was lost finds no live session. It announces the end all the same.
#[tokio::test]
async fn ending_a_session_can_be_repeated() {
    let one = App::start().await;
    let (ada, other) = (one.ada().await, one.client().with("user-agent", "other"));
    other.sign_in(EMAIL, PASSWORD).await.expect(200);
    let session = other.session().await;
    one.poll().await;
    other.get_session().await.expect(200);
    one.execute("UPDATE session SET ended_at = 1, ended_because = 'revoked', version = version + 1 WHERE user_agent = 'other'")
        .await;
    other.get_session().await.expect(200);
    ada.delete(&format!("/v1/me/sessions/{}", session.0)).await.expect_problem(404, "not_found");
    other.get_session().await.expect_problem(401, "invalid_session");
}

/// Sends a request and hangs up before the answer. A transaction locks the rows that the request writes, until the client is gone.
async fn hang_up(app: &App, who: &Actor, (method, path, body): (&str, &str, Option<Value>)) {
    let held = app.state.db.begin().await.unwrap();
    held.execute_unprepared("UPDATE session SET user_agent = 'held'").await.unwrap();
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nCookie: bifrons_session={}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        who.cookie("bifrons_session").unwrap(),
        body.len()
    );
    let mut connection = TcpStream::connect(app.address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    sleep(Duration::from_millis(500)).await;
    drop(connection);
    sleep(Duration::from_millis(200)).await;
    held.rollback().await.unwrap();
}

#[tokio::test]
async fn c_19_an_end_takes_effect_although_the_client_hung_up() {
    let redis = RedisServer::start().await;
    for how in ["sign out", "end one", "end others", "password", "delete", "sign in again"] {
        let one = with_redis(&redis).await;
        let two = one.another().await;
        let (ada, victim) = (one.ada().await, one.client());
        victim.sign_in(EMAIL, PASSWORD).await.expect(200);
        let session = victim.session().await;
        let path = format!("/v1/me/sessions/{}", session.0);
        two.poll().await;
        victim.at(&two).get_session().await.expect(200);
        two.disconnect_database().await;
        let (who, request) = match how {
            "sign out" => (&victim, ("DELETE", "/v1/session", None)),
            "end one" => (&ada, ("DELETE", path.as_str(), None)),
            "end others" => (&ada, ("DELETE", "/v1/me/sessions", None)),
            "password" => {
                let body = json!({"current_password": PASSWORD, "new_password": "another horse entirely"});
                (&ada, ("PUT", "/v1/me/password", Some(body)))
            }
            "delete" => (&ada, ("DELETE", "/v1/me", None)),
            _ => (&victim, ("POST", "/v1/session", Some(json!({"email": EMAIL, "password": PASSWORD})))),
        };
        // On a busy machine the client may hang up before the request is read: then nothing has to happen.
        loop {
            hang_up(&one, who, request.clone()).await;
            if timeout(Duration::from_secs(5), two.until_forgotten(session)).await.is_ok() {
                break;
            }
        }
        victim.get_session().await.expect_problem(401, "invalid_session");
    }
}
