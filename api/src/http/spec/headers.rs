//! The headers of answers: each one component, with an example.

use serde_json::{Value, json};

use super::{effective::Effective, operations::operations_mut};
use crate::http::{
    middleware::headers::VERSION,
    response::{
        cookies,
        problem_code::{BEARER, BEARER_INVALID_TOKEN},
    },
};
use zeroize::Zeroizing;

/// Adds the headers of every answer, and makes components of all.
pub(super) fn complete(document: &mut Value, effective: &Effective) {
    let policy = &effective.cookies;
    let cookie = cookies::set(
        policy,
        policy.session_name,
        &Zeroizing::new("bfs_AZt6PS9AfDGdHlt6YMQfKnMwCHH0TBaOfJSd4sdQ5gws".to_owned()),
        None,
    );
    document["components"]["headers"] = components(cookie.to_str().unwrap_or_default());
    for (_, operation) in operations_mut(document) {
        for response in operation["responses"].as_object_mut().into_iter().flat_map(|responses| responses.values_mut()) {
            of_every(response);
        }
    }
    for response in document["components"]["responses"].as_object_mut().into_iter().flat_map(|responses| responses.values_mut()) {
        of_every(response);
    }
}

/// The headers, each with an example.
fn components(cookie: &str) -> Value {
    json!({
        "RequestId": {
            "description": "The id of the request, as in the `instance` of a problem and in the log of the service.",
            "required": true,
            "schema": { "type": "string", "format": "uuid" },
            "example": "019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a",
        },
        "BifronsVersion": {
            "description": "The first two numbers of the service's version. Before 1.0 the second number grows when the API changes in a way that breaks clients, from 1.0 on the first.",
            "required": true,
            "schema": { "type": "string", "pattern": "^[0-9]+\\.[0-9]+$" },
            "example": VERSION,
        },
        "ETag": {
            "description": "The version in double quotes, for `If-Match`.",
            "required": true,
            "schema": { "type": "string", "pattern": "^\"[0-9]+\"$" },
            "example": "\"7\"",
        },
        "RetryAfter": {
            "description": "Whole seconds to wait before the next attempt.",
            "required": true,
            "schema": { "type": "integer", "format": "int32", "minimum": 0 },
            "example": 5,
        },
        "WWWAuthenticate": {
            "description": "With `error=\"invalid_token\"` if a token was sent.",
            "required": true,
            "schema": { "type": "string", "enum": [BEARER, BEARER_INVALID_TOKEN] },
            "example": BEARER,
        },
        "Accept": {
            "description": "The media type that is accepted, unless the coding of the body was refused.",
            "schema": { "type": "string", "enum": ["application/json"] },
            "example": "application/json",
        },
        "AcceptEncoding": {
            "description": "The coding that is accepted, if the coding of the body was refused.",
            "schema": { "type": "string", "enum": ["identity"] },
            "example": "identity",
        },
        "SetCookie": {
            "description": "A cookie of the session, the refresh token, the device, the challenge or the probe, as the mode and the request demand. There may be several.",
            "schema": { "type": "string" },
            "example": cookie,
        },
    })
}

/// The headers that each answer has.
fn of_every(response: &mut Value) {
    if response.get("$ref").is_some() {
        return;
    }
    if let Some(cookie) = response.pointer_mut("/headers/Set-Cookie") {
        *cookie = reference("SetCookie");
    }
    if let Some(tag) = response.pointer_mut("/headers/ETag") {
        *tag = reference("ETag");
    }
    response["headers"]["Bifrons-Version"] = reference("BifronsVersion");
    response["headers"]["X-Request-Id"] = reference("RequestId");
}

/// Adds the headers that a problem of this status has.
pub(super) fn of_problem(status: &str, response: &mut Value) {
    let headers: &[(&str, &str)] = match status {
        "401" => &[("WWW-Authenticate", "WWWAuthenticate")],
        "415" => &[("Accept", "Accept"), ("Accept-Encoding", "AcceptEncoding")],
        "429" | "503" => &[("Retry-After", "RetryAfter")],
        _ => &[],
    };
    for (name, component) in headers {
        response["headers"][*name] = reference(component);
    }
}

fn reference(component: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{component}") })
}
