//! Taking an account back from a thief, security mails, and what stays of a deleted user.

use std::{sync::atomic::Ordering, time::Duration};

use bifrons::clock::Clock;
use reqwest::Method;
use serde_json::json;

use crate::{
    email_change::{NEW, PASSWORD_AFTER, change, choose, later, newest, pages, use_token},
    support::{App, EMAIL, PASSWORD},
};

/// The clock is wrong, or the next request is at a node whose clock is behind.
fn set_back(app: &App, by: Duration) {
    let Clock::Manual(now) = &app.state.clock else { unreachable!("tests set the clock") };
    now.fetch_sub(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
}

/// A thief of a session has changed the address twice. The tokens that undo it, in the order of the changes.
async fn changed_twice(back: Duration) -> (App, [String; 2]) {
    let app = App::configured(pages).await;
    let ada = app.ada().await;
    let mut undo = [String::new(), String::new()];
    let addresses = [EMAIL, "thief@example.org", "thief@example.net"];
    for (undo, pair) in undo.iter_mut().zip(addresses.windows(2)) {
        later(&app);
        change(&ada, pair[1]).await.expect(202);
        use_token(&ada, "confirm", &newest(&app, pair[1], "/confirm#").await.unwrap()).await.expect(200);
        *undo = newest(&app, pair[0], "/undo#").await.unwrap();
        set_back(&app, back);
    }
    (app, undo)
}

/// The first mailbox still gets the account back, and voids what came later, no matter what the clocks say.
#[tokio::test]
async fn the_older_mailbox_wins() {
    older_mailbox_wins(Duration::ZERO).await;
    older_mailbox_wins(Duration::from_secs(60)).await;
}

async fn older_mailbox_wins(back: Duration) {
    let (app, undo) = changed_twice(back).await;
    let has = async |address: &str| app.count(&format!("SELECT count(*) FROM user WHERE email = '{address}'")).await == 1;
    use_token(&app.client(), "undo", &undo[1]).await.expect(204);
    assert!(has("thief@example.org").await);
    use_token(&app.client(), "undo", &undo[0]).await.expect(204);
    assert!(has(EMAIL).await);
    use_token(&app.client(), "undo", &undo[1]).await.expect_problem(403, "invalid_one_time_token");

    let (app, undo) = changed_twice(back).await;
    use_token(&app.client(), "undo", &undo[0]).await.expect(204);
    use_token(&app.client(), "undo", &undo[1]).await.expect_problem(403, "invalid_one_time_token");

    // The thief reports a sign-in of their own, to void what the first mailbox got.
    let (app, undo) = changed_twice(back).await;
    let thief = app.client();
    thief.sign_in("thief@example.net", PASSWORD).await.expect(200);
    let not_me = newest(&app, "thief@example.net", "/not-me#").await.unwrap();
    use_token(&thief, "not-me", &not_me).await.expect(204);
    use_token(&app.client(), "undo", &undo[0]).await.expect(204);
    assert_eq!(app.count(&format!("SELECT count(*) FROM user WHERE email = '{EMAIL}'")).await, 1);
}

#[tokio::test]
async fn a_new_device_and_a_new_password_are_reported_and_the_reader_can_end_everything() {
    let app = App::configured(pages).await;
    let ada = app.ada().await;
    assert!(app.letters().await.is_empty(), "the device that signed up is known");
    let thief = app.client().with("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0");
    thief.sign_in(EMAIL, PASSWORD).await.expect(200);
    let mail = app.letters().await.remove(0);
    assert!(mail.contains("Firefox on Linux") && mail.contains("2026-01-01 09:00 UTC"), "{mail}");
    later(&app);
    thief.change_password(PASSWORD, PASSWORD_AFTER).await.expect(200);
    ada.get_session().await.expect(401);
    let not_me = newest(&app, EMAIL, "/not-me#").await.unwrap();
    later(&app);
    use_token(&app.client(), "not-me", &not_me).await.expect(204);
    thief.get_session().await.expect(401);
    use_token(&app.client(), "not-me", &not_me).await.expect_problem(403, "invalid_one_time_token");
    // No session can be opened until the reader has chosen a password.
    thief.sign_in(EMAIL, PASSWORD_AFTER).await.expect_problem(401, "invalid_credentials");
    let token = newest(&app, EMAIL, "Set a new password").await.unwrap();
    let reset = json!({ "token": token, "new_password": "a third horse at last" });
    app.client().post("/v1/password/reset", reset).await.expect(204);
    app.client().sign_in(EMAIL, "a third horse at last").await.expect(200);
}

/// The thief changed the password, the address and the deletion before the owner read the mails.
#[tokio::test]
async fn a_security_mail_gives_the_address_back_too() {
    let app = App::configured(|config| {
        pages(config);
        config.accounts.deletion_grace = Duration::from_secs(24 * 3600);
    })
    .await;
    app.ada().await;
    let thief = app.client();
    later(&app);
    thief.sign_in(EMAIL, PASSWORD).await.expect(200);
    let not_me = newest(&app, EMAIL, "/not-me#").await.unwrap();
    later(&app);
    thief.change_password(PASSWORD, PASSWORD_AFTER).await.expect(200);
    change(&thief, "thief@example.org").await.expect(202);
    use_token(&thief, "confirm", &newest(&app, "thief@example.org", "/confirm#").await.unwrap()).await.expect(200);
    thief.delete("/v1/me").await.expect(204);
    // And signs up with the address that became free, so that it cannot be given back.
    let squatter = app.client();
    squatter.sign_up(EMAIL, PASSWORD).await.expect(201);
    squatter.sign_in(EMAIL, PASSWORD).await.expect(200);
    // And opens and closes such an account, to void what the owner was sent.
    squatter.delete("/v1/me").await.expect(204);
    squatter.sign_in(EMAIL, PASSWORD).await.expect(200);
    for _ in 0..5 {
        // And asks for mails, so that the owner gets none.
        thief.post("/v1/password/forgot", json!({ "email": EMAIL })).await.expect(202);
    }
    app.letters().await;
    later(&app);
    use_token(&app.client(), "not-me", &not_me).await.expect(204);
    squatter.get_session().await.expect(401);
    for (address, password) in [(EMAIL, PASSWORD), (EMAIL, PASSWORD_AFTER), ("thief@example.org", PASSWORD_AFTER)] {
        thief.sign_in(address, password).await.expect_problem(401, "invalid_credentials");
    }
    app.letters().await;
    app.advance(Duration::from_secs(2 * 24 * 3600)).await;
    bifrons::maintenance::purge(&app.state).await.unwrap();
    app.client().post("/v1/password/forgot", json!({ "email": EMAIL })).await.expect(202);
    choose(&app, EMAIL).await;
    app.client().sign_in(EMAIL, PASSWORD_AFTER).await.expect(200);
}

/// A thief of a session deletes the account. The reader keeps it, as long as it is there.
#[tokio::test]
async fn a_scheduled_deletion_is_reported_and_the_reader_keeps_the_account() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let app = App::configured(|config| {
        pages(config);
        config.accounts.deletion_grace = 30 * DAY;
    })
    .await;
    let thief = app.ada().await;
    thief.delete("/v1/me").await.expect(204);
    let not_me = newest(&app, EMAIL, "/not-me#").await.unwrap();
    app.advance(29 * DAY).await;
    use_token(&app.client(), "not-me", &not_me).await.expect(204);
    thief.sign_in(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    choose(&app, EMAIL).await;
    app.advance(2 * DAY).await;
    bifrons::maintenance::purge(&app.state).await.unwrap();
    app.client().sign_in(EMAIL, PASSWORD_AFTER).await.expect(200);
}

/// A user who has confirmed the address in the meantime keeps it.
#[tokio::test]
async fn an_address_that_another_user_confirmed_is_not_taken_from_them() {
    let app = App::configured(pages).await;
    let ada = app.ada().await;
    later(&app);
    change(&ada, NEW).await.expect(202);
    use_token(&ada, "confirm", &newest(&app, NEW, "/confirm#").await.unwrap()).await.expect(200);
    let undo = newest(&app, EMAIL, "/undo#").await.unwrap();
    let other = app.client();
    other.sign_up(EMAIL, PASSWORD).await.expect(201);
    other.sign_in(EMAIL, PASSWORD).await.expect(200);
    app.sql(&format!("UPDATE user SET email_verified = TRUE WHERE email = '{EMAIL}'")).await;
    use_token(&app.client(), "undo", &undo).await.expect_problem(409, "email_taken");
    other.get_session().await.expect(200);
    ada.get_session().await.expect(200);
}

/// An operator gave the role, so no thief signed up with the address.
#[tokio::test]
async fn a_user_with_a_role_is_no_squatter_of_a_former_address() {
    for (roles, status) in [("reader", 409), ("", 204)] {
        let app = App::configured(pages).await;
        let ada = app.ada().await;
        later(&app);
        change(&ada, NEW).await.expect(202);
        use_token(&ada, "confirm", &newest(&app, NEW, "/confirm#").await.unwrap()).await.expect(200);
        let undo = newest(&app, EMAIL, "/undo#").await.unwrap();
        crate::administrators::create(&app, EMAIL, roles).await;
        use_token(&app.client(), "undo", &undo).await.expect(status);
        assert_eq!(app.count("SELECT count(*) FROM user WHERE status = 'active'").await, if status == 409 { 2 } else { 1 });
    }
}

/// What strangers ask for does not use up what the owner is told.
#[tokio::test]
async fn a_flood_of_requests_hides_no_security_mail() {
    let app = App::configured(crate::limits::limited("1000/1m", "1000/1m", "1000/1m")).await;
    app.ada().await;
    for _ in 0..10 {
        app.client().post("/v1/password/forgot", json!({ "email": EMAIL })).await.expect(202);
    }
    let before = app.letters().await.len();
    for _ in 0..5 {
        app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    }
    assert_eq!(app.letters().await.len(), before + 3, "limits.mail bounds them too");
}

#[tokio::test]
async fn a_deleted_user_is_told() {
    let app = App::start().await;
    app.ada().await.delete("/v1/me").await.expect(204);
    let mail = app.letters().await.remove(0);
    assert!(mail.starts_with(&format!("To: {EMAIL}\r\n")) && mail.contains("deleted"), "{mail}");
}

/// Dead letters, tokens of registrations and requests have the address too.
#[tokio::test]
async fn nothing_of_a_deleted_user_stays() {
    let app = App::configured(pages).await;
    let ada = app.ada().await;
    for body in [json!({ "name": "Ada", "user_metadata": { "a": "ada" } })] {
        ada.send(Method::PATCH, "/v1/me", Some(body)).await.expect(200);
    }
    change(&ada, NEW).await.expect(202);
    app.letters().await;
    app.execute(
        "INSERT INTO outgoing_mail (id, user_id, kind, locale, recipient, content, created_at, attempts, next_attempt_at, claimed_until, dead_at) \
         SELECT id, id, 'new_device', 'en', email, '', 0, 1, 0, 0, 1 FROM user",
    )
    .await;
    ada.delete("/v1/me").await.expect(204);
    app.letters().await;
    for query in [
        // With the sign: the id, which takes the place of the address, can have these letters too.
        "SELECT count(*) FROM user WHERE email LIKE '%ada@%' OR email_canonical LIKE '%ada@%' OR name IS NOT NULL OR user_metadata IS NOT NULL",
        "SELECT count(*) FROM session",
        "SELECT count(*) FROM password",
        "SELECT count(*) FROM one_time_token",
        "SELECT count(*) FROM outgoing_mail",
        "SELECT count(*) FROM reset_request",
    ] {
        assert_eq!(app.count(query).await, 0, "{query}");
    }
}
