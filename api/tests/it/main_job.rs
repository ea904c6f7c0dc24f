//! The main job: sign up, sign in, get the session, sign out. In mode cookie and in mode token.

use reqwest::Method;
use serde_json::json;

use crate::support::{App, EMAIL, PASSWORD};

#[tokio::test]
async fn by_cookie() {
    let app = App::start().await;
    let ada = app.client();

    let user = ada.post("/v1/users", json!({"email": "Ada@Example.com", "password": PASSWORD, "name": "Ada"})).await.expect(201);
    assert_eq!(
        (user.string("/email"), user.string("/name"), user.json()["roles"].clone()),
        ("Ada@Example.com".into(), "Ada".into(), json!([]))
    );
    let names: Vec<_> = user.cookies().into_iter().map(|cookie| cookie.name).collect();
    assert_eq!(names, ["bifrons_device"], "signing up does not sign the user in");

    let signed_in = ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    let cookies = signed_in.cookies();
    let names: Vec<_> = cookies.iter().map(|cookie| cookie.name.as_str()).collect();
    assert_eq!(names, ["bifrons_session", "bifrons_device"]);
    assert!(cookies[0].value.starts_with("bfs_"));
    assert_eq!(cookies[0].attributes, ["Path=/", "HttpOnly", "SameSite=Lax"]);
    assert!(!signed_in.text.contains(&cookies[0].value), "ASVS 3.3.4: only Set-Cookie contains the secret");
    assert!(!signed_in.text.contains("token"), "ASVS 10.1.1: no token in mode cookie");

    let session = ada.get_session().await.expect(200);
    assert_eq!(session.string("/user/id"), user.string("/id"));
    assert_eq!((session.string("/mode"), session.json()["remember"].clone()), ("cookie".into(), json!(false)));

    let out = ada.sign_out().await.expect(204);
    assert_eq!(
        out.cookies()[0].attributes,
        ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=0"],
        "cleared with the attributes it was set with"
    );
    assert_eq!(ada.cookie("bifrons_session"), None);
    ada.get_session().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn by_token() {
    let app = App::start().await;
    let ada = app.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);

    let tokens = ada.tokens(EMAIL, PASSWORD).await.expect(200);
    assert!(tokens.cookies().is_empty(), "no cookie in mode token");
    assert_eq!((tokens.string("/tokens/token_type"), tokens.json()["tokens"]["expires_in"].clone()), ("Bearer".into(), json!(600)));

    let bearer = ada.with_token(&tokens.string("/tokens/access_token"));
    let session = bearer.get_session().await.expect(200);
    assert_eq!((session.string("/mode"), session.string("/id")), ("token".into(), tokens.string("/session/id")));

    let next = ada.refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
    assert_ne!(next.string("/tokens/refresh_token"), tokens.string("/tokens/refresh_token"));
    assert_eq!(next.string("/session/id"), session.string("/id"), "the same session");
    ada.with_token(&next.string("/tokens/access_token")).get("/v1/me").await.expect(200);

    bearer.sign_out().await.expect(204);
    ada.with_token(&next.string("/tokens/access_token")).get_session().await.expect_problem(401, "invalid_token");
    ada.refresh(&next.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn by_token_with_the_refresh_token_in_a_cookie() {
    let app = App::start().await;
    let ada = app.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);

    let body = json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "refresh_in": "cookie", "remember": true});
    let tokens = ada.post("/v1/session", body).await.expect(200);
    assert!(tokens.json()["tokens"].get("refresh_token").is_none(), "no script may read it");
    let cookie = &tokens.cookies()[0];
    assert_eq!(cookie.name, "bifrons_refresh");
    assert_eq!(cookie.attributes, ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=2592000"]);

    let first = ada.cookie("bifrons_refresh");
    let next = ada.post("/v1/tokens/refresh", json!({})).await.expect(200);
    assert!(next.json()["tokens"].get("refresh_token").is_none());
    assert_ne!(ada.cookie("bifrons_refresh"), first, "rotated");

    ada.get("/v1/me").await.expect_problem(401, "unauthenticated");
    ada.sign_out().await.expect(204);
    assert_eq!(ada.cookie("bifrons_refresh"), None);
    ada.with_token(&next.string("/tokens/access_token")).get("/v1/me").await.expect_problem(401, "invalid_token");
}

#[tokio::test]
async fn asvs_7_4_4_signing_out_always_succeeds_and_ends_every_session_of_the_request() {
    let app = App::start().await;
    app.client().sign_out().await.expect(204);
    app.ada().await;
    let live = async || app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await;
    app.sql("DELETE FROM session").await;

    let signed_in = async || {
        let ada = app.client();
        ada.sign_in(EMAIL, PASSWORD).await.expect(200);
        ada
    };
    signed_in().await.with("authorization", "Bearer nonsense").sign_out().await.expect(204);
    signed_in().await.with("authorization", "Basic x").sign_out().await.expect(204);
    signed_in().await.with("cookie", "bifrons_session=planted").sign_out().await.expect(204);
    assert_eq!(live().await, 0);

    let page = app.client();
    page.post("/v1/session", json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "refresh_in": "cookie"}))
        .await
        .expect(200);
    page.with_token("a token that is not valid").sign_out().await.expect(204);
    assert_eq!(live().await, 0, "the refresh cookie ends its session too");

    let disabled = signed_in().await;
    app.sql("UPDATE user SET status = 'disabled'").await;
    let before = disabled.snapshot();
    disabled.sign_out().await.expect(204);
    app.sql("UPDATE user SET status = 'active'").await;
    before.get_session().await.expect_problem(401, "invalid_session");

    let both = signed_in().await;
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    both.with_token(&tokens.string("/tokens/access_token")).sign_out().await.expect(204);
    both.sign_out().await.expect(204);
    assert_eq!(live().await, 0);
}

#[tokio::test]
async fn tokens_that_were_replaced_end_nothing() {
    let app = App::start().await;
    let ada = app.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    let old = ada.tokens(EMAIL, PASSWORD).await.expect(200);
    let bearer = ada.with_token(&old.string("/tokens/access_token"));
    let new = bearer.reauthenticate(PASSWORD).await.expect(200).string("/tokens/access_token");
    for token in ["/tokens/access_token", "/tokens/refresh_token"] {
        ada.post("/v1/tokens/revoke", json!({"token": old.string(token)})).await.expect(204);
    }
    bearer.sign_out().await.expect(204);
    ada.with_token(&new).get_session().await.expect(200);
}

#[tokio::test]
async fn cookies_of_an_earlier_configuration_are_cleared_too() {
    let domain = [("BIFRONS_PUBLIC_URL", "https://api.example.com"), ("BIFRONS_COOKIE__DOMAIN", "example.com")];
    let app = App::with_environment(&domain).await;
    let ada = app.ada().await;
    let out = ada.sign_out().await.expect(204);
    let cleared: Vec<_> = out.cookies().iter().map(|cookie| cookie.attributes.join("; ")).collect();
    assert_eq!(cleared.len(), 4, "with and without Domain, with and without Partitioned: {cleared:#?}");
    assert!(cleared.iter().all(|attributes| attributes.contains("Secure") && attributes.ends_with("Max-Age=0")));
}

#[tokio::test]
async fn an_expired_access_token_still_signs_out() {
    let app = App::start().await;
    let ada = app.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    let tokens = ada.tokens(EMAIL, PASSWORD).await.expect(200);
    app.advance(std::time::Duration::from_secs(601)).await;
    let bearer = ada.with_token(&tokens.string("/tokens/access_token"));
    bearer.get_session().await.expect_problem(401, "invalid_token");
    bearer.sign_out().await.expect(204);
    ada.refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn rfc_7009_revoking_a_token_always_answers_204() {
    let app = App::start().await;
    let ada = app.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    for kind in ["/tokens/refresh_token", "/tokens/access_token"] {
        let tokens = ada.tokens(EMAIL, PASSWORD).await.expect(200);
        for _ in 0..2 {
            ada.post("/v1/tokens/revoke", json!({"token": tokens.string(kind)})).await.expect(204);
        }
        ada.refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
        ada.with_token(&tokens.string("/tokens/access_token")).get_session().await.expect_problem(401, "invalid_token");
    }
    for nonsense in ["", "x", "bfr_", "bfr_AAAA", "bfs_AAAA", "a.b.c"] {
        ada.post("/v1/tokens/revoke", json!({"token": nonsense})).await.expect(204);
    }
}

#[tokio::test]
async fn changing_and_removing_the_name() {
    let app = App::start().await;
    let ada = app.ada().await;
    let patch = async |body| ada.send(Method::PATCH, "/v1/me", Some(body)).await;
    assert_eq!(patch(json!({"name": "Ada King"})).await.expect(200).string("/name"), "Ada King");
    assert_eq!(patch(json!({})).await.expect(200).string("/name"), "Ada King", "a field that is left out stays");
    assert_eq!(ada.get_session().await.expect(200).string("/user/name"), "Ada King");
    assert!(patch(json!({"name": null})).await.expect(200).json().get("name").is_none());
    assert!(ada.get("/v1/me").await.expect(200).json().get("name").is_none());
    for wrong in ["", "   ", "a\u{0}b", "a\nb", &"x".repeat(101)] {
        let problem = patch(json!({"name": wrong})).await.expect_problem(422, "validation_failed");
        assert_eq!(problem.broken_rules()[0].0, "name");
    }
    assert_eq!(patch(json!({"name": "🐎".repeat(100)})).await.expect(200).status, 200);
}
