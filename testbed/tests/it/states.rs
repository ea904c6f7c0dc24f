//! The provider states of Pact.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::Testbed;

/// The states that docs/testing.md lists: the first cells of its tables with backticks.
fn listed() -> Vec<String> {
    let manual = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/testing.md")).unwrap();
    let table = manual.split("| state | parameters | effect |").nth(1).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn states_are_set_up_and_torn_down() {
    let testbed = Testbed::start(&[], &[]);
    let set_up = |state: &str, params: Value| {
        testbed.does("POST", "/states", json!({ "state": state, "action": "setup", "params": params }))
    };
    let session = |values: &Value, status: u16| {
        let (name, value) = match values.get("cookie") {
            Some(cookie) => ("cookie", cookie.as_str().unwrap().to_owned()),
            None => ("authorization", values["authorization"].as_str().unwrap().to_owned()),
        };
        let testbed = &testbed;
        async move { testbed.session(name, &value).await.expect(status).json() }
    };

    let ada = set_up("a user exists", json!({ "email": "ada@example.com" })).await;
    testbed.post("/v1/session", json!({ "email": ada["email"], "password": ada["password"] })).await.expect(200);
    let signed_in = set_up("a user is signed in", json!({ "name": "Grace" })).await;
    let shown = session(&signed_in, 200).await;
    assert_eq!((&shown["user"]["id"], &shown["id"]), (&signed_in["user_id"], &signed_in["session_id"]));
    let robot = set_up("a user is signed in", json!({ "sign_in": "token" })).await;
    session(&robot, 200).await;
    testbed.post("/v1/tokens/refresh", json!({ "refresh_token": robot["refresh_token"] })).await.expect(200);
    let bad = set_up("a session went bad", json!({ "sign_in": "token", "what": "access" })).await;
    assert_eq!(session(&bad, 401).await["code"], "invalid_token");
    testbed.post("/v1/tokens/refresh", json!({ "refresh_token": bad["refresh_token"] })).await.expect(200);
    let ended = set_up("a session went bad", Value::Null).await;
    assert_eq!(session(&ended, 401).await["code"], "invalid_session");
    set_up("an operation meets a fault", json!({ "operation": "getSession", "code": "unavailable" })).await;
    session(&signed_in, 503).await;
    set_up("the database is read-only", json!({})).await;
    testbed.post("/v1/users", json!({ "email": "eve@example.com", "password": "a long password" })).await.expect(503);

    // The verifier sends this after the request of the contract.
    let after = json!({ "state": "the database is read-only", "action": "teardown", "params": {}, "consumer": "shop" });
    assert_eq!(testbed.does("POST", "/states", after).await, json!({}));
    assert_eq!(session(&signed_in, 401).await["code"], "invalid_session");
    set_up("a user exists", json!({ "email": "ada@example.com" })).await;
    set_up("nothing happened", json!({})).await;
    testbed.post("/v1/session", json!({ "email": ada["email"], "password": ada["password"] })).await.expect(401);
}

#[tokio::test]
async fn a_state_that_is_unknown_or_wrong_is_refused() {
    let testbed = Testbed::start(&[], &[]);
    let (status, refused) = testbed.control("POST", "/states", json!({ "state": "a unicorn exists" })).await;
    assert_eq!((status, &refused["possible"]), (422, &json!(listed())), "docs/testing.md lists all states: {refused}");
    for (state, params) in [
        ("a user exists", json!({ "favourite_colour": "red" })),
        ("a user exists", json!("ada@example.com")),
        ("a session went bad", json!({ "what": "mouldy" })),
        ("an operation meets a fault", json!({})),
        ("an operation meets a fault", json!({ "operation": "getSession", "code": "email_taken" })),
    ] {
        let (status, refused) = testbed.control("POST", "/states", json!({ "state": state, "params": params })).await;
        assert_eq!((status, &refused["code"]), (422, &json!("invalid")), "{state} {params}: {refused}");
    }
    let taken = json!({ "state": "a user exists", "params": { "email": "ada@example.com" } });
    testbed.does("POST", "/states", taken.clone()).await;
    assert_eq!(testbed.control("POST", "/states", taken).await.0, 409);
}

#[tokio::test]
async fn the_token_may_stand_in_the_url_of_the_states_alone() {
    let testbed = Testbed::start(&[], &[]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = async |path: &str, password: &str| {
        let url = testbed.given("control").replacen("://", &format!("://testbed:{password}@"), 1);
        let body = json!({ "state": "nothing happened", "action": "teardown" }).to_string();
        let request = client.post(format!("{url}{path}")).header("content-type", "application/json").body(body);
        request.send().await.unwrap().status().as_u16()
    };
    let token = testbed.given("token");
    assert_eq!((asked("/states", token).await, asked("/states", "wrong").await, asked("/reset", token).await), (200, 401, 401));
}
