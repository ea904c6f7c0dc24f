//! Migrates a stored database of version 0.1.0 and shows that its users, sessions and tokens still work. `fixtures/first_edition` holds
//! one dump for each engine, written by that version's own binary, and the credentials that its clients held at that moment.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

use bifrons::{
    clock::Clock,
    config::{DatabaseConfig, Isolation},
    db::Db,
    email_address::EmailAddress,
    secret::ServerSecret,
};
use entity::UnixMillis;
use reqwest::Method;
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Actor, Answer, App, database};

const CREDENTIALS: &str = include_str!("fixtures/first_edition/credentials.json");

const DUMPS: [(&str, &str); 3] = [
    ("sqlite", include_str!("fixtures/first_edition/sqlite.sql")),
    ("postgres", include_str!("fixtures/first_edition/postgres.sql")),
    ("mysql", include_str!("fixtures/first_edition/mariadb.sql")),
];

const KEYS: [(&str, &str); 2] = [
    ("jwt-EdDSA.pem", include_str!("fixtures/first_edition/jwt-EdDSA.pem")),
    ("jwt-ES256.pem", include_str!("fixtures/first_edition/jwt-ES256.pem")),
];

/// The data folder of that version, and what its clients held.
struct Stored {
    folder: Arc<TempDir>,
    url: String,
    all: Value,
    of_engine: Value,
}

impl Stored {
    /// Loads the dump of the engine that the suite runs on.
    async fn load() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let url = match database::url(folder.path()).await {
            Some(url) => url,
            None => format!("sqlite:{}", folder.path().join("bifrons.db").display()),
        };
        let (_, dump) = DUMPS.into_iter().find(|(scheme, _)| url.starts_with(scheme)).unwrap();
        let loading = if url.starts_with("sqlite") { format!("{url}?mode=rwc") } else { url.clone() };
        let db = Database::connect(loading).await.unwrap();
        db.execute_unprepared(dump).await.unwrap();
        db.close().await.unwrap();
        for (name, pem) in KEYS {
            write_private(&folder.path().join(name), pem);
        }
        let all: Value = serde_json::from_str(CREDENTIALS).unwrap();
        let engine = if url.starts_with("mysql") { "mariadb" } else { url.split(':').next().unwrap() };
        Self { of_engine: all[engine].clone(), folder, url, all }
    }

    /// Starts the service on it, at the moment at which that version stopped.
    async fn start(&self) -> App {
        let secret = ServerSecret::parse(self.all["secret"].as_str().unwrap()).unwrap();
        let clock = Clock::manual(UnixMillis(self.of_engine["moment"].as_i64().unwrap()));
        App::open(Arc::clone(&self.folder), clock, |config| config.tokens.secrets = vec![secret]).await
    }

    fn users(&self) -> &[Value] {
        self.all["users"].as_array().unwrap()
    }

    fn list(&self, what: &str) -> &[Value] {
        self.of_engine[what].as_array().unwrap()
    }

    /// The refresh tokens of one session, oldest first.
    fn chain(&self, refresh_in: &str, length: usize) -> Vec<String> {
        let found = self.list("tokens").iter().find(|one| one["refresh_in"] == refresh_in && refresh_tokens(one).len() == length);
        refresh_tokens(found.unwrap())
    }
}

fn write_private(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn text(of: &Value, member: &str) -> String {
    of[member].as_str().unwrap_or_else(|| panic!("no {member} in {of}")).to_owned()
}

fn refresh_tokens(of: &Value) -> Vec<String> {
    of["refresh_tokens"].as_array().unwrap().iter().map(|token| token.as_str().unwrap().to_owned()).collect()
}

/// The session of an answer: itself, or what it holds beside tokens.
fn session(answer: &Answer) -> Value {
    let whole = answer.json();
    whole.get("session").cloned().unwrap_or(whole)
}

fn with_cookie(app: &App, name: &str, value: &str) -> Actor {
    let actor = app.client();
    actor.put_cookie(name, value);
    actor
}

#[tokio::test]
async fn the_migration_keeps_every_row() {
    let stored = Stored::load().await;
    let db = Db::open(&DatabaseConfig {
        url: stored.url.clone(),
        connections: 3,
        transaction_pooling: false,
        isolation: Isolation::default(),
    })
    .await
    .unwrap();
    let backend = db.connection().get_database_backend();
    let kept = stored.all["rows"].as_object().unwrap().iter().map(|(table, rows)| (table.as_str(), rows.as_i64().unwrap()));
    // Of each user but the deleted one, and of each session in token mode.
    for (table, rows) in kept.chain([("password", 8), ("token_grant", 5)]) {
        let table = match table {
            "mail" => "outgoing_mail",
            "registration" => "one_time_token",
            table => table,
        };
        let query = database::dialect(backend, &format!("SELECT count(*) FROM {table}"));
        let row = db.connection().query_one_raw(Statement::from_string(backend, query)).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), rows, "{table}");
    }
    db.close().await.unwrap();
}

#[tokio::test]
async fn cookie_sessions_stay_signed_in() {
    let stored = Stored::load().await;
    let app = stored.start().await;
    for known in stored.list("cookies") {
        let actor = with_cookie(&app, "bifrons_session", &text(known, "cookie"));
        let session = session(&actor.get_session().await.expect(200));
        for (member, value) in [("id", &known["session"]), ("remember", &known["remember"]), ("methods", &json!(["pwd"]))] {
            assert_eq!(&session[member], value, "{session}");
        }
        assert_eq!(session["user"]["email"], shown(known));
        actor.sign_out().await.expect(204);
        actor.put_cookie("bifrons_session", text(known, "cookie"));
        actor.get_session().await.expect_problem(401, "invalid_session");
    }
}

/// The address of a user, with the domain as IDNA maps it.
fn shown(user: &Value) -> Value {
    EmailAddress::parse(&text(user, "email")).unwrap().as_typed().into()
}

#[tokio::test]
async fn access_tokens_verify_until_they_expire() {
    let stored = Stored::load().await;
    let app = stored.start().await;
    for known in stored.list("tokens") {
        let answer = app.client().with_token(&text(known, "access_token")).get_session().await.expect(200);
        assert_eq!((&session(&answer)["id"], &session(&answer)["user"]["email"]), (&known["session"], &shown(known)));
    }
    app.advance(Duration::from_secs(600)).await;
    for known in stored.list("tokens") {
        app.client().with_token(&text(known, "access_token")).get_session().await.expect_problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn current_refresh_tokens_refresh() {
    let stored = Stored::load().await;
    let app = stored.start().await;
    for known in stored.list("tokens") {
        let current = refresh_tokens(known).pop().unwrap();
        let in_cookie = known["refresh_in"] == "cookie";
        let answer = if in_cookie {
            let actor = with_cookie(&app, "bifrons_refresh", &current);
            let answer = actor.post("/v1/tokens/refresh", json!({})).await.expect(200);
            assert_ne!(actor.cookie("bifrons_refresh").unwrap(), current);
            answer
        } else {
            let answer = app.client().refresh(&current).await.expect(200);
            app.client().refresh(&answer.string("/tokens/refresh_token")).await.expect(200)
        };
        assert_eq!(answer.json()["tokens"].get("refresh_token").is_none(), in_cookie, "it travels where it did");
        let access_token = answer.string("/tokens/access_token");
        let session = session(&app.client().with_token(&access_token).get_session().await.expect(200));
        assert_eq!(session["id"], known["session"]);
    }
}

#[tokio::test]
async fn a_predecessor_within_the_grace_gives_the_successor_that_exists() {
    let stored = Stored::load().await;
    let app = stored.start().await;
    let [.., predecessor, current] = &*stored.chain("body", 4) else { unreachable!() };
    assert_eq!(&app.client().refresh(predecessor).await.expect(200).string("/tokens/refresh_token"), current);
    let [predecessor, current] = &*stored.chain("cookie", 2) else { unreachable!() };
    let actor = with_cookie(&app, "bifrons_refresh", predecessor);
    actor.post("/v1/tokens/refresh", json!({})).await.expect(200);
    assert_eq!(&actor.cookie("bifrons_refresh").unwrap(), current);
}

#[tokio::test]
async fn an_older_refresh_token_is_reuse_and_ends_the_session() {
    for (back, later) in [(2, 0), (3, 0), (1, 11)] {
        let stored = Stored::load().await;
        let app = stored.start().await;
        app.advance(Duration::from_secs(later)).await;
        let chain = stored.chain("body", 4);
        app.client().refresh(&chain[3 - back]).await.expect_problem(401, "refresh_reused");
        app.client().refresh(&chain[3]).await.expect_problem(401, "invalid_refresh_token");
        let known = stored.list("tokens").iter().find(|one| refresh_tokens(one) == chain).unwrap();
        app.client().with_token(&text(known, "access_token")).get_session().await.expect_problem(401, "invalid_token");
    }
}

#[tokio::test]
async fn users_sign_in_with_their_passwords_and_keep_name_address_and_roles() {
    let stored = Stored::load().await;
    let app = stored.start().await;
    for user in stored.users() {
        let (email, password) = (text(user, "email"), text(user, "password"));
        app.client().sign_in(&email, "not the password").await.expect_problem(401, "invalid_credentials");
        // Once by the stored hash, once by the one that replaces it.
        for _ in 0..2 {
            let actor = with_cookie(&app, "bifrons_device", &text(&stored.of_engine, "device"));
            let session = session(&actor.sign_in(&email, &password).await.expect(200));
            assert_eq!((&session["user"]["email"], &session["user"]["roles"]), (&shown(user), &user["roles"]));
            assert_eq!(session["user"].get("name").cloned().unwrap_or_default(), user["name"]);
        }
    }
}

#[tokio::test]
async fn disabled_and_deleted_users_are_refused() {
    let stored = Stored::load().await;
    let app = stored.start().await;
    for who in ["disabled", "deleted"] {
        let known = &stored.of_engine[who];
        let (email, password) = (text(known, "email"), text(known, "password"));
        app.client().sign_in(&email, &password).await.expect_problem(401, "invalid_credentials");
        let actor = with_cookie(&app, "bifrons_session", &text(known, "cookie"));
        actor.get_session().await.expect_problem(401, "invalid_session");
    }
}

#[tokio::test]
async fn ended_sessions_stay_ended() {
    let stored = Stored::load().await;
    let app = stored.start().await;
    let ended = &stored.of_engine["ended"];
    let actor = with_cookie(&app, "bifrons_session", &text(ended, "cookie"));
    actor.get_session().await.expect_problem(401, "invalid_session");
    app.client().with_token(&text(ended, "access_token")).get_session().await.expect_problem(401, "invalid_token");
    app.client().refresh(&text(ended, "refresh_token")).await.expect_problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn a_waiting_registration_can_be_confirmed_and_waiting_mail_leaves() {
    let stored = Stored::load().await;
    let app = stored.start().await;
    let waiting = &stored.of_engine["registration"];
    let (email, password) = (text(waiting, "email"), text(waiting, "password"));
    let body = json!({ "token": waiting["token"], "password": password, "name": "Waiting" });
    app.client().send(Method::POST, "/v1/users/confirm", Some(body)).await.expect(201);
    let letters = app.letters().await;
    app.client().sign_in(&email, &password).await.expect(200);
    let link = format!("https://app.example.com/confirm#{}", text(waiting, "token"));
    assert!(letters.iter().any(|letter| letter.contains(&format!("To: {email}\r\n")) && letter.contains(&link)), "{letters:?}");
    assert_eq!(letters.len(), 2);
}
