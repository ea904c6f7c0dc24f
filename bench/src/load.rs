//! How many requests a second.

use std::time::Instant;

use serde_json::json;
use tempfile::TempDir;

use crate::{
    node::{Node, RedisServer},
    table::Row,
};

/// Seconds of each run, and how many there are of each kind.
const SECONDS: u32 = 2;
const ROUNDS: usize = 9;

struct Setup {
    name: &'static str,
    node: Node,
    cookie: String,
    bearer: String,
    refresh: String,
    _folder: TempDir,
}

/// Every kind of request on every kind of service, one after the other, three times over.
pub(crate) async fn throughput(redis: &RedisServer) -> Vec<Row> {
    let mut setups = Vec::new();
    for (name, environment) in [
        ("SQLite", vec![]),
        ("SQLite, cache off", vec![("BIFRONS_SESSIONS__CACHE_MIB", "0".to_owned())]),
        ("PostgreSQL, Redis", vec![postgres(), ("BIFRONS_REDIS__URL", redis.url())]),
        (
            "the same, cache off",
            vec![postgres(), ("BIFRONS_REDIS__URL", redis.url()), ("BIFRONS_SESSIONS__CACHE_MIB", "0".to_owned())],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let node = Node::start("0", folder.path(), &environment).await;
        let (cookie, tokens) = node.sign_in().await;
        let bearer = tokens["access_token"].as_str().unwrap().to_owned();
        let refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
        setups.push(Setup { name, node, cookie, bearer, refresh, _folder: folder });
    }
    let unknown = "bifrons_session=bfs_AZt6PS9AfDGdHlt6YMQfKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..ROUNDS {
        println!("round {} of {ROUNDS}", round + 1);
        let mut at = 0;
        let mut note = |setup: &str, what: &str, rate: f64, reads: Option<f64>| {
            if round == 0 {
                rows.push(Row::new(setup, what));
            }
            rows[at].rates.push(rate);
            rows[at].reads = reads.or(rows[at].reads);
            at += 1;
        };
        for setup in &mut setups {
            let session = setup.node.url("/v1/session");
            note(setup.name, "constant", wrk(&setup.node.constant(), None).await, None);
            for (what, header) in
                [("cookie", format!("Cookie: {}", setup.cookie)), ("bearer", format!("Authorization: Bearer {}", setup.bearer))]
            {
                let before = setup.node.reads().await;
                let rate = wrk(&session, Some(&header)).await;
                let after = setup.node.reads().await;
                note(setup.name, what, rate, Some(1000.0 * (after.0 - before.0) / (after.1 - before.1).max(1.0)));
            }
            note(setup.name, "401, unknown cookie", wrk(&session, Some(&format!("Cookie: {unknown}"))).await, None);
            note(setup.name, "refresh, one chain", refreshes(setup).await, None);
        }
    }
    rows
}

/// The server that `.ci/with-databases` started.
fn postgres() -> (&'static str, String) {
    ("BIFRONS_DATABASE__URL", std::env::var("TEST_POSTGRES_URL").expect("run by `make bench`"))
}

/// Requests a second, as wrk counts them.
async fn wrk(url: &str, header: Option<&str>) -> f64 {
    let mut command = tokio::process::Command::new("taskset");
    command.args(["-c", "1", "wrk", "-t1", "-c64", &format!("-d{SECONDS}s")]);
    if let Some(header) = header {
        command.args(["-H", header]);
    }
    let output = command.arg(url).output().await.expect("wrk is installed");
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text.lines().find_map(|line| line.strip_prefix("Requests/sec:")?.trim().parse().ok());
    rate.unwrap_or_else(|| panic!("wrk said {text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Refreshes a second, each with the token that the one before gave.
async fn refreshes(setup: &mut Setup) -> f64 {
    const COUNT: u32 = 300;
    let began = Instant::now();
    for _ in 0..COUNT {
        let answer = setup.node.post("/v1/tokens/refresh", &json!({"refresh_token": setup.refresh})).await.text().await.unwrap();
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        answer["refresh_token"].as_str().unwrap().clone_into(&mut setup.refresh);
    }
    f64::from(COUNT) / began.elapsed().as_secs_f64()
}
