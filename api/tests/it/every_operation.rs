//! What holds for every operation, generated from the specification: most real holes are one check missing on a second route.

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::support::{
    Actor, App, EMAIL, PASSWORD,
    specification::{Operation, operations},
};

/// Operations that anybody may call. This list only ever gets shorter.
const PUBLIC: [&str; 9] = [
    "registerUser",
    "confirmRegistration",
    "signIn",
    "signOut",
    "issueTokens",
    "refreshTokens",
    "revokeToken",
    "setProbeCookie",
    "readProbeCookie",
];

const MARKER: &str = "hunter2-do-not-repeat-me";

async fn signed_in(app: &App) -> Actor {
    let ada = app.client();
    let _ = ada.sign_up(EMAIL, PASSWORD).await;
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    ada
}

fn with_bodies() -> Vec<(Operation, &'static Value, Value)> {
    let operations = operations().into_iter();
    operations.filter_map(|operation| Some((operation.clone(), operation.body()?, operation.example()?))).collect()
}

#[tokio::test]
async fn asvs_8_2_1_without_a_session_everything_that_is_not_public_is_refused() {
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
async fn asvs_3_5_2_only_json_is_read() {
    let app = App::start().await;
    for (operation, _, example) in with_bodies() {
        let ada = signed_in(&app).await;
        let body = example.to_string().into_bytes();
        for content_type in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
            Some("text/plain; application/json"),
            Some("application/jsonp"),
            Some("application/problem+json"),
            Some("application/json, text/plain"),
            Some("application"),
            Some(""),
        ] {
            let answer = ada.send_raw(operation.method.clone(), &operation.path(), content_type, Some(body.clone())).await;
            answer.expect_problem(415, "unsupported_media_type");
        }
        let twice = ada.with("content-type", "text/plain");
        twice
            .send_raw(operation.method.clone(), &operation.path(), Some("application/json"), Some(body.clone()))
            .await
            .expect_problem(415, "unsupported_media_type");
        for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
            let answer = ada.send_raw(operation.method.clone(), &operation.path(), Some(content_type), Some(body.clone())).await;
            assert_ne!(answer.status, 415, "{} {content_type}", operation.id);
            if operation.id == "changePassword" {
                ada.change_password("another horse entirely", PASSWORD).await;
            }
        }
    }
}

#[tokio::test]
async fn b_57_a_body_over_64_kib_is_refused_however_it_comes() {
    let app = App::start().await;
    let ada = signed_in(&app).await;
    for (operation, ..) in with_bodies() {
        let large = json!({ "email": MARKER.repeat(4000) }).to_string().into_bytes();
        let answer = ada.send_raw(operation.method.clone(), &operation.path(), Some("application/json"), Some(large)).await;
        let answer = answer.expect_problem(413, "body_too_large");
        assert!(!answer.text.contains(MARKER));
        let fits = json!({ "email": "x".repeat(60_000) }).to_string().into_bytes();
        let answer = ada.send_raw(operation.method.clone(), &operation.path(), Some("application/json"), Some(fits)).await;
        answer.expect_problem(422, "validation_failed");
    }
}

#[tokio::test]
async fn b_59_wrong_bodies_are_told_the_rule_and_never_the_value() {
    let app = App::start().await;
    let ada = signed_in(&app).await;
    for (operation, schema, example) in with_bodies() {
        let send = async |body: Value| {
            let answer = ada.send(operation.method.clone(), &operation.path(), Some(body.clone())).await;
            assert!(!answer.text.contains(MARKER), "{} echoes {body}: {}", operation.id, answer.text);
            answer
        };
        let mut unknown = example.clone();
        unknown[MARKER] = MARKER.into();
        assert_eq!(
            send(unknown).await.expect_problem(422, "validation_failed").broken_rules(),
            [(String::new(), "unknown_field".into())]
        );

        for (field, rules) in schema["properties"].as_object().unwrap() {
            for odd in [
                json!(12_345_678_901_234_567_u64),
                json!(1.5),
                json!([MARKER]),
                json!({ MARKER: MARKER }),
                json!(true),
                json!(null),
                json!(MARKER),
            ] {
                let fits = match rules["type"].as_str() {
                    Some("string") => odd.is_string(),
                    Some("boolean") => odd.is_boolean(),
                    _ => false,
                };
                if fits || (odd.is_null() && rules["nullable"] == true) {
                    continue;
                }
                let mut body = example.clone();
                body[field] = odd.clone();
                let answer = send(body).await.expect_problem(422, "validation_failed");
                assert_eq!(answer.broken_rules()[0].0, *field, "{} {field} {odd}", operation.id);
            }
            if let Some(most) = rules["maxLength"].as_u64() {
                let mut body = example.clone();
                body[field] = MARKER.repeat(usize::try_from(most).unwrap() / MARKER.len() + 1).into();
                let answer = send(body).await.expect_problem(422, "validation_failed");
                assert_eq!(answer.broken_rules(), [(field.clone(), "max_length".into())]);
            }
        }
        for field in schema["required"].as_array().into_iter().flatten() {
            let mut body = example.clone();
            body.as_object_mut().unwrap().remove(field.as_str().unwrap());
            let answer = send(body).await.expect_problem(422, "validation_failed");
            assert_eq!(answer.broken_rules(), [(field.as_str().unwrap().to_owned(), "required".into())]);
        }
        for no_object in [json!(null), json!([]), json!(MARKER), json!(1)] {
            send(no_object).await.expect_problem(422, "validation_failed");
        }
        let twice = format!("{{\"{MARKER}\":1,\"{MARKER}\":2}}");
        for no_json in ["", "{", MARKER, "{\"a\":1}x", "\u{feff}{}", "{\"a\":\"\\ud800\"}", &twice, &"[".repeat(60_000)] {
            let answer =
                ada.send_raw(operation.method.clone(), &operation.path(), Some("application/json"), Some(no_json.into())).await;
            assert!(!answer.expect_problem(400, "malformed_request").text.contains(MARKER));
        }
    }
}

#[tokio::test]
async fn asvs_3_4_every_answer_carries_the_security_headers() {
    let app = App::with_environment(&[("BIFRONS_PUBLIC_URL", "https://api.example.com")]).await;
    let mut paths: Vec<_> = operations().into_iter().map(|operation| (operation.method.clone(), operation.path())).collect();
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
async fn asvs_4_1_4_other_methods_are_refused_and_the_right_ones_listed() {
    let app = App::start().await;
    for operation in operations() {
        let path = operation.path();
        let here: Vec<_> =
            operations().into_iter().filter(|other| other.template == operation.template).map(|other| other.method).collect();
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
async fn asvs_3_5_3_reading_changes_nothing_whatever_it_claims_to_be() {
    let app = App::start().await;
    let ada = signed_in(&app).await;
    let sneaky = ada.with("x-http-method-override", "DELETE").with("x-method-override", "DELETE").with("x-http-method", "DELETE");
    for path in ["/v1/session?_method=DELETE", "/v1/me?_method=DELETE", "/v1/me/sessions?_method=DELETE"] {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            sneaky.send(method, path, None).await;
        }
    }
    ada.get_session().await.expect(200);
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 1);
}

#[tokio::test]
async fn asvs_14_2_5_no_path_beside_an_operation_is_one() {
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
