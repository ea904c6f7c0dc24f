//! Attacks on second factors, and what several nodes agree about.

use std::time::Duration;

use bifrons::{accounts::AdminAction, secret::TotpSecret};
use futures_util::future::join_all;
use reqwest::Method;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::json;

use crate::{
    email_change::{newest, pages, use_token},
    limits::{WRONG, exhaust, from, limited, limited_for},
    second_factor::with_app,
    support::{
        Actor, App, EMAIL, PASSWORD,
        authenticator::{Authenticator, STEP},
        operator,
    },
};

const GRACE: &str = "grace@example.com";

/// A client with a challenge of this user.
async fn challenged(app: &App, email: &str) -> Actor {
    let client = app.client();
    client.sign_in(email, PASSWORD).await.expect(202);
    client
}

async fn grace(app: &App) -> Actor {
    let grace = app.client();
    grace.sign_up(GRACE, PASSWORD).await.expect(201);
    grace.sign_in(GRACE, PASSWORD).await.expect(200);
    grace
}

#[tokio::test]
async fn a_challenge_takes_the_codes_of_its_own_user_in_its_own_mode() {
    let app = App::start().await;
    let (_, of_ada) = with_app(&app).await;
    let of_grace = Authenticator::enrol(&app, &grace(&app).await).await;
    let ada = challenged(&app, EMAIL).await;
    ada.complete("totp", &of_grace.code(&app)).await.expect_problem(403, "wrong_code");
    ada.complete("recovery_code", &of_grace.recovery_codes[0]).await.expect_problem(403, "wrong_code");
    let cookie = ada.cookie("bifrons_challenge").unwrap();
    app.client().complete_token(&cookie, "totp", &of_ada.code(&app)).await.expect_problem(401, "invalid_challenge");
    let token = app.client().tokens(EMAIL, PASSWORD).await.expect(202).string("/token");
    let planted = app.client();
    planted.put_cookie("bifrons_challenge", token.as_str());
    planted.complete("totp", &of_ada.code(&app)).await.expect_problem(401, "invalid_challenge");
    let (id, _) = cookie.split_at(26);
    let (_, secret) = token.split_at(26);
    planted.put_cookie("bifrons_challenge", format!("{id}{secret}"));
    planted.complete("totp", &of_ada.code(&app)).await.expect_problem(401, "invalid_challenge");
    for nothing in ["", "bfc_", "nonsense"] {
        app.client().complete_token(nothing, "totp", &of_ada.code(&app)).await.expect_problem(401, "invalid_challenge");
    }
    ada.complete("totp", &of_ada.code(&app)).await.expect(200);
}

/// A factor that is left out, or that the user does not have, is not a way around the others.
#[tokio::test]
async fn leaving_the_factor_out_does_not_downgrade_a_sign_in() {
    let app = App::start().await;
    let (_, authenticator) = with_app(&app).await;
    let ada = challenged(&app, EMAIL).await;
    for (body, field) in [
        (json!({ "code": authenticator.code(&app) }), "factor"),
        (json!({ "factor": "none", "code": "" }), "factor"),
        (json!({ "factor": null, "code": "" }), "factor"),
        (json!({ "factor": "totp" }), "code"),
        (json!({ "factor": "totp", "code": null }), "code"),
    ] {
        let answer = ada.post("/v1/session/challenge", body).await.expect_problem(422, "validation_failed");
        assert_eq!(answer.broken_rules()[0].0, field);
    }
    ada.complete("totp", "").await.expect_problem(403, "wrong_code");
    ada.get_session().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_challenge_is_void_once_the_credentials_change() {
    for how in ["password", "disable", "delete", "grace", "remove"] {
        let grace = Duration::from_secs(if how == "grace" { 24 * 3600 } else { 0 });
        let app = App::configured(|config| config.accounts.deletion_grace = grace).await;
        let (ada, authenticator) = with_app(&app).await;
        let waiting = challenged(&app, EMAIL).await;
        match how {
            "password" => drop(ada.change_password(PASSWORD, "another horse entirely").await.expect(200)),
            "disable" => {
                operator::apply(&app.state, AdminAction::Disable, EMAIL).await;
                operator::apply(&app.state, AdminAction::Enable, EMAIL).await;
            }
            "remove" => drop(ada.delete("/v1/me/totp").await.expect(204)),
            _ => drop(ada.delete("/v1/me").await.expect(204)),
        }
        waiting.complete("totp", &authenticator.code(&app)).await.expect_problem(401, "invalid_challenge");
        let left = app.count("SELECT (SELECT count(*) FROM totp) + (SELECT count(*) FROM recovery_code)").await;
        assert_eq!(left == 0, ["delete", "remove"].contains(&how), "{how}: {left}");
    }
}

#[tokio::test]
async fn asvs_6_6_3_wrong_codes_count_over_all_challenges_and_strangers_do_not_use_them_up() {
    let app = App::configured(limited("6/1h", "6/1h", "1000/1m")).await;
    let (ada, authenticator) = with_app(&app).await;
    let known = ada.cookie("bifrons_device").unwrap();
    let guess = async |n: usize, code: &str| {
        let client = from(&app, format!("198.51.100.{n}"));
        let token = client.tokens(EMAIL, PASSWORD).await.expect(202).string("/token");
        client.complete_token(&token, "totp", code).await
    };
    let wrong = authenticator.wrong_code(&app);
    for n in 0..6 {
        guess(n, &wrong).await.expect_problem(403, "wrong_code");
    }
    limited_for(guess(6, &authenticator.code(&app)).await);
    // The device that the user signed in with before has a limit of its own, and the password is not limited by codes.
    let device = from(&app, "198.51.100.99").with("cookie", format!("bifrons_device={known}"));
    let token = device.tokens(EMAIL, PASSWORD).await.expect(202).string("/token");
    device.complete_token(&token, "totp", &authenticator.code(&app)).await.expect(200);

    app.advance(Duration::from_secs(2 * 3600)).await;
    let waiting = from(&app, "198.51.100.1").tokens(EMAIL, PASSWORD).await.expect(202).string("/token");
    exhaust(&app).await;
    limited_for(from(&app, "198.51.100.1").sign_in(EMAIL, WRONG).await);
    app.client().complete_token(&waiting, "totp", &authenticator.code(&app)).await.expect(200);
}

#[tokio::test]
async fn asvs_11_4_1_the_database_shows_no_secret_and_a_row_opens_for_its_own_user() {
    let app = App::start().await;
    let (_, of_ada) = with_app(&app).await;
    Authenticator::enrol(&app, &grace(&app).await).await;
    let db = app.state.db.connection();
    let rows = entity::totp::Entity::find().all(db).await.unwrap();
    let stored: Vec<u8> = rows.iter().flat_map(|row| row.secret.clone()).collect();
    assert!(!stored.windows(32).any(|window| window == of_ada.secret.as_bytes()));
    let raw = TotpSecret::from_bytes(&opened(&app, &rows[0])).unwrap();
    assert!(stored.len() > 60 && !stored.windows(20).any(|window| window == raw.as_bytes()));
    // An attacker who can write to the database gives Grace the secret of Ada.
    let user = rows
        .iter()
        .find(|row| TotpSecret::from_bytes(&opened(&app, row)).unwrap().reveal().as_str() == of_ada.secret)
        .unwrap()
        .user_id;
    let (own, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.user_id == user);
    entity::totp::Entity::delete_by_id(others[0].user_id).exec(db).await.unwrap();
    let copied = entity::totp::Model { user_id: others[0].user_id, last_step: 0, ..own[0].clone() };
    entity::totp::Entity::insert(copied.into_active_model()).exec_without_returning(db).await.unwrap();
    let grace = challenged(&app, GRACE).await;
    grace.complete("totp", &of_ada.code(&app)).await.expect_problem(503, "unavailable");
    challenged(&app, EMAIL).await.complete("totp", &of_ada.code(&app)).await.expect(200);
}

/// The secret of a row, as the service opens it.
fn opened(app: &App, row: &entity::totp::Model) -> Vec<u8> {
    app.state.secrets.unseal("totp", row.user_id.0.as_bytes(), &row.secret).unwrap().to_vec()
}

/// A thief adds an app to an account without one; the mail about it takes the account back. An older app stays.
#[tokio::test]
async fn taking_the_account_back_removes_the_app_of_a_thief() {
    for thief_adds in [true, false] {
        let app = App::configured(pages).await;
        let ada = app.ada().await;
        let before = if thief_adds { None } else { Some(Authenticator::enrol(&app, &ada).await) };
        app.advance(Duration::from_secs(8 * 24 * 3600)).await;
        let there = app.client();
        match &before {
            None => drop(there.sign_in(EMAIL, PASSWORD).await.expect(200)),
            Some(authenticator) => {
                there.sign_in(EMAIL, PASSWORD).await.expect(202);
                there.complete("totp", &authenticator.code(&app)).await.expect(200);
            }
        }
        if thief_adds {
            Authenticator::enrol(&app, &there).await;
        }
        let token = newest(&app, EMAIL, "/not-me#").await.unwrap();
        use_token(&app.client(), "not-me", &token).await.expect(204);
        assert_eq!(app.count("SELECT count(*) FROM totp").await, i64::from(!thief_adds));
        assert_eq!(app.count("SELECT count(*) FROM user WHERE second_factor").await, i64::from(!thief_adds));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_one_takes_a_code_and_one_a_challenge() {
    let one = App::start().await;
    let two = one.another().await;
    let (_, authenticator) = with_app(&one).await;
    for round in 0..4 {
        // One code, two challenges.
        let code = authenticator.code(&one);
        let pair = [challenged(&one, EMAIL).await, challenged(&two, EMAIL).await];
        let answers = join_all(pair.iter().map(|client| client.complete("totp", &code))).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403], "{answers:?}");
        // One challenge, two codes.
        let client = challenged(&one, EMAIL).await;
        let twins = [client.snapshot(), client.at(&two).snapshot()];
        let codes = &authenticator.recovery_codes[2 * round..2 * round + 2];
        let answers =
            join_all(twins.iter().zip(codes).map(|(client, code)| async { client.complete("recovery_code", code).await })).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
        one.advance(STEP).await;
    }
    assert_eq!(one.count("SELECT count(*) FROM recovery_code").await, 6, "the other code of a challenge is not used up");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_together_compare_five_codes_of_a_challenge() {
    let one = App::start().await;
    let two = one.another().await;
    let (_, authenticator) = with_app(&one).await;
    let client = challenged(&one, EMAIL).await;
    let wrong = authenticator.wrong_code(&one);
    let guesses = (0..16).map(|n| {
        let client = if n % 2 == 0 { client.snapshot() } else { client.at(&two).snapshot() };
        let wrong = wrong.clone();
        async move { client.complete("totp", &wrong).await.code() }
    });
    let codes = join_all(guesses).await;
    assert_eq!(codes.iter().filter(|code| *code == "wrong_code").count(), 5, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == "invalid_challenge").count(), 11, "{codes:?}");
    client.complete("totp", &authenticator.code(&one)).await.expect_problem(401, "invalid_challenge");
}

/// Either the sign-in is first and its session ends, or the change is first and the challenge is void.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_does_not_outrun_a_change_on_another_node() {
    for how in ["password", "remove"] {
        for _ in 0..4 {
            let one = App::start().await;
            let two = one.another().await;
            let (ada, authenticator) = with_app(&one).await;
            let client = challenged(&one, EMAIL).await.at(&two);
            let code = authenticator.code(&one);
            let change = async {
                match how {
                    "password" => ada.change_password(PASSWORD, "another horse entirely").await.expect(200),
                    _ => ada.send(Method::DELETE, "/v1/me/totp", None).await.expect(204),
                }
            };
            let (_, completed) = tokio::join!(change, client.complete("totp", &code));
            assert!(completed.status == 200 || completed.code() == "invalid_challenge", "{}", completed.text);
            two.poll().await;
            if how == "password" {
                client.get_session().await.expect(401);
            }
            assert_eq!(one.count("SELECT count(*) FROM challenge").await, 0);
        }
    }
}
