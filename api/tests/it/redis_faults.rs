//! Redis goes away, hangs, flaps, fills up, forgets: nobody is signed out by it, and nobody who was is signed in.

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
    one.linked().await;
    other.linked().await;
    (one, other)
}

/// Signed in is signed in, signed out is signed out, on both nodes, whatever state Redis is in.
pub(crate) async fn all_is_well(one: &App, two: &App) {
    let email = format!("{}@example.com", uuid::Uuid::from_u128(rand()));
    let ada = one.someone();
    ada.sign_up(&email, PASSWORD).await.expect(201);
    ada.sign_in(&email, PASSWORD).await.expect(200);
    let stays = one.someone();
    stays.sign_in(&email, PASSWORD).await.expect(200);
    two.look().await;
    for _ in 0..3 {
        assert_eq!(ada.at(two).who_am_i().await.expect(200).string("/user/email"), email);
        assert_eq!(ada.who_am_i().await.expect(200).string("/user/email"), email);
    }
    let ended = ada.snapshot();
    ada.sign_out().await.expect(204);
    ended.who_am_i().await.expect_problem(401, "invalid_session");
    two.look().await;
    ended.at(two).who_am_i().await.expect_problem(401, "invalid_session");
    stays.at(two).who_am_i().await.expect(200);
}

fn rand() -> u128 {
    u128::from_be_bytes(bifrons::random::bytes())
}

/// What is pushed arrives, with nobody asking the database.
pub(crate) async fn the_push_works(one: &App) {
    let cut_off = one.another().await;
    let email = format!("{}@example.com", uuid::Uuid::from_u128(rand()));
    let ada = one.someone();
    ada.sign_up(&email, PASSWORD).await.expect(201);
    ada.sign_in(&email, PASSWORD).await.expect(200);
    let session = ada.session().await;
    cut_off.look().await;
    ada.at(&cut_off).who_am_i().await.expect(200);
    cut_off.cut_off().await;
    ada.sign_out().await.expect(204);
    cut_off.forgets(session).await;
}

async fn readiness(node: &App) -> (u16, String, String) {
    let answer = node.someone().get("/health/ready").await;
    (answer.status, answer.string("/status"), answer.string("/redis"))
}

#[tokio::test]
async fn c_01_killed_and_back() {
    let mut redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    let ada = one.ada().await;
    all_is_well(&one, &two).await;
    assert_eq!(readiness(&one).await, (200, "ok".to_owned(), "ok".to_owned()));
    redis.kill();
    one.unlinked().await;
    ada.who_am_i().await.expect(200);
    all_is_well(&one, &two).await;
    assert_eq!(readiness(&one).await, (200, "degraded".to_owned(), "down".to_owned()), "and in service");
    redis.restart().await;
    one.linked().await;
    two.linked().await;
    ada.at(&two).who_am_i().await.expect(200);
    all_is_well(&one, &two).await;
}

#[tokio::test]
async fn c_02_frozen_costs_one_timeout_and_not_one_a_request() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    all_is_well(&one, &two).await;
    redis.freeze();
    one.unlinked().await;
    two.unlinked().await;
    let before = one.state.redis.as_ref().unwrap().commands();
    for _ in 0..3 {
        all_is_well(&one, &two).await;
    }
    assert_eq!(one.state.redis.as_ref().unwrap().commands(), before, "nobody asks who does not answer");
    redis.thaw();
    one.linked().await;
    two.linked().await;
    all_is_well(&one, &two).await;
}

#[tokio::test]
async fn c_02_slow_is_waited_for_and_slower_is_gone() {
    let redis = RedisServer::start().await;
    let proxy = Proxy::start(redis.port).await;
    let (one, two) = two(&format!("redis://127.0.0.1:{}", proxy.port)).await;
    for delay in [60, 1000] {
        proxy.delay(Duration::from_millis(delay));
        all_is_well(&one, &two).await;
        assert_eq!(two.state.redis.as_ref().unwrap().is_linked(), delay == 60);
    }
    one.unlinked().await;
    proxy.delay(Duration::ZERO);
    one.linked().await;
    two.linked().await;
    all_is_well(&one, &two).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c_03_flapping_and_never_the_answer_of_another() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    let mut people = Vec::new();
    for n in 0..20 {
        let email = format!("p{n}@example.com");
        let who = one.someone();
        who.sign_up(&email, PASSWORD).await.expect(201);
        who.sign_in(&email, PASSWORD).await.expect(200);
        people.push((who, email));
    }
    let ask = async || {
        for _ in 0..5 {
            let asked = people.iter().map(async |(who, email)| {
                for node in [&one, &two] {
                    node.state.cache.clear(); // so that Redis is asked, whenever it can be
                    assert_eq!(who.at(node).who_am_i().await.expect(200).string("/user/email"), *email);
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
            node.linked().await;
        }
        ask().await;
        for (now, before) in read_from_redis().into_iter().zip(before) {
            assert!(now > before, "Redis was asked, and answered");
        }
    }
    redis.thaw();
}

#[tokio::test]
async fn c_06_evicted_entries_are_read_again() {
    let redis = RedisServer::with(&["--maxmemory", "2mb", "--maxmemory-policy", "allkeys-lru"]).await;
    let (one, two) = two(&redis.url()).await;
    let ada = one.ada().await;
    for n in 0..200 {
        redis.ask(&[b"SET", format!("fill{n}").as_bytes(), &b"x".repeat(20_000)]).await.unwrap();
    }
    two.state.cache.clear();
    ada.at(&two).who_am_i().await.expect(200);
    all_is_well(&one, &two).await;
}

#[tokio::test]
async fn c_07_full_is_not_broken() {
    let redis = RedisServer::with(&["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"]).await;
    let (one, two) = two(&redis.url()).await;
    while redis.ask(&[b"SET", &rand().to_be_bytes(), &b"x".repeat(20_000)]).await.is_ok() {}
    for node in [&one, &two] {
        node.state.cache.clear();
    }
    all_is_well(&one, &two).await;
    assert!(one.state.redis.as_ref().unwrap().is_linked(), "it is still told of what ends");
}

/// It cannot save, so it takes nothing: even `PING` is refused.
#[tokio::test]
async fn c_07_what_cannot_save_is_not_broken() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    redis.break_saving().await;
    all_is_well(&one, &two).await;
    assert!(one.state.redis.as_ref().unwrap().is_linked(), "it is still told of what ends");
    the_push_works(&one).await;
}

#[tokio::test]
async fn c_08_restarted_empty() {
    let mut redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    let ada = one.ada().await;
    let gone = one.someone();
    gone.sign_in(EMAIL, PASSWORD).await.expect(200);
    let ended = gone.snapshot();
    gone.sign_out().await.expect(204);
    redis.restart().await;
    let new = one.another().await; // B-18: so did the service
    one.unlinked().await;
    one.linked().await;
    new.linked().await;
    for node in [&one, &two, &new] {
        node.look().await;
        node.state.cache.clear();
        ada.at(node).who_am_i().await.expect(200);
        ended.at(node).who_am_i().await.expect_problem(401, "invalid_session");
    }
}

/// The database knows of the end and Redis does not: its copy is seen through by every node, by a new one too.
#[tokio::test]
async fn c_16_between_the_two_writes() {
    let redis = RedisServer::start().await;
    let (one, two) = two(&redis.url()).await;
    let ada = one.ada().await;
    let ended = ada.snapshot();
    two.look().await;
    two.state.cache.clear();
    ada.at(&two).who_am_i().await.expect(200);
    until(async || redis.say("DBSIZE").await == "Ok(int(1))").await;
    redis.freeze();
    one.unlinked().await;
    ada.sign_out().await.expect(204);
    redis.thaw();
    assert_eq!(redis.say("DBSIZE").await, "Ok(int(1))", "the copy is still there");
    let new = one.another().await;
    for node in [&one, &two, &new] {
        node.linked().await;
        node.look().await;
        node.state.cache.clear();
        ended.at(node).who_am_i().await.expect_problem(401, "invalid_session");
    }
}
