//! The address of a user: confirming it, changing it, undoing a change, and security mails.

use std::time::Duration;

use bifrons::config::Config;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    Actor, Answer, App, EMAIL, PASSWORD,
    smtp::{SmtpServer, token},
};

pub const NEW: &str = "ada@example.org";
pub const PASSWORD_AFTER: &str = "another horse entirely";

pub fn pages(config: &mut Config) {
    let page = |name: &str| Some(format!("https://app.example.com/{name}").parse().unwrap());
    config.pages.confirm_email = page("confirm");
    config.pages.undo_email = page("undo");
    config.pages.not_me = page("not-me");
}

pub async fn change(client: &Actor, email: &str) -> Answer {
    client.send(Method::PUT, "/v1/me/email", Some(json!({ "email": email }))).await
}

pub async fn use_token(client: &Actor, operation: &str, token: &str) -> Answer {
    client.post(&format!("/v1/email/{operation}"), json!({ "token": token })).await
}

/// A second later than before, so that mails are in the order of their causes.
pub fn later(app: &App) {
    app.state.clock.advance(Duration::from_secs(1));
}

/// The token of the newest mail to an address that leads to this page.
pub async fn newest(app: &App, to: &str, page: &str) -> Option<String> {
    let mails = app.letters().await;
    let to = format!("To: {to}\r\n");
    let found = mails.iter().rev().find(|mail| mail.starts_with(&to) && mail.contains(page));
    found.and_then(|mail| token(mail))
}

/// Chooses a new password with the token that the address got.
pub async fn choose(app: &App, address: &str) {
    let token = newest(app, address, "Set a new password").await.unwrap();
    let reset = json!({ "token": token, "new_password": PASSWORD_AFTER });
    app.client().post("/v1/password/reset", reset).await.expect(204);
}

pub async fn email(client: &Actor) -> (String, bool) {
    let me = client.get("/v1/me").await.expect(200);
    (me.string("/email"), me.json()["email_verified"] == true)
}

#[tokio::test]
async fn the_address_changes_when_the_new_one_is_confirmed_and_the_old_one_can_undo_it() {
    let app = App::configured(pages).await;
    let ada = app.ada().await;
    let native = app.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token");
    later(&app);
    change(&ada, "Ada@Example.org").await.expect(202);
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    app.client().sign_in(NEW, PASSWORD).await.expect(401);
    let confirm = newest(&app, "Ada@Example.org", "/confirm#").await.unwrap();
    later(&app);
    // Without a session of the account, a stranger could give their account the address of the reader. The token stays good.
    use_token(&app.client(), "confirm", &confirm).await.expect_problem(401, "unauthenticated");
    // The reader's browser may be another one.
    let confirmed = use_token(&app.client().with_token(&native), "confirm", &confirm).await.expect(200);
    assert_eq!(confirmed.json(), json!({}));
    assert_eq!(email(&ada).await, ("Ada@Example.org".to_owned(), true));
    assert_eq!(email(&app.client().with_token(&native)).await.0, "Ada@Example.org", "sessions stay");
    app.client().sign_in(NEW, PASSWORD).await.expect(200);
    app.client().sign_in(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    use_token(&app.client(), "confirm", &confirm).await.expect_problem(403, "invalid_one_time_token");

    let undo = newest(&app, EMAIL, "/undo#").await.unwrap();
    app.advance(Duration::from_secs(6 * 24 * 3600)).await;
    use_token(&app.client(), "undo", &undo).await.expect(204);
    for client in [&ada, &app.client().with_token(&native)] {
        client.get_session().await.expect(401);
    }
    for address in [NEW, EMAIL] {
        app.client().sign_in(address, PASSWORD).await.expect_problem(401, "invalid_credentials");
    }
    use_token(&app.client(), "undo", &undo).await.expect_problem(403, "invalid_one_time_token");
    let mails = app.letters().await;
    let to_old = |part: &str| mails.iter().any(|mail| mail.starts_with(&format!("To: {EMAIL}\r\n")) && mail.contains(part));
    assert!(to_old("undone"), "{mails:?}");
    choose(&app, EMAIL).await;
    let ada = app.client();
    ada.sign_in(EMAIL, PASSWORD_AFTER).await.expect(200);
    assert_eq!(email(&ada).await, (EMAIL.to_owned(), true));
}

#[tokio::test]
async fn a_pending_change_is_void_with_its_session_and_with_the_next_one() {
    let app = App::configured(pages).await;
    let ada = app.ada().await;
    let refused = async |token: &str| {
        let client = app.client();
        let _ = client.sign_in(EMAIL, PASSWORD).await;
        use_token(&client, "confirm", token).await.expect_problem(403, "invalid_one_time_token");
    };
    let ask = async |email: &str| {
        later(&app);
        change(&ada, email).await.expect(202);
        newest(&app, email, "/confirm#").await.unwrap()
    };
    let first = ask("first@example.org").await;
    let second = ask("second@example.org").await;
    refused(&first).await;
    ada.sign_out().await.expect(204);
    refused(&second).await;
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    let late = ask("late@example.org").await;
    app.advance(Duration::from_secs(24 * 3600)).await;
    refused(&late).await;
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    let deleted = ask("deleted@example.org").await;
    ada.delete("/v1/me").await.expect(204);
    refused(&deleted).await;
}

#[tokio::test]
async fn asvs_7_5_1_a_change_needs_a_fresh_session() {
    let app = App::start().await;
    let ada = app.ada().await;
    app.advance(Duration::from_secs(16 * 60)).await;
    change(&ada, NEW).await.expect_problem(403, "reauthentication_required");
    ada.reauthenticate(PASSWORD).await.expect(200);
    change(&ada, NEW).await.expect(202);
    change(&ada, "no address").await.expect_problem(422, "validation_failed");
}

/// The answer does not tell that another account has the address. Its owner learns it.
#[tokio::test]
async fn b_35_an_address_of_another_user_is_not_revealed_and_not_taken() {
    let app = App::configured(pages).await;
    app.client().sign_up("grace@example.com", PASSWORD).await.expect(201);
    let ada = app.ada().await;
    let answers = [change(&ada, "grace@example.com").await.expect(202).whole(), change(&ada, NEW).await.expect(202).whole()];
    assert_eq!(answers[0], answers[1]);
    let mails = app.letters().await;
    assert!(mails.iter().any(|mail| mail.starts_with("To: grace@example.com") && !mail.contains("bfo_")), "{mails:?}");
    let confirm = newest(&app, NEW, "/confirm#").await.unwrap();
    app.client().sign_up(NEW, PASSWORD).await.expect(201);
    use_token(&ada, "confirm", &confirm).await.expect_problem(409, "email_taken");
    assert_eq!(email(&ada).await.0, EMAIL);
}

/// A stranger signs up with the address of another person, and lets the service send a mail to it. Its reader gets the account, and the
/// stranger has nothing.
#[tokio::test]
async fn b_38_confirming_without_a_session_voids_what_a_stranger_had() {
    let app = App::configured(pages).await;
    let stranger = app.ada().await;
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    later(&app);
    stranger.send(Method::POST, "/v1/me/email/verification", None).await.expect(202);
    let confirm = newest(&app, EMAIL, "/confirm#").await.unwrap();
    let owner = app.client();
    let confirmed = use_token(&owner, "confirm", &confirm).await.expect(200);
    stranger.get_session().await.expect(401);
    owner.refresh(&tokens.string("/tokens/refresh_token")).await.expect(401);
    app.client().sign_in(EMAIL, PASSWORD).await.expect(401);
    let reset = json!({ "token": confirmed.string("/reset_token"), "new_password": PASSWORD_AFTER });
    owner.post("/v1/password/reset", reset).await.expect(204);
    owner.sign_in(EMAIL, PASSWORD_AFTER).await.expect(200);
    assert!(email(&owner).await.1);
}

#[tokio::test]
async fn a_user_who_is_signed_in_confirms_their_address_and_nothing_ends() {
    let app = App::configured(pages).await;
    let ada = app.ada().await;
    let native = app.client();
    let native = native.with_token(&native.tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token"));
    for (client, n) in [(&ada, 1), (&native, 1)] {
        assert_eq!(email(client).await, (EMAIL.to_owned(), n == 2));
    }
    later(&app);
    ada.send(Method::POST, "/v1/me/email/verification", None).await.expect(202);
    let confirm = newest(&app, EMAIL, "/confirm#").await.unwrap();
    assert_eq!(use_token(&native, "confirm", &confirm).await.expect(200).json(), json!({}));
    for client in [&ada, &native] {
        assert_eq!(email(client).await, (EMAIL.to_owned(), true));
    }
    let count = app.letters().await.len();
    ada.send(Method::POST, "/v1/me/email/verification", None).await.expect(202);
    assert_eq!(app.letters().await.len(), count, "it is confirmed already");
}

#[tokio::test]
async fn of_two_confirmations_at_once_one_wins() {
    let app = App::configured(pages).await;
    let other = app.another().await;
    let ada = app.ada().await;
    for round in 0..5 {
        later(&app);
        let new = format!("ada{round}@example.org");
        change(&ada, &new).await.expect(202);
        let confirm = newest(&app, &new, "/confirm#").await.unwrap();
        let (one, two) = (ada.clone(), ada.at(&other));
        let answers = join_all([&one, &two, &one, &two].map(|client| use_token(client, "confirm", &confirm))).await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 403].contains(status)), "{statuses:?}");
    }
}

/// A stranger changes the address of their account to that of a reader who opens the mail.
#[tokio::test]
async fn b_38_a_reader_gives_no_stranger_their_address() {
    let app = App::configured(pages).await;
    let stranger = app.ada().await;
    change(&stranger, "reader@example.org").await.expect(202);
    let confirm = newest(&app, "reader@example.org", "/confirm#").await.unwrap();
    let reader = app.client();
    use_token(&reader, "confirm", &confirm).await.expect_problem(401, "unauthenticated");
    reader.sign_up("reader@example.org", PASSWORD).await.expect(201);
    reader.sign_in("reader@example.org", PASSWORD).await.expect(200);
    use_token(&reader, "confirm", &confirm).await.expect(401);
    assert_eq!(email(&stranger).await.0, EMAIL);
}

/// What the user can export does not tell that another account has an address either.
#[tokio::test]
async fn b_35_an_export_looks_the_same_for_a_taken_address() {
    let mut server = SmtpServer::start("ok");
    server.stop();
    let app = App::configured(|config| {
        pages(config);
        config.mail = server.mail();
    })
    .await;
    app.client().sign_up("grace@example.com", PASSWORD).await.expect(201);
    let ada = app.ada().await;
    for address in ["grace@example.com", NEW] {
        change(&ada, address).await.expect(202);
        let export = ada.get("/v1/me/export").await.expect(200).json();
        assert_eq!(export["mails"], json!([]), "the mail server is down, so the mail waits");
        let tokens = export["one_time_tokens"].as_array().unwrap().clone();
        assert!(tokens.len() == 1 && tokens[0]["email"] == address, "{tokens:?}");
    }
}
