//! An attacker who knows the password guesses at the code: how many wrong ones in a row the service compares, and what the user learns.

use std::time::Duration;

use serde_json::json;

use crate::{
    email_change::{PASSWORD_AFTER, choose, newest, pages, use_token},
    limits::{from, limited, limited_for},
    second_factor::with_app,
    support::{
        Actor, App, EMAIL, PASSWORD,
        authenticator::{Authenticator, STEP},
    },
};

const DAY: Duration = Duration::from_hours(24);

/// The most wrong codes in a row, and the number from which on the user is told.
const MAX: usize = 100;
const REPORTED_FROM: usize = 10;

async fn app() -> App {
    let limits = limited("5000/1h", "5000/1h", "40000/1m");
    App::configured(move |config| {
        pages(config);
        limits(config);
    })
    .await
}

/// Types `count` wrong codes after the right password, from many networks or from one known device.
async fn guess(app: &App, authenticator: &Authenticator, device: Option<&str>, count: usize) {
    let (wrong, mut challenge) = (authenticator.wrong_code(app), String::new());
    for n in 0..count {
        let mut client = from(app, format!("198.51.100.{n}"));
        if let Some(device) = device {
            client = client.with("cookie", format!("bifrons_device={device}"));
        }
        if n % 5 == 0 {
            challenge = client.tokens(EMAIL, PASSWORD).await.expect(202).string("/token");
        }
        client.complete_token(&challenge, "totp", &wrong).await.expect_problem(403, "wrong_code");
    }
}

async fn reports(app: &App) -> usize {
    app.letters().await.iter().filter(|mail| mail.contains("Wrong codes after your password")).count()
}

#[tokio::test]
async fn a_hundred_wrong_codes_in_a_row_are_compared_and_the_user_is_told() {
    let app = app().await;
    let (ada, authenticator) = with_app(&app).await;
    let device = ada.cookie("bifrons_device").unwrap();
    // A mail removes the factors of the days before it.
    app.advance(8 * DAY).await;
    guess(&app, &authenticator, None, REPORTED_FROM - 1).await;
    assert_eq!(reports(&app).await, 0);
    guess(&app, &authenticator, None, 3).await;
    assert_eq!(reports(&app).await, 1, "once a day");
    app.advance(DAY).await;
    guess(&app, &authenticator, None, MAX - REPORTED_FROM - 2).await;
    assert_eq!(reports(&app).await, 2);

    // The right code is not compared either, and an hour is no remedy.
    app.advance(DAY / 2).await;
    let guesser = from(&app, "203.0.113.7");
    let challenge = guesser.tokens(EMAIL, PASSWORD).await.expect(202).string("/token");
    let wait = limited_for(guesser.complete_token(&challenge, "totp", &authenticator.code(&app)).await);
    assert!(Duration::from_secs(wait) > DAY, "{wait}");
    // A recovery code cannot be guessed, and the user's own device has a limit of its own.
    guesser.complete_token(&challenge, "recovery_code", &authenticator.recovery_codes[0]).await.expect(200);
    let own = app.client().with("cookie", format!("bifrons_device={device}"));
    let challenge = own.tokens(EMAIL, PASSWORD).await.expect(202).string("/token");
    own.complete_token(&challenge, "totp", &authenticator.code(&app)).await.expect(200);

    // The mail ends it: the guesser knows the former password only.
    let token = newest(&app, EMAIL, "/not-me#").await.unwrap();
    use_token(&app.client(), "not-me", &token).await.expect(204);
    app.advance(STEP).await;
    choose(&app, EMAIL).await;
    let anywhere = app.client();
    anywhere.sign_in(EMAIL, PASSWORD_AFTER).await.expect(202);
    anywhere.complete("totp", &authenticator.code(&app)).await.expect(200);
}

#[tokio::test]
async fn a_right_code_begins_the_row_anew() {
    let app = app().await;
    let (ada, authenticator) = with_app(&app).await;
    let device = ada.cookie("bifrons_device").unwrap();
    for from_device in [None, Some(device.as_str())] {
        for _ in 0..2 {
            guess(&app, &authenticator, from_device, REPORTED_FROM - 1).await;
            app.advance(STEP).await;
            let client = app.client();
            let client =
                if let Some(device) = from_device { client.with("cookie", format!("bifrons_device={device}")) } else { client };
            let challenge = client.tokens(EMAIL, PASSWORD).await.expect(202).string("/token");
            client.complete_token(&challenge, "totp", &authenticator.code(&app)).await.expect(200);
        }
    }
    assert_eq!(reports(&app).await, 0);
    // A known device is counted too.
    guess(&app, &authenticator, Some(&device), MAX).await;
    let challenge = app.client().with("cookie", format!("bifrons_device={device}"));
    let token = challenge.tokens(EMAIL, PASSWORD).await.expect(202).string("/token");
    limited_for(challenge.complete_token(&token, "totp", &authenticator.code(&app)).await);
}

/// A thief of one session does not lock the user out of the others.
#[tokio::test]
async fn wrong_codes_in_one_session_lock_out_no_other() {
    let app = app().await;
    let (ada, authenticator) = with_app(&app).await;
    let stolen = ada.snapshot();
    app.advance(STEP).await;
    let own = app.client();
    own.sign_in(EMAIL, PASSWORD).await.expect(202);
    own.complete("totp", &authenticator.code(&app)).await.expect(200);
    let reauthenticate = async |client: &Actor, code: &str| {
        client.post("/v1/session/reauthenticate", json!({ "password": PASSWORD, "totp": code })).await
    };
    let wrong = authenticator.wrong_code(&app);
    for _ in 0..MAX {
        reauthenticate(&stolen, &wrong).await.expect_problem(403, "wrong_code");
    }
    app.advance(STEP).await;
    limited_for(reauthenticate(&stolen, &authenticator.code(&app)).await);
    reauthenticate(&own, &authenticator.code(&app)).await.expect(200);
}
