//! What operators read and which keys they make is in the audit trail, and no key reads more than its scopes say.

use std::time::Duration;

use bifrons::authorization;
use entity::Scope;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin_access::{GRACE, HOUR, administrator, program},
    support::{App, PASSWORD},
};

#[tokio::test]
async fn reads_of_one_user_are_recorded_and_a_poll_is_few_rows() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let (key, id) = program(&app, [Scope::UsersRead, Scope::AuditRead], HOUR).await;
    let grace = ada.post("/v1/admin/users", json!({ "email": GRACE })).await.expect(201).json()["user"]["id"].clone();
    let grace = grace.as_str().unwrap();
    let reads = async || {
        app.state.audit.flush(&app.state.db).await.unwrap();
        let rows = key.get("/v1/admin/audit?event=user_read").await.expect(200).json();
        rows["items"].as_array().unwrap().clone()
    };
    for _ in 0..3 {
        key.get(&format!("/v1/admin/users/{grace}")).await.expect(200);
        key.get(&format!("/v1/admin/users/{grace}/sessions")).await.expect(200);
        key.get(&format!("/v1/admin/audit?user={grace}")).await.expect(200);
        key.get("/v1/admin/users").await.expect(200);
        ada.get(&format!("/v1/admin/users/{grace}")).await.expect(200);
        key.get("/v1/admin/users/00000000-0000-0000-0000-000000000000").await.expect(404);
        app.advance(Duration::from_secs(60)).await;
    }
    let said = reads().await;
    let of_key = |row: &&Value| row["actor_id"] == id.0.to_string() && row["user_id"] == grace;
    let mut reasons: Vec<_> = said.iter().filter(of_key).map(|row| row["reason"].as_str().unwrap()).collect();
    reasons.sort_unstable();
    assert_eq!((reasons, said.len()), (vec!["audit", "sessions", "user"], 4), "{said:?}");
    assert!(said.iter().all(|row| row["times"] == 1));
    app.advance(Duration::from_secs(600)).await;
    key.get(&format!("/v1/admin/users/{grace}")).await.expect(200);
    assert_eq!(reads().await.len(), 5);
}

#[tokio::test]
async fn a_key_that_writes_reads_nothing() {
    let app = App::start().await;
    app.client().sign_up(GRACE, PASSWORD).await.expect(201);
    let (writer, _) = program(&app, [Scope::UsersWrite], HOUR).await;
    let (reader, _) = program(&app, [Scope::UsersRead], HOUR).await;
    let found = reader.get("/v1/admin/users?email=grace").await.expect(200).json()["items"][0].clone();
    let path = format!("/v1/admin/users/{}", found["id"].as_str().unwrap());
    for body in [json!({}), json!({ "locale": "ko" })] {
        let answer = writer.send(Method::PATCH, &path, Some(body)).await.expect(200);
        assert!(answer.json().as_object().unwrap().keys().eq(["id", "version"]), "{}", answer.text);
    }
    writer.get(&path).await.expect_problem(403, "scope_missing");
    let version = reader.get(&path).await.expect(200).json()["version"].clone();
    assert_eq!(version, found["version"].as_i64().unwrap() + 1, "an empty patch changes nothing");
}

/// A stranger may have signed up with the address of the user whom the operator means.
#[tokio::test]
async fn a_role_is_given_to_a_verified_address_or_to_who_was_invited() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let grace = app.client();
    let user = grace.sign_up(GRACE, PASSWORD).await.expect(201).json();
    let path = format!("/v1/admin/users/{}", user["id"].as_str().unwrap());
    let set = async |path: &str, roles: Value| ada.send(Method::PATCH, path, Some(json!({ "roles": roles }))).await;
    for roles in [json!(["editor"]), json!(["admin"]), json!(["admin", "editor"])] {
        set(&path, roles).await.expect_problem(409, "email_unverified");
    }
    set(&path, json!([])).await.expect(200);
    app.sql(&format!("UPDATE user SET email_verified = TRUE WHERE email = '{GRACE}'")).await;
    set(&path, json!(["editor", "reader"])).await.expect(200);
    app.sql(&format!("UPDATE user SET email_verified = FALSE WHERE email = '{GRACE}'")).await;
    set(&path, json!(["reader"])).await.expect(200);
    set(&path, json!(["reader", "editor"])).await.expect_problem(409, "email_unverified");
    // Only the reader of the mailbox can have the account of a user who was invited.
    let invited = ada.post("/v1/admin/invitations", json!({ "email": "new@example.com" })).await.expect(201).json();
    let path = format!("/v1/admin/users/{}", invited["user"]["id"].as_str().unwrap());
    set(&path, json!(["admin"])).await.expect(200);
    let letters = app.letters().await;
    let token = letters.iter().find_map(|letter| crate::support::smtp::token(letter).filter(|_| letter.contains("To: new@")));
    let reset = json!({ "token": token.unwrap(), "new_password": PASSWORD });
    app.client().post("/v1/password/reset", reset).await.expect(204);
}

#[tokio::test]
async fn the_trail_names_the_key_that_was_made_or_revoked() {
    let app = App::start().await;
    let (reader, id) = program(&app, [Scope::UsersRead, Scope::AuditRead], HOUR).await;
    assert!(authorization::revoke_admin_key(&app.state, program(&app, [Scope::UsersRead], HOUR).await.1).await.unwrap());
    for (event, count) in [("admin_key_created", 2), ("admin_key_revoked", 1)] {
        let rows = reader.get(&format!("/v1/admin/audit?event={event}")).await.expect(200).json()["items"].clone();
        let details: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["detail"].as_str().unwrap()).collect();
        assert_eq!(details.len(), count);
        assert!(details.iter().all(|detail| detail.contains(" users:read") && detail.ends_with(" \"test\"")), "{details:?}");
        assert_eq!(details.iter().any(|detail| detail.starts_with(&id.0.to_string())), count == 2, "{details:?}");
    }
    let until = app.state.clock.now().plus(HOUR);
    let name = "\u{1f511}".repeat(authorization::MAX_KEY_NAME);
    authorization::create_admin_key(&app.state, &name, entity::Scopes::from_iter(Scope::ALL), until).await.unwrap();
    let rows = reader.get("/v1/admin/audit?event=admin_key_created").await.expect(200).json()["items"].clone();
    let has_all =
        |detail: &str| Scope::ALL.iter().all(|scope| detail.contains(scope.name())) && detail.ends_with(&"\u{1f511}".repeat(60));
    let mut details = rows.as_array().unwrap().iter().filter_map(|row| row["detail"].as_str());
    assert!(details.any(has_all), "the scopes leave room for the name, and a long name is cut: {rows}");
}
