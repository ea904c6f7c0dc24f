//! Several nodes on one database: what happens on one is felt on all, with Redis or without.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::json;

use crate::support::{
    Actor, App, EMAIL, PASSWORD,
    redis::{RedisServer, until},
};

const NEW: &str = "another horse entirely";

/// Two nodes that share a database, and Redis if its URL is given.
async fn two(redis: Option<&str>) -> (App, App) {
    let one = App::configured(|config| config.redis = redis.map(url)).await;
    let other = one.another().await;
    if redis.is_some() {
        one.linked().await;
        other.linked().await;
    }
    (one, other)
}

fn url(redis: &str) -> bifrons::config::RedisConfig {
    bifrons::config::RedisConfig::parse(redis).unwrap()
}

/// Everything that ends a session of Ada's: what is done, by another session of hers, on a node.
const ENDS: [&str; 6] = ["sign out", "end one", "end others", "password", "delete", "sign in again"];

async fn end(how: &str, victim: &Actor, other: &Actor) {
    match how {
        "sign out" => victim.sign_out().await.expect(204),
        "end one" => {
            let id = victim.who_am_i().await.expect(200).string("/id");
            other.delete(&format!("/v1/me/sessions/{id}")).await.expect(204)
        }
        "end others" => other.delete("/v1/me/sessions").await.expect(204),
        "password" => other.change_password(PASSWORD, NEW).await.expect(200),
        "delete" => other.delete("/v1/me").await.expect(204),
        "sign in again" => victim.sign_in(EMAIL, PASSWORD).await.expect(200),
        _ => unreachable!(),
    };
}

#[tokio::test]
async fn c_38_every_end_is_felt_on_three_nodes_without_redis() {
    for how in ENDS {
        let one = App::start().await;
        let (two, three) = (one.another().await, one.another().await);
        let other = one.ada().await;
        let victim = one.someone();
        victim.sign_in(EMAIL, PASSWORD).await.expect(200);
        let tokens = one.someone().tokens(EMAIL, PASSWORD).await.expect(200).string("/access_token");
        let (cookie, bearer) = (victim.snapshot(), one.someone().bearing(&tokens));
        for node in [&two, &three] {
            node.look().await;
            cookie.at(node).who_am_i().await.expect(200);
            bearer.at(node).who_am_i().await.expect(200);
        }
        end(how, &victim, &other).await;
        cookie.who_am_i().await.expect_problem(401, "invalid_session");
        for node in [&two, &three] {
            node.look().await;
            cookie.at(node).who_am_i().await.expect_problem(401, "invalid_session");
            let others_ended = ["end others", "password", "delete"].contains(&how);
            assert_eq!(bearer.at(node).who_am_i().await.status, if others_ended { 401 } else { 200 }, "{how}");
            if how != "delete" {
                other.at(node).who_am_i().await.expect(200);
            }
        }
    }
}

/// Whoever is cut off from the database can only forget what it knows: it is told, and sees for itself that it must not trust.
#[tokio::test]
async fn the_push_alone_is_enough() {
    for how in ENDS {
        let redis = RedisServer::start().await;
        let (one, two) = two(Some(&redis.url())).await;
        let other = one.ada().await;
        let victim = one.someone();
        victim.sign_in(EMAIL, PASSWORD).await.expect(200);
        let (there, session) = (victim.snapshot(), victim.session().await);
        two.look().await;
        there.at(&two).who_am_i().await.expect(200);
        two.cut_off().await;
        there.at(&two).who_am_i().await.expect(200);
        end(how, &victim, &other).await;
        two.forgets(session).await;
        there.at(&two).who_am_i().await.expect_problem(503, "unavailable");
    }
}

/// Nobody looks by hand, and there is no Redis: the service does it by itself.
#[tokio::test]
async fn the_tail_alone_is_enough() {
    let (one, two) = two(None).await;
    let ada = one.ada().await;
    let ended = ada.snapshot();
    until(async || two.state.cache.is_current()).await;
    ended.at(&two).who_am_i().await.expect(200);
    ada.sign_out().await.expect(204);
    until(async || ended.at(&two).who_am_i().await.status == 401).await;
}

#[tokio::test]
async fn what_changes_is_shown_on_the_other_node() {
    let (one, two) = two(None).await;
    let ada = one.ada().await;
    two.look().await;
    ada.at(&two).who_am_i().await.expect(200);
    ada.send(reqwest::Method::PATCH, "/v1/me", Some(json!({"name": "Ada King"}))).await.expect(200);
    two.look().await;
    assert_eq!(ada.at(&two).who_am_i().await.expect(200).string("/user/name"), "Ada King");
    // Behind the service's back, as a command line would.
    one.sql(&format!("UPDATE user SET role = 'admin', version = version + 1, changed_at = {}", i64::MAX)).await;
    two.look().await;
    assert_eq!(ada.at(&two).get("/v1/me").await.expect(200).string("/role"), "admin");
}

#[tokio::test]
async fn a_new_secret_counts_on_a_node_that_has_not_heard_of_it() {
    for redis in [None, Some(RedisServer::start().await)] {
        let (one, two) = two(redis.as_ref().map(RedisServer::url).as_deref()).await;
        let ada = one.ada().await;
        let old = ada.snapshot();
        two.look().await;
        old.at(&two).who_am_i().await.expect(200);
        ada.reauthenticate(PASSWORD).await.expect(200);
        ada.at(&two).who_am_i().await.expect(200);
        two.look().await;
        old.at(&two).who_am_i().await.expect_problem(401, "invalid_session");
        ada.at(&two).who_am_i().await.expect(200);
    }
}

#[tokio::test]
async fn a_node_that_cannot_hear_asks_the_database() {
    let (one, two) = two(None).await;
    one.someone().sign_up(EMAIL, PASSWORD).await.expect(201);
    loop {
        let ada = one.someone();
        ada.sign_in(EMAIL, PASSWORD).await.expect(200);
        two.look().await;
        ada.at(&two).who_am_i().await.expect(200);
        let (ended, looks) = (ada.snapshot(), two.state.cache.looks());
        ada.sign_out().await.expect(204);
        let long_ago = tokio::time::Instant::now() - Duration::from_secs(6);
        two.state.cache.looked(long_ago, two.state.cache.seen_until().unwrap());
        ended.at(&two).who_am_i().await.expect_problem(401, "invalid_session");
        // Unless it has looked by itself meanwhile.
        if two.state.cache.looks() == looks + 1 {
            return;
        }
    }
}

#[tokio::test]
async fn use_on_one_node_keeps_a_session_alive_on_all() {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let (one, two) = two(None).await;
    let ada = one.ada().await;
    two.look().await;
    ada.at(&two).who_am_i().await.expect(200);
    for _ in 0..3 {
        one.wait(minutes(40)).await;
        one.look().await;
        ada.who_am_i().await.expect(200);
    }
    one.state.touches.idle().await;
    two.look().await;
    ada.at(&two).who_am_i().await.expect(200);
    one.wait(minutes(61)).await;
    ada.at(&two).who_am_i().await.expect_problem(401, "invalid_session");
}

#[tokio::test]
async fn uses_on_two_nodes_are_noted_whoever_noted_the_last() {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let (one, two) = two(None).await;
    let ada = one.ada().await;
    for node in [&one, &two] {
        ada.at(node).who_am_i().await.expect(200);
    }
    let wait = async |n| {
        for node in [&one, &two] {
            node.state.touches.idle().await;
        }
        one.wait(minutes(n)).await;
    };
    wait(7).await;
    ada.who_am_i().await.expect(200);
    wait(1).await;
    ada.at(&two).who_am_i().await.expect(200);
    for _ in 0..6 {
        wait(10).await;
        ada.at(&two).who_am_i().await.expect(200);
    }
    wait(1).await;
    let new = one.another().await;
    for node in [&one, &new] {
        node.state.cache.clear();
        ada.at(node).who_am_i().await.expect(200);
    }
}

#[tokio::test]
async fn whoever_writes_to_redis_signs_nobody_in() {
    let server = RedisServer::start().await;
    let (one, two) = two(Some(&server.url())).await;
    let (ada, eve) = (one.ada().await, one.someone());
    eve.sign_up("eve@example.com", PASSWORD).await.expect(201);
    eve.sign_in("eve@example.com", PASSWORD).await.expect(200);
    for (who, node) in [(&ada, &one), (&eve, &one)] {
        node.look().await;
        node.state.cache.clear();
        who.at(node).who_am_i().await.expect(200);
    }
    let key = |id: &str| [b"bifrons:", uuid::Uuid::parse_str(id).unwrap().as_bytes().as_slice()].concat();
    let of_ada = key(&ada.who_am_i().await.string("/id"));
    let of_eve = key(&eve.who_am_i().await.string("/id"));
    until(async || server.say("DBSIZE").await == "Ok(int(2))").await;
    // Ada's entry under Eve's id, and Eve's with a bit turned.
    let redis::Value::BulkString(entry) = server.ask(&[b"GET", &of_ada]).await.unwrap() else { panic!("no entry") };
    server.ask(&[b"SET", &of_eve, &entry]).await.unwrap();
    two.look().await;
    assert_eq!(eve.at(&two).who_am_i().await.expect(200).string("/user/email"), "eve@example.com");
    let mut turned = entry.clone();
    turned[entry.len() / 2] ^= 1;
    server.ask(&[b"SET", &of_ada, &turned]).await.unwrap();
    two.state.cache.clear();
    assert_eq!(ada.at(&two).who_am_i().await.expect(200).string("/user/email"), EMAIL);
}

/// 10,000 sessions, each read on two nodes all the while it is ended on one: once a node has said no it never says yes, and in the
/// end no node, and no new one, accepts any.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_ends_race_reads() {
    const SESSIONS: usize = 10_000;
    const TASKS: usize = 8;
    let redis = RedisServer::start().await;
    let config = url(&redis.url());
    // Every sign-in and every end waits for the disk; 20,000 of them are not what this is about.
    let one = App::in_memory(|current| current.redis = Some(config)).await;
    let two = one.another().await;
    let (one, two) = (Arc::new(one), Arc::new(two));
    one.someone().sign_up(EMAIL, PASSWORD).await.expect(201);
    let tasks = (0..TASKS).map(|_| {
        let (one, two) = (Arc::clone(&one), Arc::clone(&two));
        tokio::spawn(async move {
            let mut ended = Vec::new();
            for round in 0..SESSIONS / TASKS {
                let cookie = one.sign_in_directly().await;
                let over = AtomicBool::new(false);
                let read = async |node: &App| {
                    let mut refused = false;
                    loop {
                        let last = over.load(Ordering::SeqCst);
                        let accepted = node.accepts(&cookie).await;
                        assert!(!(refused && accepted), "an ended session came back");
                        refused |= !accepted;
                        if refused && last {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                };
                let end = async {
                    for _ in 0..round % 7 {
                        tokio::task::yield_now().await;
                    }
                    one.end_directly(&cookie).await;
                    over.store(true, Ordering::SeqCst);
                    assert!(!one.accepts(&cookie).await, "acknowledged, and still accepted");
                };
                tokio::join!(read(&one), read(&two), read(&two), end);
                ended.push(cookie);
            }
            ended
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut ended = Vec::new();
    for task in tasks {
        ended.extend(task.await.unwrap());
    }
    assert_eq!(ended.len(), SESSIONS);
    let new = one.another().await;
    new.look().await;
    for cookie in &ended {
        for node in [one.as_ref(), two.as_ref(), &new] {
            assert!(!node.accepts(cookie).await);
        }
    }
}
