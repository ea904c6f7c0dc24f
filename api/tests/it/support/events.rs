//! Causes every security event.

use std::time::Duration;

use bifrons::{
    accounts::{self, AdminAction, CreateUser, Field, UserChange},
    administration,
    audit::Event,
    authorization::{self, Operator},
    deployment,
    email_address::EmailAddress,
    maintenance,
    network::ClientNetwork,
    secret::{Algorithm, Password, SigningKey},
    sessions,
    signing_keys::PUBLISHED_FOR,
    webhooks::{self, NewWebhook, WebhookChange, WebhookInstruction},
};
use entity::{Scope, Scopes};
use reqwest::Method;
use serde_json::json;

use super::{
    App, EMAIL, PASSWORD,
    authenticator::Authenticator,
    operator,
    passkey::Passkey,
    redis::until,
    smtp::{SmtpServer, token},
};
use crate::limits::limited;

pub const WRONG: &str = "not the password at all";

/// Causes every event.
pub async fn everything(app: &App) {
    let ada = app.ada().await;
    app.client().sign_up(EMAIL, PASSWORD).await.expect(409);
    app.client().sign_in(EMAIL, WRONG).await.expect(401);
    ada.reauthenticate(WRONG).await.expect(403);
    ada.reauthenticate(PASSWORD).await.expect(200);
    ada.change_password(WRONG, "another horse entirely").await.expect(403);
    ada.change_password(PASSWORD, "another horse entirely").await.expect(200);
    app.sql("UPDATE password SET hash = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'").await;
    let tokens = app.client().tokens(EMAIL, "U*U").await.expect(200).string("/tokens/refresh_token");
    let ada = app.client();
    ada.sign_in(EMAIL, "U*U").await.expect(200);
    ada.post("/v1/session/token", json!({})).await.expect(200);
    ada.refresh(&tokens).await.expect(200);
    ada.refresh(&tokens).await.expect(200);
    app.advance(Duration::from_secs(60)).await;
    ada.refresh(&tokens).await.expect_problem(401, "refresh_reused");
    ada.refresh(&tokens).await.expect_problem(401, "invalid_refresh_token");
    app.client().with("cookie", "bifrons_session=bfs_nonsense").get_session().await.expect(401);
    let stranger = || app.client().with("origin", "https://evil.example");
    stranger().post("/v1/session", json!({})).await.expect_problem(403, "origin_not_allowed");
    let preflight = stranger().with("access-control-request-method", "POST");
    preflight.send(Method::OPTIONS, "/v1/session", None).await.expect(204);
    let other = app.client();
    other.sign_in(EMAIL, "U*U").await.expect(200);
    ada.delete("/v1/me/sessions").await.expect(204);
    let places: Vec<_> = (1..=9).map_while(|n| app.state.hasher.admit(ClientNetwork::V6(n << 16)).ok()).collect();
    app.client().sign_in(EMAIL, PASSWORD).await.expect_problem(503, "overloaded");
    drop(places);
    while app.client().sign_in("unknown@example.com", WRONG).await.status != 429 {}
    ada.sign_in(EMAIL, "U*U").await.expect(200);
    ada.delete("/v1/me").await.expect(204);
    app.client().sign_up("grace@example.com", PASSWORD).await.expect(201);
    for action in [AdminAction::SignOut, AdminAction::Disable, AdminAction::Enable] {
        operator::apply(&app.state, action, "grace@example.com").await;
    }
    sessions::make_mark(&app.state).await.unwrap();
    app.execute("DELETE FROM node_mark").await;
    sessions::make_mark(&app.state).await.unwrap();
    let now = app.state.clock.now();
    let first = operator::rotate(&app.state, now.plus(PUBLISHED_FOR)).await;
    app.state.keyring().import(&SigningKey::generate(Algorithm::EdDsa).unwrap(), now).await.unwrap();
    operator::retire(&app.state, &first.id).await.unwrap();
    operators(app).await;
}

/// Causes what operators do to a deployment, and what happens without a request.
async fn operators(app: &App) {
    let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let line = json!({ "email": "imported@example.com", "password_hash": hash }).to_string();
    let imported = accounts::import::read(&line, app.state.clock.now()).unwrap();
    assert_eq!(accounts::import::import(&app.state, vec![imported]).await.unwrap(), 1);
    app.client().sign_in("imported@example.com", "U*U").await.expect(200);
    accounts::send_password_reset(&app.state, operator::instruct(&app.state, "imported@example.com").await).await.unwrap();
    maintenance::reseal(&app.state).await.unwrap();
    for fingerprint in ["one", "other"] {
        maintenance::note_configuration(&app.state, fingerprint.to_owned(), "started").await.unwrap();
    }
    maintenance::record_expired(&app.state).await.unwrap();
    app.advance(Duration::from_secs(7200)).await;
    assert!(maintenance::record_expired(&app.state).await.unwrap() > 0);
    deployment::reset(&app.state.db, &app.state.audit).await.unwrap();
}

/// Causes every event of operators.
pub async fn administration(app: &App) {
    let state = &app.state;
    let create = CreateUser {
        email: EmailAddress::parse("new@example.com").unwrap(),
        name: None,
        locale: None,
        roles: "reader".parse().unwrap(),
    };
    let user = accounts::create_user(state, Operator::CommandLine, create.clone()).await.unwrap();
    let reset = json!({ "token": user.token.reveal().as_str(), "new_password": PASSWORD });
    app.client().post("/v1/password/reset", reset).await.expect(204);
    let user = user.user;
    let invited = CreateUser { email: EmailAddress::parse("invited@example.com").unwrap(), ..create };
    let invited = accounts::invite_user(state, Operator::CommandLine, invited).await.unwrap().user.id;
    let change = UserChange {
        name: Field::Set("New".to_owned()),
        roles: Some("editor".parse().unwrap()),
        knows_user: true,
        ..UserChange::default()
    };
    accounts::update_user(state, operator::instruct(state, "new@example.com").await, change).await.unwrap();
    accounts::export_user(state, user).await.unwrap();
    accounts::delete_user(state, operator::instruct(state, "new@example.com").await).await.unwrap();
    let now = state.clock.now();
    let scopes = Scopes::from_iter([Scope::UsersRead]);
    let (key, row) = authorization::create_admin_key(state, "test", scopes, now.plus(Duration::from_secs(60))).await.unwrap();
    let program = app.client().with_token(&key.reveal());
    program.get(&format!("/v1/admin/users/{}", invited.0)).await.expect(200);
    program.post("/v1/admin/users", json!({})).await.expect_problem(403, "scope_missing");
    app.client().with_token("bfa_nonsense").get("/v1/admin/users").await.expect_problem(401, "invalid_admin_key");
    assert!(authorization::revoke_admin_key(state, row.id).await.unwrap());
    program.get("/v1/admin/users").await.expect_problem(401, "invalid_admin_key");
    webhooks(app).await;
}

/// Causes every event of webhooks.
async fn webhooks(app: &App) {
    let state = &app.state;
    // Nothing is delivered to this machine.
    let events = vec!["registered".to_owned()];
    let new = NewWebhook { url: "https://localhost:9/".to_owned(), description: None, events, enabled: true };
    let (created, _) = webhooks::create_webhook(state, Operator::CommandLine, new).await.unwrap();
    let instruct = || WebhookInstruction { by: Operator::CommandLine, webhook: created.id, versions: None };
    let change = WebhookChange { events: Some(vec!["user_created".to_owned()]), ..WebhookChange::default() };
    webhooks::update_webhook(state, instruct(), change).await.unwrap();
    webhooks::rotate_secret(state, instruct(), Duration::ZERO).await.unwrap();
    webhooks::test_webhook(state, instruct()).await.unwrap();
    until(async || app.count("SELECT count(*) FROM webhook_delivery WHERE failure IS NOT NULL").await == 1).await;
    app.execute("DELETE FROM audit_event WHERE event = 'webhook_tested'").await;
    app.advance(Duration::from_secs(13)).await;
    until(async || app.count("SELECT count(*) FROM webhook_delivery WHERE status = 'dead'").await == 1).await;
    assert_eq!(webhooks::replay(state, instruct(), None).await.unwrap(), 1);
    webhooks::delete_webhook(state, instruct()).await.unwrap();
}

/// Causes every event of second factors, and returns the metrics.
pub async fn second_factors() -> String {
    let app = App::configured(limited("100/1h", "100/1h", "1000/1m")).await;
    let ada = app.ada().await;
    let authenticator = Authenticator::enrol(&app, &ada).await;
    let sign_in = async |factor: &str, code: &str| {
        let client = app.client();
        client.sign_in(EMAIL, PASSWORD).await.expect(202);
        client.complete(factor, code).await.status
    };
    assert_eq!(sign_in("recovery_code", &authenticator.recovery_codes[0]).await, 200);
    for _ in 0..10 {
        assert_eq!(sign_in("totp", &authenticator.wrong_code(&app)).await, 403);
    }
    app.client().complete("totp", "000000").await.expect(401);
    ada.reauthenticate(PASSWORD).await.expect(403);
    ada.send(Method::POST, "/v1/me/recovery-codes", None).await.expect(200);
    ada.delete("/v1/me/totp").await.expect(204);
    Authenticator::enrol(&app, &ada).await;
    let (mut passkey, added) = Passkey::enrol(&ada).await;
    let path = format!("/v1/me/passkeys/{}", added.string("/passkey/id"));
    ada.send(Method::PATCH, &path, Some(json!({ "name": "Blue key" }))).await.expect(204);
    ada.sign_in_with_passkey(json!({})).await.expect(403);
    for (count, status) in [(9, 200), (8, 403)] {
        passkey.sign_count = count;
        ada.sign_in_with_passkey(passkey.answer(&ada).await).await.expect(status);
    }
    accounts::reset_second_factors(&app.state, operator::instruct(&app.state, EMAIL).await).await.unwrap();
    app.advance(Duration::from_secs(16 * 60)).await;
    ada.get("/v1/me/export").await.expect(403);
    app.state.metrics.render()
}

/// Causes every event of mail and of a forgotten password, and returns the metrics.
pub async fn mail() -> Vec<String> {
    let mut metrics = Vec::new();
    for (mode, event, because) in [
        ("refuse", Event::MailDead, "reset_password"),
        ("busy", Event::MailDeferred, "reset_password"),
        ("wrong-password", Event::MailStopped, ""),
    ] {
        let server = SmtpServer::start(mode);
        let app = App::configured(|config| config.mail = server.mail()).await;
        app.ada().await;
        app.client().post("/v1/password/forgot", json!({ "email": EMAIL })).await.expect(202);
        until(async || app.state.metrics.events(event, because) > 0).await;
        if event == Event::MailDead {
            until(async || administration::retry_mail(&app.state, Operator::CommandLine, None).await.unwrap() == 1).await;
            until(async || administration::discard_mail(&app.state, Operator::CommandLine, None).await.unwrap() == 1).await;
        }
        metrics.push(app.state.metrics.render());
    }
    let app = App::start().await;
    app.ada().await;
    app.client().post("/v1/password/forgot", json!({ "email": EMAIL })).await.expect(202);
    let token = token(&app.letters().await.remove(0)).unwrap();
    for status in [204, 403] {
        let reset = json!({ "token": token, "new_password": "another horse entirely" });
        app.client().post("/v1/password/reset", reset).await.expect(status);
    }
    for operation in ["confirm", "undo", "not-me"] {
        app.client().post(&format!("/v1/email/{operation}"), json!({ "token": "bfo_nonsense" })).await.expect(403);
    }
    let ada = app.client();
    // The link of the mail about the new password, then a change of the address, then its undoing.
    let used = async |operation: &str, subject: &str| {
        let mails = app.letters().await;
        let mail = mails.iter().rev().find(|mail| mail.lines().nth(1).is_some_and(|line| line.contains(subject))).unwrap();
        let body = json!({ "token": self::token(mail) });
        assert!(ada.post(&format!("/v1/email/{operation}"), body).await.status < 300, "{operation}");
    };
    used("not-me", "Your password").await;
    let password = || Password::new(PASSWORD.to_owned());
    accounts::set_password(&app.state, operator::instruct(&app.state, EMAIL).await, password()).await.unwrap();
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    ada.send(Method::PUT, "/v1/me/email", Some(json!({ "email": "ada@example.org" }))).await.expect(202);
    used("confirm", "Confirm your address").await;
    used("undo", "Your address at").await;
    let grace = App::configured(|config| config.accounts.deletion_grace = Duration::from_secs(60)).await;
    let leaving = grace.ada().await;
    leaving.get("/v1/me/export").await.expect(200);
    leaving.delete("/v1/me").await.expect(204);
    leaving.sign_in(EMAIL, PASSWORD).await.expect(200);
    metrics.push(grace.state.metrics.render());
    accounts::set_password(&app.state, operator::instruct(&app.state, EMAIL).await, password()).await.unwrap();
    metrics.push(app.state.metrics.render());
    metrics
}
