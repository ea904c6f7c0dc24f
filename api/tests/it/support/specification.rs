//! The operations of `openapi.json` and `openapi-admin.json`, and a check that an answer is one that it documents.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

use super::Answer;

pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../openapi.json")).expect("openapi.json is JSON"));

pub static ADMIN_DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../openapi-admin.json")).expect("openapi-admin.json is JSON"));

/// The components of both. What both have is the same, but that the admin API has more codes of problems.
static COMPONENTS: LazyLock<Value> = LazyLock::new(|| {
    let mut components = DOCUMENT["components"].clone();
    for (kind, members) in ADMIN_DOCUMENT["components"].as_object().unwrap() {
        for (name, member) in members.as_object().unwrap() {
            components[kind][name] = member.clone();
        }
    }
    json!({ "components": components })
});

#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub template: String,
    pub document: &'static Value,
}

/// The operations of the public API.
pub fn operations() -> Vec<Operation> {
    PUBLIC_OPERATIONS.clone()
}

/// The operations of the admin API.
pub fn admin_operations() -> Vec<Operation> {
    ADMIN_OPERATIONS.clone()
}

static PUBLIC_OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| operations_of(&DOCUMENT));
static ADMIN_OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| operations_of(&ADMIN_DOCUMENT));

fn operations_of(document: &'static Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(|(method, document)| Operation {
            id: document["operationId"].as_str().unwrap_or_default().to_owned(),
            method: method.to_uppercase().parse().unwrap(),
            template: path.clone(),
            document,
        })
    });
    operations.collect()
}

impl Operation {
    /// A path of valid form. Its id does not exist.
    pub fn path(&self) -> String {
        self.template.replace("{id}", "019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a")
    }

    /// Whether the operation demands a session.
    pub fn needs_session(&self) -> bool {
        let security = self.document["security"].as_array().unwrap();
        !security.is_empty() && security.iter().all(|one| !one.as_object().unwrap().is_empty())
    }

    pub fn changes_something(&self) -> bool {
        !matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }

    /// The documented response with this status.
    pub fn response(&self, status: u16) -> Option<&'static Value> {
        self.document["responses"].get(status.to_string()).map(resolve)
    }

    /// The schema of the request's body.
    pub fn body(&self) -> Option<&'static Value> {
        let schema = self.document.pointer("/requestBody/content/application~1json/schema")?;
        Some(resolve(schema))
    }

    /// A valid body.
    pub fn example(&self) -> Option<Value> {
        Some(self.body()?["example"].clone())
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        let (wanted, given): (Vec<_>, Vec<_>) = (self.template.split('/').collect(), path.split('/').collect());
        let same = |(wanted, given): (&&str, &&str)| wanted.starts_with('{') || wanted == given;
        self.method == *method && wanted.len() == given.len() && wanted.iter().zip(given.iter()).all(same)
    }
}

pub fn resolve(schema: &'static Value) -> &'static Value {
    match schema["$ref"].as_str() {
        Some(reference) => COMPONENTS.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// Headers that are part of the API. Others concern caches, browsers and connections.
const HEADERS: [&str; 11] = [
    "accept",
    "accept-encoding",
    "bifrons-version",
    "etag",
    "retry-after",
    "set-cookie",
    "www-authenticate",
    "x-auth-roles",
    "x-auth-session-id",
    "x-auth-user-id",
    "x-request-id",
];

/// Fails if the specification does not allow the answer.
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap();
    let all = PUBLIC_OPERATIONS.iter().chain(ADMIN_OPERATIONS.iter());
    let Some(operation) = all.into_iter().find(|operation| operation.matches(method, path)) else { return };
    let what = format!("{} answered {} {}", operation.id, answer.status, answer.text);
    let response = operation.response(answer.status).unwrap_or_else(|| panic!("undocumented status: {what}"));
    check_headers(response, answer, &what);
    let media_type = answer.header("content-type");
    match response["content"].as_object() {
        None => assert!(answer.text.is_empty() && media_type.is_empty(), "undocumented body: {what}"),
        Some(content) => {
            let schema = content.get(media_type).unwrap_or_else(|| panic!("undocumented media type {media_type:?}: {what}"));
            let misfits = misfits(&schema["schema"], &answer.json());
            assert!(misfits.is_empty(), "{misfits:?}: {what}");
        }
    }
}

fn check_headers(response: &'static Value, answer: &Answer, what: &str) {
    for name in HEADERS {
        let documented = response["headers"].as_object();
        let header =
            documented.into_iter().flatten().find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, header)| resolve(header));
        let Some(header) = header else {
            assert!(!answer.headers.contains_key(name), "undocumented header {name}: {what}");
            continue;
        };
        assert!(header["required"] != true || answer.headers.contains_key(name), "the header {name} is missing: {what}");
        for value in answer.headers.get_all(name) {
            let value = value.to_str().unwrap();
            let value = if header["schema"]["type"] == "integer" { value.parse::<i64>().unwrap().into() } else { json!(value) };
            let misfits = misfits(&header["schema"], &value);
            assert!(misfits.is_empty(), "{name}: {misfits:?}: {what}");
        }
    }
}

/// The places at which a value breaks a schema of the document.
fn misfits(schema: &Value, value: &Value) -> Vec<String> {
    static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = Arc::clone(validators.entry(schema.to_string()).or_insert_with(|| Arc::new(validator(&closed(schema)))));
    drop(validators);
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A validator for a schema, which may refer to others of the document.
pub fn validator(schema: &Value) -> Validator {
    static SCHEMAS: LazyLock<Value> = LazyLock::new(|| closed(&COMPONENTS["components"]["schemas"]));
    let mut whole = json!({ "allOf": [schema], "components": { "schemas": *SCHEMAS } });
    if schema.get("components").is_some() {
        whole = schema.clone();
    }
    jsonschema::draft202012::options().should_validate_formats(true).build(&whole).unwrap()
}

/// The same in JSON Schema, and an answer has no other fields than those of its schema.
fn closed(schema: &Value) -> Value {
    let mut schema = as_json_schema(schema);
    close(&mut schema);
    schema
}

fn close(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Object(members) => {
            if members.get("type") == Some(&json!("object")) && members.contains_key("required") {
                members.insert("additionalProperties".to_owned(), false.into());
            }
            members.values_mut().for_each(close);
        }
        _ => {}
    }
}

/// The same in JSON Schema: `nullable` is a type.
pub fn as_json_schema(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(as_json_schema).collect(),
        Value::Object(members) => {
            let mut members: serde_json::Map<_, _> =
                members.iter().map(|(name, member)| (name.clone(), as_json_schema(member))).collect();
            if members.get("nullable") == Some(&json!(true)) {
                let ty = members["type"].clone();
                members.insert("type".to_owned(), json!([ty, "null"]));
            }
            members.into()
        }
        other => other.clone(),
    }
}

#[test]
fn a_wrong_answer_is_found() {
    let schema = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "enum": ["a"]}}});
    assert_eq!(misfits(&schema, &json!({"id": "a"})), Vec::<String>::new());
    for wrong in [json!({}), json!({"id": 1}), json!({"id": "b"}), json!({"id": "a", "more": 1}), json!([])] {
        assert!(!misfits(&schema, &wrong).is_empty(), "{wrong}");
    }
    let user = json!({ "$ref": "#/components/schemas/User" });
    let example = &DOCUMENT["components"]["schemas"]["User"]["example"];
    assert_eq!(misfits(&user, example), Vec::<String>::new());
    for (field, wrong) in [("id", json!("x")), ("created_at", json!("today")), ("roles", json!([1]))] {
        let mut other = example.clone();
        other[field] = wrong;
        assert!(!misfits(&user, &other).is_empty(), "{field}");
    }
}
