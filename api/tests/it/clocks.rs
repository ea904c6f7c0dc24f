//! The idle time and the absolute time of a session, and what extends them.

use std::{sync::Arc, time::Duration};

use bifrons::{
    clock::Clock,
    maintenance::{keep_keys, purge},
    state::AppState,
};
use serde_json::json;

use crate::support::{App, EMAIL, PASSWORD};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn asvs_7_3_1_an_unused_session_ends() {
    let app = App::start().await;
    let ada = app.ada().await;
    app.advance(HOUR - SECOND).await;
    ada.get_session().await.expect(200);
    app.advance(HOUR - SECOND).await;
    ada.get_session().await.expect(200);
    app.advance(HOUR).await;
    ada.get_session().await.expect_problem(401, "invalid_session");
}

#[tokio::test]
async fn asvs_7_3_2_a_used_session_ends_at_its_absolute_time() {
    let app = App::start().await;
    let ada = app.ada().await;
    for _ in 0..47 {
        app.advance(HOUR / 2).await;
        ada.get_session().await.expect(200);
    }
    app.advance(HOUR / 2).await;
    ada.get_session().await.expect_problem(401, "invalid_session");
}

#[tokio::test]
async fn remember_extends_both_times_and_the_cookie() {
    let app = App::start().await;
    let ada = app.ada().await;
    let cookie = &ada.sign_in_and_stay(EMAIL, PASSWORD).await.expect(200).cookies()[0];
    assert_eq!(cookie.max_age, Some(30 * 86_400));
    for _ in 0..2 {
        app.advance(14 * DAY - SECOND).await;
        ada.get_session().await.expect(200);
    }
    app.advance(2 * DAY).await;
    ada.get_session().await.expect(200);
    app.advance(2 * SECOND).await;
    ada.get_session().await.expect_problem(401, "invalid_session");
}

#[tokio::test]
async fn use_is_stored_at_most_every_tenth_of_the_idle_time() {
    let app = App::start().await;
    let ada = app.ada().await;
    let seen = async || app.count("SELECT last_seen_at FROM session").await;
    let first = seen().await;
    app.advance(Duration::from_secs(359)).await;
    ada.get_session().await.expect(200);
    assert_eq!(seen().await, first);
    app.advance(SECOND).await;
    let used = ada.get_session().await.expect(200);
    assert_eq!(used.string("/idle_expires_at"), "2026-01-01T10:06:00.000Z", "the answer includes this use");
    app.advance(Duration::ZERO).await;
    assert_eq!(seen().await, first + 360_000);
}

/// The node has not learned of the end; its note of the use finds it.
#[tokio::test]
async fn the_use_of_a_session_that_has_ended_is_its_last() {
    let app = App::start().await;
    let ada = app.ada().await;
    app.poll().await;
    app.execute("UPDATE session SET ended_at = 1, ended_because = 'revoked', version = version + 1").await;
    app.advance(Duration::from_secs(600)).await;
    app.poll().await;
    ada.get_session().await.expect(200);
    app.state.touches.idle().await;
    ada.get_session().await.expect_problem(401, "invalid_session");
}

#[tokio::test]
async fn a_request_succeeds_although_its_use_cannot_be_stored() {
    let app = App::start().await;
    let ada = app.ada().await;
    app.forbid("UPDATE ON session").await;
    app.advance(HOUR / 2).await;
    ada.get_session().await.expect(200);
}

#[tokio::test]
async fn the_next_use_is_stored_after_one_that_could_not_be() {
    let app = App::start().await;
    let ada = app.ada().await;
    app.forbid("UPDATE ON session").await;
    app.advance(HOUR / 2).await;
    ada.get_session().await.expect(200);
    app.advance(Duration::ZERO).await;
    app.allow("UPDATE ON session").await;
    ada.get_session().await.expect(200);
    app.advance(HOUR * 3 / 4).await;
    ada.at(&app.another().await).get_session().await.expect(200);
}

#[tokio::test]
async fn an_access_token_is_valid_for_ten_minutes_and_never_longer_than_its_session() {
    let app = App::start().await;
    let ada = app.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    let mut tokens = ada.tokens(EMAIL, PASSWORD).await.expect(200);
    let bearer = ada.with_token(&tokens.string("/tokens/access_token"));
    app.advance(Duration::from_secs(599)).await;
    bearer.get_session().await.expect(200);
    app.advance(SECOND).await;
    bearer.get_session().await.expect_problem(401, "invalid_token");

    for _ in 0..47 {
        tokens = ada.refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
        app.advance(HOUR / 2).await;
    }
    app.advance(HOUR / 2 - Duration::from_secs(600 + 60)).await;
    let last = ada.refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
    assert_eq!(last.json()["tokens"]["expires_in"], json!(60));
}

#[tokio::test]
async fn b_10_answers_and_lists_follow_a_shortened_lifetime() {
    let app = App::start().await;
    let ada = app.ada().await;
    ada.sign_in_and_stay(EMAIL, PASSWORD).await.expect(200);
    let shorter = app.reconfigured(|config| config.sessions.remembered.absolute = HOUR).await;
    let cookie = ada.cookie("bifrons_session").unwrap();
    let ada = shorter.client();
    ada.put_cookie("bifrons_session", cookie);
    assert_eq!(ada.get_session().await.expect(200).string("/expires_at"), "2026-01-01T10:00:00.000Z");
    shorter.advance(HOUR).await;
    let again = shorter.client();
    again.sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(again.get("/v1/me/sessions").await.expect(200).json()["items"].as_array().unwrap().len(), 1);
    ada.get_session().await.expect_problem(401, "invalid_session");
}

#[tokio::test]
async fn use_on_one_node_keeps_a_session_alive_on_all() {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let one = App::start().await;
    let two = one.another().await;
    let ada = one.ada().await;
    two.poll().await;
    ada.at(&two).get_session().await.expect(200);
    for _ in 0..3 {
        one.advance(minutes(40)).await;
        one.poll().await;
        ada.get_session().await.expect(200);
    }
    one.state.touches.idle().await;
    two.poll().await;
    ada.at(&two).get_session().await.expect(200);
    one.advance(minutes(61)).await;
    ada.at(&two).get_session().await.expect_problem(401, "invalid_session");
}

#[tokio::test]
async fn uses_on_two_nodes_are_stored_whichever_node_stored_the_last() {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let one = App::start().await;
    let two = one.another().await;
    let ada = one.ada().await;
    for node in [&one, &two] {
        ada.at(node).get_session().await.expect(200);
    }
    let advance = async |n| {
        for node in [&one, &two] {
            node.state.touches.idle().await;
        }
        one.advance(minutes(n)).await;
    };
    advance(7).await;
    ada.get_session().await.expect(200);
    advance(1).await;
    ada.at(&two).get_session().await.expect(200);
    for _ in 0..6 {
        advance(10).await;
        ada.at(&two).get_session().await.expect(200);
    }
    advance(1).await;
    let new = one.another().await;
    for node in [&one, &new] {
        node.state.cache.clear();
        ada.at(node).get_session().await.expect(200);
    }
}

/// The other nodes still use what a node whose clock is years ahead takes for old.
#[tokio::test]
async fn a_node_whose_clock_is_years_ahead_removes_nothing() {
    let app = App::configured(|config| {
        crate::limits::limited("5/1h", "1000/1m", "1000/1m")(config);
        config.accounts.deletion_grace = 30 * DAY;
    })
    .await;
    // The clock of the database is right.
    app.state.clock.advance(Clock::System.now().since(app.state.clock.now()));
    keep_keys(&app.state).await.unwrap();
    let ada = app.ada().await;
    app.client().sign_in(EMAIL, "not the password at all").await.expect(401);
    let leaving = app.client();
    leaving.sign_up("grace@example.com", PASSWORD).await.expect(201);
    leaving.sign_in("grace@example.com", PASSWORD).await.expect(200);
    leaving.delete("/v1/me").await.expect(204);
    // Without the limits that are new again in a moment.
    let soon = app.state.clock.now().plus(Duration::from_secs(600)).0;
    let rows = async |app: &App| {
        let mut rows = Vec::new();
        for rest in ["user", "session", &format!("attempt_limit WHERE new_at > {soon}"), "signing_key"] {
            rows.push(app.count(&format!("SELECT count(*) FROM {rest}")).await);
        }
        rows
    };
    let before = rows(&app).await;
    assert!(!before.contains(&0), "{before:?}");
    let ahead = Clock::manual(app.state.clock.now().plus(3650 * DAY));
    let ahead = Arc::new(Box::pin(AppState::open(app.state.config.clone(), ahead)).await.unwrap());
    purge(&ahead).await.unwrap();
    keep_keys(&ahead).await.unwrap();
    assert_eq!(rows(&app).await, before);
    app.state.cache.clear();
    ada.get_session().await.expect(200);
    leaving.sign_in("grace@example.com", PASSWORD).await.expect(200);
}
