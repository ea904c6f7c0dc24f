//! Verifications a second, compared with an endpoint behind the same outer layers that answers a constant.

use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    cores::SERVER,
    goals::{Bound, Goals},
    node::Node,
    plot, postgres,
    redis_server::RedisServer,
    stats::{least, most},
    table::Table,
    wrk::{Answers, wrk},
};

/// Rounds in which each kind is measured, and their seconds. What has no goal is measured in the first rounds only.
const ROUNDS: usize = 12;
const FIRST_ROUNDS: usize = 3;
const SECONDS: u32 = 1;
/// A well-formed cookie of no session.
const UNKNOWN: &str = "Cookie: bifrons_session=bfs_AZt6PS9AfDGdHlt6YMQfKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// One kind of request to one kind of setup.
pub(crate) struct Row {
    pub(crate) setup: &'static str,
    pub(crate) what: &'static str,
    /// One for each round.
    rounds: Vec<Answers>,
    /// Requests in the processor time of one constant, in the same process.
    pub(crate) of_constant: f64,
}

impl Row {
    /// Requests a second.
    pub(crate) fn rate(&self) -> f64 {
        most(&self.rounds.iter().map(|answers| answers.per_second).collect::<Vec<_>>())
    }

    fn cpu(&self) -> Vec<f64> {
        self.rounds.iter().map(|answers| answers.cpu).collect()
    }
}

/// How many chains refresh at once: a lone one shows what a refresh costs, many what they cost together.
const CHAINS: [(usize, &str); 3] = [(1, "refresh, 1 chain"), (16, "refresh, 16 chains"), (64, "refresh, 64 chains")];

struct Setup {
    name: &'static str,
    node: Node,
    cookie: String,
    bearer: String,
    refresh: Vec<String>,
    _folder: TempDir,
}

impl Setup {
    async fn new(name: &'static str, environment: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let limits = ("BIFRONS_LIMITS__ENABLED", "false".to_owned());
        let node = Node::start(SERVER, folder.path(), &[environment, &[limits]].concat()).await;
        let (cookie, tokens) = node.sign_in().await;
        let mut refresh = Vec::new();
        for _ in 0..CHAINS[2].0 {
            refresh.push(node.sign_in().await.1["refresh_token"].as_str().unwrap().to_owned());
        }
        let bearer = tokens["access_token"].as_str().unwrap().to_owned();
        Self {
            name,
            node,
            cookie: format!("Cookie: {cookie}"),
            bearer: format!("Authorization: Bearer {bearer}"),
            refresh,
            _folder: folder,
        }
    }

    async fn round(&mut self, round: usize) -> Vec<(&'static str, Answers)> {
        let (node, session) = (&self.node, self.node.url("/v1/session"));
        let mut answers = vec![
            ("constant", wrk(node, &node.constant(), None, SECONDS).await),
            ("cookie", wrk(node, &session, Some(&self.cookie), SECONDS).await),
            ("token", wrk(node, &session, Some(&self.bearer), SECONDS).await),
        ];
        if round < FIRST_ROUNDS {
            answers.push(("401, unknown cookie", wrk(node, &session, Some(UNKNOWN), SECONDS).await));
            for (chains, name) in CHAINS {
                answers.push((name, self.refreshes(chains).await));
            }
        }
        answers
    }

    /// Refreshes a second. Each chain refreshes with the token of its last answer.
    async fn refreshes(&mut self, chains: usize) -> Answers {
        const ALL: usize = 960;
        let each = ALL / chains;
        let (began, before, node) = (Instant::now(), self.node.cpu(), &self.node);
        join_all(self.refresh.iter_mut().take(chains).map(async |token: &mut String| {
            for _ in 0..each {
                let answer = node.post("/v1/tokens/refresh", &json!({"refresh_token": token})).await.text().await.unwrap();
                let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
                let next = answer["tokens"]["refresh_token"].as_str().unwrap_or_else(|| panic!("no refresh: {answer}"));
                next.clone_into(token);
            }
        }))
        .await;
        let count = (each * chains) as f64;
        Answers { per_second: count / began.elapsed().as_secs_f64(), cpu: (self.node.cpu() - before) * 1e6 / count }
    }
}

pub(crate) async fn run(goals: &mut Goals) {
    let redis = RedisServer::start();
    let url = |key, url: &str| (key, url.to_owned());
    let shared = [url("BIFRONS_DATABASE__URL", &postgres::database("verify").await), url("BIFRONS_REDIS__URL", &redis.url())];
    let off = [("BIFRONS_SESSIONS__CACHE_MIB", "0".to_owned())];
    let mut setups = [
        Setup::new("SQLite", &[]).await,
        Setup::new("SQLite, cache off", &off).await,
        Setup::new("PostgreSQL, Redis", &shared).await,
        Setup::new("PostgreSQL, Redis, cache off", &[&shared[..], &off].concat()).await,
    ];
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..ROUNDS {
        for setup in &mut setups {
            for (what, answers) in setup.round(round).await {
                match rows.iter_mut().find(|row| row.setup == setup.name && row.what == what) {
                    Some(row) => row.rounds.push(answers),
                    None => rows.push(Row { setup: setup.name, what, rounds: vec![answers], of_constant: 0.0 }),
                }
            }
        }
    }
    let mut constant = 0.0;
    for row in &mut rows {
        // It is the first row of each setup.
        if row.what == "constant" {
            constant = least(&row.cpu());
        }
        row.of_constant = constant / least(&row.cpu());
    }
    report(&rows, goals);
}

fn report(rows: &[Row], goals: &mut Goals) {
    let mut table = Table::new(&["getSession", "requests/s", "processor time", "of the constant"]);
    for row in rows {
        let what = format!("{}: {}", row.setup, row.what);
        let (rate, cpu) = (format!("{:.0}", row.rate()), format!("{:.1} µs", least(&row.cpu())));
        table.row([what, rate, cpu, format!("{:.2}", row.of_constant)]);
    }
    table.print("## Requests a second, server on one core, load on the other");
    for (what, wanted) in [("cookie", 0.90), ("token", 0.85)] {
        for setup in ["SQLite", "PostgreSQL, Redis"] {
            let row = rows.iter().find(|row| row.setup == setup && row.what == what).unwrap();
            goals.judge(&format!("getSession by {what}, {setup}, of the constant"), Bound::AtLeast(wanted), "", row.of_constant);
        }
    }
    plot::write("verify", &plot::bars(rows));
}
