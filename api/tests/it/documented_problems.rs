//! Every answer of routing and decoding is documented for each operation: `Answer::read` compares every answer with the specification.

use bifrons::config::{LimitsConfig, Rate};
use reqwest::header::HeaderMap;
use serde_json::json;

use crate::{
    every_operation::signed_in,
    support::{
        Answer, App,
        raw::RawConnection,
        specification::{self, Operation, operations},
    },
};

/// A request as a client writes it, with these fields beside `Host`.
async fn send_raw(app: &App, operation: &Operation, path: &str, fields: &str, body: &str) -> Answer {
    let mut connection = RawConnection::open(app.address).await;
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    connection.send(format!("{} {path} HTTP/1.1\r\n{fields}{length}\r\n{body}", operation.method)).await;
    let raw = connection.answer().await;
    let mut headers = HeaderMap::new();
    for (name, value) in raw.head.lines().filter_map(|line| line.split_once(": ")) {
        headers.append(name.parse::<reqwest::header::HeaderName>().unwrap(), value.parse().unwrap());
    }
    let answer = Answer { status: raw.status, headers, text: raw.text() };
    specification::check(&operation.method, path, &answer);
    answer
}

#[tokio::test]
async fn problems_of_paths_and_queries_are_documented() {
    let app = App::start().await;
    for operation in operations() {
        let ada = signed_in(&app).await;
        for value in ["%ff", "%00", "%", "%2", "%zz", "%2f", "x", "..", "%2e%2e", "\u{e4}", "a%20b"] {
            let path = operation.template.replace("{id}", value);
            ada.send(operation.method.clone(), &path, operation.example()).await;
            for query in
                [format!("limit={value}"), format!("after={value}"), format!("{value}={value}"), "limit=1&limit=2".to_owned()]
            {
                let path = format!("{}?{query}", operation.path());
                ada.send(operation.method.clone(), &path, operation.example()).await;
            }
        }
    }
    let ada = app.client();
    ada.sign_up("b@example.com", crate::support::PASSWORD).await;
    ada.sign_in("b@example.com", crate::support::PASSWORD).await;
    ada.delete("/v1/me/sessions/%ff").await.expect_problem(400, "malformed_request");
}

#[tokio::test]
async fn problems_of_framing_and_headers_are_documented() {
    let app = App::start().await;
    for operation in operations() {
        let body = operation.example().map(|body| body.to_string()).unwrap_or_default();
        for fields in [
            "",
            "Host: x\r\nHost: y\r\n",
            "Host: x\r\nTransfer-Encoding: gzip, chunked\r\n",
            "Host: x\r\nOrigin: https://evil.example\r\n",
            "Host: x\r\nSec-Fetch-Site: cross-site\r\n",
            "Host: x\r\nContent-Type: text/plain\r\n",
            "Host: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n",
            "Host: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n",
            "Host: x\r\nAuthorization: Basic YTpi\r\n",
            "Host: x\r\nCookie: bifrons_session=a; bifrons_session=b\r\n",
            "Host: x\r\nCookie: bifrons_probe=a; bifrons_probe=b\r\n",
            "Host: x\r\nCookie: bifrons_device=\"; bifrons_refresh=\u{e4}\r\n",
        ] {
            // A body and two framings would be another request.
            let body = if fields.contains("Transfer-Encoding") { "" } else { &body };
            send_raw(&app, &operation, &operation.path(), fields, body).await;
        }
        let refused = send_raw(&app, &operation, &operation.path(), "Host: x\r\nHost: y\r\n", "").await;
        assert_eq!(refused.code(), "malformed_request", "{}", operation.id);
    }
}

#[tokio::test]
async fn problems_of_bodies_are_documented() {
    let app = App::start().await;
    for operation in operations() {
        let ada = signed_in(&app).await;
        let large = json!({ "a": "x".repeat(70_000) }).to_string();
        for body in ["", "{", "[]", "{\"a\":1,\"a\":2}", "{\"favourite_colour\":1}", &large] {
            for content_type in [None, Some("application/json"), Some("text/plain")] {
                let body = Some(body.as_bytes().to_vec());
                ada.send_raw(operation.method.clone(), &operation.path(), content_type, body).await;
            }
        }
    }
}

/// `outage.rs` does the same without a database.
#[tokio::test]
async fn problems_of_limits_are_documented() {
    let app = App::start().await;
    let ada = app.ada().await;
    let one = Rate::parse("1/1h").unwrap();
    let limits = LimitsConfig { account: one, client: one, network: one, global: one, mail: one };
    let limited = app.reconfigured(|config| config.limits = Some(limits)).await;
    let mut refused = Vec::new();
    for operation in operations() {
        for _ in 0..3 {
            let client = ada.at(&limited).snapshot();
            let answer = client.send(operation.method.clone(), &operation.path(), operation.example()).await;
            if answer.status == 429 {
                answer.expect_problem(429, "rate_limited");
                refused.push(operation.id.clone());
            }
        }
    }
    refused.dedup();
    assert!(refused.len() >= 8, "{refused:?}");
}
