//! Every problem that the document lists can be provoked, and nothing else.

use serde_json::{Value, json};

use crate::support::{
    Testbed,
    specification::{Operation, admin_operations, operations, resolve},
};

/// The operations of both documents.
fn all_operations() -> Vec<Operation> {
    [operations(), admin_operations()].concat()
}

/// The codes that the document lists for an operation.
fn codes(operation: &Operation) -> Vec<(u16, String)> {
    let responses = operation.document["responses"].as_object().unwrap().iter();
    let listed = responses.flat_map(|(status, response)| {
        let problem = &resolve(response)["content"]["application/problem+json"]["schema"];
        let codes = problem.pointer("/allOf/1/properties/code/enum").and_then(Value::as_array).cloned().unwrap_or_default();
        let status: u16 = status.parse().unwrap();
        codes.into_iter().map(move |code| (status, code.as_str().unwrap().to_owned()))
    });
    listed.collect()
}

#[tokio::test]
async fn every_documented_problem_is_provoked() {
    let testbed = Testbed::start(&[], &[]);
    let mut provoked = 0;
    for operation in all_operations() {
        for (status, code) in codes(&operation) {
            testbed.does("POST", "/faults", json!({ "operation": operation.id, "code": code })).await;
            // `Answer::read` holds the answer against the document.
            let answer = testbed.send(operation.method.as_str(), &operation.path(), &[], operation.example()).await;
            answer.expect("an answer").expect_problem(status, &code);
            provoked += 1;
        }
        let left = testbed.does("GET", "/faults", Value::Null).await;
        assert_eq!(left["faults"], json!([]), "each fault met one request of {}", operation.id);
    }
    let all: usize = all_operations().iter().map(|operation| codes(operation).len()).sum();
    println!("{provoked} of {all} documented pairs of operation and problem code were provoked");
    assert!(provoked == all && all >= 700, "{provoked} of {all}");
}

#[tokio::test]
async fn what_the_document_does_not_list_is_refused_with_what_it_lists() {
    let testbed = Testbed::start(&[], &[]);
    for operation in all_operations() {
        let mut listed: Vec<_> = codes(&operation).into_iter().map(|(_, code)| code).collect();
        for wrong in ["method_not_allowed", "nonsense", ""] {
            let (status, refused) = testbed.control("POST", "/faults", json!({ "operation": operation.id, "code": wrong })).await;
            assert_eq!((status, &refused["code"]), (422, &json!("invalid")), "{refused}");
            let mut possible: Vec<String> = serde_json::from_value(refused["possible"].clone()).unwrap();
            possible.sort();
            listed.sort();
            assert_eq!(possible, listed, "{}", operation.id);
        }
    }
    for (wrong, named) in [
        (json!({ "operation": "signin", "code": "unavailable" }), json!("signIn")),
        (json!({ "operation": "signIn" }), json!("unavailable")),
        (json!({ "operation": "signIn", "code": "invalid_credentials", "retry_after": 1 }), json!("rate_limited")),
    ] {
        let (status, refused) = testbed.control("POST", "/faults", wrong).await;
        assert!(status == 422 && refused["possible"].as_array().unwrap().contains(&named), "{refused}");
    }
    for wrong in [
        json!({ "operation": "signIn", "kind": "slow" }),
        json!({ "operation": "signIn", "kind": "lost_answer", "code": "unavailable" }),
        json!({ "operation": "signIn", "code": "unavailable", "times": 0 }),
        json!({ "operation": "signIn", "code": "unavailable", "colour": "red" }),
    ] {
        let (status, refused) = testbed.control("POST", "/faults", wrong).await;
        assert!([400, 422].contains(&status) && refused["detail"].is_string(), "{refused}");
    }
    assert_eq!(testbed.does("GET", "/faults", Value::Null).await["faults"], json!([]));
}

#[tokio::test]
async fn a_fault_happens_so_often_so_late_and_can_lose_an_answer() {
    let testbed = Testbed::start(&[], &[]);
    let ada = testbed.user(json!({ "sign_in": "cookie" })).await;
    let cookie = ada["credentials"]["cookie"].as_str().unwrap();
    let fault = json!({ "operation": "getSession", "code": "unavailable", "times": 2, "retry_after": 7 });
    testbed.does("POST", "/faults", fault).await;
    for _ in 0..2 {
        let refused = testbed.session("cookie", cookie).await.expect_problem(503, "unavailable");
        assert_eq!(refused.header("retry-after"), "7");
    }
    testbed.session("cookie", cookie).await.expect(200);

    testbed.does("POST", "/faults", json!({ "operation": "getSession", "kind": "slow", "delay_ms": 300 })).await;
    let begun = std::time::Instant::now();
    testbed.session("cookie", cookie).await.expect(200);
    assert!(begun.elapsed().as_millis() >= 300);

    // The user is signed out, and the client does not learn of it.
    testbed.does("POST", "/faults", json!({ "operation": "signOut", "kind": "lost_answer" })).await;
    assert!(testbed.send("DELETE", "/v1/session", &[("cookie", cookie)], None).await.is_none());
    testbed.session("cookie", cookie).await.expect_problem(401, "invalid_session");

    testbed.does("POST", "/faults", json!({ "operation": "getSession", "code": "internal_error", "times": 100 })).await;
    testbed.does("DELETE", "/faults", Value::Null).await;
    testbed.session("cookie", cookie).await.expect_problem(401, "invalid_session");
}
