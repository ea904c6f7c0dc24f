//! Schemas and parameters: examples of all values, unique names for the values of enums, closed bodies, and what the configuration decides.

use poem_openapi::types::ParseFromJSON;
use serde_json::{Map, Value, json};

use super::{api::Api, effective::Effective, marks::MARKS, operations::operations_mut, problems::pascal};
use crate::http::{
    request::value::is_new_password,
    response::{
        problem,
        problem_code::{PROBLEM_CODES, ProblemCode},
        rule::RULES,
    },
    v1::session,
};

pub(super) fn complete(document: &mut Value, api: Api, effective: &Effective) {
    close_bodies(document);
    let (schemas, problems) = (document["components"]["schemas"].clone(), document["components"]["examples"].clone());
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        if schema.get("enum").is_some() {
            name_values(name, schema, api);
        }
        if name == "ProblemCode" {
            show_others(schema, &problems);
        }
        let whole = schema["example"].clone();
        for (property, schema) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            configure(schema, effective);
            if schema.get("$ref").is_none() && schema.get("allOf").is_none() {
                schema["example"] = whole.get(property).cloned().unwrap_or_else(|| example(schema, &schemas));
            }
        }
    }
    for request in ["SignInRequest", "PasskeySignInRequest"] {
        if let Some(request) = document["components"]["schemas"].get_mut(request) {
            request["not"] = session::conflict();
        }
    }
    if let Some(mint) = document["components"]["schemas"].get_mut("MintAccessTokenRequest") {
        mint["example"] = json!({ "audience": effective.audience() });
        mint["properties"]["audience"]["example"] = effective.audience().into();
        if let Some(audiences) = &effective.audiences {
            mint["properties"]["audience"]["enum"] = audiences.as_slice().into();
        }
    }
    for (_, operation) in operations_mut(document) {
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            if parameter.get("example").is_none() {
                let own = parameter["schema"].as_object_mut().and_then(|schema| schema.shift_remove("example"));
                parameter["example"] = own.unwrap_or_else(|| example(&parameter["schema"], &schemas));
            }
        }
    }
}

/// Bodies have no other fields than those of their schema.
fn close_bodies(document: &mut Value) {
    let mut closed = Vec::new();
    for (_, operation) in operations_mut(document) {
        let body = operation.pointer("/requestBody/content/application~1json/schema/$ref");
        closed.extend(body.and_then(Value::as_str).and_then(|name| name.rsplit('/').next()).map(str::to_owned));
    }
    for name in closed {
        document["components"]["schemas"][name]["additionalProperties"] = false.into();
    }
}

/// Names the values: Go and other languages have one name space for the values of all enums.
fn name_values(name: &str, schema: &mut Value, api: Api) {
    let about = match name {
        "ProblemCode" => PROBLEM_CODES,
        "Rule" => RULES,
        _ => &[],
    };
    let mut about: Vec<_> = about.iter().map(|doc| doc.trim()).collect();
    let mut values = schema["enum"].as_array().cloned().unwrap_or_default();
    if name == "ProblemCode" && api == Api::Public {
        let is_public = |value: &Value| !ProblemCode::parse_from_json(Some(value.clone())).is_ok_and(ProblemCode::is_of_admin);
        (values, about) = values.into_iter().zip(about).filter(|(value, _)| is_public(value)).unzip();
        schema["enum"] = values.as_slice().into();
    }
    let names: Vec<_> = values.iter().map(|value| name.to_owned() + &pascal(value.as_str().unwrap_or_default())).collect();
    schema["x-enum-varnames"] = names.into();
    if !about.is_empty() {
        let list: Vec<_> =
            values.iter().zip(&about).map(|(value, doc)| format!("- `{}`: {doc}", value.as_str().unwrap_or_default())).collect();
        let description = schema["description"].as_str().unwrap_or_default();
        schema["description"] = format!("{description}\n\n{}", list.join("\n")).into();
        schema["x-enum-descriptions"] = about.into();
    }
    // The last: the values of two fields that go together in a request fit each other.
    schema["example"] = values.last().cloned().unwrap_or_default();
}

/// Shows the problems that no operation of the document answers with.
fn show_others(schema: &mut Value, shown: &Value) {
    let codes = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let others = codes.filter(|code| shown.get(code).is_none()).map(|code| {
        let code_of = ProblemCode::parse_from_json(Some(code.into())).ok();
        (code.to_owned(), code_of.and_then(problem::example).unwrap_or_default())
    });
    let others: Map<_, _> = others.collect();
    schema[MARKS] = json!({ "examples": others });
}

/// The effective lengths of a password that is chosen.
fn configure(schema: &mut Value, effective: &Effective) {
    if !is_new_password(schema) {
        return;
    }
    for (keyword, length) in [("minLength", effective.min_password), ("maxLength", effective.max_password)] {
        if let Some(length) = length {
            schema[keyword] = length.into();
        }
    }
}

/// A value of a schema, where the example of the whole object has none.
fn example(schema: &Value, schemas: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return match schemas[name].get("enum") {
            Some(values) => values[0].clone(),
            None => schemas[name]["example"].clone(),
        };
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("array"), _) => json!([example(&schema["items"], schemas)]),
        (Some("integer"), _) => schema.get("default").cloned().unwrap_or_else(|| 64.into()),
        (Some("boolean"), _) => true.into(),
        (Some("object"), _) => json!({}),
        (_, Some("uuid")) => "019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a".into(),
        (_, Some("date-time")) => "2026-01-01T09:00:00.000Z".into(),
        _ => "text".into(),
    }
}
