//! Sign-up with confirmed addresses: an attacker cannot learn who has an account, nor create one with the address of another person.

use std::time::Duration;

use bifrons::config::{LimitsConfig, Rate, RegistrationConfig};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Actor, Answer, App, EMAIL, PASSWORD};

const PAGE: &str = "https://app.example.com/confirm";

async fn verified() -> App {
    App::configured(|config| {
        config.registration = RegistrationConfig::Verified;
        config.pages.confirm_email = Some(PAGE.parse().unwrap());
    })
    .await
}

async fn confirm(client: &Actor, token: &str, password: &str) -> Answer {
    client.post("/v1/users/confirm", json!({ "token": token, "password": password })).await
}

/// The tokens of all mails to an address.
async fn tokens(app: &App, address: &str) -> Vec<String> {
    let letters = app.letters().await;
    let to = format!("To: {address}\r\n");
    let links = letters.iter().filter(|letter| letter.contains(&to)).filter_map(|letter| letter.split_once(&format!("{PAGE}#")));
    links.map(|(_, rest)| rest.split_whitespace().next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_user_is_created_when_the_address_is_confirmed() {
    let app = verified().await;
    let ada = app.client();
    let body = json!({"email": "Ada@Example.com", "password": PASSWORD, "name": "Ada"});
    let begun = ada.post("/v1/users", body).await.expect(202);
    assert!(begun.text.is_empty() && begun.cookies().is_empty());
    ada.sign_in(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    let token = tokens(&app, "Ada@Example.com").await.remove(0);
    let confirmation = json!({"token": token, "password": PASSWORD, "name": "Ada"});
    let user = ada.post("/v1/users/confirm", confirmation).await.expect(201);
    assert_eq!((user.string("/email"), user.string("/name")), ("Ada@Example.com".into(), "Ada".into()));
    ada.get_session().await.expect(401);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    confirm(&ada, &token, PASSWORD).await.expect_problem(403, "invalid_one_time_token");
    assert_eq!(app.count("SELECT count(*) FROM one_time_token").await, 0);
}

#[tokio::test]
async fn the_password_is_checked_at_sign_up_and_at_confirmation() {
    let app = verified().await;
    app.client().sign_up(EMAIL, "password1").await.expect_problem(422, "validation_failed");
    app.client().sign_up(EMAIL, PASSWORD).await.expect(202);
    let token = tokens(&app, EMAIL).await.remove(0);
    for (password, rule) in [("short", "min_length"), ("password1", "common"), ("ada@example.com", "context")] {
        let refused = confirm(&app.client(), &token, password).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.broken_rules(), [("password".to_owned(), rule.to_owned())]);
    }
    confirm(&app.client(), &token, PASSWORD).await.expect(201);
}

#[tokio::test]
async fn b_33_b_35_only_the_owner_of_an_address_learns_that_it_has_an_account() {
    let app = verified().await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(202);
    confirm(&app.client(), &tokens(&app, EMAIL).await[0], PASSWORD).await.expect(201);
    let answer = async |email: &str| app.client().sign_up(email, "another horse entirely").await.expect(202).whole();
    assert_eq!(answer("ADA@example.com").await, answer("grace@example.com").await);
    let letters = app.letters().await;
    let to_ada = letters.iter().filter(|letter| letter.contains("To: ada@example.com\r\n")).count();
    assert_eq!((to_ada, letters.len()), (2, 3), "B-28: mail goes to the stored address, not to the typed one");
    assert!(letters.iter().any(|letter| letter.contains("have an account") && !letter.contains(PAGE)));
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    app.client().sign_in(EMAIL, "another horse entirely").await.expect(401);
}

#[tokio::test]
async fn b_38_the_password_and_name_of_an_attacker_are_discarded() {
    let app = verified().await;
    let attackers = json!({"email": EMAIL, "password": "the attacker's password", "name": "Mallory was here"});
    app.client().post("/v1/users", attackers).await.expect(202);
    let token = tokens(&app, EMAIL).await.remove(0);
    let ada = app.client();
    let user = confirm(&ada, &token, PASSWORD).await.expect(201);
    assert!(user.json().get("name").is_none(), "{}", user.text);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    app.client().sign_in(EMAIL, "the attacker's password").await.expect(401);
    app.client().sign_up(EMAIL, PASSWORD).await.expect(202);
    assert_eq!(tokens(&app, EMAIL).await.len(), 1, "no link for an address with an account");
}

#[tokio::test]
async fn b_19_a_hundred_concurrent_confirmations_create_one_user() {
    let app = verified().await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(202);
    app.client().sign_up(EMAIL, PASSWORD).await.expect(202);
    let [token, other] = tokens(&app, EMAIL).await.try_into().unwrap();
    let answers = join_all((0..100).map(|_| {
        let (client, token) = (app.client(), token.clone());
        async move { confirm(&client, &token, PASSWORD).await }
    }))
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.code() == "invalid_one_time_token"), "{answers:?}");
    confirm(&app.client(), &other, "another horse entirely").await.expect_problem(409, "email_taken");
    assert_eq!(app.count("SELECT count(*) FROM user").await, 1);
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_token_is_valid_for_a_day_and_only_in_its_exact_form() {
    let app = verified().await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(202);
    let token = tokens(&app, EMAIL).await.remove(0);
    let ada = app.client();
    let flipped = format!("{}{}", &token[..token.len() - 2], if token.ends_with("AA") { "BB" } else { "AA" });
    for wrong in ["", "bfo_", &token[1..], &flipped, &token.replace("bfo_", "bfs_")] {
        confirm(&ada, wrong, PASSWORD).await.expect_problem(403, "invalid_one_time_token");
    }
    app.advance(Duration::from_secs(24 * 3600 - 1)).await;
    confirm(&ada, &token, "short").await.expect_problem(422, "validation_failed");
    app.advance(Duration::from_secs(1)).await;
    confirm(&ada, &token, PASSWORD).await.expect_problem(403, "invalid_one_time_token");
    app.advance(Duration::from_millis(1)).await;
    bifrons::maintenance::purge(&app.state).await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM one_time_token").await, 0);
}

#[tokio::test]
async fn asvs_2_4_1_an_attacker_cannot_flood_a_mailbox_or_lock_its_owner_out() {
    let rate = |written| Rate::parse(written).unwrap();
    let many = rate("1000/1m");
    let app = App::configured(|config| {
        config.registration = RegistrationConfig::Verified;
        config.pages.confirm_email = Some(PAGE.parse().unwrap());
        config.limits =
            Some(LimitsConfig { account: rate("2/1h"), client: rate("2/1h"), network: many, global: many, mail: rate("3/1h") });
    })
    .await;
    let answers = join_all((0..20).map(|n| {
        let client = app.client();
        let email = if n % 2 == 0 { EMAIL.to_owned() } else { format!("ada+{n}@example.com") };
        async move { client.sign_up(&email, PASSWORD).await.expect(202).whole() }
    }))
    .await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(app.letters().await.len(), 3, "all aliases of a mailbox have one limit");
    for _ in 0..3 {
        app.client().sign_in(EMAIL, "a guess at it").await;
    }
    let letters = app.letters().await;
    let (_, rest) = letters[0].split_once(&format!("{PAGE}#")).unwrap();
    let owner = app.client();
    confirm(&owner, rest.split_whitespace().next().unwrap(), PASSWORD).await.expect(201);
}

#[tokio::test]
async fn without_confirmation_no_token_is_valid() {
    let app = App::start().await;
    let token = format!("bfo_{}", "A".repeat(64));
    confirm(&app.client(), &token, PASSWORD).await.expect_problem(403, "invalid_one_time_token");
}
