//! Several processes on one database and one Redis.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::json;
use tempfile::{TempDir, tempdir};

use crate::support::{
    EMAIL, PASSWORD,
    binary::{Process, free_port},
    ends::{ENDS, end},
    postgres::Postgres,
    proxy::Proxy,
    redis::{RedisServer, until},
};

/// Nodes that share the keys of a folder.
fn start(folder: &Path, count: usize, environment: &[(&str, &str)]) -> Vec<Process> {
    (0..count).map(|_| Process::start_with(folder, environment)).collect()
}

async fn redis_is(node: &Process, state: &str) {
    until(async || node.client().get("/health/ready").await.string("/redis") == state).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_session_takes_effect_on_three_processes() {
    let (postgres, redis, folder) = (Postgres::start().await, RedisServer::start().await, tempdir().unwrap());
    let (database, redis) = (postgres.url(), redis.url());
    let nodes = start(
        folder.path(),
        3,
        &[
            ("BIFRONS_PUBLIC_URL", "http://localhost:3000"),
            ("BIFRONS_DATABASE__URL", &database),
            ("BIFRONS_REDIS__URL", &redis),
            ("BIFRONS_TOKENS__REFRESH_GRACE", "0s"),
            ("BIFRONS_LIMITS__ENABLED", "false"),
        ],
    );
    for node in &nodes {
        redis_is(node, "ok").await;
    }
    for (n, how) in ENDS.into_iter().chain(["theft"]).enumerate() {
        // Each node performs the operation in turn.
        let (here, email) = (&nodes[n % 3], format!("p{n}@example.com"));
        let (victim, other) = (here.client(), here.client());
        other.sign_up(&email, PASSWORD).await.expect(201);
        other.sign_in(&email, PASSWORD).await.expect(200);
        let (ended, tokens) = if how == "theft" {
            let tokens = victim.tokens(&email, PASSWORD).await.expect(200);
            (here.client().with_token(&tokens.string("/tokens/access_token")), Some(tokens.string("/tokens/refresh_token")))
        } else {
            victim.sign_in(&email, PASSWORD).await.expect(200);
            (victim.snapshot(), None)
        };
        for node in &nodes {
            ended.at_port(node.port).get_session().await.expect(200);
            other.at_port(node.port).get_session().await.expect(200);
        }
        match tokens {
            Some(token) => {
                victim.refresh(&token).await.expect(200);
                victim.refresh(&token).await.expect_problem(401, "refresh_reused");
            }
            None if how == "sign in again" => drop(victim.sign_in(&email, PASSWORD).await.expect(200)),
            None => end(how, &victim, &other).await,
        }
        ended.get_session().await.expect(401);
        for node in &nodes {
            until(async || ended.at_port(node.port).get_session().await.status == 401).await;
            if how != "delete" {
                other.at_port(node.port).get_session().await.expect(200);
            }
        }
    }
}

/// The process is killed after the commit and before it updates Redis: the stale copy is rejected.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_commit_and_publication_is_harmless() {
    let (redis, folder) = (RedisServer::start().await, tempdir().unwrap());
    let proxy = Proxy::start(redis.port).await;
    let url = format!("redis://127.0.0.1:{}", proxy.port);
    let environment = [("BIFRONS_REDIS__URL", url.as_str()), ("BIFRONS_PUBLIC_URL", "http://localhost:3000")];
    let first = Process::start_with(folder.path(), &environment);
    let ada = first.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    drop(first);
    redis.say("FLUSHALL").await;
    let second = Process::start_with(folder.path(), &environment);
    redis_is(&second, "ok").await;
    until(async || {
        ada.at_port(second.port).get_session().await.expect(200);
        redis.say("DBSIZE").await == "Ok(int(1))"
    })
    .await;
    let ended = ada.snapshot();
    proxy.silence();
    let asking = {
        let ada = ada.at_port(second.port);
        // The process is killed before it answers.
        tokio::spawn(async move { ada.sign_out().await })
    };
    let file = format!("sqlite:{}", folder.path().join("data/bifrons.db").display());
    let db = sea_orm::Database::connect(file).await.unwrap();
    until(async || {
        use sea_orm::ConnectionTrait;
        let query = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "SELECT count(ended_at) FROM session");
        db.query_one_raw(query).await.unwrap().unwrap().try_get_by_index::<i64>(0).unwrap() == 1
    })
    .await;
    second.kill();
    let _ = asking.await;
    assert_eq!(redis.say("DBSIZE").await, "Ok(int(1))", "Redis still has the copy");
    let admin = format!("127.0.0.1:{}", free_port());
    let third = Process::start_with(folder.path(), &[environment.as_slice(), &[("BIFRONS_ADMIN_LISTEN", &admin)]].concat());
    redis_is(&third, "ok").await;
    // After its first poll it reads from Redis first.
    until(async || {
        let metrics = reqwest::get(format!("http://{admin}/metrics")).await.unwrap().text().await.unwrap();
        metrics.contains("\nbifrons_changes_current 1\n")
    })
    .await;
    for _ in 0..10 {
        ended.at_port(third.port).get_session().await.expect_problem(401, "invalid_session");
    }
}

/// A test CA, and a certificate for this machine.
fn certificates() -> TempDir {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost").unwrap();
    for arguments in [
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority",
        "req -newkey rsa:2048 -nodes -keyout redis.key -out redis.csr -subj /CN=localhost",
        "x509 -req -in redis.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out redis.pem -days 2 -extfile names",
    ] {
        let made =
            Command::new("openssl").args(arguments.split(' ')).current_dir(folder.path()).output().expect("openssl is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_with_a_password_over_tls() {
    let (certificates, folder, port) = (certificates(), tempdir().unwrap(), free_port().to_string());
    let at = |name: &str| certificates.path().join(name).display().to_string();
    let mut server = Command::new("redis-server");
    server.args(["--port", "0", "--tls-port", &port, "--bind", "127.0.0.1", "--save", "", "--requirepass", "a secret"]);
    server.args(["--tls-cert-file", &at("redis.pem"), "--tls-key-file", &at("redis.key"), "--tls-auth-clients", "no"]);
    let mut server = server.args(["--dir", &at("")]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let url = format!("rediss://:a%20secret@127.0.0.1:{port}");
    let authority = at("ca.pem");
    let nodes = start(folder.path(), 2, &[("BIFRONS_REDIS__URL", &url), ("SSL_CERT_FILE", &authority)]);
    for node in &nodes {
        redis_is(node, "ok").await;
    }
    let ada = nodes[0].client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    let ended = ada.snapshot();
    ended.at_port(nodes[1].port).get_session().await.expect(200);
    ada.sign_out().await.expect(204);
    until(async || ended.at_port(nodes[1].port).get_session().await.status == 401).await;
    // Without the CA, and with a wrong password, the log says so.
    let wrong = format!("rediss://:wrong@127.0.0.1:{port}");
    for (url, known) in [(&url, 2), (&wrong, 3)] {
        let folder = tempdir().unwrap();
        let environment = [("BIFRONS_REDIS__URL", url.as_str()), ("BIFRONS_LOG__LEVEL", "info"), ("SSL_CERT_FILE", &authority)];
        let _node = Process::start_with(folder.path(), &environment[..known]);
        says(folder.path(), "cannot connect to Redis").await;
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

async fn says(folder: &Path, what: &str) {
    until(async || std::fs::read_to_string(folder.join("log")).unwrap().contains(what)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsuitable_eviction_policy_is_logged() {
    let redis = RedisServer::with(&["--maxmemory", "10mb", "--maxmemory-policy", "noeviction"]).await;
    let folder = tempdir().unwrap();
    let url = redis.url();
    let _node = Process::start_with(folder.path(), &[("BIFRONS_REDIS__URL", &url), ("BIFRONS_LOG__LEVEL", "info")]);
    says(folder.path(), "set maxmemory-policy to volatile-ttl or allkeys-lru").await;
}

/// `docs/examples/orders.mjs`, as a reader runs it.
#[tokio::test(flavor = "multi_thread")]
async fn the_example_of_another_service_works() {
    let (folder, copy) = (tempdir().unwrap(), tempdir().unwrap());
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples");
    for file in ["orders.mjs", "package.json", "package-lock.json"] {
        std::fs::copy(examples.join(file), copy.path().join(file)).unwrap();
    }
    let installed =
        Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(copy.path()).output().expect("npm is installed");
    assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
    let node = Process::start_with(folder.path(), &[("BIFRONS_TOKENS__AUDIENCES", "https://orders.example.com,stock")]);
    let ada = node.client();
    ada.sign_up(EMAIL, PASSWORD).await.expect(201);
    ada.sign_in(EMAIL, PASSWORD).await.expect(200);
    let user = ada.get_session().await.expect(200).string("/user/id");
    let port = free_port();
    let mut orders = Command::new("node");
    orders.arg("orders.mjs").current_dir(copy.path()).env("PORT", port.to_string());
    let mut orders = orders.env("ISSUER", format!("http://localhost:{}", node.port)).stdout(Stdio::null()).spawn().unwrap();
    until(async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
    let mut minted = Vec::new();
    for audience in ["https://orders.example.com", "stock"] {
        minted.push(ada.post("/v1/session/token", json!({ "audience": audience })).await.expect(200).string("/access_token"));
    }
    let own = node.client().tokens(EMAIL, PASSWORD).await.expect(200).string("/tokens/access_token");
    let asked = async |token: &str| node.client().with_token(token).at_port(port).ask(reqwest::Method::GET, "/").await;
    let answer = asked(&minted[0]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), json!({ "orders_of": user, "roles": [] }).to_string());
    for wrong in [minted[1].as_str(), &own, "nonsense"] {
        assert_eq!(asked(wrong).await.status(), 401);
    }
    assert_eq!(node.client().at_port(port).send_elsewhere(reqwest::Method::GET, "/").await, 401);
    orders.kill().unwrap();
    orders.wait().unwrap();
}
