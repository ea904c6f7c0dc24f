//! Other services behind a proxy that asks `verify`.

use reqwest::Method;

use crate::support::{Actor, App, EMAIL, PASSWORD, binary::free_port, nginx::Nginx, server::Server};

#[tokio::test]
async fn verify_names_user_and_session() {
    let app = App::start().await;
    let ada = app.ada().await;
    let session = ada.get_session().await.expect(200);
    let verified = ada.get("/v1/verify").await.expect(204);
    assert_eq!(verified.header("x-auth-user-id"), session.string("/user/id"));
    assert_eq!(verified.header("x-auth-session-id"), session.string("/id"));
    assert_eq!(verified.headers["x-auth-roles"], "", "no roles");
    let gone = ada.snapshot();
    ada.sign_out().await.expect(204);
    gone.get("/v1/verify").await.expect_problem(401, "invalid_session");
}

/// A proxy that keeps the method gets the answer of GET, so that no OPTIONS request passes without a credential.
#[tokio::test]
async fn options_is_answered_as_get() {
    let origin = "http://localhost:5173";
    let app = App::with_environment(&[("BIFRONS_ORIGINS", origin)]).await;
    let ada = app.ada().await;
    let user = ada.get_session().await.expect(200).string("/user/id");
    for path in ["/v1/verify", "/v1/verify?of=ada", "/v1/verify/orders"] {
        for headers in [&[][..], &[("origin", origin)], &[("origin", origin), ("access-control-request-method", "GET")]] {
            let with_headers = |actor: Actor| headers.iter().fold(actor, |actor, (name, value)| actor.with(name, *value));
            let refused = with_headers(app.client()).ask(Method::OPTIONS, path).await;
            assert_eq!(
                (refused.status().as_u16(), refused.headers().contains_key("www-authenticate")),
                (401, true),
                "{path} {headers:?}"
            );
            let passed = with_headers(ada.clone()).ask(Method::OPTIONS, path).await;
            assert_eq!(passed.status(), ada.ask(Method::GET, path).await.status(), "{path} {headers:?}");
            assert_eq!(passed.headers()["x-auth-user-id"].to_str().unwrap(), user);
        }
    }
}

/// Envoy sends the method, the path and the `Origin` of the request that it asks about; only 200 lets it pass.
#[tokio::test]
async fn envoy_is_answered_on_every_method_and_path() {
    let app = App::start().await;
    let ada = app.ada().await;
    let user = ada.get_session().await.expect(200).string("/user/id");
    let gone = ada.snapshot();
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    for method in &methods {
        for path in ["/", "/orders?of=ada", "/a/b/../c%2F"] {
            let path = format!("/v1/verify{path}");
            let asked = ada.with("origin", "https://evil.example").ask(method.clone(), &path).await;
            assert_eq!(asked.status(), 200, "{method} {path}");
            assert_eq!(asked.headers()["x-auth-user-id"].to_str().unwrap(), user);
            assert!(asked.bytes().await.unwrap().is_empty());
            assert_eq!(app.client().ask(method.clone(), &path).await.status(), 401);
        }
    }
    ada.sign_out().await.expect(204);
    for method in methods {
        assert_eq!(gone.ask(method, "/v1/verify/orders").await.status(), 401);
    }
    // Only below that path.
    let elsewhere = app.client().with("origin", "https://evil.example").ask(Method::POST, "/v1/verify").await;
    assert_eq!(elsewhere.status(), 403);
}

/// nginx as `docs/other-services.md` configures it, in front of a service that records its requests; and its port.
async fn nginx(app: &App, upstream: u16) -> (Nginx, u16) {
    let page = include_str!("../../../docs/other-services.md");
    let (_, from) = page.split_once("```nginx\n").unwrap();
    let (server, _) = from.split_once("```").unwrap();
    let port = free_port();
    let server = server
        .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port}"))
        .replace("127.0.0.1:3000", &app.address.to_string())
        .replace("127.0.0.1:8080", &format!("127.0.0.1:{upstream}"));
    (Nginx::start(&server, port).await, port)
}

#[tokio::test]
async fn behind_nginx_the_service_learns_the_user_and_other_requests_are_refused() {
    let app = App::start().await;
    let ada = app.ada().await;
    let bearer = app.client().with_token(&app.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token"));
    let orders = Server::start("200", "200\n");
    let (_nginx, port) = nginx(&app, orders.port).await;
    let at = |actor: &Actor| actor.at_port(port);
    let user = ada.get_session().await.expect(200).string("/user/id");
    for actor in [&ada, &bearer] {
        let forging = at(actor).with("x-auth-user-id", "another-user").with("x-auth-roles", "admin");
        assert_eq!(forging.send_elsewhere(Method::POST, "/orders").await, 200);
        let received = orders.requests.lock().unwrap().pop().unwrap().to_ascii_lowercase();
        assert!(received.contains(&format!("x-auth-user-id: {user}\r\n")), "{received}");
        // nginx sends no header for an empty value: the user has no roles.
        assert!(!received.contains("x-auth-roles") && !received.contains("another-user"), "{received}");
        assert!(!received.contains("admin"), "{received}");
        assert!(!received.contains("bfs_") && !received.contains("authorization"), "no credential is forwarded: {received}");
    }
    let gone = ada.snapshot();
    ada.sign_out().await.expect(204);
    for refused in [gone, app.client(), app.client().with_token("nonsense")] {
        assert_eq!(at(&refused).with("x-auth-user-id", "another-user").send_elsewhere(Method::GET, "/orders").await, 401);
    }
    assert!(orders.requests.lock().unwrap().is_empty(), "no refused request reached the service");
}

#[tokio::test]
async fn an_undecided_request_is_503_behind_nginx() {
    let app = App::configured(|config| config.sessions.cache_bytes = 0).await;
    let ada = app.ada().await;
    let orders = Server::start("200", "200\n");
    let (_nginx, port) = nginx(&app, orders.port).await;
    let good = ada.at_port(port);
    assert_eq!(good.ask(Method::GET, "/orders").await.status(), 200);
    let other = app.client();
    other.sign_in(EMAIL, PASSWORD).await.expect(200);
    let ambiguous = good.with("cookie", format!("bifrons_session={}", other.cookie("bifrons_session").unwrap()));
    assert_eq!(ambiguous.ask(Method::GET, "/orders").await.status(), 400);
    orders.requests.lock().unwrap().clear();
    app.state.db.clone().close().await.unwrap();
    let undecided = good.ask(Method::GET, "/orders").await;
    assert_eq!((undecided.status().as_u16(), undecided.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    assert!(orders.requests.lock().unwrap().is_empty(), "the request did not reach the service");
}
