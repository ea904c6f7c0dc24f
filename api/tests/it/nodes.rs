//! Several nodes on one database: a change on one node takes effect on all, with and without Redis.

use std::time::Duration;

use bifrons::accounts::AdminAction;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    App, EMAIL, PASSWORD,
    ends::{ENDS, end},
    operator,
    redis::{RedisServer, until},
};

/// Two nodes that share a database, and Redis if its URL is given.
async fn two(redis: Option<&str>) -> (App, App) {
    let one = App::configured(|config| config.redis = redis.map(url)).await;
    let other = one.another().await;
    if redis.is_some() {
        one.until_linked().await;
        other.until_linked().await;
    }
    (one, other)
}

fn url(redis: &str) -> bifrons::config::RedisConfig {
    bifrons::config::RedisConfig::parse(redis).unwrap()
}

#[tokio::test]
async fn c_38_every_end_takes_effect_on_three_nodes_without_redis() {
    for how in ENDS {
        let one = App::start().await;
        let (two, three) = (one.another().await, one.another().await);
        let other = one.ada().await;
        let victim = one.client();
        victim.sign_in(EMAIL, PASSWORD).await.expect(200);
        let tokens = one.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token");
        let (cookie, bearer) = (victim.snapshot(), one.client().with_token(&tokens));
        for node in [&two, &three] {
            node.poll().await;
            cookie.at(node).get_session().await.expect(200);
            bearer.at(node).get_session().await.expect(200);
        }
        end(how, &victim, &other).await;
        cookie.get_session().await.expect_problem(401, "invalid_session");
        for node in [&two, &three] {
            node.poll().await;
            cookie.at(node).get_session().await.expect_problem(401, "invalid_session");
            let others_ended = ["end others", "password", "delete"].contains(&how);
            assert_eq!(bearer.at(node).get_session().await.status, if others_ended { 401 } else { 200 }, "{how}");
            if how != "delete" {
                other.at(node).get_session().await.expect(200);
            }
        }
    }
}

/// The other node still has the session in process when it ended, and answers with it for up to two seconds. In that time, it only reads.
#[tokio::test]
async fn an_ended_session_changes_nothing_on_a_node_that_has_not_learned_of_the_end() {
    for how in ENDS.into_iter().chain(["operator"]) {
        let one = App::start().await;
        let two = one.another().await;
        let other = one.ada().await;
        let (victim, third) = (one.client(), one.client());
        victim.sign_in(EMAIL, PASSWORD).await.expect(200);
        third.sign_in(EMAIL, PASSWORD).await.expect(200);
        let there = victim.snapshot().at(&two);
        there.get_session().await.expect(200);
        let session = there.session().await;
        if how == "operator" {
            operator::apply(&one.state, AdminAction::Disable, EMAIL).await;
        } else {
            end(how, &victim, &other).await;
        }
        let before = rows(&one).await;
        let one_of_hers = format!("/v1/me/sessions/{}", session.0);
        for (method, path, body) in [
            (Method::PATCH, "/v1/me", Some(json!({ "name": "Mallory" }))),
            (Method::DELETE, one_of_hers.as_str(), None),
            (Method::DELETE, "/v1/me/sessions", None),
            (Method::DELETE, "/v1/me", None),
        ] {
            there.send(method, path, body).await.expect_problem(401, "invalid_session");
        }
        assert_eq!(rows(&one).await, before, "{how}");
    }
}

/// The user authenticated again, and the session has a new secret. A copy of the old one deletes and ends nothing.
#[tokio::test]
async fn an_old_secret_deletes_nothing_on_a_node_that_has_not_learned_of_the_new_one() {
    let one = App::start().await;
    let two = one.another().await;
    let ada = one.ada().await;
    let there = ada.snapshot().at(&two);
    let session = there.session().await;
    ada.reauthenticate(PASSWORD).await.expect(200);
    for path in ["/v1/me/sessions", "/v1/me", &format!("/v1/me/sessions/{}", session.0)] {
        there.delete(path).await.expect_problem(401, "invalid_session");
    }
    ada.get_session().await.expect(200);
}

/// What a change of users and sessions would change.
async fn rows(app: &App) -> [i64; 4] {
    [
        app.count("SELECT max(version) FROM user").await,
        app.count("SELECT count(*) FROM user WHERE name IS NULL").await,
        app.count("SELECT coalesce(max(version), 0) FROM session").await,
        app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await,
    ]
}

/// A node without a database learns of an end by push alone. It drops the session, and cannot read it again.
#[tokio::test]
async fn push_alone_is_sufficient() {
    for how in ENDS {
        let redis = RedisServer::start().await;
        let (one, two) = two(Some(&redis.url())).await;
        let other = one.ada().await;
        let victim = one.client();
        victim.sign_in(EMAIL, PASSWORD).await.expect(200);
        let (there, session) = (victim.snapshot(), victim.session().await);
        two.poll().await;
        there.at(&two).get_session().await.expect(200);
        two.disconnect_database().await;
        there.at(&two).get_session().await.expect(200);
        end(how, &victim, &other).await;
        two.until_forgotten(session).await;
        there.at(&two).get_session().await.expect_problem(503, "unavailable");
    }
}

/// Without Redis, and without a poll by the test, the node polls by itself.
#[tokio::test]
async fn polling_alone_is_sufficient() {
    let (one, two) = two(None).await;
    let ada = one.ada().await;
    let ended = ada.snapshot();
    until(async || two.state.cache.is_current()).await;
    ended.at(&two).get_session().await.expect(200);
    let session = ended.session().await;
    let polls = two.state.cache.polls();
    until(async || two.state.cache.polls() > polls).await;
    ada.sign_out().await.expect(204);
    two.until_forgotten(session).await;
    ended.at(&two).get_session().await.expect_problem(401, "invalid_session");
}

/// A copied refresh token ends its session, and no node accepts its access token any more.
#[tokio::test]
async fn b_14_the_end_of_a_stolen_session_takes_effect_on_all_nodes() {
    let redis = RedisServer::start().await;
    let (one, two) = two(Some(&redis.url())).await;
    one.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let first = one.client().tokens(EMAIL, PASSWORD).await.expect(200);
    let second = one.client().refresh(&first.string("/tokens/refresh_token")).await.expect(200);
    let bearer = one.client().with_token(&second.string("/tokens/access_token"));
    let session = bearer.session().await;
    two.poll().await;
    bearer.at(&two).get_session().await.expect(200);
    one.advance(Duration::from_secs(11)).await;
    two.disconnect_database().await;
    one.client().refresh(&first.string("/tokens/refresh_token")).await.expect_problem(401, "refresh_reused");
    bearer.get_session().await.expect_problem(401, "invalid_token");
    two.until_forgotten(session).await;
}

/// The command line writes to the database and does not inform the nodes.
#[tokio::test]
async fn b_11_the_changes_of_an_operator_take_effect_on_all_nodes() {
    let (one, two) = two(None).await;
    let ada = one.ada().await;
    for action in [AdminAction::SignOut, AdminAction::Disable] {
        ada.sign_in(EMAIL, PASSWORD).await.expect(200);
        let tokens = one.client().tokens(EMAIL, PASSWORD).await.expect(200);
        let bearer = one.client().with_token(&tokens.string("/tokens/access_token"));
        two.poll().await;
        ada.at(&two).get_session().await.expect(200);
        bearer.at(&two).get_session().await.expect(200);
        let ended = operator::apply(&one.state, action, EMAIL).await;
        assert_eq!(ended, 2);
        for node in [&one, &two] {
            node.poll().await;
            ada.at(node).get_session().await.expect_problem(401, "invalid_session");
            bearer.at(node).get_session().await.expect_problem(401, "invalid_token");
            node.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
        }
    }
    two.client().sign_in(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    operator::apply(&one.state, AdminAction::Enable, EMAIL).await;
    ada.at(&two).get_session().await.expect_problem(401, "invalid_session");
    two.client().sign_in(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn changes_are_visible_on_the_other_node() {
    let (one, two) = two(None).await;
    let ada = one.ada().await;
    two.poll().await;
    ada.at(&two).get_session().await.expect(200);
    ada.send(reqwest::Method::PATCH, "/v1/me", Some(json!({"name": "Ada King"}))).await.expect(200);
    two.poll().await;
    assert_eq!(ada.at(&two).get_session().await.expect(200).string("/user/name"), "Ada King");
    // Directly in the database, as the command line does.
    one.sql(&format!("UPDATE user SET roles = 'admin', version = version + 1, changed_at = {}", i64::MAX)).await;
    two.poll().await;
    assert_eq!(ada.at(&two).get("/v1/me").await.expect(200).json()["roles"], json!(["admin"]));
}

#[tokio::test]
async fn a_new_secret_is_valid_on_a_node_that_has_not_polled_it_yet() {
    for redis in [None, Some(RedisServer::start().await)] {
        let (one, two) = two(redis.as_ref().map(RedisServer::url).as_deref()).await;
        let ada = one.ada().await;
        let old = ada.snapshot();
        two.poll().await;
        old.at(&two).get_session().await.expect(200);
        ada.reauthenticate(PASSWORD).await.expect(200);
        ada.at(&two).get_session().await.expect(200);
        two.poll().await;
        old.at(&two).get_session().await.expect_problem(401, "invalid_session");
        ada.at(&two).get_session().await.expect(200);
    }
}

#[tokio::test]
async fn a_node_that_cannot_poll_asks_the_database() {
    let (one, two) = two(None).await;
    one.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    loop {
        let ada = one.client();
        ada.sign_in(EMAIL, PASSWORD).await.expect(200);
        two.poll().await;
        ada.at(&two).get_session().await.expect(200);
        let (ended, polls) = (ada.snapshot(), two.state.cache.polls());
        ada.sign_out().await.expect(204);
        // The last poll is long ago by the wall clock, as after the machine was suspended.
        two.state.clock.advance(Duration::from_secs(6));
        ended.at(&two).get_session().await.expect_problem(401, "invalid_session");
        // The node's own poll in between would make its cache current.
        if two.state.cache.polls() == polls {
            return;
        }
    }
}
