//! Access tokens for other services.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, EMAIL, PASSWORD};

const ORDERS: &str = "https://orders.example.com";

async fn with_audiences() -> App {
    App::with_environment(&[("BIFRONS_TOKENS__AUDIENCES", "https://orders.example.com,stock")]).await
}

/// The claims, verified as another service does: with the public keys alone.
async fn read(app: &App, token: &str, audience: &str) -> Option<Value> {
    let keys = app.client().get("/.well-known/jwks.json").await.expect(200);
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&keys.text).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.validate_exp = false; // the service has a manual clock
    validation.set_audience(&[audience]);
    jsonwebtoken::decode(token, &key, &validation).ok().map(|token| token.claims)
}

#[tokio::test]
async fn a_session_of_either_mode_gets_a_token_for_another_service() {
    let app = with_audiences().await;
    let ada = app.ada().await;
    let session = ada.get_session().await.expect(200);
    let bearer = app.client().with_token(&app.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token"));
    for (who, audience, asked) in
        [(&ada, "stock", json!({"audience": "stock"})), (&ada, ORDERS, json!({})), (&bearer, ORDERS, json!({}))]
    {
        let minted = who.post("/v1/session/token", asked).await.expect(200);
        let token = minted.string("/access_token");
        let claims = read(&app, &token, audience).await.unwrap();
        assert_eq!(claims["sub"], session.string("/user/id"));
        assert_eq!((&claims["roles"], claims["iss"].as_str()), (&json!([]), Some("http://localhost:3000")));
        assert!(read(&app, &token, "another").await.is_none());
        // This service refuses a token for another service.
        app.client().with_token(&token).get_session().await.expect_problem(401, "invalid_token");
        app.client().post("/v1/tokens/revoke", json!({ "token": token })).await.expect(204);
        who.get_session().await.expect(200);
    }
}

#[tokio::test]
async fn an_audience_that_is_not_configured_is_refused() {
    for app in [with_audiences().await, App::start().await] {
        let ada = app.ada().await;
        for audience in ["https://evil.example.com", "", "http://localhost:3000", "STOCK"] {
            let refused =
                ada.post("/v1/session/token", json!({ "audience": audience })).await.expect_problem(422, "validation_failed");
            assert_eq!(refused.broken_rules(), [("audience".to_owned(), "one_of".to_owned())]);
        }
    }
}

#[tokio::test]
async fn there_is_one_audience_if_none_is_configured() {
    let app = App::start().await;
    let ada = app.ada().await;
    for body in [json!({}), json!({ "audience": "services" })] {
        let minted = ada.post("/v1/session/token", body).await.expect(200).string("/access_token");
        ada.with_token(&minted).get_session().await.expect_problem(401, "invalid_token");
    }
    let configured = with_audiences().await.ada().await;
    configured.post("/v1/session/token", json!({ "audience": "services" })).await.expect_problem(422, "validation_failed");
}

#[tokio::test]
async fn a_minted_token_never_outlives_its_session() {
    let app = with_audiences().await;
    let ada = app.ada().await;
    for _ in 0..28 {
        app.advance(Duration::from_secs(50 * 60)).await;
        ada.get_session().await.expect(200);
    }
    app.advance(Duration::from_secs(38 * 60)).await;
    let minted = ada.post("/v1/session/token", json!({})).await.expect(200);
    assert_eq!(minted.json()["expires_in"], 120);
}

#[tokio::test]
async fn stateless_verification_accepts_tokens_until_they_expire() {
    let app = App::with_environment(&[("BIFRONS_TOKENS__VERIFICATION", "stateless"), ("BIFRONS_TOKENS__AUDIENCES", ORDERS)]).await;
    let ada = app.ada().await;
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    let bearer = app.client().with_token(&tokens.string("/tokens/access_token"));
    let cookie = ada.snapshot();
    ada.delete("/v1/me/sessions").await.expect(204);
    ada.sign_out().await.expect(204);
    bearer.get_session().await.expect(200);
    bearer.get("/v1/verify").await.expect(204);
    cookie.get_session().await.expect_problem(401, "invalid_session");
    // Such a token proves the identity. All other operations demand a live session.
    bearer.post("/v1/session/token", json!({})).await.expect_problem(401, "invalid_token");
    bearer.get("/v1/me").await.expect_problem(401, "invalid_token");
    bearer.get("/v1/me/sessions").await.expect_problem(401, "invalid_token");
    bearer.send(Method::PATCH, "/v1/me", Some(json!({"name": "Eve"}))).await.expect_problem(401, "invalid_token");
    bearer.change_password(PASSWORD, "another horse entirely").await.expect_problem(401, "invalid_token");
    bearer.delete("/v1/me").await.expect_problem(401, "invalid_token");
    app.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    app.advance(Duration::from_secs(600)).await;
    bearer.get_session().await.expect_problem(401, "invalid_token");
}
