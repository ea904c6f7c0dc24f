//! Re-authenticating, changing the password, and deleting the account.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{App, EMAIL, PASSWORD};

const NEW: &str = "another horse entirely";

#[tokio::test]
async fn b_12_a_new_password_ends_the_other_sessions_and_renews_this_one() {
    let app = App::start().await;
    let ada = app.ada().await;
    let before = ada.snapshot();
    let laptop = app.client();
    laptop.sign_in(EMAIL, PASSWORD).await.expect(200);
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);

    let id = ada.get_session().await.expect(200).string("/id");
    let changed = ada.change_password(PASSWORD, NEW).await.expect(200);
    assert_eq!(changed.string("/session/id"), id, "the same session");
    assert!(changed.json().get("tokens").is_none(), "no token in mode cookie");
    ada.get_session().await.expect(200);
    before.get_session().await.expect_problem(401, "invalid_session");
    laptop.get_session().await.expect_problem(401, "invalid_session");
    app.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    app.client().with_token(&tokens.string("/tokens/access_token")).get_session().await.expect_problem(401, "invalid_token");
    app.client().sign_in(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    app.client().sign_in(EMAIL, NEW).await.expect(200);
}

#[tokio::test]
async fn re_authentication_in_mode_token_replaces_the_tokens() {
    let app = App::start().await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    for refresh_in in ["body", "cookie"] {
        let ada = app.client();
        let body = json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "refresh_in": refresh_in});
        let first = ada.post("/v1/session", body).await.expect(200);
        let old_cookie = ada.cookie("bifrons_refresh");
        let bearer = ada.with_token(&first.string("/tokens/access_token"));

        let renewed = bearer.reauthenticate(PASSWORD).await.expect(200);
        bearer.get_session().await.expect_problem(401, "invalid_token");
        ada.with_token(&renewed.string("/tokens/access_token")).get_session().await.expect(200);
        assert_eq!(renewed.string("/session/id"), first.string("/session/id"));
        if refresh_in == "body" {
            ada.refresh(&first.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
            ada.refresh(&renewed.string("/tokens/refresh_token")).await.expect(200);
        } else {
            assert!(renewed.json()["tokens"].get("refresh_token").is_none());
            ada.refresh(&old_cookie.unwrap()).await.expect_problem(401, "invalid_refresh_token");
            ada.post("/v1/tokens/refresh", json!({})).await.expect(200);
        }
    }
}

#[tokio::test]
async fn asvs_6_2_3_changing_the_password_demands_the_current_one() {
    let app = App::start().await;
    let ada = app.ada().await;
    let before = ada.cookie("bifrons_session");
    for wrong in ["", "wrong password", " correct horse battery", NEW] {
        ada.change_password(wrong, NEW).await.expect_problem(403, "wrong_password");
    }
    for body in [
        json!({"new_password": NEW}),
        json!({"current_password": null, "new_password": NEW}),
        json!({"current_password": PASSWORD}),
    ] {
        ada.send(Method::PUT, "/v1/me/password", Some(body)).await.expect_problem(422, "validation_failed");
    }
    let problem = ada.change_password(PASSWORD, "short").await.expect_problem(422, "validation_failed");
    assert_eq!(problem.broken_rules(), [("new_password".into(), "min_length".into())]);
    let problem = ada.change_password(PASSWORD, &"🐎".repeat(300)).await.expect_problem(422, "validation_failed");
    assert_eq!(problem.broken_rules(), [("new_password".into(), "max_bytes".into())]);
    assert_eq!(ada.cookie("bifrons_session"), before);
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_sign_in_does_not_survive_a_password_change() {
    for _ in 0..10 {
        let app = App::configured(|config| config.passwords.hashing.workers = 8).await;
        let ada = app.ada().await;
        let stale: Vec<_> = (0..8)
            .map(|_| {
                tokio::spawn({
                    let client = app.client();
                    async move { (client.sign_in(EMAIL, PASSWORD).await.status, client) }
                })
            })
            .collect();
        ada.change_password(PASSWORD, NEW).await.expect(200);
        for one in stale {
            let (status, client) = one.await.unwrap();
            assert!(status == 401 || status == 200);
            assert_eq!(client.get_session().await.status, 401, "the sign-in with the old password survived the change");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_concurrent_changes_one_takes_effect() {
    let app = App::start().await;
    let ada = app.ada().await;
    let other = app.client();
    other.sign_in(EMAIL, PASSWORD).await.expect(200);
    let (one, two) =
        tokio::join!(ada.change_password(PASSWORD, "password number one"), other.change_password(PASSWORD, "password number two"));
    let changed = [one.status, two.status].iter().filter(|status| **status == 200).count();
    assert_eq!(changed, 1, "{} {}", one.text, two.text);
    let works = async |password| app.client().sign_in(EMAIL, password).await.status == 200;
    assert_ne!(works("password number one").await, works("password number two").await);
}

#[tokio::test]
async fn re_authentication_demands_the_password_and_replaces_the_cookie() {
    let app = App::start().await;
    let ada = app.ada().await;
    let before = ada.snapshot();
    ada.reauthenticate("wrong password").await.expect_problem(403, "wrong_password");
    before.get_session().await.expect(200);
    app.advance(Duration::from_secs(60)).await;
    let renewed = ada.reauthenticate(PASSWORD).await.expect(200);
    assert!(renewed.string("/session/authenticated_at") > renewed.string("/session/created_at"));
    before.get_session().await.expect_problem(401, "invalid_session");
    ada.get_session().await.expect(200);
}

#[tokio::test]
async fn asvs_7_5_1_deleting_the_account_demands_a_fresh_session() {
    let app = App::start().await;
    let ada = app.ada().await;
    app.advance(Duration::from_secs(600)).await;
    let fresh = app.client();
    fresh.sign_in(EMAIL, PASSWORD).await.expect(200);
    app.advance(Duration::from_millis(1)).await;
    ada.delete("/v1/me").await.expect_problem(403, "reauthentication_required");
    ada.get("/v1/me").await.expect(200);
    ada.reauthenticate(PASSWORD).await.expect(200);
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(ada.delete("/v1/me").await.expect(204).cookies()[0].max_age, Some(0));

    ada.get_session().await.expect_problem(401, "unauthenticated");
    fresh.get_session().await.expect_problem(401, "invalid_session");
    app.client().with_token(&tokens.string("/tokens/access_token")).get_session().await.expect_problem(401, "invalid_token");
    app.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    let left = "SELECT (SELECT count(*) FROM user WHERE status <> 'deleted' OR email <> '' OR name IS NOT NULL OR roles <> '')
        + (SELECT count(*) FROM password) + (SELECT count(*) FROM session) + (SELECT count(*) FROM token_grant)";
    assert_eq!(app.count(left).await, 0, "no personal data is left");
    app.advance(Duration::from_secs(25 * 3600)).await;
    app.sql("UPDATE user SET changed_at = changed_at - 90000000").await;
    bifrons::maintenance::purge(&app.state).await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM user").await, 0, "after a day the row is deleted too");
}

#[tokio::test]
async fn asvs_10_3_3_the_next_owner_of_an_address_is_another_user() {
    let app = App::start().await;
    let ada = app.ada().await;
    let first = ada.get("/v1/me").await.expect(200).string("/id");
    let old = app.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token");
    ada.delete("/v1/me").await.expect(204);
    let next = app.ada().await;
    assert_ne!(next.get("/v1/me").await.expect(200).string("/id"), first);
    app.client().with_token(&old).get_session().await.expect_problem(401, "invalid_token");
}

#[tokio::test]
async fn asvs_6_2_4_guessable_passwords_are_refused_by_their_rule() {
    let app = App::start().await;
    for (password, rule) in [("password1", "common"), ("Ada@Example.com1", "context"), ("bifrons2026", "context")] {
        let refused = app.client().sign_up(EMAIL, password).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.broken_rules(), [("password".to_owned(), rule.to_owned())]);
    }
    let refused = app.ada().await.change_password(PASSWORD, "qwertyuiop").await.expect_problem(422, "validation_failed");
    assert_eq!(refused.broken_rules(), [("new_password".to_owned(), "common".to_owned())]);
}
