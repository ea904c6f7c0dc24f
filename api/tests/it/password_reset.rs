//! A forgotten password: who gets a mail, what its token is good for, and what is different afterwards.

use std::time::Duration;

use bifrons::{accounts::AdminAction, config::Rate};
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    limits::{exhaust, from, limited},
    support::{Actor, Answer, App, EMAIL, PASSWORD, operator, passkey::Passkey, smtp::token},
};

const NEW: &str = "another horse entirely";
const PAGE: &str = "https://app.example.com/reset";

async fn app() -> App {
    App::configured(|config| {
        config.pages.reset_password = Some(PAGE.parse().unwrap());
        // The mails here are those about the password.
        config.mail.new_device = false;
    })
    .await
}

async fn forgot(client: &Actor, email: &str) -> Answer {
    client.post("/v1/password/forgot", json!({ "email": email })).await
}

async fn reset(client: &Actor, token: &str, password: &str) -> Answer {
    client.post("/v1/password/reset", json!({ "token": token, "new_password": password })).await
}

/// Asks for a new password, a second later than before, and returns the token of the mail.
async fn ask(app: &App) -> String {
    app.state.clock.advance(Duration::from_secs(1));
    forgot(&app.client(), EMAIL).await.expect(202);
    newest(app).await
}

/// The token that the newest mail to Ada carries.
async fn newest(app: &App) -> String {
    token(app.letters().await.last().unwrap()).unwrap()
}

#[tokio::test]
async fn the_reader_of_the_mail_chooses_a_new_password() {
    let app = app().await;
    let ada = app.ada().await;
    let tokens = app.client().tokens(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(forgot(&app.client(), "ADA@example.com").await.expect(202).text, "");
    let mail = app.letters().await.remove(0);
    assert!(mail.starts_with(&format!("To: {EMAIL}\r\n")) && mail.contains(&format!("\n{PAGE}#bfo_")), "{mail}");
    let token = newest(&app).await;
    let answer = reset(&app.client(), &token, NEW).await.expect(204);
    assert!(answer.cookies().iter().all(|cookie| cookie.name == "bifrons_device"), "no session is opened");

    ada.get_session().await.expect_problem(401, "invalid_session");
    app.client().with_token(&tokens.string("/tokens/access_token")).get_session().await.expect(401);
    app.client().refresh(&tokens.string("/tokens/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    app.client().sign_in(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    app.client().sign_in(EMAIL, NEW).await.expect(200);
    reset(&app.client(), &token, PASSWORD).await.expect_problem(403, "invalid_one_time_token");
}

/// A stranger may have signed up with the address, and added what opens the account without the password. After the address is verified,
/// what is there is the owner's.
#[tokio::test]
async fn a_reset_that_verifies_the_address_leaves_a_stranger_nothing() {
    let app = app().await;
    let stranger = app.ada().await;
    let theirs = Passkey::enrol(&stranger).await.0;
    reset(&app.client(), &ask(&app).await, NEW).await.expect(204);
    let browser = app.client();
    browser.sign_in_with_passkey(theirs.answer(&browser).await).await.expect_problem(403, "unknown_passkey");
    let owner = app.client();
    let signed_in = owner.sign_in(EMAIL, NEW).await.expect(200).json();
    assert_eq!(signed_in["session"]["user"]["email_verified"], true);
    let own = Passkey::enrol(&owner).await.0;
    reset(&app.client(), &ask(&app).await, PASSWORD).await.expect(204);
    browser.sign_in_with_passkey(own.answer(&browser).await).await.expect(200);
}

/// Without a page there is nothing to link to: the user pastes the token into the app.
#[tokio::test]
async fn without_a_page_the_mail_shows_the_token() {
    let app = App::start().await;
    app.ada().await;
    forgot(&app.client(), EMAIL).await.expect(202);
    let mail = app.letters().await.remove(0);
    assert!(!mail.contains("http") && mail.lines().any(|line| line.starts_with("bfo_")), "{mail}");
    reset(&app.client(), &newest(&app).await, NEW).await.expect(204);
}

#[tokio::test]
async fn the_language_is_that_of_the_request() {
    let app = app().await;
    app.ada().await;
    let mut subjects = Vec::new();
    for language in ["ko-KR,en;q=0.5", "de", "xx, en"] {
        app.state.clock.advance(Duration::from_secs(1));
        forgot(&app.client().with("accept-language", language), EMAIL).await.expect(202);
        let mail = app.letters().await.pop().unwrap();
        subjects.push(mail.lines().nth(1).unwrap().to_owned());
    }
    assert!(
        subjects[0].contains("비밀번호") && subjects[1].contains("Passwor") && subjects[2].contains("password"),
        "{subjects:?}"
    );
}

/// ASVS 6.3.8: the answer reveals nothing. It cannot: the address is looked up later.
#[tokio::test]
async fn b_35_the_answer_is_the_same_for_every_address() {
    let app = app().await;
    app.ada().await;
    app.client().sign_up("grace@example.com", PASSWORD).await.expect(201);
    operator::apply(&app.state, AdminAction::Disable, "grace@example.com").await;
    let answers = join_all(
        ["unknown@example.com", "grace@example.com", EMAIL]
            .map(|email| async { forgot(&app.client(), email).await.expect(202).whole() }),
    );
    let answers = answers.await;
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(app.letters().await.len(), 1, "a disabled user and a stranger get no mail");
    for (no_address, rule) in [("", "min_length"), ("ada", "format"), ("ada@", "format"), ("@example.com", "format")] {
        let refused = forgot(&app.client(), no_address).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.broken_rules(), [("email".to_owned(), rule.to_owned())]);
    }
}

#[tokio::test]
async fn a_mailbox_gets_a_bounded_number_of_mails() {
    let app = App::configured(|config| {
        limited("1000/1m", "1000/1m", "1000/1m")(config);
        config.limits.as_mut().unwrap().mail = Rate::parse("3/1h").unwrap();
    })
    .await;
    app.ada().await;
    // Requests for addresses without an account, in the same mailbox or not, deny the user no mail.
    for email in ["a.da@example.com", "ada+x@example.com", "ada+y@example.com", EMAIL, EMAIL, "Ada@example.com", EMAIL, EMAIL] {
        forgot(&app.client(), email).await.expect(202);
    }
    assert_eq!(app.letters().await.len(), 3);
    app.advance(Duration::from_secs(1200)).await;
    forgot(&app.client(), EMAIL).await.expect(202);
    assert_eq!(app.letters().await.len(), 4);
}

#[tokio::test]
async fn a_token_is_void_when_anything_supersedes_it() {
    let app = app().await;
    let ada = app.ada().await;
    let refused = async |token: &str| drop(reset(&app.client(), token, NEW).await.expect_problem(403, "invalid_one_time_token"));
    let older = ask(&app).await;
    let newer = ask(&app).await;
    refused(&older).await;
    app.advance(Duration::from_secs(30 * 60)).await;
    refused(&newer).await;
    let before = ask(&app).await;
    ada.change_password(PASSWORD, NEW).await.expect(200);
    refused(&before).await;
    let disabled = ask(&app).await;
    operator::apply(&app.state, AdminAction::Disable, EMAIL).await;
    refused(&disabled).await;
    operator::apply(&app.state, AdminAction::Enable, EMAIL).await;
    let moved = ask(&app).await;
    app.sql("UPDATE user SET email = 'b@example.com', email_canonical = 'b@example.com'").await;
    refused(&moved).await;
    app.sql(&format!("UPDATE user SET email = '{EMAIL}', email_canonical = '{EMAIL}'")).await;
    let deleted = ask(&app).await;
    ada.sign_in(EMAIL, NEW).await.expect(200);
    ada.delete("/v1/me").await.expect(204);
    refused(&deleted).await;
    for nonsense in ["", "bfo_", "bfs_AAAA", "x".repeat(256).as_str()] {
        refused(nonsense).await;
    }
    assert_eq!(app.count("SELECT count(*) FROM one_time_token").await, 0);
}

/// A token for a registration, of another purpose, or with another secret is none.
#[tokio::test]
async fn b_06_a_token_serves_one_purpose() {
    let app = App::configured(|config| config.registration = bifrons::config::RegistrationConfig::Verified).await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(202);
    let registration = newest(&app).await;
    reset(&app.client(), &registration, NEW).await.expect_problem(403, "invalid_one_time_token");
    app.client().post("/v1/users/confirm", json!({"token": registration, "password": PASSWORD})).await.expect(201);
    let token = ask(&app).await;
    let confirm = json!({"token": token, "password": PASSWORD});
    app.client().post("/v1/users/confirm", confirm).await.expect_problem(403, "invalid_one_time_token");
    let last = if token.ends_with('A') { 'Q' } else { 'A' };
    let guessed = format!("{}{last}", &token[..token.len() - 1]);
    reset(&app.client(), &guessed, NEW).await.expect_problem(403, "invalid_one_time_token");
    reset(&app.client(), &token, NEW).await.expect(204);
}

#[tokio::test]
async fn the_new_password_keeps_the_rules_and_a_refused_one_uses_nothing_up() {
    let app = app().await;
    app.ada().await;
    forgot(&app.client(), EMAIL).await.expect(202);
    let token = newest(&app).await;
    for (password, rule) in [("short", "min_length"), ("password1", "common"), ("ada@example.com", "context")] {
        let refused = reset(&app.client(), &token, password).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.broken_rules(), [("new_password".to_owned(), rule.to_owned())]);
    }
    reset(&app.client(), &token, NEW).await.expect(204);
}

#[tokio::test]
async fn of_two_uses_at_once_one_wins() {
    let app = app().await;
    app.ada().await;
    let other = app.another().await;
    forgot(&app.client(), EMAIL).await.expect(202);
    let token = newest(&app).await;
    let uses = (0..6).map(|n| {
        let client = if n % 2 == 0 { app.client() } else { other.client() };
        let token = token.clone();
        async move { reset(&client, &token, &format!("horse number {n} of six")).await.status }
    });
    let statuses = join_all(uses).await;
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [204, 403].contains(status)), "{statuses:?}");
    let winner = statuses.iter().position(|status| *status == 204).unwrap();
    app.client().sign_in(EMAIL, &format!("horse number {winner} of six")).await.expect(200);
}

/// Sign-ins and refreshes run at the same moment on another node. No session that the old password opened survives the reset.
/// The token names its account. A session of another account, in the browser that opens the link, has no part in it.
#[tokio::test]
async fn a_token_changes_its_own_account_only() {
    let app = app().await;
    app.ada().await;
    let grace = app.client();
    grace.sign_up("grace@example.com", PASSWORD).await.expect(201);
    grace.sign_in("grace@example.com", PASSWORD).await.expect(200);
    let token = ask(&app).await;
    reset(&grace, &token, NEW).await.expect(204);
    grace.get_session().await.expect(200);
    app.client().sign_in("grace@example.com", NEW).await.expect_problem(401, "invalid_credentials");
    app.client().sign_in("grace@example.com", PASSWORD).await.expect(200);
    app.client().sign_in(EMAIL, NEW).await.expect(200);
}

#[tokio::test]
async fn b_14_a_reset_wins_against_sign_ins_and_refreshes() {
    let app = app().await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let other = app.another().await;
    let (mut old, mut new) = (PASSWORD, NEW);
    for _ in 0..8 {
        let token = ask(&app).await;
        let native = app.client().tokens(EMAIL, old).await.expect(200);
        let clients: Vec<_> = (0..4).map(|n| if n % 2 == 0 { app.client() } else { other.client() }).collect();
        let sign_ins = join_all(clients.iter().map(|client| client.sign_in(EMAIL, old)));
        let refresh_token = native.string("/tokens/refresh_token");
        let (client, holder) = (other.client(), app.client());
        let (done, _, refreshed) = tokio::join!(reset(&client, &token, new), sign_ins, holder.try_refresh(&refresh_token));
        done.expect(204);
        other.poll().await;
        app.poll().await;
        for client in &clients {
            client.get_session().await.expect(401);
        }
        if let Some(successor) = refreshed {
            app.client().refresh(&successor).await.expect(401);
        }
        app.client().refresh(&refresh_token).await.expect(401);
        (old, new) = (new, old);
    }
    assert_eq!(app.count("SELECT count(*) FROM session WHERE ended_at IS NULL").await, 0);
}

/// The account trusts the device that chose the password: what strangers tried at the account does not lock its owner out.
#[tokio::test]
async fn b_54_the_device_that_chose_the_password_is_known_and_all_others_are_not() {
    let app = App::configured(limited("3/1h", "3/1h", "50000/1m")).await;
    let before = from(&app, "198.51.100.1");
    before.sign_up(EMAIL, PASSWORD).await.expect(201);
    before.sign_in(EMAIL, PASSWORD).await.expect(200);
    forgot(&app.client(), EMAIL).await.expect(202);
    let after = from(&app, "198.51.100.2");
    reset(&after, &newest(&app).await, NEW).await.expect(204);
    exhaust(&app).await;
    before.sign_in(EMAIL, NEW).await.expect_problem(429, "rate_limited");
    after.sign_in(EMAIL, NEW).await.expect(200);
}
