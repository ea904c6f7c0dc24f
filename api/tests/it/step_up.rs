//! Step-up: operations that demand a fresh session, at the highest assurance that the user can reach.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::{
    second_factor::with_app,
    support::{
        App, EMAIL, PASSWORD,
        authenticator::{Authenticator, STEP},
        document::Document,
        specification::{Operation, operations},
    },
};

pub(crate) fn step_up() -> Vec<Operation> {
    operations().into_iter().filter(|operation| operation.document["x-step-up"] == true).collect()
}

/// The document says which they are, and each of them refuses a session that is not fresh before it reads the body.
#[tokio::test]
async fn asvs_7_5_1_a_session_that_is_not_fresh_can_do_none_of_them() {
    let app = App::start().await;
    let ada = app.ada().await;
    let stale = Duration::from_secs(16 * 60);
    assert!(step_up().len() >= 7, "{:?}", step_up());
    app.advance(stale).await;
    for operation in operations() {
        let demands = step_up().iter().any(|other| other.id == operation.id);
        let codes = operation.response(403).map(|response| response["content"].to_string()).unwrap_or_default();
        // `changePassword` demands it of some users, and verifies the password of the others.
        assert_eq!(codes.contains("reauthentication_required"), demands || operation.id == "changePassword", "{}", operation.id);
        if demands {
            for body in [operation.example(), operation.body().map(|_| json!({ "nonsense": 1 }))] {
                let answer = ada.send(operation.method.clone(), &operation.path(), body).await;
                answer.expect_problem(403, "reauthentication_required");
            }
        }
    }
    let before = app.count("SELECT count(*) FROM totp").await;
    assert_eq!(before, 0, "a stolen session adds no second factor");
    ada.reauthenticate(PASSWORD).await.expect(200);
    ada.send(Method::POST, "/v1/me/totp", None).await.expect(201);
}

#[test]
fn the_table_of_step_up_operations_is_what_the_code_demands() {
    let lines =
        step_up().into_iter().map(|operation| format!("| `{}` | `{} {}` |\n", operation.id, operation.method, operation.template));
    let table = format!("| operation | request |\n|---|---|\n{}", lines.collect::<String>());
    Document::read("docs/second-factors.md").holds("step-up", &table);
}

#[tokio::test]
async fn re_authentication_takes_every_factor_that_the_user_has() {
    let app = App::start().await;
    let ada = app.ada().await;
    let other = app.client();
    other.sign_in(EMAIL, PASSWORD).await.expect(200);
    let authenticator = Authenticator::enrol(&app, &ada).await;
    let again = async |body| other.post("/v1/session/reauthenticate", body).await;
    other.get("/v1/me/export").await.expect_problem(403, "reauthentication_required");
    again(json!({ "password": PASSWORD })).await.expect_problem(403, "second_factor_required");
    again(json!({ "password": "wrong one", "totp": authenticator.code(&app) })).await.expect_problem(403, "wrong_password");
    let wrong = authenticator.wrong_code(&app);
    again(json!({ "password": PASSWORD, "totp": wrong })).await.expect_problem(403, "wrong_code");
    other.get("/v1/me/export").await.expect_problem(403, "reauthentication_required");
    again(json!({ "password": PASSWORD, "totp": authenticator.code(&app) })).await.expect(200);
    assert_eq!(other.get_session().await.expect(200).json()["methods"], json!(["pwd", "otp", "mfa"]));
    other.get("/v1/me/export").await.expect(200);
    again(json!({ "password": PASSWORD, "totp": authenticator.code(&app) })).await.expect_problem(403, "wrong_code");
    app.advance(STEP).await;
    ada.delete("/v1/me/totp").await.expect(204);
    again(json!({ "password": PASSWORD, "totp": authenticator.code(&app) })).await.expect_problem(403, "wrong_code");
    again(json!({ "password": PASSWORD })).await.expect(200);
}

/// Otherwise a stolen session and a password would get around the second factor.
#[tokio::test]
async fn a_password_change_does_not_make_a_session_fresh_without_the_second_factor() {
    let app = App::start().await;
    let (ada, authenticator) = with_app(&app).await;
    app.advance(Duration::from_secs(16 * 60)).await;
    ada.change_password(PASSWORD, "another horse entirely").await.expect_problem(403, "reauthentication_required");
    let body = json!({ "password": PASSWORD, "totp": authenticator.code(&app) });
    ada.post("/v1/session/reauthenticate", body).await.expect(200);
    ada.change_password(PASSWORD, "another horse entirely").await.expect(200);
    ada.delete("/v1/me/totp").await.expect(204);
}
