//! A new version beside a former one, as real processes on one database, while users go on. The former versions are compiled from the
//! history of this repository; `make test-all` runs these tests.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, Method, StatusCode, header};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{
    PASSWORD,
    binary::{Process, free_port, refuses},
    postgres::Postgres,
    redis::{RedisServer, until},
};

/// The first edition. Its tables have other columns, so its nodes cannot serve beside others.
const V0_1_0: &str = "0d9d55f8c12046e9ebe4a38faf83ae3a23fb84ab";

/// The version whose nodes the current ones replace one by one: the last release, and before there is one, what led to it.
const PREVIOUS: &str = include_str!("../../../.ci/last-release").trim_ascii();

fn former(commit: &str) -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let built = Command::new(".ci/previous").arg(commit).current_dir(repository).stderr(Stdio::inherit()).output().unwrap();
    assert!(built.status.success(), "{commit} does not compile");
    PathBuf::from(String::from_utf8(built.stdout).unwrap().trim())
}

/// A client that compares nothing with the specification: each version has its own.
#[derive(Clone, Default)]
struct Http(Client);

impl Http {
    /// The answer, if the node is there and can serve.
    async fn send(
        &self,
        port: u16,
        method: Method,
        path: &str,
        with: (header::HeaderName, &str),
        body: Value,
    ) -> Option<(StatusCode, Value, Option<String>)> {
        let request = self.0.request(method, format!("http://127.0.0.1:{port}{path}")).header(with.0, with.1);
        let request =
            if body.is_null() { request } else { request.header("content-type", "application/json").body(body.to_string()) };
        let answer = request.send().await.ok()?;
        let (status, cookie) = (answer.status(), answer.headers().get_all(header::SET_COOKIE).iter().find_map(session_cookie));
        let text = answer.text().await.ok()?;
        (status != StatusCode::SERVICE_UNAVAILABLE).then(|| (status, serde_json::from_str(&text).unwrap_or_default(), cookie))
    }
}

fn session_cookie(header: &header::HeaderValue) -> Option<String> {
    let pair = header.to_str().ok()?.split(';').next()?;
    pair.starts_with("bifrons_session=").then(|| pair.to_owned())
}

const NO_CREDENTIAL: (header::HeaderName, &str) = (header::ACCEPT, "*/*");

/// The nodes that a load balancer would send requests to.
#[derive(Clone, Default)]
struct Balancer {
    ports: Arc<Mutex<Vec<u16>>>,
    next: Arc<AtomicUsize>,
    rounds: Arc<AtomicUsize>,
    faults: Arc<Mutex<Vec<String>>>,
    http: Http,
}

impl Balancer {
    fn set(&self, ports: &[u16]) {
        *self.ports.lock().unwrap() = ports.to_vec();
    }

    /// Sends a request to the next node. If that node is not among the nodes any more, to another one.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        with: (header::HeaderName, &str),
        body: Value,
        expected: StatusCode,
    ) -> (Value, Option<String>) {
        loop {
            let port = {
                let ports = self.ports.lock().unwrap();
                ports[self.next.fetch_add(1, Ordering::Relaxed) % ports.len()]
            };
            let fault = match self.http.send(port, method.clone(), path, with.clone(), body.clone()).await {
                Some((status, json, cookie)) if status == expected => return (json, cookie),
                Some((status, json, _)) => format!("{status} {json}"),
                None if self.ports.lock().unwrap().contains(&port) => "no answer, or 503".to_owned(),
                None => continue,
            };
            self.faults.lock().unwrap().push(format!("{method} {path}: {fault}"));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// One user, who never gets anything but what is expected.
    async fn user(self, email: String) {
        let body = json!({ "email": email, "password": PASSWORD });
        self.ask(Method::POST, "/v1/users", NO_CREDENTIAL, body.clone(), StatusCode::CREATED).await;
        let cookie = self.ask(Method::POST, "/v1/session", NO_CREDENTIAL, body.clone(), StatusCode::OK).await.1.unwrap();
        let mut in_tokens = body.clone();
        in_tokens["mode"] = "token".into();
        let tokens = self.ask(Method::POST, "/v1/session", NO_CREDENTIAL, in_tokens, StatusCode::OK).await.0;
        let mut refresh = tokens["tokens"]["refresh_token"].clone();
        loop {
            let by_cookie = (header::COOKIE, cookie.as_str());
            self.ask(Method::GET, "/v1/session", by_cookie, Value::Null, StatusCode::OK).await;
            let body_of_refresh = json!({ "refresh_token": refresh });
            let tokens = self.ask(Method::POST, "/v1/tokens/refresh", NO_CREDENTIAL, body_of_refresh, StatusCode::OK).await.0;
            refresh = tokens["tokens"]["refresh_token"].clone();
            let bearer = format!("Bearer {}", tokens["tokens"]["access_token"].as_str().unwrap());
            self.ask(Method::GET, "/v1/session", (header::AUTHORIZATION, &bearer), Value::Null, StatusCode::OK).await;
            self.ends_a_session(&body).await;
            self.rounds.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Signs in at one node and out at another. Both refuse the session then.
    async fn ends_a_session(&self, body: &Value) {
        let cookie = self.ask(Method::POST, "/v1/session", NO_CREDENTIAL, body.clone(), StatusCode::OK).await.1.unwrap();
        let by_cookie = (header::COOKIE, cookie.as_str());
        self.ask(Method::DELETE, "/v1/session", by_cookie.clone(), Value::Null, StatusCode::NO_CONTENT).await;
        let ports = self.ports.lock().unwrap().clone();
        for port in ports {
            // A node that stopped serves no session either.
            while let Some((status, ..)) = self.http.send(port, Method::GET, "/v1/session", by_cookie.clone(), Value::Null).await {
                if status == StatusCode::UNAUTHORIZED {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Waits until the users have gone through everything a few times.
    async fn goes_on(&self) {
        let begun = self.rounds.load(Ordering::Relaxed);
        until(async || self.rounds.load(Ordering::Relaxed) >= begun + 40).await;
        assert_eq!(*self.faults.lock().unwrap(), Vec::<String>::new());
    }
}

async fn history(url: &str) -> Vec<String> {
    let db = Database::connect(url).await.unwrap();
    let query = Statement::from_string(db.get_database_backend(), "SELECT version FROM seaql_migrations ORDER BY version");
    db.query_all_raw(query).await.unwrap().into_iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Nodes of the previous version are replaced by new ones, one after the other, and a new one by a previous one as long as the schema is
/// the same.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_the_previous_version_and_new_ones_serve_together() {
    let previous = former(PREVIOUS);
    let (postgres, redis, folder) = (Postgres::start().await, RedisServer::start().await, tempdir().unwrap());
    let (database, redis) = (postgres.url(), redis.url());
    let environment = [
        ("BIFRONS_DATABASE__URL", database.as_str()),
        ("BIFRONS_REDIS__URL", &redis),
        ("BIFRONS_PUBLIC_URL", "http://localhost:3000"),
        ("BIFRONS_LIMITS__ENABLED", "false"),
        ("BIFRONS_LOG__LEVEL", "info"),
    ];
    let start_previous = || Process::start_binary(&previous, folder.path(), &environment);
    let start_new = || Process::start_with(folder.path(), &environment);
    let balancer = Balancer::default();
    let (mut first, mut second) = (start_previous(), start_previous());
    balancer.set(&[first.port, second.port]);
    let users: Vec<_> = (0..6).map(|n| tokio::spawn(balancer.clone().user(format!("user{n}@example.com")))).collect();
    balancer.goes_on().await;
    let before = history(&database).await;

    // It migrates, if there is something to migrate.
    let third = start_new();
    balancer.set(&[first.port, second.port, third.port]);
    balancer.goes_on().await;
    balancer.set(&[second.port, third.port]);
    assert!(first.stop().success());
    balancer.goes_on().await;
    if history(&database).await == before {
        let back = start_previous();
        balancer.set(&[second.port, third.port, back.port]);
        balancer.goes_on().await;
        balancer.set(&[second.port, third.port]);
        drop(back);
    } else {
        let mut command = Command::new(&previous);
        command.env_clear().current_dir(folder.path()).envs(environment).env("BIFRONS_LISTEN", "127.0.0.1:0");
        refuses(&command.output().unwrap(), 1, "a newer version of Bifrons migrated this database");
    }
    balancer.set(&[third.port]);
    assert!(second.stop().success());
    balancer.goes_on().await;
    for user in users {
        assert!(!user.is_finished());
        user.abort();
    }
}

/// The first edition is stopped before the new version starts. Its users stay signed in, and it does not start again.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_edition_is_stopped_and_its_users_stay_signed_in() {
    let first_edition = former(V0_1_0);
    let (postgres, folder) = (Postgres::start().await, tempdir().unwrap());
    let (database, listen) = (postgres.url(), format!("127.0.0.1:{}", free_port()));
    let environment = [("BIFRONS_DATABASE__URL", database.as_str()), ("BIFRONS_LISTEN", &listen)];
    let mut old = Process::start_binary(&first_edition, folder.path(), &environment);
    let http = Http::default();
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    http.send(old.port, Method::POST, "/v1/users", NO_CREDENTIAL, body.clone()).await.unwrap();
    let (_, _, cookie) = http.send(old.port, Method::POST, "/v1/session", NO_CREDENTIAL, body.clone()).await.unwrap();
    let (_, tokens, _) = http.send(old.port, Method::POST, "/v1/tokens", NO_CREDENTIAL, body).await.unwrap();
    let (cookie, refresh) = (cookie.unwrap(), tokens["refresh_token"].as_str().unwrap().to_owned());
    let by_cookie = (header::COOKIE, cookie.as_str());

    assert!(old.stop().success());
    let new = Process::start_with(folder.path(), &environment[..1]);
    let (status, ..) = http.send(new.port, Method::GET, "/v1/session", by_cookie, Value::Null).await.unwrap();
    assert_eq!(status, StatusCode::OK);
    let body = json!({ "refresh_token": refresh });
    let (status, ..) = http.send(new.port, Method::POST, "/v1/tokens/refresh", NO_CREDENTIAL, body).await.unwrap();
    assert_eq!(status, StatusCode::OK);

    let mut command = Command::new(&first_edition);
    let again = command.env_clear().current_dir(folder.path()).envs(environment).output().unwrap();
    let said = String::from_utf8_lossy(&again.stderr);
    assert!(!again.status.success() && said.contains("newer version of Bifrons"), "{said}");
}
