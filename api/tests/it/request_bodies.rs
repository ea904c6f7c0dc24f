//! Request bodies of every operation, generated from the specification: media type, size, form and rules.

use serde_json::{Value, json};

use crate::{
    every_operation::signed_in,
    support::{
        Actor, Answer, App, PASSWORD,
        specification::{Operation, operations, resolve},
    },
};

/// A value that no answer may repeat.
const MARKER: &str = "hunter2-do-not-repeat-me";

fn with_bodies() -> Vec<(Operation, &'static Value, Value)> {
    let operations = operations().into_iter();
    operations.filter_map(|operation| Some((operation.clone(), operation.body()?, operation.example()?))).collect()
}

/// Sends a body as JSON, and checks that the answer does not repeat its values.
async fn send_text(client: &Actor, operation: &Operation, body: &str) -> Answer {
    let answer = client.send_raw(operation.method.clone(), &operation.path(), Some("application/json"), Some(body.into())).await;
    assert!(!answer.text.contains(MARKER), "{} repeats {body}: {}", operation.id, answer.text);
    answer
}

/// Sends an invalid body, and returns the broken rules.
async fn broken_rules(client: &Actor, operation: &Operation, body: &Value) -> Vec<(String, String)> {
    let answer = send_text(client, operation, &body.to_string()).await;
    answer.expect_problem(422, "validation_failed").broken_rules()
}

fn with(example: &Value, field: &str, value: Value) -> Value {
    let mut body = example.clone();
    body[field] = value;
    body
}

/// Values of each JSON type that do not fit the schema of a field.
fn misfits(schema: &'static Value) -> Vec<Value> {
    let values = [
        json!(12_345_678_901_234_567_u64),
        json!(1.5),
        json!([MARKER]),
        json!({ MARKER: MARKER }),
        json!(true),
        json!(null),
        json!(MARKER),
    ];
    // A described reference stands in `allOf`.
    let schema = resolve(schema["allOf"].get(0).unwrap_or(schema));
    let fits = |value: &Value| match schema["type"].as_str() {
        Some("string") if schema["enum"].is_array() => false,
        _ if value.is_null() => schema["nullable"] == true,
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("object") => value.is_object(),
        _ => false,
    };
    values.into_iter().filter(|value| !fits(value)).collect()
}

#[tokio::test]
async fn asvs_3_5_2_a_body_of_another_media_type_is_refused() {
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
async fn b_57_a_body_over_64_kib_is_refused() {
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
async fn b_59_unknown_and_missing_fields_are_named() {
    let app = App::start().await;
    let ada = signed_in(&app).await;
    for (operation, schema, example) in with_bodies() {
        let rules = broken_rules(&ada, &operation, &with(&example, "favourite_colour", MARKER.into())).await;
        assert_eq!(rules, [("favourite_colour".into(), "unknown_field".into())], "{}", operation.id);
        let many = (0..100).fold(example.clone(), |body, n| with(&body, &format!("{n:x<200}"), json!(1)));
        let rules = broken_rules(&ada, &operation, &many).await;
        assert_eq!(rules.len(), 8, "{}", operation.id);
        assert!(rules.iter().all(|(field, _)| field.len() == 64), "{rules:?}");
        for field in schema["required"].as_array().into_iter().flatten() {
            let field = field.as_str().unwrap();
            let mut body = example.clone();
            body.as_object_mut().unwrap().remove(field);
            let rules = broken_rules(&ada, &operation, &body).await;
            assert_eq!(rules, [(field.to_owned(), "required".into())], "{}", operation.id);
        }
    }
}

#[tokio::test]
async fn b_59_a_wrong_value_is_refused_by_its_rule_and_not_repeated() {
    let app = App::start().await;
    let ada = signed_in(&app).await;
    for (operation, schema, example) in with_bodies() {
        for (field, schema) in schema["properties"].as_object().unwrap() {
            for misfit in misfits(schema) {
                let rules = broken_rules(&ada, &operation, &with(&example, field, misfit.clone())).await;
                assert_eq!(rules[0].0, *field, "{} {field} {misfit}", operation.id);
            }
            if let Some(max) = schema["maxLength"].as_u64() {
                let long = MARKER.repeat(usize::try_from(max).unwrap() / MARKER.len() + 1);
                let rules = broken_rules(&ada, &operation, &with(&example, field, long.into())).await;
                assert_eq!(rules, [(field.clone(), "max_length".into())], "{}", operation.id);
            }
        }
    }
}

#[tokio::test]
async fn b_59_a_body_other_than_one_json_object_is_refused() {
    let app = App::start().await;
    let ada = signed_in(&app).await;
    let twice = format!("{{\"{MARKER}\":1,\"{MARKER}\":2}}");
    let deep = "[".repeat(60_000);
    for (operation, ..) in with_bodies() {
        for other in [json!(null), json!([]), json!(MARKER), json!(1)] {
            broken_rules(&ada, &operation, &other).await;
        }
        for malformed in ["", "{", MARKER, "{\"a\":1}x", "\u{feff}{}", "{\"a\":\"\\ud800\"}", &twice, &deep] {
            send_text(&ada, &operation, malformed).await.expect_problem(400, "malformed_request");
        }
    }
}
