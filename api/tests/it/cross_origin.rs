//! Pages of other origins: which may read answers (CORS) and which may change state (CSRF), for every operation.

use reqwest::Method;

use crate::support::{App, raw::RawConnection, specification::operations};

const LISTED: &str = "http://localhost:5173";

async fn app() -> App {
    App::with_environment(&[("BIFRONS_ORIGINS", LISTED)]).await
}

#[tokio::test]
async fn asvs_3_5_1_the_origin_of_every_change_is_checked() {
    let app = app().await;
    let sites = [None, Some("none"), Some("same-origin"), Some("same-site"), Some("cross-site"), Some("garbage"), Some("")];
    let origins = [
        None,
        Some("http://localhost:3000"),
        Some(LISTED),
        Some("https://evil.example"),
        Some("null"),
        Some("http://localhost:5174"),
        Some(""),
    ];
    for operation in operations() {
        for site in sites {
            for origin in origins {
                let mut client = app.client();
                if let Some(site) = site {
                    client = client.with("sec-fetch-site", site);
                }
                if let Some(origin) = origin {
                    client = client.with("origin", origin);
                }
                let forged = operation.changes_something()
                    && !matches!(site, Some("none" | "same-origin"))
                    && !matches!(origin, Some("http://localhost:3000" | LISTED))
                    && (site.is_some() || origin.is_some());
                let what = format!("{} Sec-Fetch-Site {site:?} Origin {origin:?}", operation.id);
                let answer = client.send(operation.method.clone(), &operation.path(), None).await;
                assert_eq!(answer.code() == "origin_not_allowed", forged, "{what}: {}", answer.text);
                assert_eq!(answer.header("vary"), "Origin", "{what}");
                let allowed = if origin == Some(LISTED) { LISTED } else { "" };
                assert_eq!(answer.header("access-control-allow-origin"), allowed, "{what}: errors carry CORS headers too");
                let bearer = client.with_token("nonsense").send(operation.method.clone(), &operation.path(), None).await;
                assert_ne!(bearer.code(), "origin_not_allowed", "{what}: CORS stops a page of another origin from sending a token");
                if !matches!((site, origin), (Some("cross-site") | None, Some(LISTED | "https://evil.example"))) {
                    continue;
                }
                for (name, value) in [("bifrons_session", "x"), ("bifrons_refresh", "x")] {
                    let with_cookie = client.with_token("nonsense").with("cookie", format!("{name}={value}"));
                    let answer = with_cookie.send(operation.method.clone(), &operation.path(), None).await;
                    assert_eq!(answer.code() == "origin_not_allowed", forged, "{what}: a token does not excuse a cookie");
                }
                let basic = client.with("authorization", "Basic x").send(operation.method.clone(), &operation.path(), None).await;
                assert_eq!(basic.code() == "origin_not_allowed", forged, "{what}: browsers send Basic without the page");
            }
        }
    }
}

#[tokio::test]
async fn b_42_origins_are_compared_exactly() {
    let app =
        App::with_environment(&[("BIFRONS_PUBLIC_URL", "https://api.example.com"), ("BIFRONS_ORIGINS", "https://app.example.com")])
            .await;
    for other in [
        "null",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com/",
        "https://APP.example.com",
        "https://app.example.com.",
        "https://app.example.com.evil.test",
        "https://evilapp.example.com",
        "https://app.example.com@evil.test",
        "https://app_example.com",
        "https://xn--pp-eia.example.com",
        "https://sub.app.example.com",
        "https://example.com",
        "*",
    ] {
        let answer = app.client().with("origin", other).get("/health/live").await.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), "", "{other}");
        assert_eq!(answer.header("vary"), "Origin");
    }
    let listed = app.client().with("origin", "https://app.example.com").get("/health/live").await;
    assert_eq!(
        (listed.header("access-control-allow-origin"), listed.header("access-control-allow-credentials")),
        ("https://app.example.com", "true")
    );
}

/// No browser sends two. Whichever is listed, the request passes neither CORS nor the check of its origin.
#[tokio::test]
async fn of_two_origins_none_counts() {
    let app = App::with_environment(&[("BIFRONS_ORIGINS", LISTED), ("BIFRONS_DEV_ORIGINS", "http://localhost:*")]).await;
    for (one, other) in [(LISTED, "https://evil.test"), ("https://evil.test", LISTED), ("http://localhost:7", "https://evil.test")]
    {
        let mut connection = RawConnection::open(app.address).await;
        let head = format!("POST /v1/probe HTTP/1.1\r\nHost: x\r\nOrigin: {one}\r\nOrigin: {other}\r\nContent-Length: 0\r\n\r\n");
        connection.send(&head).await;
        let answer = connection.answer().await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{one} {other}");
    }
}

#[tokio::test]
async fn b_41_without_origins_there_is_no_cors() {
    let app = App::start().await;
    for origin in ["https://evil.example", "http://localhost:3000", "null"] {
        let preflight = app.client().with("origin", origin).with("access-control-request-method", "POST");
        for answer in [preflight.send(Method::OPTIONS, "/v1/session", None).await, preflight.get("/health/live").await] {
            assert!(
                answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")),
                "{origin}: {:?}",
                answer.headers
            );
        }
    }
}

#[tokio::test]
async fn a_preflight_is_answered_before_anything_else() {
    let app = app().await;
    // `verify` is for proxies: an answer to a preflight there would let every preflight pass.
    for operation in operations().into_iter().filter(|operation| operation.id != "verify") {
        let browser = app.client().with("origin", LISTED).with("access-control-request-headers", "content-type");
        let browser = browser.with("access-control-request-method", operation.method.as_str()).with("sec-fetch-site", "same-site");
        let answer = browser.send(Method::OPTIONS, &operation.path(), None).await.expect(204);
        assert_eq!(answer.header("access-control-allow-origin"), LISTED);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert_eq!(
            answer.header("access-control-allow-headers"),
            "authorization, content-type, if-match, traceparent, tracestate, baggage"
        );
        assert!(answer.header("access-control-allow-methods").contains(operation.method.as_str()));
        assert_eq!(answer.header("access-control-max-age"), "7200");
    }
    let error = app.client().with("origin", LISTED).get("/nowhere").await.expect_problem(404, "not_found");
    assert_eq!(error.header("access-control-expose-headers"), "bifrons-version, etag, retry-after, www-authenticate, x-request-id");
}

#[tokio::test]
async fn other_request_headers_are_allowed_by_configuration() {
    let app = App::with_environment(&[
        ("BIFRONS_ORIGINS", LISTED),
        ("BIFRONS_DEV_ORIGINS", "http://localhost:4000"),
        ("BIFRONS_CORS__ALLOWED_HEADERS", "Sentry-Trace, x-requested-with"),
    ])
    .await;
    let allowed = async |origin| {
        let preflight = app.client().with("origin", origin).with("access-control-request-method", "POST");
        let answer = preflight.send(Method::OPTIONS, "/v1/session", None).await.expect(204);
        answer.header("access-control-allow-headers").to_owned()
    };
    let all = "authorization, content-type, if-match, traceparent, tracestate, baggage, sentry-trace, x-requested-with";
    assert_eq!([allowed(LISTED).await, allowed("http://localhost:4000").await], [all, all]);
    assert_eq!(allowed("https://evil.example").await, "");
}

#[tokio::test]
async fn b_43_an_origin_of_arbitrary_bytes_is_not_listed() {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };
    let app = app().await;
    let mut connection = TcpStream::connect(app.address).await.unwrap();
    connection
        .write_all(b"POST /v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: \x80\xff\xc3\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

#[tokio::test]
async fn the_probe_cookie_is_the_session_cookie_in_all_but_name() {
    for public_url in ["http://localhost:3000", "https://api.example.com"] {
        let app = App::with_environment(&[("BIFRONS_PUBLIC_URL", public_url)]).await;
        let ada = app.ada().await;
        let read = ada.get("/v1/probe").await.expect(200);
        assert_eq!((read.json()["cookie_received"].as_bool(), read.string("/relation")), (Some(false), "same_origin".into()));
        let probe = ada.send(Method::POST, "/v1/probe", None).await.expect(204).cookies().remove(0);
        let signed_in = ada.sign_in(crate::support::EMAIL, crate::support::PASSWORD).await.expect(200);
        let session = signed_in.cookies().into_iter().find(|cookie| cookie.max_age.is_none()).unwrap();
        assert_eq!(probe.name.replace("probe", "session"), session.name);
        assert_eq!([session.attributes, vec!["Max-Age=60".into()]].concat(), probe.attributes);
        assert_eq!(ada.get("/v1/probe").await.expect(200).json()["cookie_received"], true);
        let beside_another = app.client().with("cookie", format!("{0}=1; {0}=planted", probe.name));
        assert_eq!(beside_another.get("/v1/probe").await.expect(200).json()["cookie_received"], true);
    }
}

#[tokio::test]
async fn the_probe_names_the_relation_of_page_and_service() {
    let app = App::with_environment(&[("BIFRONS_PUBLIC_URL", "https://api.jazzmeet.site")]).await;
    for (origin, relation) in [
        ("https://api.jazzmeet.site", "same_origin"),
        ("https://admin.jazzmeet.site", "same_site"),
        ("http://admin.jazzmeet.site", "cross_site"),
        ("https://jazzmeet-admin.site", "cross_site"),
        ("null", "cross_site"),
    ] {
        assert_eq!(
            app.client().with("origin", origin).get("/v1/probe").await.expect(200).string("/relation"),
            relation,
            "{origin}"
        );
    }
}

/// A local frontend of a remote API can use token mode; its cookies are ignored.
#[tokio::test]
async fn dev_origins_get_token_mode_and_no_cookie() {
    use serde_json::json;

    use crate::support::{EMAIL, PASSWORD};
    let app =
        App::with_environment(&[("BIFRONS_PUBLIC_URL", "https://api.example.com"), ("BIFRONS_DEV_ORIGINS", "http://localhost:*")])
            .await;
    let ada = app.ada().await;
    let dev = ada.with("origin", "http://localhost:5173").with("sec-fetch-site", "cross-site");
    let preflight = dev.with("access-control-request-method", "POST").send(Method::OPTIONS, "/v1/session", None).await.expect(204);
    assert_eq!(preflight.header("access-control-allow-origin"), "http://localhost:5173");
    assert_eq!(preflight.header("access-control-allow-credentials"), "", "no pattern goes with credentials");

    dev.get_session().await.expect_problem(401, "unauthenticated");
    let tokens = dev.tokens(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(tokens.header("access-control-allow-origin"), "http://localhost:5173");
    dev.with_token(&tokens.string("/tokens/access_token")).get_session().await.expect(200);
    dev.refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
    ada.get_session().await.expect(200);

    ada.post("/v1/session", json!({"email": EMAIL, "password": PASSWORD, "mode": "token", "refresh_in": "cookie"}))
        .await
        .expect(200);
    dev.post("/v1/tokens/refresh", json!({})).await.expect_problem(401, "invalid_refresh_token");
    dev.snapshot().sign_out().await.expect(204);
    ada.post("/v1/tokens/refresh", json!({})).await.expect(200);
    for other in ["https://localhost:5173", "http://localhost.evil.example", "http://127.0.0.1:5173"] {
        ada.with("origin", other).tokens(EMAIL, PASSWORD).await.expect_problem(403, "origin_not_allowed");
    }
}

/// A web view has an origin that is no website. Its pages use token mode; nothing else of their scheme gets in.
#[tokio::test]
async fn native_origins_get_token_mode_and_no_cookie() {
    use crate::support::{EMAIL, PASSWORD};
    let native = ["capacitor://localhost", "https://localhost", "chrome-extension://fmkadmapgofadopljbjfkapdkoienihi"];
    let environment = [("BIFRONS_PUBLIC_URL", "https://api.example.com"), ("BIFRONS_NATIVE_ORIGINS", &native.join(","))];
    let app = App::with_environment(&environment).await;
    let ada = app.ada().await;
    for origin in native {
        let page = ada.with("origin", origin).with("sec-fetch-site", "cross-site");
        let preflight = page.with("access-control-request-method", "POST").send(Method::OPTIONS, "/v1/session", None).await;
        assert_eq!(preflight.expect(204).header("access-control-allow-origin"), origin);
        page.get_session().await.expect_problem(401, "unauthenticated");
        let tokens = page.tokens(EMAIL, PASSWORD).await.expect(200);
        assert_eq!(tokens.header("access-control-allow-origin"), origin);
        assert_eq!(tokens.header("access-control-allow-credentials"), "");
        page.with_token(&tokens.string("/tokens/access_token")).get_session().await.expect(200);
        page.refresh(&tokens.string("/tokens/refresh_token")).await.expect(200);
    }
    for other in ["capacitor://localhost:1", "capacitor://other", "ionic://localhost", "http://localhost", "null"] {
        ada.with("origin", other).tokens(EMAIL, PASSWORD).await.expect_problem(403, "origin_not_allowed");
    }
}

#[tokio::test]
async fn a_dev_pattern_keeps_the_cookies_of_listed_origins() {
    use crate::support::{EMAIL, PASSWORD};
    let app = App::with_environment(&[("BIFRONS_ORIGINS", LISTED), ("BIFRONS_DEV_ORIGINS", "http://localhost:*")]).await;
    let ada = app.ada().await;
    for listed in [LISTED, "http://localhost:3000"] {
        let page = ada.with("origin", listed);
        page.sign_in(EMAIL, PASSWORD).await.expect(200);
        page.get_session().await.expect(200);
        page.reauthenticate(PASSWORD).await.expect(200);
    }
    let listed = ada.with("origin", LISTED).get_session().await.expect(200);
    assert_eq!(listed.header("access-control-allow-credentials"), "true");
    ada.with("origin", "http://localhost:4000").get_session().await.expect_problem(401, "unauthenticated");
}
