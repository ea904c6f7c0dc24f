//! Wrong values of every query parameter and of every field of a body, generated from both documents: each error names the place, the rule
//! and the limit, and no value.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin_access::administrator,
    support::{
        Actor, Answer, App,
        specification::{Operation, admin_operations, operations, resolve},
    },
};

/// A value that no answer may repeat.
const MARKER: &str = "hunter2-do-not-repeat-me";

/// A broken rule, with the members that its error must have.
struct Wrong {
    value: Value,
    rule: &'static str,
    limit: Option<(&'static str, Value)>,
}

fn wrong(value: impl Into<Value>, rule: &'static str) -> Wrong {
    Wrong { value: value.into(), rule, limit: None }
}

/// A described reference stands in `allOf`.
fn resolved(schema: &'static Value) -> &'static Value {
    resolve(schema["allOf"].get(0).unwrap_or(schema))
}

/// Wrong values for a schema, one for each of its rules.
fn wrong_values(schema: &'static Value) -> Vec<Wrong> {
    let mut all = Vec::new();
    let length = |keyword: &str| schema[keyword].as_u64().and_then(|limit| usize::try_from(limit).ok());
    if let Some(least) = length("minLength") {
        all.push(Wrong { limit: Some(("min", least.into())), ..wrong("x".repeat(least - 1), "min_length") });
    }
    if let Some(most) = length("maxLength") {
        all.push(Wrong { limit: Some(("max", most.into())), ..wrong(MARKER.repeat(most / MARKER.len() + 1), "max_length") });
    }
    for (keyword, rule, limit, beyond) in [("minimum", "minimum", "min", -1), ("maximum", "maximum", "max", 1)] {
        if let Some(bound) = schema[keyword].as_i64() {
            all.push(Wrong { limit: Some((limit, bound.into())), ..wrong(bound + beyond, rule) });
            all.push(Wrong { limit: Some((limit, bound.into())), ..wrong(i64::MAX.wrapping_mul(beyond), rule) });
        }
    }
    if schema["enum"].is_array() {
        all.push(Wrong { limit: Some(("values", schema["enum"].clone())), ..wrong(MARKER, "one_of") });
    }
    // Every pattern excludes it.
    if schema["pattern"].is_string() {
        all.push(wrong("a\u{0}", "format"));
    }
    if ["uuid", "date-time"].contains(&schema["format"].as_str().unwrap_or_default()) {
        all.push(wrong("{019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a}", "format"));
        all.push(wrong(MARKER, "format"));
    }
    if schema["format"] == "date" {
        all.extend(["2026-02-31", "2026-1-1", "yesterday"].map(|text| wrong(text, "format")));
    }
    all
}

#[track_caller]
fn expect(answer: Answer, place: &str, wrong: &Wrong, what: &str) {
    let what = format!("{what} {place} {}: {}", wrong.rule, answer.text);
    assert!(!answer.text.contains(MARKER), "repeats the value: {what}");
    let answer = answer.expect_problem(422, "validation_failed");
    assert_eq!(answer.broken_rules(), [(place.to_owned(), wrong.rule.to_owned())], "{what}");
    let error = &answer.json()["errors"][0];
    if let Some((member, limit)) = &wrong.limit {
        assert_eq!(error[member], *limit, "{what}");
    }
    let detail = error["detail"].as_str().unwrap();
    assert!(detail.starts_with("must ") && !detail.to_lowercase().contains("description"), "{what}");
}

fn encoded(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn query_parameters(operation: &Operation) -> Vec<(&'static str, &'static Value)> {
    let all = operation.document["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "query");
    all.map(|one| (one["name"].as_str().unwrap(), resolved(&one["schema"]))).collect()
}

/// All operations that administrators may call.
fn all_operations() -> Vec<Operation> {
    operations().into_iter().chain(admin_operations()).collect()
}

#[tokio::test]
async fn b_59_a_wrong_query_parameter_is_refused_by_its_rule_and_not_repeated() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let mut rules = Vec::new();
    for operation in all_operations() {
        let parameters = query_parameters(&operation);
        let ask = async |client: &Actor, query: String| client.get(&format!("{}?{query}", operation.path())).await;
        for (name, schema) in &parameters {
            assert_eq!(operation.method, Method::GET);
            let is_text = schema["type"] == "string";
            let of_type = ["", MARKER, "1.0", "TRUE"].into_iter().filter(|_| !is_text).map(|text| wrong(text, "type"));
            for wrong in wrong_values(schema).into_iter().chain(of_type) {
                rules.push(wrong.rule);
                expect(ask(&ada, format!("{name}={}", encoded(&wrong.value))).await, name, &wrong, &operation.id);
            }
            let valid = schema.get("enum").map_or(&schema["example"], |choices| &choices[0]);
            let valid = match (schema["type"].as_str(), schema["format"].as_str()) {
                (Some("integer" | "boolean"), _) => json!(schema["type"] == "boolean").to_string().replace("false", "1"),
                (_, Some("uuid")) => "019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a".to_owned(),
                (_, Some("date")) => "2026-01-01".to_owned(),
                (_, Some("date-time")) => "2026-01-01T09:00:00Z".to_owned(),
                _ => valid.as_str().unwrap_or("a").to_owned(),
            };
            let twice = ask(&ada, format!("{name}={0}&{name}={0}", encoded(&valid.into()))).await;
            expect(twice, name, &wrong(Value::Null, "conflict"), &operation.id);
        }
        // A misspelt filter.
        let query = format!("Limit=1&{MARKER}=2");
        if parameters.is_empty() {
            if operation.method == Method::GET {
                let (with, without) = (ask(&ada, query).await, ada.get(&operation.path()).await);
                assert_eq!(with.status, without.status, "{}: the query is ignored", operation.id);
            }
            continue;
        }
        app.client().get(&format!("{}?{query}", operation.path())).await.expect_problem(401, "unauthenticated");
        let refused = ask(&ada, query).await.expect_problem(422, "validation_failed");
        let unknown = |name: &str| (name.to_owned(), "unknown_field".to_owned());
        assert_eq!(refused.broken_rules(), [unknown("Limit"), unknown(MARKER)], "{}", operation.id);
        let names: Vec<_> = parameters.iter().map(|(name, _)| *name).collect();
        assert!(refused.json()["errors"][0]["detail"].as_str().unwrap().ends_with(&names.join(", ")), "{}", refused.text);
    }
    for rule in ["type", "minimum", "maximum", "min_length", "max_length", "one_of", "format"] {
        assert!(rules.contains(&rule), "{rule}");
    }
}

/// The places of a schema: the path of each field and of each item, the pointer to it, and its schema.
fn places(path: &str, pointer: &str, schema: &'static Value) -> Vec<(String, String, &'static Value)> {
    let mut all = Vec::new();
    let dot = if path.is_empty() { "" } else { "." };
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let (path, pointer) = (format!("{path}{dot}{name}"), format!("{pointer}/{name}"));
        all.extend(places(&path, &pointer, resolved(schema)));
        all.push((path, pointer, resolved(schema)));
    }
    if schema["type"] == "array" {
        let (path, pointer) = (format!("{path}.0"), format!("{pointer}/0"));
        all.extend(places(&path, &pointer, resolved(&schema["items"])));
        all.push((path, pointer, resolved(&schema["items"])));
    }
    all
}

/// Values of another JSON type than the schema's.
fn of_other_types(schema: &'static Value) -> Vec<Wrong> {
    let all = [json!("x"), json!(1.5), json!(true), json!([MARKER]), json!({ MARKER: MARKER })];
    let fits = |value: &Value| match schema["type"].as_str().unwrap() {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => false,
    };
    all.into_iter().filter(|value| !fits(value)).map(|value| wrong(value, "type")).collect()
}

#[tokio::test]
async fn b_59_a_wrong_field_is_refused_by_its_path_and_rule_and_not_repeated() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let mut nested = 0;
    for operation in all_operations() {
        let (Some(schema), Some(example)) = (operation.body(), operation.example()) else { continue };
        let send = async |body: Value| ada.send(operation.method.clone(), &operation.path(), Some(body)).await;
        for (path, pointer, schema) in places("", "", schema) {
            nested += usize::from(path.contains('.'));
            for wrong in wrong_values(schema).into_iter().chain(of_other_types(schema)) {
                let mut body = example.clone();
                if let Some(place) = body.pointer_mut(&pointer) {
                    *place = wrong.value.clone();
                } else {
                    body[&path] = wrong.value.clone();
                }
                expect(send(body).await, &path, &wrong, &operation.id);
            }
        }
        // Of many wrong items, some are named.
        for (path, _, _) in places("", "", schema).into_iter().filter(|(.., schema)| schema["type"] == "array") {
            let mut body = example.clone();
            body[&path] = json!(vec![MARKER.to_uppercase(); 1000]);
            let rules = send(body).await.expect_problem(422, "validation_failed").broken_rules();
            assert_eq!((rules.len(), &rules[7].0), (8, &format!("{path}.7")), "{}", operation.id);
        }
    }
    assert!(nested > 0);
}

/// The limit of the list is a rule too.
#[tokio::test]
async fn b_59_too_many_roles_are_refused_with_the_limit() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let roles: Vec<_> = (0..17).map(|n| format!("role{n}")).collect();
    let refused = ada.post("/v1/admin/users", json!({ "email": "x@example.com", "roles": roles })).await;
    let error = refused.expect_problem(422, "validation_failed").json()["errors"][0].clone();
    assert_eq!((&error["field"], &error["rule"], &error["max"]), (&json!("roles"), &json!("max_items"), &json!(16)));
}
