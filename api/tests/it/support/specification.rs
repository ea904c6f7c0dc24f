//! The operations of `openapi.json`, and a check that an answer is one that it documents.

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::{Value, json};

use super::Answer;

pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../openapi.json")).expect("openapi.json is JSON"));

#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub template: String,
    pub document: &'static Value,
}

pub fn operations() -> Vec<Operation> {
    OPERATIONS.clone()
}

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(|(method, document)| Operation {
            id: document["operationId"].as_str().unwrap_or_default().to_owned(),
            method: method.to_uppercase().parse().unwrap(),
            template: path.clone(),
            document,
        })
    });
    operations.collect()
});

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
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// Fails if the specification does not allow the answer.
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap();
    let Some(operation) = OPERATIONS.iter().find(|operation| operation.matches(method, path)) else { return };
    let what = format!("{} answered {} {}", operation.id, answer.status, answer.text);
    let response = &operation.document["responses"][answer.status.to_string()];
    assert!(response.is_object(), "undocumented status: {what}");
    let media_type = answer.header("content-type");
    match response["content"].as_object() {
        None => assert!(answer.text.is_empty() && media_type.is_empty(), "undocumented body: {what}"),
        Some(content) => {
            let schema = content.get(media_type).map(|content| resolve_static(&content["schema"]));
            let schema = schema.unwrap_or_else(|| panic!("undocumented media type {media_type:?}: {what}"));
            let misfits = misfits("", &schema, &answer.json());
            assert!(misfits.is_empty(), "{misfits:?}: {what}");
        }
    }
}

fn resolve_static(schema: &Value) -> Value {
    match schema["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap().clone(),
        None => schema.clone(),
    }
}

/// The places at which a value breaks a schema. Knows the keywords of our document, and fails on any other.
fn misfits(place: &str, schema: &Value, value: &Value) -> Vec<String> {
    const KNOWN: &str = " $ref allOf type format description title example enum items properties required nullable additionalProperties maxLength minLength ";
    let schema = resolve_static(schema);
    let keywords = schema.as_object().unwrap();
    assert!(
        keywords.keys().all(|keyword| KNOWN.contains(&format!(" {keyword} "))),
        "this check does not know a keyword of {keywords:?}"
    );
    let mut found: Vec<_> = schema["allOf"].as_array().into_iter().flatten().flat_map(|one| misfits(place, one, value)).collect();
    let fits = match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("uuid")) => value.as_str().is_some_and(|text| uuid::Uuid::parse_str(text).is_ok()),
        (Some("string"), Some("date-time")) => value.as_str().is_some_and(|text| text.len() >= 20 && text.ends_with('Z')),
        (Some("string"), _) => value.is_string(),
        (Some("boolean"), _) => value.is_boolean(),
        (Some("integer"), _) => value.is_i64(),
        (Some("array"), _) => value.is_array(),
        (Some("object"), _) => value.is_object(),
        _ => true,
    };
    if !fits {
        found.push(format!("{place} does not match {schema}"));
    }
    if schema["enum"].as_array().is_some_and(|choices| !choices.contains(value)) {
        found.push(format!("{place} is none of {}", schema["enum"]));
    }
    for item in value.as_array().filter(|_| schema["items"].is_object()).into_iter().flatten() {
        found.extend(misfits(&format!("{place}/[]"), &schema["items"], item));
    }
    if let (Some(fields), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
        let closed = schema["required"].is_array();
        for (name, value) in object {
            match fields.get(name) {
                Some(field) => found.extend(misfits(&format!("{place}/{name}"), field, value)),
                None if closed => found.push(format!("{place}/{name} is undocumented")),
                None => {}
            }
        }
        let required = schema["required"].as_array().into_iter().flatten();
        found.extend(
            required.filter(|name| !object.contains_key(name.as_str().unwrap())).map(|name| format!("{place}/{name} is missing")),
        );
    }
    found
}

#[test]
fn a_wrong_answer_is_found() {
    let schema = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "enum": ["a"]}}});
    assert_eq!(misfits("", &schema, &json!({"id": "a"})), Vec::<String>::new());
    for wrong in [json!({}), json!({"id": 1}), json!({"id": "b"}), json!({"id": "a", "more": 1}), json!([])] {
        assert!(!misfits("", &schema, &wrong).is_empty(), "{wrong}");
    }
}
