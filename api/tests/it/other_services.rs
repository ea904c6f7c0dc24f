//! Other services: with a token for them, or behind a proxy that asks.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, App, EMAIL, PASSWORD, binary::free_port, redis::until, server::Server};

const ORDERS: &str = "https://orders.example.com";

async fn with_audiences() -> App {
    App::with_environment(&[("BIFRONS_TOKENS__AUDIENCES", "https://orders.example.com,stock")]).await
}

/// What a service makes of a token that trusts the keys alone.
async fn read(app: &App, token: &str, audience: &str) -> Option<Value> {
    let keys = app.someone().get("/.well-known/jwks.json").await.expect(200);
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&keys.text).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.validate_exp = false; // the test's clock stands elsewhere
    validation.set_audience(&[audience]);
    jsonwebtoken::decode(token, &key, &validation).ok().map(|token| token.claims)
}

#[tokio::test]
async fn a_session_of_either_face_becomes_a_token_for_another_service() {
    let app = with_audiences().await;
    let ada = app.ada().await;
    let session = ada.who_am_i().await.expect(200);
    let bearer = app.someone().bearing(&app.someone().tokens(EMAIL, PASSWORD).await.expect(200).string("/access_token"));
    for (who, audience, asked) in
        [(&ada, "stock", json!({"audience": "stock"})), (&ada, ORDERS, json!({})), (&bearer, ORDERS, json!({}))]
    {
        let minted = who.post("/v1/session/token", asked).await.expect(200);
        let token = minted.string("/access_token");
        let claims = read(&app, &token, audience).await.unwrap();
        assert_eq!(claims["sub"], session.string("/user/id"));
        assert_eq!((claims["role"].as_str(), claims["iss"].as_str()), (Some("user"), Some("http://localhost:3000")));
        assert!(read(&app, &token, "another").await.is_none());
        // What another service was given opens nothing here.
        app.someone().bearing(&token).who_am_i().await.expect_problem(401, "invalid_token");
        app.someone().post("/v1/tokens/revoke", json!({ "token": token })).await.expect(204);
        who.who_am_i().await.expect(200);
    }
}

#[tokio::test]
async fn an_audience_that_is_not_listed_gets_nothing() {
    for app in [with_audiences().await, App::start().await] {
        let ada = app.ada().await;
        for audience in ["https://evil.example.com", "", "http://localhost:3000", "STOCK"] {
            let refused =
                ada.post("/v1/session/token", json!({ "audience": audience })).await.expect_problem(422, "validation_failed");
            assert_eq!(refused.broken_rules(), [("audience".to_owned(), "one_of".to_owned())]);
        }
    }
    let app = App::start().await;
    app.ada().await.post("/v1/session/token", json!({})).await.expect_problem(422, "validation_failed");
}

#[tokio::test]
async fn a_minted_token_never_outlives_its_session() {
    let app = with_audiences().await;
    let ada = app.ada().await;
    for _ in 0..28 {
        app.wait(Duration::from_secs(50 * 60)).await;
        ada.who_am_i().await.expect(200);
    }
    app.wait(Duration::from_secs(38 * 60)).await;
    let minted = ada.post("/v1/session/token", json!({})).await.expect(200);
    assert_eq!(minted.json()["expires_in"], 120);
}

#[tokio::test]
async fn stateless_verification_lets_tokens_stand_alone() {
    let app = App::with_environment(&[("BIFRONS_TOKENS__VERIFICATION", "stateless")]).await;
    let ada = app.ada().await;
    let tokens = app.someone().tokens(EMAIL, PASSWORD).await.expect(200);
    let bearer = app.someone().bearing(&tokens.string("/access_token"));
    let cookie = ada.snapshot();
    ada.delete("/v1/me/sessions").await.expect(204);
    ada.sign_out().await.expect(204);
    bearer.who_am_i().await.expect(200);
    cookie.who_am_i().await.expect_problem(401, "invalid_session");
    app.someone().refresh(&tokens.string("/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    app.wait(Duration::from_secs(600)).await;
    bearer.who_am_i().await.expect_problem(401, "invalid_token");
}

#[tokio::test]
async fn verify_says_who_it_is() {
    let app = App::start().await;
    let ada = app.ada().await;
    let session = ada.who_am_i().await.expect(200);
    let verified = ada.get("/v1/verify").await.expect(204);
    assert_eq!(verified.header("x-auth-user-id"), session.string("/user/id"));
    assert_eq!(verified.header("x-auth-session-id"), session.string("/id"));
    assert_eq!(verified.header("x-auth-role"), "user");
    let gone = ada.snapshot();
    ada.sign_out().await.expect(204);
    gone.get("/v1/verify").await.expect_problem(401, "invalid_session");
}

struct Nginx {
    child: Child,
    _folder: tempfile::TempDir,
    port: u16,
}

impl Nginx {
    /// nginx as `docs/other-services.md` configures it, in front of a service that shows what it was sent.
    async fn start(app: &App, upstream: u16) -> Self {
        let page = include_str!("../../../docs/other-services.md");
        let (_, from) = page.split_once("```nginx\n").unwrap();
        let (server, _) = from.split_once("```").unwrap();
        let port = free_port();
        let server = server
            .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port}"))
            .replace("http://127.0.0.1:3000", &format!("http://{}", app.address))
            .replace("http://127.0.0.1:8080", &format!("http://127.0.0.1:{upstream}"));
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let config = format!(
            "daemon off; error_log {at}/error.log; pid {at}/pid; events {{}}\nhttp {{ access_log off; client_body_temp_path {at}/body; \
             proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n{server}}}\n"
        );
        std::fs::write(folder.path().join("nginx.conf"), config).unwrap();
        let mut command = Command::new("nginx");
        let child =
            command.arg("-c").arg(folder.path().join("nginx.conf")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until(async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        Self { child, _folder: folder, port }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &pid]).status(); // its workers go with it
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn behind_nginx_the_service_sees_who_it_is_and_nobody_else_gets_through() {
    let app = App::start().await;
    let ada = app.ada().await;
    let bearer = app.someone().bearing(&app.someone().tokens(EMAIL, PASSWORD).await.expect(200).string("/access_token"));
    let orders = Server::start("200", "200\n");
    let nginx = Nginx::start(&app, orders.port).await;
    let at = |who: &Actor| who.at_port(nginx.port);
    let user = ada.who_am_i().await.expect(200).string("/user/id");
    for who in [&ada, &bearer] {
        let forging = at(who).with("x-auth-user-id", "somebody-else").with("x-auth-role", "admin");
        assert_eq!(forging.send_elsewhere(Method::POST, "/orders").await, 200);
        let heard = orders.heard.lock().unwrap().pop().unwrap().to_ascii_lowercase();
        assert!(heard.contains(&format!("x-auth-user-id: {user}\r\n")), "{heard}");
        assert!(heard.contains("x-auth-role: user\r\n") && !heard.contains("somebody-else") && !heard.contains("admin"), "{heard}");
        assert!(!heard.contains("bfs_") && !heard.contains("authorization"), "the credential stays outside: {heard}");
    }
    let gone = ada.snapshot();
    ada.sign_out().await.expect(204);
    for nobody in [gone, app.someone(), app.someone().bearing("nonsense")] {
        assert_eq!(at(&nobody).with("x-auth-user-id", "somebody-else").send_elsewhere(Method::GET, "/orders").await, 401);
    }
    assert!(orders.heard.lock().unwrap().is_empty(), "none of it reached the service");
}
