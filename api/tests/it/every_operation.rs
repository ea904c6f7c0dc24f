//! Rules for every operation, generated from the specification: most real faults are a check that is missing on one route.

use reqwest::{Method, header};
use serde_json::json;

use crate::support::{
    Actor, App, EMAIL, PASSWORD,
    specification::{admin_operations, operations},
};

/// Operations that need no session. Add none without a reason.
const PUBLIC: [&str; 18] = [
    "registerUser",
    "confirmRegistration",
    // The token in the mail is the credential.
    "requestPasswordReset",
    "resetPassword",
    "confirmEmail",
    "undoEmailChange",
    "reportNotMe",
    "signIn",
    // The challenge is the credential.
    "completeSignIn",
    "completeSignInWithPasskey",
    "startPasskeySignIn",
    // The signature is the credential.
    "signInWithPasskey",
    "signOut",
    "refreshTokens",
    "revokeToken",
    "setProbeCookie",
    "readProbeCookie",
    "getConfiguration",
];

pub(crate) async fn signed_in(app: &App) -> Actor {
    let ada = app.client();
    let _ = ada.sign_up(EMAIL, PASSWORD).await;
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    ada
}

#[tokio::test]
async fn asvs_8_2_1_without_a_session_only_public_operations_are_allowed() {
    let app = App::start().await;
    for operation in operations() {
        assert_eq!(operation.needs_session(), !PUBLIC.contains(&operation.id.as_str()), "{}", operation.id);
        if !operation.needs_session() {
            continue;
        }
        for body in [None, operation.example(), Some(json!({"nonsense": 1}))] {
            let send = async |who: &Actor| who.send(operation.method.clone(), &operation.path(), body.clone()).await;
            let client = app.client();
            send(&client).await.expect_problem(401, "unauthenticated");
            send(&client.with_token("nonsense")).await.expect_problem(401, "invalid_token");
            client.put_cookie("bifrons_session", "nonsense");
            send(&client).await.expect_problem(401, "invalid_session");
        }
        assert_eq!(operation.document["security"], json!([{"cookieAuth": []}, {"bearerAuth": []}]), "{}", operation.id);
    }
}

#[tokio::test]
async fn asvs_3_4_every_answer_has_the_security_headers() {
    let app = App::with_environment(&[("BIFRONS_PUBLIC_URL", "https://api.example.com")]).await;
    let all = operations().into_iter().chain(admin_operations());
    let mut paths: Vec<_> = all.map(|operation| (operation.method.clone(), operation.path())).collect();
    for other in [
        "/docs",
        "/openapi.json",
        "/.well-known/jwks.json",
        "/health/live",
        "/health/ready",
        "/nowhere",
        "/",
        "/v1",
        "/v1/session/",
    ] {
        paths.extend(
            [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS, Method::TRACE].map(|method| (method, other.to_owned())),
        );
    }
    for (method, path) in paths {
        let answer = app.client().send(method.clone(), &path, None).await;
        let what = format!("{method} {path}: {:?}", answer.headers);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{what}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{what}");
        assert_eq!(answer.header("strict-transport-security"), "max-age=63072000; includeSubDomains", "{what}");
        assert!(!answer.header("cache-control").is_empty(), "{what}");
        let policy = answer.header("content-security-policy");
        assert!(
            ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"].iter().all(|part| policy.contains(part)),
            "{what}"
        );
        assert!(!policy.contains("unsafe"), "{what}");
        assert!(uuid::Uuid::parse_str(answer.header("x-request-id")).is_ok(), "{what}");
        assert!(answer.headers.keys().all(|name| name != header::SERVER && name.as_str() != "x-powered-by"), "ASVS 13.4.6: {what}");
        if path.starts_with("/v1") {
            assert_eq!(answer.header("cache-control"), "no-store", "ASVS 14.3.2: {what}");
        }
    }
}

#[tokio::test]
async fn asvs_4_1_4_other_methods_are_refused_and_allow_lists_the_right_ones() {
    let app = App::start().await;
    let all = || operations().into_iter().chain(admin_operations());
    for operation in all() {
        let path = operation.path();
        let here: Vec<_> = all().filter(|other| other.template == operation.template).map(|other| other.method).collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"].map(|method| method.parse::<Method>().unwrap()) {
            if here.contains(&method) {
                continue;
            }
            let answer = app.client().send(method.clone(), &path, None).await.expect_problem(405, "method_not_allowed");
            for right in &here {
                assert!(
                    answer.header("allow").split(", ").any(|one| one == right.as_str()),
                    "{method} {path}: {}",
                    answer.header("allow")
                );
            }
            assert!(!answer.header("allow").contains(method.as_str()));
        }
        if operation.id == "verify" {
            // A proxy may send the method of the request that it asks about, so OPTIONS is answered as GET.
            app.client().send(Method::OPTIONS, &path, None).await.expect_problem(401, "unauthenticated");
            continue;
        }
        let options = app.client().send(Method::OPTIONS, &path, None).await.expect(204);
        assert!(options.header("allow").contains(operation.method.as_str()));
    }
}

#[tokio::test]
async fn asvs_3_5_3_a_safe_method_changes_nothing_despite_override_headers() {
    let app = App::start().await;
    let ada = signed_in(&app).await;
    let overriding =
        ada.with("x-http-method-override", "DELETE").with("x-method-override", "DELETE").with("x-http-method", "DELETE");
    for path in ["/v1/session?_method=DELETE", "/v1/me?_method=DELETE", "/v1/me/sessions?_method=DELETE"] {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            overriding.send(method, path, None).await;
        }
    }
    ada.get_session().await.expect(200);
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 1);
}

#[tokio::test]
async fn asvs_14_2_5_a_similar_path_is_not_an_operation() {
    let app = App::start().await;
    let ada = signed_in(&app).await;
    for path in [
        "/v1/me/x.css",
        "/v1/me;.js",
        "/v1/me%2f.png",
        "/v1/me.json",
        "/V1/me",
        "/v1/me/",
        "//v1/me",
        "/v1//me",
        "/v1/%6de/x",
        "/v1/session.css",
    ] {
        let answer = ada.get(path).await;
        assert_eq!(answer.code(), "not_found", "{path}: {}", answer.text);
    }
    let asked = ada.get("/v1/me?callback=x&email=y").await.expect(200);
    assert_eq!(asked.header("content-type"), "application/json", "ASVS 3.5.6: no JSONP");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let app = App::start().await;
    let ada = signed_in(&app).await;
    for path in ["/v1/session", "/v1/me", "/v1/me/sessions", "/health/live", "/openapi.json"] {
        let head = ada.send(Method::HEAD, &format!("{path}?"), None).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
    }
}
