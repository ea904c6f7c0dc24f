//! The specification: what the API structs declare, and what poem-openapi cannot. It needs no state, no database and no environment.

use std::sync::LazyLock;

use poem::{
    Response, handler,
    http::{HeaderMap, Method},
};
use poem_openapi::{ContactObject, LicenseObject, OpenApiService, ServerObject, types::ParseFromJSON};
use serde_json::{Map, Value, json};

use super::static_document::StaticDocument;
use crate::http::{
    middleware::csrf,
    request::{body, credentials},
    response::problem::{self, ProblemCode},
    v1::{
        email::EmailApi, export::ExportApi, me::MeApi, mint::MintApi, password::PasswordApi, probe::ProbeApi, session::SessionApi,
        sessions::SessionsApi, tokens::TokensApi, users::UsersApi, verify::VerifyApi,
    },
};

/// All operations.
pub(in crate::http) type Apis =
    (UsersApi, PasswordApi, EmailApi, SessionApi, MintApi, TokensApi, MeApi, ExportApi, SessionsApi, VerifyApi, ProbeApi);

/// The operations as poem serves them.
pub(in crate::http) fn service() -> OpenApiService<Apis, ()> {
    let apis =
        (UsersApi, PasswordApi, EmailApi, SessionApi, MintApi, TokensApi, MeApi, ExportApi, SessionsApi, VerifyApi, ProbeApi);
    OpenApiService::new(apis, "Bifrons", env!("CARGO_PKG_VERSION"))
        .description(include_str!("openapi.md"))
        .contact(ContactObject::new().name("The Bifrons authors"))
        .license(LicenseObject::new("MIT OR Apache-2.0").url("https://spdx.org/licenses/"))
        .server(ServerObject::new("/").description("The service that serves this document"))
}

/// The finished document.
pub(in crate::http) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document: Value = serde_json::from_str(&service().spec()).unwrap_or_default();
    finish(&mut document);
    document
});

static SPEC: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", *DOCUMENT));

/// The document as it is written to `openapi.json`.
pub fn spec() -> &'static str {
    &SPEC
}

/// The document as clients fetch it.
#[handler]
pub(in crate::http) async fn served(headers: &HeaderMap) -> poem::Result<Response> {
    static SERVED: StaticDocument = StaticDocument::new("application/json", spec);
    Ok(SERVED.answer(headers).await?)
}

/// The methods that a path has operations for.
pub(in crate::http) fn methods(path: &str) -> Vec<Method> {
    if !path.starts_with('/') {
        // `OPTIONS *` asks about the service as a whole (RFC 9110 section 9.3.7).
        return vec![Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    }
    let is_it = |template: &str| {
        let (wanted, given): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        wanted.len() == given.len() && wanted.iter().zip(given).all(|(wanted, given)| wanted.starts_with('{') || *wanted == given)
    };
    operations(&DOCUMENT)
        .filter(|(template, ..)| is_it(template))
        .filter_map(|(_, method, _)| method.to_uppercase().parse().ok())
        .collect()
}

pub(super) fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, methods)| {
        methods.as_object().into_iter().flatten().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// Adds what poem-openapi cannot: the problems before an operation begins, which operations are public, and which bodies are closed.
fn finish(document: &mut Value) {
    tidy(document);
    order_tags(document);
    let (mut closed, mut examples) = (Vec::new(), Map::new());
    for (_, methods) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            let codes = refused_before(method, operation);
            let responses = &mut operation["responses"];
            for code in codes {
                add(responses, code);
            }
            for (status, response) in responses.as_object_mut().into_iter().flatten() {
                complete(status, response, &mut examples);
            }
            if let Some(responses) = responses.as_object_mut() {
                responses.sort_keys();
            }
            if operation.get("security").is_none() {
                operation["security"] = json!([]);
            }
            let body = operation.pointer("/requestBody/content/application~1json/schema/$ref");
            closed.extend(body.and_then(Value::as_str).and_then(|name| name.rsplit('/').next()).map(str::to_owned));
        }
    }
    for name in closed {
        document["components"]["schemas"][name]["additionalProperties"] = false.into();
    }
    examples.sort_keys();
    document["components"]["examples"] = examples.into();
}

/// Sorts the tags by the order of their operations.
fn order_tags(document: &mut Value) {
    let order: Vec<_> = operations(document).map(|(_, _, operation)| operation["tags"][0].clone()).collect();
    if let Some(tags) = document["tags"].as_array_mut() {
        tags.sort_by_key(|tag| order.iter().position(|name| *name == tag["name"]));
    }
}

/// The problems that an operation can answer with before it begins.
fn refused_before(method: &str, operation: &Value) -> Vec<ProblemCode> {
    let mut codes = vec![ProblemCode::InternalError, ProblemCode::Unavailable];
    if csrf::is_unsafe(&method.to_uppercase().parse().unwrap_or_default()) {
        codes.extend(csrf::PROBLEMS);
    }
    let security = operation["security"].as_array();
    if security.is_some_and(|schemes| schemes.iter().all(|scheme| scheme.as_object().is_some_and(|scheme| !scheme.is_empty()))) {
        codes.extend(credentials::PROBLEMS);
    }
    if operation.get("requestBody").is_some() {
        codes.extend(body::PROBLEMS);
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    codes.extend(
        parameters.map(|parameter| if parameter["in"] == "path" { ProblemCode::NotFound } else { ProblemCode::ValidationFailed }),
    );
    codes
}

const CODES: &str = "/content/application~1problem+json/schema/allOf/1/properties/code/enum";

/// Adds a code to the response of its status.
fn add(responses: &mut Value, code: ProblemCode) {
    let response = &mut responses[code.status().to_string()];
    match response.pointer_mut(CODES).and_then(Value::as_array_mut) {
        Some(codes) if codes.contains(&code.name()) => {}
        Some(codes) => codes.push(code.name()),
        None => *response = problem::response_document(code),
    }
}

/// Adds the examples of a problem response, and the headers of its status.
fn complete(status: &str, response: &mut Value, examples: &mut Map<String, Value>) {
    let codes: Vec<_> = response.pointer(CODES).and_then(Value::as_array).into_iter().flatten().cloned().collect();
    for code in codes.into_iter().filter_map(|name| ProblemCode::parse_from_json(Some(name)).ok()) {
        let name = code.name().as_str().unwrap_or_default().to_owned();
        response["content"][problem::MEDIA_TYPE]["examples"][&name] = json!({ "$ref": format!("#/components/examples/{name}") });
        examples.insert(name, json!({ "summary": code.title(), "value": problem::example(code) }));
    }
    let header = match status {
        "401" => Some((
            "WWW-Authenticate",
            json!({ "description": "`Bearer`; with `error=\"invalid_token\"` if a token was sent.", "schema": { "type": "string" } }),
        )),
        "503" => Some((
            "Retry-After",
            json!({ "description": "Seconds to wait before the next attempt.", "schema": { "type": "integer" } }),
        )),
        _ => None,
    };
    if let Some((name, header)) = header {
        response["headers"][name] = header;
    }
}

/// Corrects what poem-openapi writes and other tools do not expect.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(members) => {
            if members.get("deprecated") == Some(&Value::Bool(false)) {
                members.shift_remove("deprecated");
            }
            if let Some(Value::Object(headers)) = members.get_mut("headers")
                && let Some(cookie) = headers.shift_remove("SET-COOKIE")
            {
                headers.insert("Set-Cookie".to_owned(), cookie);
            }
            members.values_mut().for_each(tidy);
        }
        // `maximum: 100.0`
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) && !number.is_i64() => {
            if let Ok(whole) = format!("{:.0}", number.as_f64().unwrap_or_default()).parse::<i64>() {
                *value = whole.into();
            }
        }
        _ => {}
    }
}
