//! The media type and the coding of a body (RFC 9110 sections 5.6.6, 8.3 and 8.4).

use reqwest::Method;
use serde_json::json;

use crate::support::{App, EMAIL, PASSWORD};

#[tokio::test]
async fn rfc_9110_8_3_a_media_type_may_be_written_in_many_ways() {
    let app = App::start().await;
    let body = json!({ "email": EMAIL, "password": PASSWORD }).to_string().into_bytes();
    let status = async |media_type| {
        let answer = app.client().send_raw(Method::POST, "/v1/session", Some(media_type), Some(body.clone())).await;
        answer.status
    };
    for accepted in [
        "application/json",
        "Application/JSON",
        " application/json ",
        "application/json;charset=utf-8",
        "application/json ; charset=utf-8",
        "application/json\t;\tcharset=\"utf-8\"",
        "application/json; charset=\"a \\\"quoted\\\"; pair\"",
        "application/json;",
        "application/json;;a=b; ",
        "application/json; a=\"\u{e9}\"",
    ] {
        assert_eq!(status(accepted).await, 401, "{accepted}");
    }
    for refused in [
        "",
        "application/jsonx",
        "application/json/x",
        "application / json",
        "application/json charset=utf-8",
        "application/json; charset",
        "application/json; charset =utf-8",
        "application/json; charset= utf-8",
        "application/json; charset=\"utf-8",
        "application/json; =utf-8",
        "application/json, text/plain",
        "application/json; a=b, text/plain",
        "text/plain; a=application/json",
        "text/json",
        "application/problem+json",
        "*/*",
    ] {
        assert_eq!(status(refused).await, 415, "{refused}");
    }
}

#[tokio::test]
async fn rfc_9110_15_5_16_a_415_says_what_is_accepted() {
    let app = App::start().await;
    let body = json!({ "email": EMAIL, "password": PASSWORD }).to_string().into_bytes();
    for (coding, status) in
        [("gzip", 415), ("br", 415), ("identity, gzip", 415), ("nonsense", 415), ("identity", 401), ("Identity", 401), ("", 401)]
    {
        let actor = app.client().with("content-encoding", coding);
        let answer = actor.send_raw(Method::POST, "/v1/session", Some("application/json"), Some(body.clone())).await;
        assert_eq!(answer.status, status, "{coding}");
        assert_eq!(answer.header("accept-encoding"), if status == 415 { "identity" } else { "" }, "{coding}");
    }
    let answer = app.client().send_raw(Method::POST, "/v1/session", Some("text/plain"), Some(body)).await;
    let answer = answer.expect_problem(415, "unsupported_media_type");
    assert_eq!(answer.header("accept"), "application/json");
    assert_eq!(answer.header("accept-encoding"), "", "section 12.5.3: only for a coding");
}
