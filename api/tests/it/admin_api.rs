//! What the admin API does.

use std::time::Duration;

use bifrons::{
    accounts::{self, AdminAction, Instruction, OperatorError},
    authorization::{self, Operator},
    sessions,
};
use entity::{Scope, UnixMillis, UserId};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    admin_access::{GRACE, HOUR, administrator, program},
    administrators::create,
    limits::limited,
    support::{Actor, Answer, App, EMAIL, PASSWORD, authenticator::Authenticator, operator},
};

fn path_of(user: &Value) -> String {
    format!("/v1/admin/users/{}", user["id"].as_str().unwrap())
}

async fn act(operator: &Actor, path: &str, action: &str) -> Answer {
    operator.send(Method::POST, &format!("{path}/{action}"), None).await
}

#[tokio::test]
async fn an_administrator_creates_finds_and_changes_users() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let made =
        ada.post("/v1/admin/users", json!({ "email": GRACE, "name": "Grace", "roles": ["editor"] })).await.expect(201).json();
    ada.post("/v1/admin/users", json!({ "email": "Grace@Example.com" })).await.expect_problem(409, "email_taken");
    let grace = app.client();
    grace.post("/v1/password/reset", json!({ "token": made["token"], "new_password": PASSWORD })).await.expect(204);
    grace.sign_in(GRACE, PASSWORD).await.expect(200);
    let path = path_of(&made["user"]);
    let read = ada.get(&path).await.expect(200).json();
    assert_eq!((&read["email_verified"], &read["roles"], &read["status"]), (&json!(false), &json!(["editor"]), &json!("active")));

    app.sql(&format!("UPDATE user SET email_verified = TRUE WHERE email = '{GRACE}'")).await;
    let send_patch = async |tag: &str, body: Value| ada.with("if-match", tag).send(Method::PATCH, &path, Some(body)).await;
    let tag = format!("\"{}\"", read["version"]);
    let body = json!({ "app_metadata": { "plan": "team" }, "roles": ["reader", "editor"], "name": null });
    let answered = send_patch(&tag, body.clone()).await.expect(200).json();
    let changed = ada.get(&path).await.expect(200).json();
    assert_eq!(answered["version"], changed["version"]);
    assert_eq!((&changed["app_metadata"], &changed["roles"]), (&json!({ "plan": "team" }), &json!(["editor", "reader"])));
    assert!(changed["name"].is_null());
    for outdated in [tag.as_str(), "\"x\"", "\"1\", \"0\""] {
        send_patch(outdated, body.clone()).await.expect_problem(409, "version_conflict");
        ada.with("if-match", outdated).delete(&path).await.expect_problem(409, "version_conflict");
    }
    send_patch("*", json!({ "roles": [] })).await.expect(200);
    assert_eq!(grace.get_session().await.expect(200).json()["user"]["roles"], json!([]));

    let list = async |query: &str| ada.get(&format!("/v1/admin/users?{query}")).await.expect(200).json();
    let first = list("limit=1").await;
    assert_eq!(first["items"][0]["email"], GRACE);
    let second = list(&format!("limit=1&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((&second["items"][0]["email"], &second["next"]), (&json!(EMAIL), &Value::Null));
    for (query, found) in [
        ("email=GR", 1),
        ("email=%25", 0),
        ("role=admin", 1),
        ("second_factor=false&status=active", 1),
        ("status=disabled", 0),
        ("name=x", 0),
    ] {
        assert_eq!(list(query).await["items"].as_array().unwrap().len(), found, "{query}");
    }
}

#[tokio::test]
async fn an_administrator_ends_sessions_disables_and_deletes_users() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let grace = app.client();
    grace.sign_up(GRACE, PASSWORD).await.expect(201);
    grace.sign_in(GRACE, PASSWORD).await.expect(200);
    let path = path_of(&ada.get("/v1/admin/users?email=grace").await.expect(200).json()["items"][0]);
    let sessions = ada.get(&format!("{path}/sessions")).await.expect(200).json();
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1);
    let session = format!("/v1/admin/sessions/{}", sessions["items"][0]["id"].as_str().unwrap());
    ada.delete(&session).await.expect(204);
    ada.delete(&session).await.expect_problem(404, "not_found");
    grace.get_session().await.expect(401);
    grace.sign_in(GRACE, PASSWORD).await.expect(200);
    assert_eq!(act(&ada, &path, "sign-out").await.expect(200).json(), json!({ "sessions_ended": 1 }));
    grace.get_session().await.expect(401);
    for (action, again) in [("enable", 204), ("disable", 200), ("enable", 204)] {
        act(&ada, &path, action).await.expect(again);
        let version = ada.get(&path).await.expect(200).json()["version"].clone();
        act(&ada, &path, action).await.expect(again);
        assert_eq!(ada.get(&path).await.expect(200).json()["version"], version, "{action} again changes nothing");
    }
    assert_eq!(app.count("SELECT count(*) FROM audit_event WHERE event IN ('user_enabled', 'user_disabled')").await, 2);
    act(&ada, &path, "disable").await.expect(200);
    grace.sign_in(GRACE, PASSWORD).await.expect_problem(401, "invalid_credentials");
    act(&ada, &path, "send-reset").await.expect_problem(409, "user_disabled");
    act(&ada, &path, "enable").await.expect(204);
    act(&ada, &path, "send-reset").await.expect(202);
    assert!(app.letters().await.iter().any(|letter| letter.contains("bfo_") && letter.contains(GRACE)));
    grace.sign_in(GRACE, PASSWORD).await.expect(200);
    Authenticator::enrol(&app, &grace).await;
    app.client().sign_in(GRACE, PASSWORD).await.expect(202);
    act(&ada, &path, "reset-factors").await.expect(204);
    app.client().sign_in(GRACE, PASSWORD).await.expect(200);
    ada.delete(&path).await.expect(204);
    ada.get(&path).await.expect_problem(404, "not_found");
    grace.get_session().await.expect(401);
}

#[tokio::test]
async fn keys_act_on_no_administrator_and_a_former_one_acts_no_more() {
    let app = App::configured(limited("100/1h", "100/1h", "1000/1m")).await;
    let ada = administrator(&app).await;
    let (key, id) = program(&app, Scope::ALL, HOUR).await;
    let own = path_of(&ada.get("/v1/admin/users?role=admin").await.expect(200).json()["items"][0]);
    act(&ada, &own, "disable").await.expect_problem(409, "last_administrator");
    ada.send(Method::PATCH, &own, Some(json!({ "roles": ["reader"] }))).await.expect_problem(409, "last_administrator");
    ada.delete(&own).await.expect_problem(409, "last_administrator");
    for action in ["disable", "send-reset", "sign-out", "reset-factors"] {
        act(&key, &own, action).await.expect_problem(403, "admin_required");
    }
    key.send(Method::PATCH, &own, Some(json!({ "name": "x" }))).await.expect_problem(403, "admin_required");
    let session = ada.session().await.0;
    key.delete(&format!("/v1/admin/sessions/{session}")).await.expect_problem(403, "admin_required");
    let user = path_of(&key.post("/v1/admin/users", json!({ "email": GRACE })).await.expect(201).json()["user"]);
    key.send(Method::PATCH, &user, Some(json!({ "roles": ["admin"] }))).await.expect_problem(403, "admin_required");
    let admin = json!({ "email": "x@example.com", "roles": ["admin"] });
    key.post("/v1/admin/users", admin.clone()).await.expect_problem(403, "admin_required");
    ada.post("/v1/admin/users", admin).await.expect(201);

    // A key sends as many resets as a stranger may ask for, an administrator any number.
    app.client().post("/v1/users", json!({ "email": "r@example.com", "password": PASSWORD })).await.expect(201);
    let to = path_of(&ada.get("/v1/admin/users?email=r@").await.expect(200).json()["items"][0]);
    let resets = async || app.letters().await.iter().filter(|letter| letter.starts_with("To: r@")).count();
    for (by, sent) in [(&key, 1), (&key, 2), (&key, 3), (&key, 3), (&ada, 4), (&ada, 5)] {
        act(by, &to, "send-reset").await.expect(202);
        assert_eq!(resets().await, sent);
    }

    // What was allowed when the request began is checked again in its transaction.
    assert!(authorization::revoke_admin_key(&app.state, id).await.unwrap());
    let grace = operator::instruct(&app.state, GRACE).await;
    let by_key = Instruction { by: Operator::Key(id), ..grace };
    let done = accounts::apply(&app.state, by_key, AdminAction::Disable).await;
    assert!(matches!(done, Err(OperatorError::NotAllowedAnyMore)), "{done:?}");
    ada.get(&user).await.expect(200);
    let principal = sessions::by_cookie(&app.state, &ada.cookie("bifrons_session").unwrap()).await.unwrap();
    app.sql("UPDATE user SET roles = 'reader' WHERE email_canonical = 'ada@example.com'").await;
    ada.get(&user).await.expect_problem(403, "admin_required");
    let refuses_session = async || {
        let grace = operator::instruct(&app.state, GRACE).await;
        let by_session = Instruction { by: Operator::Session(Box::new(principal.clone())), ..grace };
        let done = accounts::apply(&app.state, by_session, AdminAction::Disable).await;
        assert!(matches!(done, Err(OperatorError::NotAllowedAnyMore)), "{done:?}");
    };
    refuses_session().await;
    app.sql("UPDATE user SET roles = 'admin'").await;
    app.sql("UPDATE session SET ended_at = 1, ended_because = 'revoked'").await;
    refuses_session().await;
    let last_use = "SELECT last_used_at FROM admin_key";
    assert_eq!(app.count(last_use).await, app.state.clock.now().0);
}

#[tokio::test]
async fn the_use_of_a_key_is_noted_once_a_minute() {
    let app = App::start().await;
    let (key, _) = program(&app, [Scope::UsersRead], HOUR).await;
    let start = app.state.clock.now();
    let used = async || UnixMillis(app.count("SELECT last_used_at FROM admin_key").await);
    for (after, noted) in [(0, 0), (59, 0), (60, 60), (61, 60)] {
        app.advance(start.plus(Duration::from_secs(after)).since(app.state.clock.now())).await;
        key.get("/v1/admin/users").await.expect(200);
        assert_eq!(used().await.since(start), Duration::from_secs(noted), "{after}");
    }
    assert_eq!(app.state.metrics.events(bifrons::audit::Event::AdminKeyUsed, ""), 2);
}

#[tokio::test]
async fn wrong_values_are_refused() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let UserId(user) = create(&app, GRACE, "reader").await.user.id;
    let session = ada.session().await.0;
    for path in [
        format!("/v1/admin/users/{session}"),
        format!("/v1/admin/users/{session}/sessions"),
        "/v1/admin/users/ada@example.com".to_owned(),
        "/v1/admin/users/00000000-0000-0000-0000-000000000000".to_owned(),
        "/v1/admin/nothing".to_owned(),
    ] {
        ada.get(&path).await.expect_problem(404, "not_found");
    }
    ada.delete(&format!("/v1/admin/sessions/{user}")).await.expect_problem(404, "not_found");
    for query in [
        "after=nonsense",
        "after=bfs_x",
        "limit=0",
        "limit=101",
        "limit=1e1",
        "role=Admin",
        "role=",
        "role=a%20b",
        "email=",
        "status=deleted",
        "second_factor=maybe",
    ] {
        ada.get(&format!("/v1/admin/users?{query}")).await.expect_problem(422, "validation_failed");
    }
    // A position that no user has.
    ada.get("/v1/admin/users?after=ffffffff-ffff-ffff-ffff-ffffffffffff").await.expect(200);
    let many: Vec<_> = (0..17).map(|number| format!("role{number}")).collect();
    for roles in [json!(["Admin"]), json!([""]), json!("admin"), json!([1]), json!([null]), json!(many)] {
        for (method, path) in [(Method::POST, "/v1/admin/users".to_owned()), (Method::PATCH, format!("/v1/admin/users/{user}"))] {
            let mut body = json!({ "roles": roles });
            if method == Method::POST {
                body["email"] = "new@example.com".into();
            }
            ada.send(method, &path, Some(body)).await.expect_problem(422, "validation_failed");
        }
    }
    let large = json!({ "app_metadata": { "x": "y".repeat(9000) } });
    let refused = ada.send(Method::PATCH, &format!("/v1/admin/users/{user}"), Some(large)).await;
    assert_eq!(refused.expect_problem(422, "validation_failed").broken_rules()[0].0, "app_metadata");
    assert_eq!(app.count("SELECT count(*) FROM user").await, 2);
}

#[tokio::test]
async fn the_audit_trail_names_who_did_what_to_whom() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let (key, id) = program(&app, [Scope::UsersWrite], HOUR).await;
    let user = key.post("/v1/admin/users", json!({ "email": GRACE })).await.expect(201).json()["user"].clone();
    let (user, path) = (user["id"].as_str().unwrap(), path_of(&user));
    app.advance(Duration::from_secs(1)).await;
    act(&ada, &path, "disable").await.expect(200);
    let (reader, _) = program(&app, [Scope::AuditRead], HOUR).await;
    let rows = async |query: &str| reader.get(&format!("/v1/admin/audit?{query}")).await.expect(200).json();
    let about = rows(&format!("user={user}")).await["items"].clone();
    let said: Vec<_> = about.as_array().unwrap().iter().map(|row| (row["event"].clone(), row["actor"].clone())).collect();
    let keys = rows("event=admin_key_used").await["items"].clone();
    let users: Vec<_> = keys.as_array().unwrap().iter().map(|row| &row["actor_id"]).collect();
    assert!(users.contains(&&json!(id.0.to_string())) && users.len() == 2, "{keys}");
    let said_of = |event: &str, actor: &str| (json!(event), json!(actor));
    assert_eq!(said, [said_of("user_disabled", "user"), said_of("user_created", "key")]);
    assert_eq!(about[0]["actor_id"], ada.get("/v1/me").await.expect(200).json()["id"]);
    assert_eq!((&about[1]["actor_id"], &about[1]["ip"]), (&json!(id.0.to_string()), &json!("127.0.0.1")));

    let first = rows(&format!("user={user}&limit=1")).await;
    let second = rows(&format!("user={user}&limit=1&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((&second["items"][0], &second["next"]), (&about[1], &Value::Null));
    let times = (about[1]["time"].as_str().unwrap(), about[0]["time"].as_str().unwrap());
    for (query, found) in [
        ("event=user_disabled".to_owned(), 1),
        (format!("event=user_disabled&until={}", times.0), 0),
        (format!("event=user_disabled&since={}", times.1), 1),
        (format!("session={user}"), 0),
        (format!("user={user}&actor=key"), 1),
        (format!("user={user}&actor=key&actor_id={}", id.0), 1),
        (format!("user={user}&actor=user&actor_id={}", id.0), 0),
        (format!("user={user}&actor=system"), 0),
    ] {
        assert_eq!(rows(&query).await["items"].as_array().unwrap().len(), found, "{query}");
    }
    let alone = reader.get(&format!("/v1/admin/audit?actor_id={user}")).await.expect_problem(422, "validation_failed");
    assert_eq!(alone.broken_rules(), [("actor".to_owned(), "required".to_owned())]);
}

/// A program that created a user has the token of the invitation.
#[tokio::test]
async fn an_administrator_is_not_who_held_the_invitation() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    let (key, _) = program(&app, [Scope::UsersWrite], HOUR).await;
    let made = key.post("/v1/admin/users", json!({ "email": GRACE })).await.expect(201).json();
    ada.send(Method::PATCH, &path_of(&made["user"]), Some(json!({ "roles": ["admin"] }))).await.expect(200);
    let reset = json!({ "token": made["token"], "new_password": PASSWORD });
    app.client().post("/v1/password/reset", reset).await.expect_problem(403, "invalid_one_time_token");
    let trail = ada.get("/v1/admin/audit?event=roles_changed&limit=1").await.expect(200).json();
    assert_eq!(trail["items"][0]["reason"], "admin_given");
}

/// The session was opened with two factors, and the password alone would keep it fresh.
#[tokio::test]
async fn a_session_does_not_outlive_the_factors_as_an_administrators() {
    let app = App::start().await;
    let ada = administrator(&app).await;
    ada.get("/v1/admin/users").await.expect(200);
    accounts::reset_second_factors(&app.state, operator::instruct(&app.state, EMAIL).await).await.unwrap();
    ada.get("/v1/admin/users").await.expect_problem(403, "second_factor_required");
    ada.reauthenticate(PASSWORD).await.expect(200);
    ada.get("/v1/admin/users").await.expect_problem(403, "second_factor_required");
}
