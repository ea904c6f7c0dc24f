//! Without the database every operation that needs it answers 503 with `Retry-After`, never 401 and never success.

use serde_json::json;

use crate::support::{App, EMAIL, PASSWORD, passkey::Passkey, specification::operations};

#[tokio::test]
async fn asvs_16_5_2_every_operation_says_503() {
    let app = App::with_environment(&[("BIFRONS_SESSIONS__CACHE_MIB", "0")]).await;
    let ada = app.ada().await;
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    let passkey = Passkey::enrol(&ada).await.0.answer(&ada).await;
    app.state.db.clone().close().await.unwrap();

    for operation in operations() {
        if ["/v1/probe", "/v1/configuration", "/v1/session/passkey/options"].contains(&operation.template.as_str()) {
            continue; // needs no database
        }
        let body = match operation.id.as_str() {
            "refreshTokens" => Some(json!({"refresh_token": tokens.string("/tokens/refresh_token")})),
            "revokeToken" => Some(json!({"token": tokens.string("/tokens/refresh_token")})),
            // Refused before the database is asked, unless it answers a challenge of the service.
            "signInWithPasskey" => Some(json!({"passkey": passkey})),
            _ => operation.example(),
        };
        let by_cookie = ada.snapshot().send(operation.method.clone(), &operation.path(), body.clone()).await;
        assert_eq!(by_cookie.expect_problem(503, "unavailable").header("retry-after"), "5", "{}", operation.id);
        let bearer = app.client().with_token(&tokens.string("/tokens/access_token"));
        bearer.send(operation.method.clone(), &operation.path(), body).await.expect_problem(503, "unavailable");
    }
    app.client().get("/health/ready").await.expect(503);
    app.client().get("/health/live").await.expect(200);
    app.client().get("/.well-known/jwks.json").await.expect(200);
}

#[tokio::test]
async fn cached_sessions_are_accepted_for_a_short_time() {
    let app = App::start().await;
    let ada = app.ada().await;
    app.poll().await;
    app.state.db.clone().close().await.unwrap();
    ada.get_session().await.expect(200);
    app.client().sign_in(EMAIL, PASSWORD).await.expect_problem(503, "unavailable");
}

#[tokio::test]
async fn a_failed_sign_out_is_503_and_clears_the_cookie() {
    let app = App::start().await;
    let ada = app.ada().await;
    let cookie = ada.cookie("bifrons_session").unwrap();
    app.forbid("UPDATE ON session").await;
    let answer = ada.sign_out().await.expect_problem(503, "unavailable");
    assert_eq!(answer.cookies()[0].max_age, Some(0));
    assert_eq!(ada.cookie("bifrons_session"), None);

    app.allow("UPDATE ON session").await;
    ada.put_cookie("bifrons_session", cookie);
    ada.get_session().await.expect(200);
    ada.sign_out().await.expect(204);
}

#[tokio::test]
async fn failed_operations_change_nothing() {
    let app = App::start().await;
    let ada = app.ada().await;
    let before = ada.snapshot();
    app.forbid("UPDATE OF secret_hash ON session").await;
    ada.reauthenticate(PASSWORD).await.expect_problem(503, "unavailable");
    ada.change_password(PASSWORD, "another horse entirely").await.expect_problem(503, "unavailable");
    before.get_session().await.expect(200);
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);

    app.forbid("INSERT ON session").await;
    let answer = ada.sign_in(EMAIL, PASSWORD).await.expect_problem(503, "unavailable");
    assert!(answer.cookies().is_empty());
    before.get_session().await.expect(200);

    app.allow("INSERT ON session").await;
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    app.forbid("INSERT ON outgoing_mail").await;
    app.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
    app.advance(std::time::Duration::from_secs(11)).await;
    app.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(503, "unavailable");
    app.allow("INSERT ON outgoing_mail").await;
    app.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "refresh_reused");
    assert!(app.letters().await[0].contains(EMAIL), "the session ended and the mail was sent, or neither");
}
