//! `bifrons user sign-out`, `disable` and `enable` while the service runs.

use std::path::Path;

use crate::{
    redis_faults,
    second_factor::with_app,
    support::{
        Actor, App, EMAIL, PASSWORD,
        binary::{Process, refuses, run},
        redis::{RedisServer, until},
    },
};

/// Ada's sessions in both modes, cached by the service.
async fn signed_in(service: &Process) -> [Actor; 2] {
    let (browser, app) = (service.client(), service.client());
    browser.sign_in(EMAIL, PASSWORD).await.expect(200);
    let tokens = app.tokens(EMAIL, PASSWORD).await.expect(200);
    let sessions = [browser, app.with_token(&tokens.string("/tokens/access_token"))];
    for session in &sessions {
        session.get_session().await.expect(200);
    }
    sessions
}

async fn are_signed_out(sessions: &[Actor]) {
    for session in sessions {
        until(async || session.get_session().await.status == 401).await;
    }
}

/// Runs a command and returns its output.
fn user(folder: &Path, command: &str, email: &str) -> String {
    let output = run(folder, &["user", command, email], &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_out_user_can_sign_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let other = service.client();
    other.sign_up("grace@example.com", PASSWORD).await.expect(201);
    other.sign_in("grace@example.com", PASSWORD).await.expect(200);
    let sessions = signed_in(&service).await;
    assert_eq!(user(folder.path(), "sign-out", EMAIL), format!("{EMAIL} is signed out: 2 sessions have ended\n"));
    are_signed_out(&sessions).await;
    other.get_session().await.expect(200);
    signed_in(&service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_cannot_sign_in_until_enabled() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let sessions = signed_in(&service).await;
    let as_typed = EMAIL.to_uppercase();
    assert_eq!(user(folder.path(), "disable", &as_typed), format!("{as_typed} is disabled: 2 sessions have ended\n"));
    are_signed_out(&sessions).await;
    service.client().sign_in(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    service.client().tokens(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    assert_eq!(user(folder.path(), "disable", EMAIL), format!("{EMAIL} is disabled: 0 sessions have ended\n"));
    assert_eq!(user(folder.path(), "enable", EMAIL), format!("{EMAIL} can sign in again\n"));
    signed_in(&service).await;
    for ended in sessions {
        ended.get_session().await.expect(401);
    }
}

/// With Redis, a command reaches a node that cannot poll the database.
#[tokio::test]
async fn a_command_takes_effect_immediately_with_redis() {
    let redis = RedisServer::start().await;
    let (one, _two) = redis_faults::two(&redis.url()).await;
    let ada = one.ada().await;
    let session = ada.session().await;
    one.poll().await;
    ada.get_session().await.expect(200);
    let (database, data_dir) = (one.state.config.database.url.clone(), one.state.config.data_dir.display().to_string());
    one.disconnect_database().await;
    let redis = redis.url();
    let environment =
        [("BIFRONS_DATABASE__URL", database.as_str()), ("BIFRONS_DATA_DIR", &data_dir), ("BIFRONS_REDIS__URL", &redis)];
    let output = run(Path::new(&data_dir), &["user", "sign-out", EMAIL, "--json"], &environment);
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, serde_json::json!({"email": EMAIL, "action": "sign_out", "sessions_ended": 1}));
    let logged = String::from_utf8(output.stderr).unwrap();
    assert!(logged.contains("user_signed_out"), "the event is recorded: {logged}");
    one.until_forgotten(session).await;
}

#[test]
fn a_command_in_the_wrong_folder_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("users.jsonl"), "").unwrap();
    for arguments in
        [["user", "disable", EMAIL], ["user", "sign-out", EMAIL], ["user", "enable", EMAIL], ["user", "import", "users.jsonl"]]
    {
        refuses(&run(folder.path(), &arguments, &[]), 1, "there is no database of Bifrons at sqlite:./data/bifrons.db");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no data folder, no database");
}

#[test]
fn an_unknown_address_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["migrate"], &[]).status.success());
    for (command, email) in [("sign-out", EMAIL), ("disable", "no address"), ("enable", "")] {
        refuses(&run(folder.path(), &["user", command, email], &[]), 1, &format!("no user has the address {email}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_resets_the_second_factors_and_the_user_is_told() {
    let app = App::start().await;
    with_app(&app).await;
    app.client().sign_in(EMAIL, PASSWORD).await.expect(202);
    let data_dir = app.state.config.data_dir.display().to_string();
    let environment = [("BIFRONS_DATABASE__URL", app.state.config.database.url.as_str()), ("BIFRONS_DATA_DIR", &data_dir)];
    let reset = |email: &str| run(Path::new(&data_dir), &["user", "reset-factors", email, "--json"], &environment);
    refuses(&reset("grace@example.com"), 1, "no user has the address grace@example.com");
    for had_any in [true, false] {
        let output = reset(EMAIL);
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(printed, serde_json::json!({"email": EMAIL, "action": "reset_factors", "had_any": had_any}));
        assert_eq!(String::from_utf8(output.stderr).unwrap().contains("second_factors_reset"), had_any, "the event");
    }
    app.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    let mails = app.letters().await;
    assert!(mails.iter().any(|mail| mail.contains("A second factor for Bifrons was removed")), "{mails:?}");
}
