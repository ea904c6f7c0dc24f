//! The database goes away, refuses writes and is slow below the service: every operation says so as documented, and nothing is lost.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Testbed, specification::operations};

const PASSWORD: &str = "correct horse battery";

/// Operations that need no database.
const NEED_NONE: [&str; 3] = ["/v1/probe", "/v1/configuration", "/v1/session/passkey/options"];

impl Testbed {
    async fn database(&self, database: Value) {
        self.does("PUT", "/dependencies", database).await;
    }

    async fn is_ready(&self) -> bool {
        let answer = self.plain("/health/ready").await;
        assert!(answer == 200 || answer == 503, "{answer}");
        answer == 200
    }

    async fn sign_in(&self, email: &str) -> Answer {
        self.post("/v1/session", json!({ "email": email, "password": PASSWORD, "mode": "token" })).await
    }
}

#[tokio::test]
async fn without_the_database_every_operation_says_503_and_all_goes_on_afterwards() {
    // Sessions that are cached are accepted for a while, as in any outage.
    let testbed = Testbed::start(&[], &[("BIFRONS_SESSIONS__CACHE_MIB", "0")]);
    let ada = testbed.user(json!({ "sign_in": "cookie", "email": "ada@example.com" })).await;
    let robot = testbed.user(json!({ "sign_in": "token" })).await;
    let cookie = ada["credentials"]["cookie"].as_str().unwrap();
    let refresh_token = &robot["credentials"]["tokens"]["refresh_token"];
    testbed.database(json!({ "database": "away" })).await;
    assert!(!testbed.is_ready().await, "at once");
    let mut refused = 0;
    for operation in operations() {
        let body = match operation.id.as_str() {
            "refreshTokens" => Some(json!({ "refresh_token": refresh_token })),
            "revokeToken" => Some(json!({ "token": refresh_token })),
            // Refused before the database is asked, unless an authenticator signed a challenge of the service.
            "signInWithPasskey" => continue,
            _ if NEED_NONE.contains(&operation.template.as_str()) => continue,
            _ => operation.example(),
        };
        let answer = testbed.send(operation.method.as_str(), &operation.path(), &[("cookie", cookie)], body).await;
        assert_eq!(answer.expect("an answer").expect_problem(503, "unavailable").header("retry-after"), "5", "{}", operation.id);
        refused += 1;
    }
    println!("{refused} operations answered 503 without the database");
    let (status, problem) = testbed.control("POST", "/users", json!({})).await;
    assert_eq!((status, &problem["code"]), (500, &json!("failed")), "{problem}");
    assert_eq!(testbed.plain("/health/live").await, 200);

    testbed.database(json!({ "database": "up" })).await;
    assert!(testbed.is_ready().await);
    testbed.session("cookie", cookie).await.expect(200);
    testbed.post("/v1/tokens/refresh", json!({ "refresh_token": refresh_token })).await.expect(200);
    testbed.post("/v1/password/forgot", json!({ "email": "ada@example.com" })).await.expect(202);
    let mail = testbed.does("GET", "/mails/next?to=ada@example.com", Value::Null).await;
    let chosen = json!({ "token": mail["token"], "new_password": "another horse entirely" });
    testbed.post("/v1/password/reset", chosen).await.expect(204);
}

#[tokio::test]
async fn what_was_acknowledged_survives_an_outage() {
    let testbed = Testbed::start(&[], &[]);
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let order = std::sync::atomic::Ordering::SeqCst;
    let signing_up = async |who: usize| {
        let (mut acknowledged, mut number) = (Vec::new(), 0);
        while !is_over.load(order) {
            number += 1;
            let email = format!("user-{who}-{number}@example.org");
            let answer = testbed.post("/v1/users", json!({ "email": email, "password": PASSWORD })).await;
            match answer.status {
                201 => acknowledged.push(email),
                _ => drop(answer.expect_problem(503, "unavailable")),
            }
        }
        (acknowledged, number)
    };
    let cutting = async {
        for _ in 0..6 {
            for state in ["away", "up", "read_only", "up"] {
                testbed.database(json!({ "database": state })).await;
                testbed.plain("/health/ready").await;
            }
        }
        is_over.store(true, order);
    };
    let (one, two, three, ()) = tokio::join!(signing_up(1), signing_up(2), signing_up(3), cutting);
    let (mut acknowledged, mut tried) = (Vec::new(), 0);
    for (emails, number) in [one, two, three] {
        acknowledged.extend(emails);
        tried += number;
    }
    println!("{} of {tried} sign-ups were acknowledged", acknowledged.len());
    for email in &acknowledged {
        testbed.sign_in(email).await.expect(200);
    }
    // The mails of all of them leave, also those that waited.
    let mails = testbed.does("GET", "/mails", Value::Null).await;
    for email in &acknowledged {
        assert!(mails["mails"].as_array().unwrap().iter().any(|mail| mail["to"] == **email), "no mail to {email}");
    }
}

#[tokio::test]
async fn a_database_is_read_only_or_slow_until_it_is_up() {
    let testbed = Testbed::start(&[], &[]);
    let ada = testbed.user(json!({ "sign_in": "cookie" })).await;
    let (cookie, email) = (ada["credentials"]["cookie"].as_str().unwrap(), ada["email"].as_str().unwrap());
    testbed.database(json!({ "database": "read_only" })).await;
    assert!(!testbed.is_ready().await);
    let renamed = Some(json!({ "name": "Ada" }));
    let answer = testbed.send("PATCH", "/v1/me", &[("cookie", cookie)], renamed).await.expect("an answer");
    assert_eq!(answer.expect_problem(503, "unavailable").header("retry-after"), "5");
    assert_eq!(testbed.session("cookie", cookie).await.expect(200).json()["user"]["name"], Value::Null);

    testbed.database(json!({ "database": "slow", "delay_ms": 60_000 })).await;
    let mut slow = Box::pin(testbed.sign_in(email));
    tokio::time::timeout(Duration::from_millis(100), &mut slow).await.expect_err("it waits for the database");
    // What was slow goes on at once.
    testbed.database(json!({ "database": "up" })).await;
    slow.await.expect(200);
    testbed.database(json!({ "database": "slow", "delay_ms": 1 })).await;
    assert!(testbed.is_ready().await);
    testbed.sign_in(email).await.expect(200);
    testbed.database(json!({ "database": "away" })).await;
    testbed.does("POST", "/reset", Value::Null).await;
    assert!(testbed.is_ready().await, "a reset brings the database back");
}
