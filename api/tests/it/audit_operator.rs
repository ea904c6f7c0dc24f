//! `bifrons audit`: each question of an operator is one command.

use std::path::Path;

use serde_json::Value;

use crate::support::{
    EMAIL, PASSWORD,
    binary::{Process, refuses, run},
    events::WRONG,
    redis::until,
};

/// The environment of an operator who used sudo.
const GRACE: [(&str, &str); 2] = [("SUDO_USER", "grace"), ("USER", "root")];

/// What a command prints.
fn audit(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, &[&["audit"], arguments].concat(), &GRACE);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let printed = audit(folder, &[&["--json"], arguments].concat());
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_question_is_one_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    refuses(&run(folder, &["audit"], &[]), 1, "there is no database of Bifrons at sqlite:./data/bifrons.db");
    std::fs::write(folder.join("bifrons.toml"), "proxy.trusted = [\"127.0.0.1\"]\n").unwrap();
    let mut service = Process::start(folder);
    let ada = service.client().with("x-forwarded-for", "192.0.2.7").with("user-agent", "Mozilla/5.0 (X11; Linux) Firefox/153.0");
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    let (session, id) = (ada.session().await.0.to_string(), ada.get_session().await.string("/user/id"));
    for _ in 0..3 {
        service.client().sign_in(EMAIL, WRONG).await.expect(401);
    }
    assert!(run(folder, &["user", "disable", EMAIL], &GRACE).status.success());
    until(async || ada.get_session().await.status == 401).await;
    until(async || refusals(folder) == 3).await;
    expect_answers(folder, &session, &id);
    refused_usage(folder);
    expect_the_rows_of_the_admin_api(folder, &service).await;

    // The refusals of the last second are there, and another setting at the next start is an event.
    service.client().sign_in(EMAIL, PASSWORD).await.expect(401);
    assert!(service.stop().success());
    assert_eq!(refusals(folder), 4);
    let _service = Process::start_with(folder, &[("BIFRONS_SESSIONS__IDLE", "30m")]);
    let changed = json(folder, &["--event", "configuration_changed"]);
    assert_eq!((changed.len(), changed[0]["reason"].as_str()), (1, Some("started")));
}

fn refusals(folder: &Path) -> i64 {
    json(folder, &["--event", "sign_in_refused"]).iter().map(|row| row["times"].as_i64().unwrap()).sum()
}

fn expect_answers(folder: &Path, session: &str, id: &str) {
    // Who signed in as this user, from where?
    let printed = audit(folder, &["--user", EMAIL, "--event", "signed_in", "--since", "7d"]);
    assert_eq!(printed.lines().count(), 1, "{printed}");
    for part in ["  signed_in  ", EMAIL, "  from 192.0.2.7 (Firefox on Linux)  ", &format!("session {session}")] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    // Who disabled this account? By the id too: a deleted user has no address.
    for user in [EMAIL, id] {
        let printed = audit(folder, &["--user", user, "--event", "user_disabled"]);
        assert!(printed.contains(&format!("  user_disabled  {EMAIL}  by operator grace\n")), "{printed}");
    }
    // Why was this user signed out? Newest first.
    let printed = audit(folder, &["--user", EMAIL, "--since", "5m", "--until", "0s"]);
    let events: Vec<_> = printed.lines().map(|line| line.split("  ").nth(1).unwrap()).collect();
    assert!(
        events.iter().position(|event| *event == "user_disabled") < events.iter().position(|event| *event == "signed_in"),
        "{printed}"
    );
    assert!(events.contains(&"registered"), "{printed}");

    let by_grace = json(folder, &["--actor", "operator:grace"]);
    assert_eq!(by_grace.len(), 1);
    assert_eq!((&by_grace[0]["actor"], &by_grace[0]["actor_id"]), (&"operator".into(), &"grace".into()));
    assert_eq!((by_grace[0]["event"].as_str(), by_grace[0]["user_id"].as_str()), (Some("user_disabled"), Some(id)));
    let in_session = json(folder, &["--session", session, "--actor", EMAIL]);
    assert_eq!((in_session.len(), in_session[0]["ip"].as_str()), (1, Some("192.0.2.7")));
    assert_eq!(json(folder, &["--limit", "2"]).len(), 2);
    assert_eq!(json(folder, &["--since", "2100-01-01T00:00:00Z"]).len(), 0);
    assert!(run(folder, &["keys", "rotate"], &GRACE).status.success());
    assert_eq!(json(folder, &["--event", "signing_key_published,signed_in", "--actor", "operator"]).len(), 1);
}

/// Each row has one form.
async fn expect_the_rows_of_the_admin_api(folder: &Path, service: &Process) {
    let key = run(folder, &["admin-key", "create", "--name", "x", "--scopes", "audit:read", "--expires", "1h"], &GRACE).stdout;
    let reader = service.client().with_token(String::from_utf8(key).unwrap().trim());
    for (query, arguments) in [
        ("event=signed_in", ["--event", "signed_in"]),
        ("event=sign_in_refused", ["--event", "sign_in_refused"]),
        ("actor=operator", ["--actor", "operator"]),
        ("actor=operator&actor_id=grace", ["--actor", "operator:grace"]),
    ] {
        let answered = reader.get(&format!("/v1/admin/audit?{query}")).await.expect(200).json();
        let printed = json(folder, &arguments);
        assert!(!printed.is_empty() && answered["items"] == Value::from(printed.clone()), "{query}: {answered} {printed:?}");
    }
}

fn refused_usage(folder: &Path) {
    for (arguments, said) in [
        (["--event", "sign_in"], "did you mean signed_in, sign_in_refused"),
        (["--event", "xyzzy"], "docs/observability.md lists them"),
        (["--actor", "root"], "write user, operator, key or system"),
        (["--since", "yesterday"], "write an age of at most 400d"),
        (["--session", "1"], "write the id of a session"),
        (["--limit", "0"], "is not in 1.."),
    ] {
        let output = run(folder, &[&["audit"], arguments.as_slice()].concat(), &[]);
        let written = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && written.contains(said), "{arguments:?}: {written}");
    }
    refuses(&run(folder, &["audit", "--user", "unknown@example.com"], &[]), 1, "no user has the address unknown@example.com");
}
