//! What docs/backups.md says: a copy of the database while nodes use it, its restoration, and the end of all sessions.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use sea_orm::EntityTrait;
use serde_json::Value;
use tempfile::tempdir;

use crate::support::{
    Actor, EMAIL, PASSWORD,
    binary::{Process, refuses, run},
    document::Document,
};

async fn signed_up(service: &Process, email: &str) -> Actor {
    let client = service.client();
    client.sign_up(email, PASSWORD).await.expect(201);
    client.sign_in(email, PASSWORD).await.expect(200);
    client
}

/// The commands of the page that run while the service is stopped.
fn restoring() -> Vec<Vec<String>> {
    let page = Document::read("docs/backups.md");
    let blocks = page.blocks();
    let block = blocks.iter().find(|block| block.language == "console").unwrap();
    block.text.lines().map(|line| line.split(' ').skip(1).map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn a_backup_is_restored_as_the_page_says() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let mut service = Process::start(folder);
    let ada = signed_up(&service, EMAIL).await;
    let tokens = service.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token");
    let backup = run(folder, &["backup", "backup.db"], &[]);
    assert!(backup.status.success(), "{}", String::from_utf8_lossy(&backup.stderr));
    assert_eq!(fs::metadata(folder.join("backup.db")).unwrap().permissions().mode() & 0o777, 0o600);
    refuses(&run(folder, &["backup", "backup.db"], &[]), 1, "backup.db is there already; write the name of a new file");
    ada.sign_out().await.expect(204);
    signed_up(&service, "grace@example.com").await;
    refuses(&run(folder, &["restore", "backup.db"], &[]), 1, "stop all nodes first");
    service.stop();

    let mut said = Vec::new();
    for arguments in restoring() {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let output = run(folder, &arguments, &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        said.push(String::from_utf8(output.stdout).unwrap());
    }
    assert!(said[0].contains("the former one is ") && said[0].contains("bifrons.db.former1"), "{said:?}");
    assert_eq!(said[1], "2 sessions have ended\n", "one of them had ended after the backup");
    assert!(folder.join("data/bifrons.db.former1").exists());
    let service = Process::start(folder);
    for client in [ada.at_port(service.port), service.client().with_token(&tokens)] {
        client.get_session().await.expect(401);
    }
    service.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    service.client().sign_in("grace@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
}

/// Every copy that is made while users sign up opens, and has all of those whose sign-up was answered before.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_busy_service_is_consistent() {
    let folder = tempdir().unwrap();
    let service = Process::start(folder.path());
    let http = service.client();
    let (busy, stop) = (http.clone(), std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let done = std::sync::Arc::clone(&stop);
    let signing_up = tokio::spawn(async move {
        for n in 0..20 {
            busy.sign_up(&format!("user{n}@example.com"), PASSWORD).await.expect(201);
            done.store(n + 1, std::sync::atomic::Ordering::SeqCst);
        }
    });
    for n in 0..3 {
        let before = stop.load(std::sync::atomic::Ordering::SeqCst);
        let file = format!("backup{n}.db");
        assert!(run(folder.path(), &["backup", &file, "--json"], &[]).status.success());
        let url = format!("sqlite:{}?mode=ro", folder.path().join(&file).display());
        let db = sea_orm::Database::connect(url).await.unwrap();
        assert!(entity::user::Entity::find().all(&db).await.unwrap().len() >= before);
    }
    signing_up.await.unwrap();
}

#[test]
fn what_is_no_copy_of_a_database_is_refused() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let at = |name: &str| folder.join(name);
    let restore = |file: &str| run(folder, &["restore", file], &[]);
    refuses(&run(folder, &["backup", "backup.db"], &[]), 1, "there is no database of Bifrons at");
    for server in ["postgres://ada:hunter2@127.0.0.1:1/bifrons", "mysql://ada:hunter2@127.0.0.1:1/bifrons"] {
        for verb in ["backup", "restore"] {
            refuses(&run(folder, &[verb, "backup.db"], &[("BIFRONS_DATABASE__URL", server)]), 1, "pg_dump");
        }
    }
    assert!(run(folder, &["migrate"], &[]).status.success());
    assert!(run(folder, &["backup", "backup.db"], &[]).status.success());
    refuses(&run(folder, &["backup", "missing/backup.db"], &[]), 1, "missing/backup.db: No such file");
    refuses(&restore("missing.db"), 1, "missing.db: No such file");
    fs::write(at("text.db"), "no database, but a text that is long enough for a header of SQLite".repeat(50)).unwrap();
    refuses(&restore("text.db"), 1, "text.db is no intact database of Bifrons");
    let mut damaged = fs::read(at("backup.db")).unwrap();
    let length = damaged.len();
    damaged[length / 2..length / 2 + 4096].fill(0xFF);
    fs::write(at("damaged.db"), damaged).unwrap();
    refuses(&restore("damaged.db"), 1, "damaged.db is no intact database of Bifrons");
    sqlite(&at("other.db"), "CREATE TABLE other (id INTEGER)");
    refuses(&restore("other.db"), 1, "it has no tables of Bifrons");
    fs::copy(at("backup.db"), at("newer.db")).unwrap();
    sqlite(&at("newer.db"), "INSERT INTO seaql_migrations VALUES ('m20990101_000001_later', 0)");
    refuses(&restore("newer.db"), 1, "a newer version of Bifrons migrated this database");
    assert!(restore("backup.db").status.success());
    assert!(restore("backup.db").status.success());
    assert!(at("data/bifrons.db.former2").exists() && !at("data/bifrons.part").exists());
}

fn sqlite(file: &Path, statement: &str) {
    let script = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()";
    assert!(Command::new("python3").args(["-c", script]).arg(file).arg(statement).status().unwrap().success());
}

#[tokio::test]
async fn an_operator_ends_sessions_of_a_user_of_all_and_before_a_moment() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let service = Process::start(folder);
    let end = |arguments: &[&str]| run(folder, &[&["sessions", "end"], arguments].concat(), &[]);
    let ended = |output: Output| {
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        said["sessions_ended"].as_u64().unwrap()
    };
    let (ada, grace) = (signed_up(&service, EMAIL).await, signed_up(&service, "grace@example.com").await);
    assert_eq!(ended(end(&["--user", EMAIL, "--json"])), 1);
    assert_eq!(ended(end(&["--before", "2026-01-01T00:00:00Z", "--json"])), 0);
    crate::support::redis::until(async || ada.get_session().await.status == 401).await;
    grace.get_session().await.expect(200);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    assert_eq!(ended(end(&["--before", "2099-01-01T00:00:00Z", "--json"])), 2);
    for client in [&ada, &grace] {
        crate::support::redis::until(async || client.get_session().await.status == 401).await;
    }
    assert_eq!(ended(end(&["--all", "--json"])), 0);
    refuses(&end(&["--user", "unknown@example.com"]), 1, "no user has the address unknown@example.com");
    for wrong in [&[][..], &["--all", "--user", EMAIL], &["--before", "yesterday"]] {
        assert_eq!(end(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

/// A node whose clock is ahead has opened it.
#[tokio::test]
async fn all_sessions_are_those_from_the_future_too() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let mut service = Process::start(folder);
    signed_up(&service, EMAIL).await;
    service.stop();
    sqlite(&folder.join("data/bifrons.db"), "UPDATE session SET created_at = created_at + 3600000");
    let output = run(folder, &["sessions", "end", "--all"], &[]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "1 session has ended\n");
}
