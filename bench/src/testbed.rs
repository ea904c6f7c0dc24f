//! What a suite on `bifrons-testbed` costs: the start, a reset, eight workers at once, tests of a sign-in.

use std::{
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Child,
};

use crate::{
    cores::BOTH,
    goals::{Bound, Goals},
    node::{client, on, post},
    stats::median,
    table::Table,
};

const STARTS: usize = 11;
const RESETS: usize = 50;
const WORKERS: usize = 8;
const TESTS: usize = 100;

pub(crate) async fn run(goals: &mut Goals) {
    let [mut starts, mut resets]: [Vec<f64>; 2] = Default::default();
    for _ in 0..STARTS {
        starts.push(millis(Testbed::start()).await.0);
    }
    let (_, testbed) = millis(Testbed::start()).await;
    for _ in 0..RESETS {
        resets.push(millis(testbed.reset()).await.0);
    }
    let (alone, ()) = millis(testbed.suite()).await;
    let (together, workers) = millis(join_all((0..WORKERS).map(|_| Testbed::start()))).await;
    let (at_once, _) = millis(join_all(workers.iter().map(Testbed::suite))).await;

    let mut table = Table::new(&["testbed", ""]);
    for (what, ms) in [
        ("start until it is ready".to_owned(), median(&starts)),
        ("reset".to_owned(), median(&resets)),
        (format!("{TESTS} tests of a sign-in"), alone),
        (format!("{WORKERS} starts at once, until all are ready"), together),
        (format!("{WORKERS} workers at once, {TESTS} tests of a sign-in each"), at_once),
    ] {
        table.row([what, format!("{ms:.1} ms")]);
    }
    table.print("## The testbed, on two cores");
    goals.judge("testbed: start until it is ready", Bound::AtMost(100.0), "ms", median(&starts));
    goals.judge("testbed: reset", Bound::AtMost(10.0), "ms", median(&resets));
    goals.judge("testbed: 100 tests of a sign-in", Bound::AtMost(5.0), "s", alone / 1000.0);
    goals.judge("testbed: 8 starts at once, until all are ready", Bound::AtMost(800.0), "ms", together);
    goals.judge("testbed: 8 workers at once, 100 tests of a sign-in each", Bound::AtMost(5.0), "s", at_once / 1000.0);
}

async fn millis<T>(work: impl Future<Output = T>) -> (f64, T) {
    let began = Instant::now();
    let done = work.await;
    (began.elapsed().as_secs_f64() * 1000.0, done)
}

/// The binary in the same folder: `make bench` builds both.
fn path() -> PathBuf {
    let path = std::env::current_exe().unwrap().with_file_name("bifrons-testbed");
    assert!(path.exists(), "run by `make bench`, which builds {}", path.display());
    path
}

struct Testbed {
    /// Killed when it is dropped: the next one removes its folder.
    _process: Child,
    ready: Value,
    http: Client,
}

impl Testbed {
    async fn start() -> Self {
        let mut command = on(BOTH, &path());
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not ready: {line}"));
        Self { _process: process, ready, http: client().timeout(Duration::from_secs(30)).build().unwrap() }
    }

    fn given(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    async fn control(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.given("control"))).bearer_auth(self.given("token"));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    async fn reset(&self) {
        self.control("/reset", &Value::Null).await;
    }

    /// Tests of a sign-in: a reset, a user, a sign-in with the password, a request with the cookie.
    async fn suite(&self) {
        for _ in 0..TESTS {
            self.reset().await;
            let user = self.control("/users", &json!({})).await;
            let session = format!("{}/v1/session", self.given("url"));
            let body = json!({ "email": user["email"], "password": user["password"] });
            let signed_in = post(&self.http, &session, &body).await;
            let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
            let read = self.http.get(session).header("cookie", cookie).send().await.unwrap();
            assert_eq!(read.status(), 200);
        }
    }
}
