//! Signing up.

use std::collections::BTreeMap;

use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{App, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn asvs_2_3_4_a_hundred_concurrent_sign_ups_create_one_user() {
    let app = App::start().await;
    let second_node = app.another().await;
    let mut racers = JoinSet::new();
    for n in 0..100 {
        let racer = if n % 2 == 0 { app.client() } else { second_node.client() };
        let email = if n % 3 == 0 { "Ada@Example.com" } else { "ada@example.COM" };
        racers.spawn(async move { racer.sign_up(email, PASSWORD).await });
    }
    let mut answers = BTreeMap::new();
    for answer in racers.join_all().await {
        *answers.entry((answer.status, answer.code())).or_insert(0) += 1;
    }
    assert_eq!(answers, BTreeMap::from([((201, String::new()), 1), ((409, "email_taken".to_owned()), 99)]));
    assert_eq!(app.count("SELECT count(*) FROM user").await, 1);
}

#[tokio::test]
async fn b_28_a_similar_address_is_another_user() {
    let app = App::start().await;
    app.client().sign_up("mike@example.com", PASSWORD).await.expect(201);
    for taken in ["MIKE@example.com", "mike@EXAMPLE.COM", "mike@\u{212A}xample.com".replace('\u{212A}', "e").as_str()] {
        app.client().sign_up(taken, PASSWORD).await.expect_problem(409, "email_taken");
    }
    for other in ["mıke@example.com", "mi\u{212A}e@example.com", "ｍike@example.com", "mike+x@example.com", "Жанна@example.com"]
    {
        app.client().sign_up(other, PASSWORD).await.expect(201);
        assert_eq!(app.client().sign_in(other, PASSWORD).await.expect(200).string("/session/user/email"), other);
    }
}

#[tokio::test]
async fn one_answer_names_all_broken_rules() {
    let app = App::configured(|config| config.passwords.min_length = 12).await;
    let body = json!({"email": "ada@example.com", "password": "zq4817kd", "name": "\u{7}"});
    let rules = app.client().post("/v1/users", body).await.expect_problem(422, "validation_failed").broken_rules();
    assert_eq!(rules, [("password".into(), "min_length".into()), ("name".into(), "format".into())]);
    let problem = app.client().post("/v1/users", json!({"email": "", "password": "1234567", "name": ""})).await;
    let rules = problem.expect_problem(422, "validation_failed").broken_rules();
    assert_eq!(
        rules,
        [("email".into(), "format".into()), ("password".into(), "min_length".into()), ("name".into(), "min_length".into())]
    );
}

#[tokio::test]
async fn asvs_6_2_1_passwords_from_8_code_points_to_1024_bytes() {
    let app = App::start().await;
    let horses = |n: usize| "🐎".repeat(n);
    let right = ["zq4817kd".to_owned(), "        ".to_owned(), horses(8), horses(256), "a".repeat(1024), "p\u{0}ssword".to_owned()];
    for (n, password) in right.iter().enumerate() {
        let email = format!("user{n}@example.com");
        app.client().sign_up(&email, password).await.expect(201);
        app.client().sign_in(&email, password).await.expect(200);
        app.client().sign_in(&email, &format!("{password} ")).await.expect(if password.chars().count() == 1024 {
            422
        } else {
            401
        });
    }
    let wrong = [
        ("1234567".to_owned(), "min_length"),
        (horses(7), "min_length"),
        (horses(257), "max_bytes"),
        ("a".repeat(1025), "max_length"),
    ];
    for (password, rule) in wrong {
        let problem = app.client().sign_up("wrong@example.com", &password).await.expect_problem(422, "validation_failed");
        assert_eq!(problem.broken_rules(), [("password".to_owned(), rule.to_owned())]);
    }
}

#[tokio::test]
async fn asvs_15_3_3_a_user_cannot_set_protected_fields() {
    let app = App::start().await;
    for (field, value) in [
        ("role", json!("admin")),
        ("id", json!("019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a")),
        ("email_verified", json!(true)),
        ("version", json!(9)),
    ] {
        let mut body = json!({"email": "ada@example.com", "password": PASSWORD});
        body[field] = value;
        let problem = app.client().post("/v1/users", body).await.expect_problem(422, "validation_failed");
        assert_eq!(problem.broken_rules(), [(field.to_owned(), "unknown_field".to_owned())]);
    }
    assert_eq!(app.count("SELECT count(*) FROM user").await, 0);
}

#[tokio::test]
async fn asvs_11_4_2_the_stored_hash_is_argon2id_with_its_own_salt() {
    let app = App::start().await;
    for n in 0..3 {
        app.client().sign_up(&format!("user{n}@example.com"), PASSWORD).await.expect(201);
    }
    assert_eq!(app.count("SELECT count(DISTINCT hash) FROM password WHERE hash LIKE '$argon2id$v=19$%'").await, 3);
}
