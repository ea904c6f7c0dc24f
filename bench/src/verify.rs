//! Verifications a second, compared with an endpoint behind the same outer layers that answers a constant, with the framework alone, and
//! with the service that a team would write without this one.

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

/// The same for the peer.
const PEER_UNKNOWN: &str = "Cookie: poem-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// One kind of request to one kind of setup.
pub(crate) struct Row {
    pub(crate) setup: &'static str,
    pub(crate) what: &'static str,
    /// One for each round.
    rounds: Vec<Answers>,
    /// Requests in the processor time of one of the first kind, in the same process.
    pub(crate) of_first: f64,
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

/// The framework alone, and a service of poem's own sessions and tokens.
struct Peer {
    node: Node,
    cookie: String,
    bearer: String,
}

/// Its name in the table.
const PEER: &str = "peer";

impl Peer {
    async fn new(redis: &RedisServer) -> Self {
        let node = Node::peer(SERVER, redis).await;
        let signed_in = node.post("/v1/session", &json!({})).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let token = signed_in.text().await.unwrap();
        Self { node, cookie: format!("Cookie: {cookie}"), bearer: format!("Authorization: Bearer {token}") }
    }

    async fn round(&self) -> Vec<(&'static str, Answers)> {
        let Self { node, cookie, bearer } = self;
        vec![
            ("bare", wrk(node, &node.url("/v1/bare"), None, SECONDS).await),
            ("cookie", wrk(node, &node.url("/v1/session"), Some(cookie), SECONDS).await),
            ("token", wrk(node, &node.url("/v1/token"), Some(bearer), SECONDS).await),
            ("401, unknown cookie", wrk(node, &node.url("/v1/session"), Some(PEER_UNKNOWN), SECONDS).await),
        ]
    }
}

pub(crate) async fn run(goals: &mut Goals) {
    let redis = RedisServer::start();
    let peer = Peer::new(&redis).await;
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
            add(&mut rows, setup.name, setup.round(round).await);
        }
        add(&mut rows, PEER, peer.round().await);
    }
    let mut first = 0.0;
    for row in &mut rows {
        // The first row of each setup is what the others are compared with.
        if ["constant", "bare"].contains(&row.what) {
            first = least(&row.cpu());
        }
        row.of_first = first / least(&row.cpu());
    }
    report(&rows, goals);
}

fn add(rows: &mut Vec<Row>, setup: &'static str, round: Vec<(&'static str, Answers)>) {
    for (what, answers) in round {
        match rows.iter_mut().find(|row| row.setup == setup && row.what == what) {
            Some(row) => row.rounds.push(answers),
            None => rows.push(Row { setup, what, rounds: vec![answers], of_first: 0.0 }),
        }
    }
}

fn report(rows: &[Row], goals: &mut Goals) {
    let mut table = Table::new(&["getSession", "requests/s", "processor time", "of the first"]);
    for row in rows {
        let what = format!("{}: {}", row.setup, row.what);
        let (rate, cpu) = (format!("{:.0}", row.rate()), format!("{:.1} µs", least(&row.cpu())));
        table.row([what, rate, cpu, format!("{:.2}", row.of_first)]);
    }
    table.print("## Requests a second, server on one core, load on the other");
    let cost = |setup, what| least(&rows.iter().find(|row| row.setup == setup && row.what == what).unwrap().cpu());
    for (what, of_constant, of_bare) in [("cookie", 0.95, 0.85), ("token", 0.92, 0.80)] {
        for setup in ["SQLite", "PostgreSQL, Redis"] {
            let (ours, name) = (cost(setup, what), format!("getSession by {what}, {setup}"));
            goals.judge(&format!("{name}, of the constant"), Bound::AtLeast(of_constant), "", cost(setup, "constant") / ours);
            goals.judge(&format!("{name}, of the framework alone"), Bound::AtLeast(of_bare), "", cost(PEER, "bare") / ours);
            goals.judge(&format!("{name}, processor time of the peer's"), Bound::AtMost(1.0), "", ours / cost(PEER, what));
        }
    }
    plot::write("verify", &plot::bars(rows));
}
