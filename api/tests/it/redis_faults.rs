//! Redis stops, hangs, flaps, fills up or loses its data: no session ends, and no ended session becomes valid again.

use std::time::Duration;

use bifrons::metrics::Source;

use crate::support::{
    App, EMAIL, PASSWORD,
    proxy::Proxy,
    redis::{RedisServer, until},
};

pub(crate) async fn two(redis: &str) -> (App, App) {
    let config = bifrons::config::RedisConfig::parse(redis).unwrap();
    let one = App::configured(|current| current.redis = Some(config)).await;
    let other = one.another().await;
    one.until_linked().await;
    other.until_linked().await;
    (one, other)
}

/// Live sessions are accepted and ended ones refused on both nodes, in every state of Redis.
pub(crate) async fn sessions_are_correct(one: &App, two: &App) {
    let email = format!("{}@example.com", uuid::Uuid::from_u128(rand()));
    let ada = one.client();
    ada.sign_up(&email, PASSWORD).await.expect(201);
    ada.sign_in(&email, PASSWORD).await.expect(200);
    let stays = one.client();
    stays.sign_in(&email, PASSWORD).await.expect(200);
    two.poll().await;
    for _ in 0..3 {
        assert_eq!(ada.at(two).get_session().await.expect(200).string("/user/email"), email);
        assert_eq!(ada.get_session().await.expect(200).string("/user/email"), email);
    }
    let ended = ada.snapshot();
    ada.sign_out().await.expect(204);
    ended.get_session().await.expect_problem(401, "invalid_session");
    two.poll().await;
    ended.at(two).get_session().await.expect_problem(401, "invalid_session");
    stays.at(two).get_session().await.expect(200);
}

fn rand() -> u128 {
    u128::from_be_bytes(bifrons::random::bytes())
}

/// A pushed change arrives without polling.
pub(crate) async fn the_push_works(one: &App) {
    let disconnected = one.another().await;
    let email = format!("{}@example.com", uuid::Uuid::from_u128(rand()));
    let ada = one.client();
    ada.sign_up(&email, PASSWORD).await.expect(201);
    ada.sign_in(&email, PASSWORD).await.expect(200);
    let session = ada.session().await;
    disconnected.poll().await;
    ada.at(&disconnected).get_session().await.expect(200);
    disconnected.disconnect_database().await;
    ada.sign_out().await.expect(204);
    disconnected.until_forgotten(session).await;
}

async fn readiness(node: &App) -> (u16, String, String) {
    let answer = node.client().get("/health/ready").await;
    (answer.status, answer.string("/status"), answer.string("/redis"))
}

#[tokio::test]
async fn killed_and_back() {
    let mut redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    let ada = one.ada().await;
    sessions_are_correct(&one, &two).await;
    assert_eq!(readiness(&one).await, (200, "ok".to_owned(), "ok".to_owned()));
    redis.kill();
    one.until_unlinked().await;
    ada.get_session().await.expect(200);
    sessions_are_correct(&one, &two).await;
    assert_eq!(readiness(&one).await, (200, "degraded".to_owned(), "down".to_owned()), "and ready");
    redis.restart().await;
    one.until_linked().await;
    two.until_linked().await;
    ada.at(&two).get_session().await.expect(200);
    sessions_are_correct(&one, &two).await;
}

#[tokio::test]
async fn a_frozen_redis_costs_one_timeout_only() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    sessions_are_correct(&one, &two).await;
    redis.freeze();
    one.until_unlinked().await;
    two.until_unlinked().await;
    let before = one.state.redis.as_ref().unwrap().commands();
    for _ in 0..3 {
        sessions_are_correct(&one, &two).await;
    }
    assert_eq!(one.state.redis.as_ref().unwrap().commands(), before, "no command is sent without a connection");
    redis.thaw();
    one.until_linked().await;
    two.until_linked().await;
    sessions_are_correct(&one, &two).await;
}

#[tokio::test]
async fn a_slow_redis_is_used_and_a_slower_one_is_disconnected() {
    let redis = RedisServer::start().await;
    let proxy = Proxy::start(redis.port).await;
    let (one, two) = two(&format!("redis://127.0.0.1:{}", proxy.port)).await;
    proxy.delay(Duration::from_millis(20));
    let before = two.state.redis.as_ref().unwrap().commands();
    sessions_are_correct(&one, &two).await;
    // A busy machine may cost it the connection for a moment.
    two.until_linked().await;
    assert!(two.state.redis.as_ref().unwrap().commands() > before, "it is used");
    proxy.delay(Duration::from_secs(1));
    sessions_are_correct(&one, &two).await;
    one.until_unlinked().await;
    two.until_unlinked().await;
    proxy.delay(Duration::ZERO);
    one.until_linked().await;
    two.until_linked().await;
    sessions_are_correct(&one, &two).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_are_never_mixed_up_while_redis_flaps() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    let mut people = Vec::new();
    for n in 0..20 {
        let email = format!("p{n}@example.com");
        let who = one.client();
        who.sign_up(&email, PASSWORD).await.expect(201);
        who.sign_in(&email, PASSWORD).await.expect(200);
        people.push((who, email));
    }
    let ask = async || {
        for _ in 0..5 {
            let asked = people.iter().map(async |(who, email)| {
                for node in [&one, &two] {
                    node.state.cache.clear(); // so that Redis is read while it is connected
                    assert_eq!(who.at(node).get_session().await.expect(200).string("/user/email"), *email);
                }
            });
            futures_util::future::join_all(asked).await;
        }
    };
    let read_from_redis = || [&one, &two].map(|node| node.state.metrics.session_reads(Source::Redis));
    for _ in 0..4 {
        redis.freeze();
        ask().await;
        redis.thaw();
        let before = read_from_redis();
        for node in [&one, &two] {
            node.until_linked().await;
        }
        ask().await;
        for (now, before) in read_from_redis().into_iter().zip(before) {
            assert!(now > before, "Redis was read");
        }
    }
    redis.thaw();
}

#[tokio::test]
async fn evicted_entries_are_read_again() {
    let redis = RedisServer::with(&["--maxmemory", "2mb", "--maxmemory-policy", "allkeys-lru"]).await;
    let (one, two) = two(&redis.url()).await;
    let ada = one.ada().await;
    for n in 0..200 {
        redis.ask(&[b"SET", format!("fill{n}").as_bytes(), &b"x".repeat(20_000)]).await.unwrap();
    }
    two.state.cache.clear();
    ada.at(&two).get_session().await.expect(200);
    sessions_are_correct(&one, &two).await;
}

#[tokio::test]
async fn a_full_redis_stays_connected() {
    let redis = RedisServer::with(&["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"]).await;
    let (one, two) = two(&redis.url()).await;
    while redis.ask(&[b"SET", &rand().to_be_bytes(), &b"x".repeat(20_000)]).await.is_ok() {}
    for node in [&one, &two] {
        node.state.cache.clear();
    }
    sessions_are_correct(&one, &two).await;
    assert!(one.state.redis.as_ref().unwrap().is_linked(), "changes are still published");
}

/// A server that cannot save to disk refuses all writes, and even `PING`.
#[tokio::test]
async fn a_redis_that_cannot_save_stays_connected() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    redis.break_saving().await;
    sessions_are_correct(&one, &two).await;
    assert!(one.state.redis.as_ref().unwrap().is_linked(), "changes are still published");
    the_push_works(&one).await;
}

#[tokio::test]
async fn restarted_empty() {
    let mut redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    let ada = one.ada().await;
    let gone = one.client();
    gone.sign_in(EMAIL, PASSWORD).await.expect(200);
    let ended = gone.snapshot();
    gone.sign_out().await.expect(204);
    redis.restart().await;
    let new = one.another().await; // a restarted node
    one.until_unlinked().await;
    one.until_linked().await;
    new.until_linked().await;
    for node in [&one, &two, &new] {
        node.poll().await;
        node.state.cache.clear();
        ada.at(node).get_session().await.expect(200);
        ended.at(node).get_session().await.expect_problem(401, "invalid_session");
    }
}

/// A session ended in the database but not in Redis: every node, a new one too, rejects the stale copy.
#[tokio::test]
async fn a_stale_copy_in_redis_is_rejected() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    let ada = one.ada().await;
    let ended = ada.snapshot();
    two.poll().await;
    two.state.cache.clear();
    ada.at(&two).get_session().await.expect(200);
    until(async || redis.say("DBSIZE").await == "Ok(int(1))").await;
    redis.freeze();
    one.until_unlinked().await;
    ada.sign_out().await.expect(204);
    redis.thaw();
    assert_eq!(redis.say("DBSIZE").await, "Ok(int(1))", "Redis still has the copy");
    let new = one.another().await;
    for node in [&one, &two, &new] {
        node.until_linked().await;
        node.poll().await;
        node.state.cache.clear();
        ended.at(node).get_session().await.expect_problem(401, "invalid_session");
    }
}
