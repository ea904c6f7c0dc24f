//! The problems of each operation: those before it begins beside its own, with their headers and examples. Equal responses are one
//! component.

use poem_openapi::types::ParseFromJSON;
use serde_json::{Map, Value, json};

use super::{headers, operations::operations_mut};
use crate::http::{
    middleware::csrf,
    request::{admin, body, credentials},
    response::problem::{self, ProblemCode},
};

/// Whether an operation demands a fresh session.
const STEP_UP: &str = "x-step-up";

/// What an operation demands of an admin key.
const ADMIN_SCOPE: &str = "x-admin-scope";

/// Where the codes of a response are.
pub(super) const CODES: &str = "/content/application~1problem+json/schema/allOf/1/properties/code/enum";

pub(super) fn complete(document: &mut Value) {
    let (mut examples, mut components) = (Map::new(), Map::new());
    for (method, operation) in operations_mut(document) {
        mark_step_up(operation);
        mark_scope(operation);
        let codes = refused_before(method, operation);
        let responses = &mut operation["responses"];
        for code in codes {
            add(responses, code);
        }
        for (status, response) in responses.as_object_mut().into_iter().flatten() {
            let codes = codes_of(response);
            if codes.is_empty() {
                continue;
            }
            show(&codes, response, &mut examples);
            headers::of_problem(status, response);
            let cookies = if response.pointer("/headers/Set-Cookie").is_some() { "WithCookies" } else { "" };
            let name = codes.iter().map(|code| pascal(&name_of(*code))).collect::<Vec<_>>().join("Or") + cookies;
            let reference = json!({ "$ref": format!("#/components/responses/{name}") });
            components.insert(name, std::mem::replace(response, reference));
        }
        if let Some(responses) = responses.as_object_mut() {
            responses.sort_keys();
        }
    }
    examples.sort_keys();
    components.sort_keys();
    document["components"]["examples"] = examples.into();
    document["components"]["responses"] = components.into();
}

/// An operation that demands a fresh session says so: `FreshSession` stands in its signature, and here among its schemes.
fn mark_step_up(operation: &mut Value) {
    let Some(schemes) = operation["security"].as_array_mut() else { return };
    let all = schemes.len();
    schemes.retain(|scheme| scheme.get(credentials::STEP_UP).is_none());
    if schemes.len() < all {
        operation[STEP_UP] = true.into();
    }
}

/// An operation of the admin API names the scope that it demands: `Admin<…>` stands in its signature.
fn mark_scope(operation: &mut Value) {
    let scope = |scheme: &Value| {
        let name = scheme.as_object().and_then(|scheme| scheme.keys().next())?;
        name.strip_prefix(admin::SCOPE_MARK).map(str::to_owned)
    };
    let Some(schemes) = operation["security"].as_array_mut() else { return };
    if let Some(name) = schemes.iter().find_map(scope) {
        schemes.retain(|scheme| scope(scheme).is_none());
        operation[ADMIN_SCOPE] = name.into();
    }
}

/// The problems that an operation can answer with before it begins.
fn refused_before(method: &str, operation: &Value) -> Vec<ProblemCode> {
    let mut codes = vec![ProblemCode::MalformedRequest, ProblemCode::InternalError, ProblemCode::Unavailable];
    if csrf::is_unsafe(&method.to_uppercase().parse().unwrap_or_default()) {
        codes.extend(csrf::PROBLEMS);
    }
    let security = operation["security"].as_array();
    if security.is_some_and(|schemes| schemes.iter().all(|scheme| scheme.as_object().is_some_and(|scheme| !scheme.is_empty()))) {
        codes.extend(credentials::PROBLEMS);
    }
    if operation[STEP_UP] == true {
        codes.push(credentials::STEP_UP_PROBLEM);
    }
    if operation.get(ADMIN_SCOPE).is_some() {
        codes.extend(admin::PROBLEMS);
    }
    if operation.get("requestBody").is_some() {
        codes.extend(body::PROBLEMS);
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    codes.extend(parameters.filter_map(|parameter| match parameter["in"].as_str() {
        Some("path") => Some(ProblemCode::NotFound),
        Some("query" | "header") => Some(ProblemCode::ValidationFailed),
        _ => None,
    }));
    codes
}

/// Adds a code to the response of its status.
fn add(responses: &mut Value, code: ProblemCode) {
    let response = &mut responses[code.status().to_string()];
    match response.pointer_mut(CODES).and_then(Value::as_array_mut) {
        Some(codes) if codes.contains(&code.name()) => {}
        Some(codes) => codes.push(code.name()),
        None => *response = problem::response_document(code),
    }
}

/// The codes of a response, in the order of the closed list; it has them in that order afterwards.
fn codes_of(response: &mut Value) -> Vec<ProblemCode> {
    let Some(names) = response.pointer_mut(CODES).and_then(Value::as_array_mut) else { return Vec::new() };
    let mut codes: Vec<_> = names.drain(..).filter_map(|name| ProblemCode::parse_from_json(Some(name)).ok()).collect();
    codes.sort_by_key(|code| *code as usize);
    names.extend(codes.iter().map(|code| code.name()));
    codes
}

/// Adds an example for each code.
fn show(codes: &[ProblemCode], response: &mut Value, examples: &mut Map<String, Value>) {
    for code in codes {
        let name = name_of(*code);
        response["content"][problem::MEDIA_TYPE]["examples"][&name] = json!({ "$ref": format!("#/components/examples/{name}") });
        examples.insert(name, json!({ "summary": code.title(), "value": problem::example(*code) }));
    }
}

fn name_of(code: ProblemCode) -> String {
    code.name().as_str().unwrap_or_default().to_owned()
}

/// `rate_limited` as `RateLimited`.
pub(super) fn pascal(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    };
    name.split('_').map(word).collect()
}
