//! `bifrons user`, `bifrons session` and `bifrons admin-key`.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    EMAIL, PASSWORD,
    binary::{Process, refuses, run},
    redis::until,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_gets_a_link_and_chooses_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    let page = [("BIFRONS_PAGES__RESET_PASSWORD", "https://app.example.com/reset")];
    let command = |arguments: &[&str]| {
        let output = run(folder.path(), arguments, &page);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let printed = |arguments: &[&str]| serde_json::from_str::<Value>(&command(arguments)).unwrap();
    let said = command(&["user", "create", "--email", EMAIL, "--role", "admin"]);
    let link = said.lines().last().unwrap();
    let token = link.strip_prefix("https://app.example.com/reset#").unwrap();
    service.client().sign_in(EMAIL, PASSWORD).await.expect(401);
    let reset = json!({ "token": token, "new_password": PASSWORD });
    service.client().post("/v1/password/reset", reset.clone()).await.expect(204);
    service.client().post("/v1/password/reset", reset).await.expect_problem(403, "invalid_one_time_token");
    let ada = service.client();
    let session = ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(session.json()["session"]["user"]["roles"], json!(["admin"]));

    let shown = printed(&["user", "show", EMAIL, "--json"]);
    let id = shown["id"].as_str().unwrap();
    assert_eq!((&shown["roles"], &shown["status"], &shown["second_factor"]), (&json!(["admin"]), &json!("active"), &json!(false)));
    refuses(&run(folder.path(), &["user", "disable", id], &[]), 1, "is the last administrator who can sign in");
    refuses(&run(folder.path(), &["user", "create", "--email", EMAIL], &[]), 1, "another user has the address");
    let wrong = run(folder.path(), &["user", "create", "--email", "x@example.com", "--role", "Admin"], &[]);
    assert!(wrong.status.code() == Some(2) && String::from_utf8_lossy(&wrong.stderr).contains("lower case letters"));

    let other = printed(&["user", "create", "--email", "grace@example.com", "--name", "Grace", "--json"]);
    assert!(other["token"].as_str().unwrap().starts_with("bfo_") && other["link"].as_str().unwrap().contains("#bfo_"));
    let roles =
        |arguments: &[&str]| printed(&[&["user", "roles", "grace@example.com", "--json"], arguments].concat())["roles"].clone();
    assert_eq!(roles(&["--add", "editor", "--add", "admin"]), json!(["admin", "editor"]));
    assert_eq!(roles(&["--remove", "editor"]), json!(["admin"]));
    assert_eq!(roles(&["--set", "reader,editor"]), json!(["editor", "reader"]));
    assert_eq!(roles(&["--set", ""]), json!([]));
    let listed = |arguments: &[&str]| {
        let lines = command(&[&["user", "list", "--json"], arguments].concat());
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["email"].take()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&[]), ["grace@example.com", EMAIL]);
    assert_eq!(listed(&["--limit", "1", "--after", other["user"]["id"].as_str().unwrap()]), [EMAIL]);
    assert_eq!(listed(&["--role", "admin", "--without-second-factor", "--status", "active"]), [EMAIL]);
    assert_eq!(listed(&["--name", "gRA", "--email", "Gr"]), ["grace@example.com"]);

    let sessions = command(&["session", "list", EMAIL, "--json"]);
    assert_eq!(sessions, command(&["user", "sessions", id, "--json"]));
    let listed: Value = serde_json::from_str(&sessions).unwrap();
    assert_eq!((&listed["assurance"], &listed["methods"], &listed["mode"]), (&json!(1), &json!(["pwd"]), &json!("cookie")));
    assert_eq!(command(&["session", "end", listed["id"].as_str().unwrap()]), "1 session has ended\n");
    until(async || ada.get_session().await.status == 401).await;
    refuses(&run(folder.path(), &["session", "end", listed["id"].as_str().unwrap()], &[]), 1, "no live session has the id");
    assert_eq!(printed(&["user", "factors", EMAIL, "--json"])["recovery_codes"], 0);
    let export = printed(&["user", "export", EMAIL, "--json"]);
    assert_eq!((&export["user"]["id"], export["sessions"].as_array().unwrap().len()), (&json!(id), 1));
    command(&["user", "delete", "grace@example.com"]);
    refuses(&run(folder.path(), &["user", "show", "grace@example.com"], &[]), 1, "no user has the address");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_mailed_and_sent_again_and_a_role_needs_a_verified_address() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    let command = |arguments: &[&str]| {
        let output = run(folder.path(), arguments, &[]);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let printed = |arguments: &[&str]| serde_json::from_str::<Value>(&command(arguments)).unwrap();
    service.client().sign_up("zoe@example.com", PASSWORD).await.expect(201);
    // An invitation leaves by a running node, and is sent again until it is used.
    let invited = printed(&["user", "invite", "--email", "new@example.com", "--name", "New", "--role", "editor", "--json"]);
    assert_eq!((&invited["user"]["roles"], &invited["user"]["email_verified"]), (&json!(["editor"]), &json!(false)));
    assert!(invited["expires_at"].is_string() && invited.get("token").is_none(), "{invited}");
    assert!(command(&["user", "resend-invitation", "new@example.com"]).contains("is on its way"));
    let refused = |arguments: &[&str], sentence| refuses(&run(folder.path(), arguments, &[]), 1, sentence);
    refused(&["user", "invite", "--email", "new@example.com"], "another user has the address");
    refused(&["user", "invite", "--email", "new"], "--email must look like");
    refused(&["user", "resend-invitation", "zoe@example.com"], "has a password or a passkey");
    refused(&["user", "resend-invitation", "x@example.com"], "no user has the address");
    refused(&["user", "roles", "zoe@example.com", "--add", "editor"], "add --unverified");
    assert!(command(&["user", "roles", "zoe@example.com", "--add", "editor", "--unverified"]).contains("editor"));
    // A running node has sent both mails, and the second voided the first.
    let mails = || fs::read_dir(folder.path().join("data/outbox")).into_iter().flatten().count();
    until(async || mails() == 2).await;
}

#[test]
fn admin_keys_are_shown_once_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    refuses(&run(folder.path(), &["admin-key", "list"], &[]), 1, "there is no database of Bifrons");
    assert!(run(folder.path(), &["migrate"], &[]).status.success());
    let create = |scopes: &str, expires: &str, name: &str| {
        run(folder.path(), &["admin-key", "create", "--name", name, "--scopes", scopes, "--expires", expires, "--json"], &[])
    };
    for (scopes, expires, name, sentence) in [
        ("everything", "1d", "x", "users:read, users:write, sessions:write, audit:read"),
        ("", "1d", "x", "the scopes are"),
        ("users:read", "soon", "x", "write a whole number and a unit"),
        ("users:read", "0s", "x", "would have expired"),
        ("users:read", "1d", " ", "the name must have"),
    ] {
        assert!(String::from_utf8_lossy(&create(scopes, expires, name).stderr).contains(sentence), "{sentence}");
    }
    let made: Value = serde_json::from_slice(&create("users:read,sessions:write", "1d", "ci").stdout).unwrap();
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("bfa_") && key.len() == 68);
    let list = || String::from_utf8(run(folder.path(), &["admin-key", "list", "--json"], &[]).stdout).unwrap();
    let listed: Value = serde_json::from_str(&list()).unwrap();
    assert_eq!(listed["scopes"], json!(["users:read", "sessions:write"]));
    assert!(!list().contains(key) && listed["revoked_at"].is_null());
    let revoke = || run(folder.path(), &["admin-key", "revoke", made["id"].as_str().unwrap()], &[]);
    assert!(revoke().status.success());
    refuses(&revoke(), 1, "that is not revoked");
    assert!(list().contains("\"revoked_at\":\"20"));
}
