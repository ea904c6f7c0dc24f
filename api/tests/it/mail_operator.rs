//! What an operator does with mail: test it, look at the outbox, look at the texts.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{
    mail::{app, forgot, sign_up},
    support::{
        EMAIL, PASSWORD,
        binary::{Process, bifrons, refuses, run},
        redis::until,
        smtp::SmtpServer,
    },
};

#[test]
fn a_test_mail_shows_each_step() {
    let folder = tempdir().unwrap();
    assert!(run(folder.path(), &["migrate"], &[]).status.success());
    let test = |server: &SmtpServer| {
        let environment = server.environment();
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        run(folder.path(), &["mail", "test", EMAIL], &[environment.as_slice(), &[("BIFRONS_MAIL__TIMEOUT", "2s")]].concat())
    };
    let mut server = SmtpServer::start("ok");
    let sent = test(&server);
    let said = String::from_utf8(sent.stdout).unwrap();
    assert!(sent.status.success(), "{said}{}", String::from_utf8_lossy(&sent.stderr));
    for step in ["connect", "STARTTLS", "AUTH", "MAIL FROM", "RCPT TO", "DATA", "sent"] {
        assert!(said.contains(step), "{step}: {said}");
    }
    assert_eq!(server.mails()[0].subject, "Test mail from Example");
    for (mode, sentence) in [
        ("wrong-password", "the mail was not sent: AUTH: 535"),
        ("silent-after-ehlo", "the mail was not sent: no answer to STARTTLS in time"),
        ("refuse", "the mail was not sent: RCPT TO: 550"),
    ] {
        server.become_mode(mode);
        refuses(&test(&server), 1, sentence);
    }
    refuses(&run(folder.path(), &["mail", "test", "no-address"], &[]), 1, "the address must look like");
}

#[tokio::test]
async fn an_operator_looks_at_the_queue_retries_and_discards() {
    let server = SmtpServer::start("refuse");
    let app = app(server.mail()).await;
    for n in 0..3 {
        sign_up(&app, &format!("ada{n}@example.com")).await;
        forgot(&app.client(), &format!("ada{n}@example.com")).await;
    }
    until(async || app.count("SELECT count(*) FROM outgoing_mail WHERE dead_at IS NOT NULL").await == 3).await;
    let url = app.state.config.database.url.clone();
    let folder = tempdir().unwrap();
    let mail = |arguments: &[&str]| {
        let output = run(folder.path(), &[&["mail"], arguments].concat(), &[("BIFRONS_DATABASE__URL", &url)]);
        (output.status.success(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (_, listed, _) = mail(&["queue"]);
    assert!(listed.lines().count() == 3 && listed.contains("given up; RCPT TO: 550"), "{listed}");
    for (claimed_until, says) in [("1", "next attempt"), ("32503680000000", "on its way")] {
        app.execute(&format!(
            "UPDATE outgoing_mail SET dead_at = NULL, next_attempt_at = 32503680000000, claimed_until = {claimed_until}"
        ))
        .await;
        assert_eq!(mail(&["queue"]).1.matches(says).count(), 3, "{says}");
    }
    app.execute("UPDATE outgoing_mail SET dead_at = created_at, claimed_until = 0").await;
    let (_, listed, _) = mail(&["queue", "--dead", "--json"]);
    let rows: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rows.len(), &rows[0]["kind"], &rows[0]["attempts"]), (3, &json!("reset_password"), &json!(1)));
    assert!(rows[0].get("content").is_none());
    let id = rows[0]["id"].as_str().unwrap();
    assert_eq!(mail(&["discard", id, "--json"]).1, "{\"discarded\":1}\n");
    let (succeeds, _, said) = mail(&["discard", id]);
    assert!(!succeeds && said.contains("no mail to be discarded has the id"), "{said}");
    let mut server = server;
    server.become_mode("ok");
    assert_eq!(mail(&["retry", "--all"]).1, "retried: 2\n");
    // The command's time is the system's; the clock of the test stands still.
    app.advance(Duration::from_secs(400 * 24 * 3600)).await;
    server.until_received(2).await;
    until(async || app.count("SELECT count(*) FROM outgoing_mail").await == 0).await;
    assert_eq!(mail(&["queue"]).1, "the outbox is empty\n");
    assert_eq!(mail(&["discard", "--all-dead"]).1, "discarded: 0\n");
    assert!(!mail(&["retry"]).0, "one or all");
}

#[test]
fn every_mail_can_be_looked_at_and_a_broken_text_is_refused() {
    let folder = tempdir().unwrap();
    let previewed = run(folder.path(), &["mail", "preview", "mails"], &[]);
    let said = String::from_utf8(previewed.stdout).unwrap();
    assert!(previewed.status.success() && said.contains("mails are in mails"), "{said}");
    for locale in ["en", "ko", "de"] {
        let html = fs::read_to_string(folder.path().join("mails").join(locale).join("reset_password.html")).unwrap();
        assert!(html.contains(&format!("<html lang=\"{locale}\"")) && html.contains("prefers-color-scheme: dark"));
    }
    fs::create_dir_all(folder.path().join("texts/en")).unwrap();
    fs::write(folder.path().join("texts/en/test.txt"), "{{ nothing }}").unwrap();
    let environment = [("BIFRONS_MAIL__TEMPLATES", "texts"), ("BIFRONS_LISTEN", "127.0.0.1:0")];
    refuses(&run(folder.path(), &[], &environment), 1, "en/test.txt");
    for command in [&["mail", "preview", "mails"][..], &["config", "check"]] {
        refuses(&run(folder.path(), command, &environment), 1, "en/test.txt");
    }
    fs::write(folder.path().join("texts/en/test.txt"), "Hello from {{ product }}").unwrap();
    assert!(run(folder.path(), &["mail", "preview", "mails"], &environment).status.success());
    assert_eq!(fs::read_to_string(folder.path().join("mails/en/test.txt")).unwrap(), "Hello from Bifrons");
    // What a preview shows is a sample. The built-in texts can be changed.
    let sample = folder.path().join("mails/en/reset_password.txt");
    fs::copy(sample, folder.path().join("texts/en/reset_password.txt")).unwrap();
    refuses(
        &run(folder.path(), &["config", "check"], &environment),
        1,
        "en/reset_password.txt shows neither the link nor the token",
    );
    assert!(run(folder.path(), &["mail", "preview", "texts", "--templates"], &[]).status.success());
    let written = fs::read_to_string(folder.path().join("texts/en/reset_password.txt")).unwrap();
    assert!(written.contains("{{"), "{written}");
    assert!(run(folder.path(), &["config", "check"], &environment).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sends_a_reset_and_sets_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let ada = service.client();
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);

    let sent = run(folder.path(), &["user", "send-reset", EMAIL], &[]);
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let outbox = folder.path().join("data/outbox");
    until(async || {
        std::fs::read_dir(&outbox)
            .is_ok_and(|files| files.flatten().any(|file| file.path().extension().is_some_and(|it| it == "eml")))
    })
    .await;

    let set_password = |password: &str, email: &str| {
        let input = folder.path().join("password");
        std::fs::write(&input, format!("{password}\n")).unwrap();
        let mut command = bifrons(folder.path());
        command.args(["user", "set-password", email, "--json"]).stdin(std::fs::File::open(&input).unwrap()).output().unwrap()
    };
    let refused = set_password("short", EMAIL);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("the password was not set"));
    ada.get_session().await.expect(200);
    let printed: serde_json::Value = serde_json::from_slice(&set_password("another horse entirely", EMAIL).stdout).unwrap();
    assert_eq!(printed, json!({"email": EMAIL, "action": "set_password", "sessions_ended": 1}));
    until(async || ada.get_session().await.status == 401).await;
    ada.sign_in(EMAIL, "another horse entirely").await.expect(200);
    for output in [
        set_password("another horse entirely", "unknown@example.com"),
        run(folder.path(), &["user", "send-reset", "unknown@example.com"], &[]),
    ] {
        assert!(String::from_utf8_lossy(&output.stderr).contains("no user has the address unknown@example.com"));
    }

    assert!(run(folder.path(), &["user", "disable", EMAIL], &[]).status.success());
    refuses(&run(folder.path(), &["user", "send-reset", EMAIL], &[]), 1, "the user is disabled");
    assert!(run(folder.path(), &["user", "enable", EMAIL], &[]).status.success());
    ada.sign_in(EMAIL, "another horse entirely").await.expect(200);

    // Only the nodes' secret seals a mail that the nodes can read.
    let elsewhere = tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("data/bifrons.db").display());
    let environment = [("BIFRONS_DATABASE__URL", url.as_str())];
    refuses(&run(elsewhere.path(), &["user", "set-password", EMAIL], &environment), 1, "tokens.secrets or bifrons.key");
    let theirs = std::fs::read_to_string(folder.path().join("data/bifrons.key")).unwrap();
    let secrets = format!("{}A,{}", "B".repeat(42), theirs.trim());
    let both = [environment[0], ("BIFRONS_TOKENS__SECRETS", secrets.as_str())];
    refuses(&run(elsewhere.path(), &["user", "set-password", EMAIL], &both), 1, "with the one that they sign with first");
    ada.get_session().await.expect(200);
}
