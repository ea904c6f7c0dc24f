//! `bifrons user import`: users of other software keep their passwords.

use std::{fs, path::Path, time::Duration};

use bifrons::authentication;
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::json;

use crate::support::{
    App, EMAIL, PASSWORD,
    binary::{Process, run},
};

/// Addresses, passwords, and the hashes that other software made of them.
const IMPORTED: [(&str, &str, &str); 5] = [
    ("bcrypt@example.com", "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    (
        "scrypt@example.com",
        "pleaseletmein",
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
    ),
    ("phc@example.com", "passwd", "$pbkdf2-sha256$i=10000,l=32$c2FsdCBvZiAxNiBieXRlcw$HYodgw4f/Hz55Z25gn/H8sBugvkuj4Qhu6N0heuW5Qc"),
    ("passlib@example.com", "passwd", "$pbkdf2-sha512$10000$c2FsdCBvZiAxNiBieXRlcw$jkc5kyG1HuGdkY.UMru5muzzaLn4yJIR5bMfkhJTPY4"),
    (
        "argon2@example.com",
        "password",
        "$argon2i$v=19$m=4096,t=3,p=4$c2FsdCBvZiAxNiBieXRlcw$coKvBdITiGs4SoueRFmnlG9cYSif28HWTZY3JU64Vks",
    ),
];

fn import(folder: &Path, file: &str) -> (i32, String, String) {
    assert!(run(folder, &["migrate"], &[]).status.success());
    let output = run(folder, &["user", "import", file], &[]);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_users_sign_in_with_their_passwords_and_get_current_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let lines = IMPORTED.map(|(email, _, hash)| json!({"email": email, "password_hash": hash, "name": "Ada"}).to_string());
    fs::write(folder.path().join("users.jsonl"), lines.join("\n")).unwrap();
    let (code, said, complained) = import(folder.path(), "users.jsonl");
    assert_eq!((code, said.as_str()), (0, "5 imported, 0 already exist, 0 refused\n"));
    assert!(complained.lines().count() == 1 && complained.contains("users_imported"), "the event alone: {complained}");
    let service = Process::start(folder.path());
    for (email, password, _) in IMPORTED {
        service.client().sign_in(email, "not the password").await.expect(401);
        let user = service.client().sign_in(email, password).await.expect(200);
        assert_eq!((user.string("/session/user/email"), user.string("/session/user/name")), (email.to_owned(), "Ada".to_owned()));
        service.client().sign_in(email, password).await.expect(200);
    }
    drop(service);
    let db = Database::connect(format!("sqlite:{}", folder.path().join("data/bifrons.db").display())).await.unwrap();
    let left = "SELECT count(*) FROM password WHERE hash NOT LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'";
    let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, left)).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_lines_are_reported_and_existing_users_are_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let service = Process::start(folder.path());
    service.client().sign_up(EMAIL, PASSWORD).await.expect(201);
    let (_, _, hash) = IMPORTED[0];
    let lines = [
        json!({"email": "grace@example.com", "password_hash": hash}).to_string(),
        String::new(),
        json!({"email": "no address", "password_hash": hash}).to_string(),
        json!({"email": "mallory@example.com", "password_hash": hash, "role": "admin"}).to_string(),
        json!({"email": "plain@example.com", "password_hash": "hunter2secret"}).to_string(),
        json!({"email": "ADA@example.com", "password_hash": hash}).to_string(),
        json!({"email": "Grace@Example.com", "password_hash": hash}).to_string(),
        "{".to_owned(),
    ];
    fs::write(folder.path().join("users.jsonl"), lines.join("\n")).unwrap();
    let (code, said, complained) = import(folder.path(), "users.jsonl");
    assert_eq!((code, said.as_str()), (1, "1 imported, 2 already exist, 4 refused\n"));
    for (line, why) in
        [(3, "email must be"), (4, "write one JSON object"), (5, "password_hash must be"), (8, "write one JSON object")]
    {
        assert!(complained.contains(&format!("line {line}: {why}")), "{complained}");
    }
    assert!(!complained.contains("hunter2secret"));
    let (code, said, _) = import(folder.path(), "users.jsonl");
    assert_eq!((code, said.as_str()), (1, "0 imported, 3 already exist, 4 refused\n"), "it can be run again");
    service.client().sign_in(EMAIL, PASSWORD).await.expect(200);
    service.client().sign_in("grace@example.com", "U*U").await.expect(200);
    let (code, _, complained) = import(folder.path(), "nowhere.jsonl");
    assert!(code == 1 && complained.contains("cannot read nowhere.jsonl"), "{complained}");
}

/// Without it, the time of a refusal would tell which accounts were imported.
#[tokio::test]
async fn b_34_the_refusal_delay_is_calibrated_without_requests() {
    let app = App::start().await;
    app.ada().await;
    let delay = async || {
        authentication::calibrate_refusal_delay(&app.state).await.unwrap();
        app.state.hasher.refusal_delay()
    };
    assert_eq!(delay().await, Duration::ZERO, "all hashes are current");
    app.client().sign_up("grace@example.com", PASSWORD).await.expect(201);
    let import = async |email: &str, hash: &str| {
        app.sql(&format!("UPDATE password SET hash = '{hash}' WHERE user_id IN (SELECT id FROM user WHERE email = '{email}')"))
            .await;
    };
    import("grace@example.com", IMPORTED[2].2).await;
    let fast = delay().await;
    import(EMAIL, "$2a$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW").await;
    let both = delay().await;
    assert!(both > fast && fast > Duration::ZERO, "the slowest hash decides: {fast:?} {both:?}");
    for _ in 0..3 {
        app.client().sign_in("grace@example.com", "a guess at it").await.expect(401);
        app.client().sign_in(EMAIL, "a guess at it").await.expect(401);
    }
    assert_eq!(app.state.hasher.refusal_delay(), both, "requests do not change it");
    app.sql("UPDATE user SET status = 'disabled'").await;
    assert_eq!(delay().await, Duration::ZERO, "no active user has one");
}

#[test]
fn calibrate_proposes_parameters_within_the_target() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["passwords", "calibrate", "--help"], &[]).status.success());
    let output = run(folder.path(), &["passwords", "calibrate"], &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("[passwords]\nmemory_kib = "), "{said}");
    fs::write(folder.path().join("bifrons.toml"), &said[said.find("[passwords]").unwrap()..said.find("\nWith ").unwrap()]).unwrap();
    assert!(run(folder.path(), &["config", "check"], &[]).status.success(), "the proposal is a valid configuration");
    assert_eq!(run(folder.path(), &["passwords", "calibrate", "--target", "soon"], &[]).status.code(), Some(2));
}
