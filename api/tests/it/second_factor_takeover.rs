//! A thief with the password, or with a session, at the moment in which a user adds a second factor, and afterwards.

use std::time::Duration;

use bifrons::{accounts::AdminAction, sessions};
use entity::UnixMillis;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::{
    email_change::{PASSWORD_AFTER, choose, later, newest, pages, use_token},
    second_factor::with_app,
    step_up::step_up,
    support::{
        Actor, App, EMAIL, PASSWORD,
        authenticator::{Authenticator, STEP},
        operator,
    },
};

const DAY: Duration = Duration::from_hours(24);

/// A session that the thief opened before there was a second factor.
async fn thief(app: &App) -> Actor {
    let thief = app.client();
    thief.sign_in(EMAIL, PASSWORD).await.expect(200);
    thief.get_session().await.expect(200);
    thief
}

/// The other node does not learn of it for seconds, and still has the session in its cache.
#[tokio::test]
async fn a_factor_counts_at_once_on_every_node() {
    let app = App::start().await;
    let another = app.another().await;
    let ada = app.ada().await;
    let thief = thief(&app).await.at(&another);
    thief.get_session().await.expect(200);
    Authenticator::enrol(&app, &ada).await;
    for operation in step_up() {
        let answer = thief.send(operation.method.clone(), &operation.path(), operation.example()).await;
        answer.expect_problem(403, "reauthentication_required");
    }
    let change = json!({ "current_password": PASSWORD, "new_password": "another long passphrase" });
    thief.send(Method::PUT, "/v1/me/password", Some(change)).await.expect_problem(403, "reauthentication_required");
}

/// What the thief may do before the factor is confirmed, they may not do in the moment after.
#[tokio::test(flavor = "multi_thread")]
async fn a_thief_gets_nothing_at_the_moment_of_enrolment() {
    for (method, path) in [(Method::POST, "/v1/me/recovery-codes"), (Method::DELETE, "/v1/me/totp")] {
        for _ in 0..5 {
            let app = App::start().await;
            let ada = app.ada().await;
            let thieves = join_all((0..3).map(|_| thief(&app))).await;
            let trying = thieves.into_iter().map(|thief| {
                let (method, path) = (method.clone(), path.to_owned());
                tokio::spawn(async move {
                    loop {
                        let answer = thief.send(method.clone(), &path, None).await;
                        if answer.status != 404 {
                            return answer;
                        }
                    }
                })
            });
            let trying: Vec<_> = trying.collect();
            let authenticator = Authenticator::enrol(&app, &ada).await;
            for answer in join_all(trying).await {
                let answer = answer.unwrap();
                assert!([401, 403].contains(&answer.status), "{}", answer.text);
            }
            let other = app.client();
            other.sign_in(EMAIL, PASSWORD).await.expect(202);
            other.complete("recovery_code", &authenticator.recovery_codes[0]).await.expect(200);
        }
    }
}

/// The thief adds an app first, and then does something else that is reported. The link of either mail takes the account back.
#[tokio::test]
async fn the_newest_link_removes_the_app_that_a_thief_added_before() {
    let app = App::configured(pages).await;
    let ada = app.ada().await;
    app.advance(8 * DAY).await;
    let thief = app.client();
    thief.sign_in(EMAIL, PASSWORD).await.expect(200);
    let authenticator = Authenticator::enrol(&app, &thief).await;
    later(&app);
    let again = json!({ "password": PASSWORD, "totp": authenticator.code(&app) });
    thief.post("/v1/session/reauthenticate", again).await.expect(200);
    let change = json!({ "current_password": PASSWORD, "new_password": "the passphrase of a thief" });
    thief.send(Method::PUT, "/v1/me/password", Some(change)).await.expect(200);
    let token = newest(&app, EMAIL, "/not-me#").await.unwrap();
    use_token(&ada, "not-me", &token).await.expect(204);
    choose(&app, EMAIL).await;
    ada.sign_in(EMAIL, PASSWORD_AFTER).await.expect(200);
}

/// A link is valid for as long as it helps, and what it reports is as old as the link.
#[tokio::test]
async fn the_link_of_a_scheduled_deletion_removes_an_app_that_was_added_since() {
    for grace in [7, 30] {
        let app = App::configured(|config| {
            pages(config);
            config.accounts.deletion_grace = grace * DAY;
        })
        .await;
        let ada = app.ada().await;
        ada.delete("/v1/me").await.expect(204);
        let token = newest(&app, EMAIL, "/not-me#").await.unwrap();
        app.advance(STEP).await;
        let thief = app.client();
        thief.sign_in(EMAIL, PASSWORD).await.expect(200);
        Authenticator::enrol(&app, &thief).await;
        app.advance((grace - 1) * DAY).await;
        use_token(&ada, "not-me", &token).await.expect(204);
        choose(&app, EMAIL).await;
        ada.sign_in(EMAIL, PASSWORD_AFTER).await.expect(200);
    }
}

#[tokio::test]
async fn a_planted_challenge_cookie_is_ignored() {
    let app = App::start().await;
    let (_, authenticator) = with_app(&app).await;
    let [good, other] = [app.client(), app.client()];
    good.sign_in(EMAIL, PASSWORD).await.expect(202);
    other.sign_in(EMAIL, PASSWORD).await.expect(202);
    let [good, other] = [good, other].map(|client| client.cookie("bifrons_challenge").unwrap());
    let with = |cookies: String| {
        let cookies = app.client().with("cookie", cookies);
        let code = authenticator.code(&app);
        async move { cookies.complete("totp", &code).await }
    };
    with(format!("bifrons_challenge={good}; bifrons_challenge={other}")).await.expect_problem(400, "ambiguous_credentials");
    with("bifrons_challenge=tossed; bifrons_challenge=another".to_owned()).await.expect_problem(401, "invalid_challenge");
    with(format!("bifrons_challenge=tossed; bifrons_challenge={good}")).await.expect(200);
    app.advance(STEP).await;
    with(format!("bifrons_challenge={good}; bifrons_challenge={other}")).await.expect(200);
}

#[tokio::test]
async fn a_sign_in_that_waits_ends_with_the_sessions() {
    let app = App::start().await;
    let (ada, authenticator) = with_app(&app).await;
    for how in ["by operator", "others", "before"] {
        let waiting = app.client();
        waiting.sign_in(EMAIL, PASSWORD).await.expect(202);
        match how {
            "by operator" => drop(operator::apply(&app.state, AdminAction::SignOut, EMAIL).await),
            "others" => drop(ada.delete("/v1/me/sessions").await.expect(204)),
            _ => drop(sessions::end_before(&app.state, UnixMillis(i64::MAX), |_| ()).await.unwrap()),
        }
        waiting.complete("totp", &authenticator.code(&app)).await.expect_problem(401, "invalid_challenge");
        ada.sign_in(EMAIL, PASSWORD).await.expect(202);
        ada.complete("totp", &authenticator.code(&app)).await.expect(200);
        app.advance(STEP).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_enrolments_at_once_the_last_one_counts() {
    let app = App::start().await;
    let ada = app.ada().await;
    let started = join_all((0..8).map(|_| ada.send(Method::POST, "/v1/me/totp", None))).await;
    let secrets: Vec<String> = started.into_iter().map(|answer| answer.expect(201).string("/secret")).collect();
    let mut confirmed = 0;
    for secret in secrets {
        let app_of = Authenticator { secret, recovery_codes: Vec::new() };
        let answer = ada.post("/v1/me/totp/confirm", json!({ "code": app_of.code(&app) })).await;
        confirmed += usize::from(answer.status == 200);
    }
    assert_eq!(confirmed, 1);
}
