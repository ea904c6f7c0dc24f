//! What the service refuses, the control refuses, in words that name the field, the rule and the limit, never the value.

use serde_json::{Value, json};

use crate::support::{Testbed, command};

/// A part of each value that breaks a rule.
const CANARY: &str = "canary";

/// A request with a wrong value, and the words that its refusal has.
type Wrong = (&'static str, &'static str, Value, &'static [&'static str]);

async fn refused(testbed: &Testbed, (method, path, body, words): Wrong) {
    let (status, problem) = testbed.control(method, path, body.clone()).await;
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(status == 422 && problem["code"] == "invalid", "{method} {path} {body}: {status} {problem}");
    assert!(words.iter().all(|word| detail.contains(word)), "{body}: {words:?}: {detail}");
    assert!(!detail.contains(CANARY), "{body}: {detail}");
}

fn too_deep() -> Value {
    json!({ "app_metadata": { "a": { "b": { "c": { "d": { "e": {} } } } } } })
}

fn wrong_users() -> Vec<(Value, &'static [&'static str])> {
    vec![
        (json!({ "email": "canary" }), &["email", "name@example.com"]),
        (json!({ "email": format!("canary@{}.example", "a.".repeat(130)) }), &["email", "domain"]),
        (json!({ "email": 1 }), &["email must be a string"]),
        (json!({ "password": "canary" }), &["password", "at least 8 characters"]),
        (json!({ "password": "canary".repeat(200) }), &["password", "at most", "bytes"]),
        (json!({ "password": "password1234" }), &["password", "most common"]),
        (json!({ "password": ["canary"] }), &["password must be a string"]),
        (json!({ "name": "canary\u{202e}" }), &["name", "reorders the text"]),
        (json!({ "name": " " }), &["name", "one of them visible"]),
        (json!({ "name": {} }), &["name must be a string"]),
        (json!({ "locale": "not a canary" }), &["locale", "BCP 47"]),
        (json!({ "roles": ["Canary"] }), &["roles", "1 to 32 characters", "lower case"]),
        (json!({ "roles": ["two canary"] }), &["roles", "1 to 32 characters"]),
        (json!({ "roles": ["canary".repeat(6)] }), &["roles", "1 to 32 characters"]),
        (json!({ "roles": (0..17).map(|number| format!("canary-{number}")).collect::<Vec<_>>() }), &["roles", "at most 16"]),
        (json!({ "roles": "canary" }), &["roles must be an array"]),
        (json!({ "roles": ["editor", 7] }), &["roles.1 must be a string"]),
        (json!({ "verified": "canary" }), &["verified must be a boolean"]),
        (json!({ "factors": ["canary"] }), &["factors.0 must be one of totp"]),
        (json!({ "disabled": "canary" }), &["disabled must be a boolean"]),
        (json!({ "app_metadata": "canary" }), &["app_metadata must be an object"]),
        (json!({ "app_metadata": { "text": "canary".repeat(2000) } }), &["app_metadata", "at most 8192 bytes"]),
        (too_deep(), &["app_metadata", "at most 5 levels"]),
        (json!({ "sign_in": "canary" }), &["sign_in must be one of cookie, token"]),
        (json!({ "remember": 1 }), &["remember must be a boolean"]),
        (json!({ "colour": "canary" }), &["colour is no field", "email", "sign_in"]),
        (json!(["canary"]), &["must be a JSON object"]),
    ]
}

#[tokio::test]
async fn users_keep_the_rules_of_the_service() {
    let testbed = Testbed::start(&[], &[]);
    for (user, words) in wrong_users() {
        refused(&testbed, ("POST", "/users", user.clone(), words)).await;
        if user.is_object() {
            refused(&testbed, ("POST", "/states", json!({ "state": "a user exists", "params": user }), words)).await;
        }
    }
    testbed.user(json!({ "email": "canary@example.com" })).await;
    for (user, word) in [
        (json!({ "email": "Canary@example.com" }), "email"),
        (json!({ "disabled": true, "sign_in": "cookie" }), "sign_in must be left out"),
    ] {
        let (status, problem) = testbed.control("POST", "/users", user).await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(status == 409 && detail.contains(word) && !detail.to_lowercase().contains(CANARY), "{problem}");
    }
    // What the service takes, the control takes.
    let roles: Vec<_> = (0..16).map(|number| format!("role_{number}-x")).collect();
    testbed.user(json!({ "name": "Ada", "locale": "de-AT", "roles": roles, "app_metadata": { "plan": "team" } })).await;
}

#[tokio::test]
async fn a_seed_that_breaks_a_rule_stops_the_start_and_names_the_user() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed.json");
    let mut seeds: Vec<(String, Vec<&str>)> = Vec::new();
    for (user, words) in wrong_users().into_iter().filter(|(user, _)| user.get("roles").or(user.get("name")).is_some()) {
        let words = [&["users[1]"], words].concat();
        seeds.push((json!({ "users": [{ "email": "ada@example.com" }, user] }).to_string(), words));
    }
    let form = vec!["seed.json", r#"{"users": […]}"#];
    for wrong in ["canary", "[]", "{}", r#"{"users": {}}"#, r#"{"users": [], "users": []}"#, r#"{"users": [], "canary": 1}"#] {
        seeds.push((wrong.to_owned(), form.clone()));
    }
    seeds.push((
        r#"{"users": [{}, {"email": "ada@example.com"}, {"email": "ADA@example.com"}]}"#.to_owned(),
        vec!["users[2]", "email"],
    ));
    for (seed, words) in seeds {
        std::fs::write(&file, &seed).unwrap();
        let ended = command().arg("--seed").arg(&file).args(["--", "true"]).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.code() == Some(2) && words.iter().all(|word| said.contains(word)), "{seed}: {words:?}: {said}");
        assert!(!said.to_lowercase().contains(CANARY), "{seed}: {said}");
    }
}

#[tokio::test]
async fn every_other_field_of_the_control_has_its_rule() {
    let testbed = Testbed::start(&["--now", "2026-01-01T09:00:00Z"], &[]);
    let session = format!(
        "/sessions/{}/expire",
        testbed.user(json!({ "sign_in": "cookie" })).await["credentials"]["session_id"].as_str().unwrap()
    );
    let fault = |field: &str, value: Value| json!({ "operation": "signIn", "code": "unavailable", field: value });
    for (method, path, body, words) in [
        ("PUT", "/clock", json!({}), &["now is required"][..]),
        ("PUT", "/clock", json!({ "now": "canary" }), &["now must be a moment as in RFC 3339"]),
        ("PUT", "/clock", json!({ "now": 1_767_258_000 }), &["now must be a string"]),
        ("PUT", "/clock", json!({ "now": "2025-12-31T00:00:00Z" }), &["now must not be before 2026-01-01T09:00:00.000Z"]),
        ("PUT", "/clock", json!({ "now": "9999-12-31T00:00:00Z" }), &["now must be from 1970", "to 9000-01-01T00:00:00.000Z"]),
        ("POST", "/clock/advance", json!({ "seconds": -1 }), &["seconds must be at least 0"]),
        ("POST", "/clock/advance", json!({ "seconds": 315_360_000.5 }), &["seconds must be at most 315360000"]),
        ("POST", "/clock/advance", json!({ "seconds": "canary" }), &["seconds must be a number"]),
        ("POST", "/faults", json!({ "code": "canary" }), &["operation is required"]),
        ("POST", "/faults", json!({ "operation": "canary", "code": "unavailable" }), &["operation must be one of"]),
        ("POST", "/faults", json!({ "operation": "signIn", "code": "canary" }), &["code must be one"]),
        ("POST", "/faults", fault("kind", json!("canary")), &["kind must be one of problem, lost_answer, slow"]),
        ("POST", "/faults", fault("times", json!(0)), &["times must be at least 1"]),
        ("POST", "/faults", fault("times", json!(1.5)), &["times must be an integer"]),
        ("POST", "/faults", fault("times", json!(2_000_000)), &["times must be at most 1000000"]),
        ("POST", "/faults", fault("delay_ms", json!(-1)), &["delay_ms must be at least 0"]),
        ("POST", "/faults", fault("delay_ms", json!(60_001)), &["delay_ms must be at most 60000"]),
        ("POST", "/faults", fault("retry_after", json!(86_401)), &["retry_after must be at most 86400"]),
        ("POST", "/faults", fault("colour", json!("canary")), &["colour is no field"]),
        ("POST", "/states", json!({}), &["state is required"]),
        ("POST", "/states", json!({ "state": "canary" }), &["state must be one of"]),
        ("POST", "/states", json!({ "state": "nothing happened", "action": "canary" }), &["action must be one of setup, teardown"]),
        ("POST", "/states", json!({ "state": "a user exists", "params": "canary" }), &["params must be an object"]),
        (
            "POST",
            "/states",
            json!({ "state": "a session went bad", "params": { "what": "canary" } }),
            &["what must be one of idle"],
        ),
        (
            "POST",
            "/states",
            json!({ "state": "the database is slow", "params": { "delay_ms": 0 } }),
            &["delay_ms must be at least 1"],
        ),
        ("PUT", "/dependencies", json!({ "database": "canary" }), &["database must be one of up, away, read_only, slow"]),
        ("PUT", "/dependencies", json!({ "database": "slow", "delay_ms": 60_001 }), &["delay_ms must be at most 60000"]),
        ("PUT", "/dependencies", json!({ "database": "up", "delay_ms": 1 }), &["delay_ms belongs to the database slow"]),
        ("POST", &session, json!({ "what": "canary" }), &["what must be one of idle, absolute, access, fresh, reuse, revoked"]),
    ] {
        let (status, problem) = testbed.control(method, path, body.clone()).await;
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(status == 422 && words.iter().all(|word| detail.contains(word)), "{method} {path} {body}: {words:?}: {problem}");
        assert!(!detail.contains(CANARY), "{body}: {detail}");
    }
}

#[tokio::test]
async fn every_parameter_of_the_control_has_its_rule_and_the_clock_its_end() {
    let testbed = Testbed::start(&["--now", "2026-01-01T09:00:00Z"], &[]);
    for (method, path, words) in [
        ("POST", "/sessions/canary/expire", "id must be a UUID"),
        ("GET", "/users/canary/totp", "id must be a UUID"),
        ("GET", "/log?after=canary", "after must be a whole number of at least 0"),
        (
            "GET",
            "/mails/next?to=a@example.com&timeout_ms=60001",
            "timeout_ms must be a whole number of at least 0, and at most 60000",
        ),
        ("GET", "/mails/next", "to is required"),
    ] {
        let body = if method == "POST" { json!({ "what": "idle" }) } else { Value::Null };
        let (status, problem) = testbed.control(method, path, body).await;
        assert!(status == 400 && problem["detail"] == words, "{path}: {problem}");
    }
    testbed.does("PUT", "/clock", json!({ "now": "9000-01-01T00:00:00Z" })).await;
    let (status, problem) = testbed.control("POST", "/clock/advance", json!({ "seconds": 1 })).await;
    assert!(status == 422 && problem["detail"].as_str().unwrap().contains("not after 9000-01-01"), "{problem}");
}
