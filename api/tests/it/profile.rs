//! What users say about themselves, what an app stores with them, the export, and a deletion with a grace.

use std::time::Duration;

use bifrons::audit::Event;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Answer, App, EMAIL, PASSWORD};

async fn update(client: &Actor, body: Value) -> Answer {
    client.send(Method::PATCH, "/v1/me", Some(body)).await
}

#[tokio::test]
async fn a_field_that_is_left_out_stays_and_null_removes_it() {
    let app = App::start().await;
    let ada = app.ada().await;
    let all = json!({ "name": "Ada", "locale": "de-AT", "user_metadata": { "theme": "dark", "layout": { "wide": true } } });
    let user = update(&ada, all.clone()).await.expect(200).json();
    for (field, value) in all.as_object().unwrap() {
        assert_eq!(&user[field], value);
    }
    let user = update(&ada, json!({ "user_metadata": { "layout": { "wide": null, "font": 3 } } })).await.expect(200).json();
    assert_eq!(user["user_metadata"], json!({ "theme": "dark", "layout": { "font": 3 } }), "RFC 7396");
    assert_eq!((&user["name"], &user["locale"]), (&json!("Ada"), &json!("de-AT")));
    let user = update(&ada, json!({ "locale": null, "user_metadata": null })).await.expect(200).json();
    assert!(user.get("locale").is_none() && user.get("user_metadata").is_none() && user["name"] == "Ada");
    assert_eq!(ada.get("/v1/me").await.expect(200).json(), user, "what was answered is what is stored");
    assert_eq!(ada.get_session().await.expect(200).json()["user"], user);
}

#[tokio::test]
async fn b_37_bad_values_are_refused_and_change_nothing() {
    let app = App::start().await;
    let ada = app.ada().await;
    let deep = json!({ "a": { "b": { "c": { "d": { "e": {} } } } } });
    for (body, field, rule) in [
        (json!({ "locale": "de_AT" }), "locale", "format"),
        (json!({ "locale": "../../etc" }), "locale", "format"),
        (json!({ "locale": "" }), "locale", "min_length"),
        (json!({ "locale": "x".repeat(36) }), "locale", "max_length"),
        (json!({ "user_metadata": deep }), "user_metadata", "max_depth"),
        (json!({ "user_metadata": { "a": "x".repeat(8192) } }), "user_metadata", "max_bytes"),
        (json!({ "user_metadata": [] }), "user_metadata", "type"),
        (json!({ "user_metadata": "{}" }), "user_metadata", "type"),
        (json!({ "app_metadata": {} }), "app_metadata", "unknown_field"),
        (json!({ "email_verified": true }), "email_verified", "unknown_field"),
        (json!({ "roles": ["admin"] }), "roles", "unknown_field"),
    ] {
        let refused = update(&ada, body.clone()).await.expect_problem(422, "validation_failed");
        assert_eq!(refused.broken_rules(), [(field.to_owned(), rule.to_owned())], "{body}");
    }
    update(&ada, json!({ "name": "Ada", "user_metadata": deep })).await.expect(422);
    assert!(ada.get("/v1/me").await.expect(200).json().get("name").is_none(), "all or nothing");
}

#[tokio::test]
async fn patches_at_once_lose_nothing() {
    let app = App::start().await;
    let (ada, other) = (app.ada().await, app.another().await);
    let patches = (0..20).map(|n| {
        let client = if n % 2 == 0 { ada.clone() } else { ada.at(&other) };
        async move { update(&client, json!({ "user_metadata": { format!("m{n}"): n } })).await.expect(200) }
    });
    futures_util::future::join_all(patches).await;
    app.state.cache.clear();
    assert_eq!(ada.get("/v1/me").await.expect(200).json()["user_metadata"].as_object().unwrap().len(), 20);
}

#[tokio::test]
async fn mails_are_in_the_language_of_the_user() {
    let app = App::start().await;
    let ada = app.ada().await;
    update(&ada, json!({ "locale": "ko-KR" })).await.expect(200);
    app.client().with("accept-language", "de").post("/v1/password/forgot", json!({ "email": EMAIL })).await.expect(202);
    assert!(app.letters().await[0].contains("비밀번호"));
}

#[tokio::test]
async fn the_export_has_everything_and_no_secret() {
    let app = App::start().await;
    let ada = app.ada().await;
    update(&ada, json!({ "name": "Ada", "locale": "de", "user_metadata": { "theme": "dark" } })).await.expect(200);
    for n in 0..250 {
        app.client().with("user-agent", format!("device {n}")).sign_in(EMAIL, PASSWORD).await.expect(200);
    }
    ada.delete("/v1/me/sessions").await.expect(204);
    ada.send(Method::PUT, "/v1/me/email", Some(json!({ "email": "ada@example.org" }))).await.expect(202);
    let answer = ada.get("/v1/me/export").await.expect(200);
    let export = answer.json();
    assert_eq!(export["user"], ada.get("/v1/me").await.expect(200).json());
    let sessions = export["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 251, "more than one page");
    assert_eq!(sessions.iter().filter(|session| session.get("ended_at").is_none()).count(), 1);
    assert!(sessions.iter().any(|session| session["user_agent"] == "device 249" && session["ended_because"] == "revoked"));
    let tokens = export["one_time_tokens"].as_array().unwrap();
    assert!(tokens.iter().any(|token| token["purpose"] == "confirm_email" && token["email"] == "ada@example.org"));
    for secret in ["hash", "seed", "bfo_", "bfs_", "argon2", "content"] {
        assert!(!answer.text.contains(secret), "{secret}");
    }
    app.advance(Duration::from_secs(16 * 60)).await;
    ada.get("/v1/me/export").await.expect_problem(403, "reauthentication_required");
}

#[tokio::test]
async fn another_user_is_in_no_export() {
    let app = App::start().await;
    let ada = app.ada().await;
    let grace = app.client();
    grace.sign_up("grace@example.com", PASSWORD).await.expect(201);
    grace.sign_in("grace@example.com", PASSWORD).await.expect(200);
    let export = ada.get("/v1/me/export").await.expect(200);
    assert!(!export.text.contains("grace"));
    assert_eq!(export.json()["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_deletion_with_a_grace_can_be_cancelled_by_signing_in() {
    let app = App::configured(|config| config.accounts.deletion_grace = Duration::from_secs(30 * 24 * 3600)).await;
    let ada = app.ada().await;
    ada.delete("/v1/me").await.expect(204);
    ada.get_session().await.expect(401);
    let mail = app.letters().await.remove(0);
    assert!(mail.contains("2026-01-31 09:00 UTC") && mail.contains("30 days"), "{mail}");
    app.advance(Duration::from_secs(29 * 24 * 3600)).await;
    bifrons::maintenance::purge(&app.state).await.unwrap();
    let (one, two) = (app.client(), app.client());
    let (one, two) = tokio::join!(one.sign_in(EMAIL, PASSWORD), two.sign_in(EMAIL, PASSWORD));
    assert_eq!((one.status, two.status), (200, 200));
    assert_eq!(app.state.metrics.events(Event::DeletionCancelled, ""), 1);
    app.advance(Duration::from_secs(2 * 24 * 3600)).await;
    bifrons::maintenance::purge(&app.state).await.unwrap();
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    ada.delete("/v1/me").await.expect(204);
    app.advance(Duration::from_secs(30 * 24 * 3600)).await;
    bifrons::maintenance::purge(&app.state).await.unwrap();
    ada.sign_in(EMAIL, PASSWORD).await.expect(401);
    let mails = app.letters().await;
    assert!(mails.iter().any(|mail| mail.contains("was deleted")), "{mails:?}");
    assert_eq!(app.count("SELECT count(*) FROM user WHERE email LIKE '%ada%'").await, 0);
    app.client().sign_up(EMAIL, PASSWORD).await.expect(201);
}
