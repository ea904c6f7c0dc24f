//! Invitations: what is mailed proves the address, what is handed over does not.

use std::time::Duration;

use bifrons::{
    accounts::{self, AdminAction},
    audit::Event,
};
use entity::Scope;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin_access::{GRACE, HOUR, administrator, program},
    limits::limited,
    support::{Actor, Answer, App, PASSWORD, operator, smtp::token},
};

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

async fn invite(by: &Actor, email: &str) -> Answer {
    by.post("/v1/admin/invitations", json!({ "email": email, "name": "Grace", "locale": "de", "roles": ["editor"] })).await
}

async fn again(by: &Actor, user: &Value) -> Answer {
    by.send(Method::POST, &format!("/v1/admin/users/{}/invite", user["id"].as_str().unwrap()), None).await
}

/// The tokens of the mails to an address, oldest first.
async fn mailed(app: &App, email: &str) -> Vec<String> {
    let letters = app.letters().await;
    letters.iter().filter(|letter| letter.starts_with(&format!("To: {email}\r\n"))).filter_map(|letter| token(letter)).collect()
}

async fn choose(app: &App, token: &str) -> Answer {
    app.client().post("/v1/password/reset", json!({ "token": token, "new_password": PASSWORD })).await
}

async fn read(by: &Actor, user: &Value) -> Value {
    by.get(&format!("/v1/admin/users/{}", user["id"].as_str().unwrap())).await.expect(200).json()
}

#[tokio::test]
async fn a_mailed_invitation_verifies_the_address_and_no_stranger_voids_it() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let invited = invite(&ada, GRACE).await.expect(201);
    assert!(!invited.text.contains("bfo_"), "the answer has no token: {}", invited.text);
    let user = invited.json()["user"].clone();
    assert_eq!((&user["roles"], &user["email_verified"]), (&json!(["editor"]), &json!(false)));
    let letter = app.letters().await.pop().unwrap();
    assert!(letter.contains("Einladung") && letter.contains("2026-01-08"), "{letter}");
    let first = mailed(&app, GRACE).await.remove(0);
    // Strangers ask for a reset, for another registration, and for the same invitation.
    app.client().post("/v1/password/forgot", json!({ "email": GRACE })).await.expect(202);
    let tokens = mailed(&app, GRACE).await;
    assert_eq!(tokens.len(), 2);
    app.client().sign_up(GRACE, PASSWORD).await.expect_problem(409, "email_taken");
    invite(&ada, "GRACE@Example.com").await.expect_problem(409, "email_taken");
    app.client().sign_in(GRACE, PASSWORD).await.expect(401);
    choose(&app, &first).await.expect(204);
    for used_or_void in &tokens {
        choose(&app, used_or_void).await.expect_problem(403, "invalid_one_time_token");
    }
    app.client().sign_in(GRACE, PASSWORD).await.expect(200);
    assert_eq!(read(&ada, &user).await["email_verified"], true);
    again(&ada, &user).await.expect_problem(409, "already_signed_up");
    for (event, because) in [(Event::UserInvited, "first"), (Event::InvitationAccepted, "mailed")] {
        assert_eq!(app.state.metrics.events(event, because), 1, "{because}");
    }
    // A token that an operator has seen proves no mailbox.
    let made = ada.post("/v1/admin/users", json!({ "email": "eve@example.com" })).await.expect(201).json();
    choose(&app, made["token"].as_str().unwrap()).await.expect(204);
    assert_eq!(read(&ada, &made["user"]).await["email_verified"], false);
    app.client().sign_in("eve@example.com", PASSWORD).await.expect(200);
    assert_eq!(app.state.metrics.events(Event::InvitationAccepted, "handed"), 1);
    app.client().post("/v1/password/forgot", json!({ "email": "eve@example.com" })).await.expect(202);
    let letters = app.letters().await;
    let reset = letters.iter().find(|it| it.starts_with("To: eve@") && it.contains("Set a new password")).unwrap();
    choose(&app, &token(reset).unwrap()).await.expect(204);
    assert_eq!(read(&ada, &made["user"]).await["email_verified"], true);
}

#[tokio::test]
async fn an_invitation_ends_with_its_time_its_successor_and_its_user() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let user = invite(&ada, GRACE).await.expect(201).json()["user"].clone();
    let made = ada.post("/v1/admin/users", json!({ "email": "eve@example.com" })).await.expect(201).json();
    // The former one is void, mailed or handed over.
    app.advance(Duration::from_millis(1)).await;
    again(&ada, &user).await.expect(200);
    again(&ada, &made["user"]).await.expect(200);
    choose(&app, made["token"].as_str().unwrap()).await.expect_problem(403, "invalid_one_time_token");
    let tokens = mailed(&app, GRACE).await;
    choose(&app, &tokens[0]).await.expect_problem(403, "invalid_one_time_token");
    let eve = mailed(&app, "eve@example.com").await.remove(0);
    app.advance(WEEK - Duration::from_millis(1)).await;
    choose(&app, &eve).await.expect(204);
    operator::apply(&app.state, AdminAction::Disable, GRACE).await;
    choose(&app, &tokens[1]).await.expect_problem(403, "invalid_one_time_token");
    operator::apply(&app.state, AdminAction::Enable, GRACE).await;
    app.advance(Duration::from_millis(1)).await;
    choose(&app, &tokens[1]).await.expect_problem(403, "invalid_one_time_token");

    let keyed = app.reconfigured(limited("100/1h", "100/1h", "1000/1m")).await;
    let (key, _) = program(&keyed, [Scope::UsersWrite], HOUR).await;
    operator::apply(&app.state, AdminAction::Disable, GRACE).await;
    again(&key, &user).await.expect_problem(409, "user_disabled");
    operator::apply(&app.state, AdminAction::Enable, GRACE).await;
    again(&key, &user).await.expect(200);
    let last = mailed(&app, GRACE).await.pop().unwrap();
    choose(&app, &last).await.expect(204);
    app.client().sign_up("zoe@example.com", PASSWORD).await.expect(201);
    let search = |email: &str| format!("/v1/admin/users?email={email}");
    let (reader, _) = program(&app, [Scope::UsersRead], HOUR).await;
    let found = async |email: &str| reader.get(&search(email)).await.expect(200).json()["items"][0].clone();
    again(&key, &found("zoe").await).await.expect_problem(409, "already_signed_up");
    again(&key, &found("ada").await).await.expect_problem(403, "admin_required");
    again(&key, &json!({ "id": "00000000-0000-0000-0000-000000000000" })).await.expect_problem(404, "not_found");
    let admin = json!({ "email": "x@example.com", "roles": ["admin"] });
    key.post("/v1/admin/invitations", admin).await.expect_problem(403, "admin_required");
    for wrong in [
        json!({}),
        json!({ "email": "no-address" }),
        json!({ "email": "x@example.com", "roles": ["Admin"] }),
        json!({ "email": "x@example.com", "locale": "en_US" }),
        json!({ "email": "x@example.com", "name": "" }),
        json!({ "email": "x@example.com", "password": PASSWORD }),
    ] {
        key.post("/v1/admin/invitations", wrong).await.expect_problem(422, "validation_failed");
    }
    // A key has the limit of a mailbox, three an hour; an operator has not.
    let other = invite(&key, "other@example.com").await.expect(201).json()["user"].clone();
    for status in [200, 200, 429] {
        again(&key, &other).await.expect(status);
    }
    invite(&key, "x@example.com").await.expect(201);
    accounts::resend_invitation(&app.state, operator::instruct(&app.state, "other@example.com").await).await.unwrap();
}
