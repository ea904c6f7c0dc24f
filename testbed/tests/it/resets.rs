//! A reset while requests are under way: none of them writes into the service after it.

use serde_json::{Value, json};

use crate::support::{Answer, Testbed};

const PASSWORD: &str = "correct horse battery";

async fn testbed() -> (tempfile::TempDir, Testbed) {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.json");
    std::fs::write(&seed, json!({ "users": [{ "email": "ada@example.com" }] }).to_string()).unwrap();
    let testbed = Testbed::start(&["--now", "2026-01-01T09:00:00Z", "--seed", seed.to_str().unwrap()], &[]);
    (folder, testbed)
}

async fn sign_in(testbed: &Testbed, password: &str) -> Answer {
    testbed.post("/v1/session", json!({ "email": "ada@example.com", "password": password, "mode": "token" })).await
}

/// The sessions of Ada, by one of them.
async fn sessions(testbed: &Testbed, signed_in: &Value) -> usize {
    let token = format!("Bearer {}", signed_in["tokens"]["access_token"].as_str().unwrap());
    let listed = testbed.send("GET", "/v1/me/sessions", &[("authorization", &token)], None).await.expect("an answer");
    listed.expect(200).json()["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_request_that_is_under_way_is_refused_and_changes_nothing_afterwards() {
    let (_seed, testbed) = testbed().await;
    let first = sign_in(&testbed, PASSWORD).await.expect(200).json();
    let slow = json!({ "operation": "signIn", "kind": "slow", "delay_ms": 20_000 });
    testbed.does("POST", "/faults", slow).await;
    let waiting = sign_in(&testbed, PASSWORD);
    let resetting = async {
        while testbed.does("GET", "/faults", Value::Null).await["faults"] != json!([]) {}
        testbed.does("POST", "/reset", Value::Null).await;
        sign_in(&testbed, PASSWORD).await.expect(200).json()
    };
    let (waiting, signed_in) = tokio::join!(waiting, resetting);
    assert_eq!(waiting.expect_problem(503, "unavailable").header("retry-after"), "5");
    assert_eq!(signed_in["session"]["id"], first["session"]["id"], "ids are counted, and the request took none");
    assert_eq!(sessions(&testbed, &signed_in).await, 1);
}

/// Requests of a page go on while the testbed is reset, a session expires and the clock moves. Each reset is followed by what the first
/// reset was followed by.
#[tokio::test]
async fn what_pages_do_meanwhile_does_not_reach_the_next_test() {
    let (_seed, testbed) = testbed().await;
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let order = std::sync::atomic::Ordering::SeqCst;
    let page = async |who: usize| {
        let mut sent = 0;
        while !is_over.load(order) {
            // A refusal gathers a row of the audit trail; the others write in their own ways.
            let answer = match (sent + who) % 4 {
                0 => sign_in(&testbed, "another horse entirely").await,
                1 => sign_in(&testbed, PASSWORD).await,
                2 => testbed.session("cookie", "bifrons_session=none").await,
                _ => {
                    testbed
                        .post("/v1/users", json!({ "email": format!("eve-{who}-{sent}@example.com"), "password": PASSWORD }))
                        .await
                }
            };
            assert!(matches!(answer.status, 200 | 201 | 401 | 503), "{answer:?}");
            sent += 1;
        }
        sent
    };
    let tests = async {
        for round in 0..12 {
            let seeded = testbed.does("POST", "/reset", Value::Null).await;
            let ada = testbed.user(json!({ "sign_in": "token" })).await;
            let token = |user: &Value| format!("Bearer {}", user["credentials"]["tokens"]["access_token"].as_str().unwrap());
            testbed.session("authorization", &token(&ada)).await.expect(200);
            testbed.expire(ada["credentials"]["session_id"].as_str().unwrap(), "revoked").await;
            testbed.session("authorization", &token(&ada)).await.expect_problem(401, "invalid_token");
            let signed_in = sign_in(&testbed, PASSWORD).await.expect(200).json();
            assert!(signed_in["tokens"]["refresh_token"].is_string(), "round {round}: {signed_in}");
            testbed.does("POST", "/clock/advance", json!({ "seconds": 60 })).await;
            assert_eq!(seeded["users"][0]["email"], "ada@example.com");
        }
        is_over.store(true, order);
    };
    let (one, two, three, four, ()) = tokio::join!(page(0), page(1), page(2), page(3), tests);
    println!("{} requests were under way beside 12 resets", one + two + three + four);
    let log = testbed.does("GET", "/log", Value::Null).await;
    let errors: Vec<_> = log["lines"].as_array().unwrap().iter().filter(|line| line["level"] == "ERROR").collect();
    assert!(errors.is_empty(), "{errors:?}");
    // And what is left of them stays apart: the next test sees what the first one saw.
    testbed.does("POST", "/reset", Value::Null).await;
    let signed_in = sign_in(&testbed, PASSWORD).await.expect(200).json();
    assert_eq!(sessions(&testbed, &signed_in).await, 1);
}
