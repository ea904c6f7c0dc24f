//! Processes under measurement.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// One process of the service.
pub(crate) struct Node {
    process: tokio::process::Child,
    ports: Vec<u16>,
    http: reqwest::Client,
}

impl Node {
    /// On some cores, in a folder.
    pub(crate) async fn start(cores: &str, folder: &Path, environment: &[(&str, String)]) -> Self {
        let mut command = tokio::process::Command::new("taskset");
        command.args(["-c", cores]).arg(std::env::current_exe().unwrap()).arg("serve");
        command.env("BIFRONS_DATA_DIR", folder).env("BIFRONS_PASSWORDS__WORKERS", "1").envs(environment.iter().cloned());
        let mut process = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("taskset is installed");
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).await.unwrap();
        let ports = line.split_whitespace().map(|port| port.parse().unwrap()).collect();
        Self { process, ports, http: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[0])
    }

    pub(crate) fn constant(&self) -> String {
        format!("http://127.0.0.1:{}/v1/constant", self.ports[1])
    }

    /// Signs Ada up, and in both ways: the cookie, and what `issueTokens` answers.
    pub(crate) async fn sign_in(&self) -> (String, Value) {
        let body = json!({"email": EMAIL, "password": PASSWORD});
        self.post("/v1/users", &body).await;
        let signed_in = self.post("/v1/session", &body).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let tokens = self.post("/v1/tokens", &body).await.text().await.unwrap();
        (cookie, serde_json::from_str(&tokens).unwrap())
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        let request = self.http.post(self.url(path)).header("content-type", "application/json").body(body.to_string());
        request.send().await.unwrap()
    }

    /// The status of `getSession`, or of `signOut`.
    pub(crate) async fn ask(&self, method: reqwest::Method, cookie: &str) -> u16 {
        self.http.request(method, self.url("/v1/session")).header("cookie", cookie).send().await.unwrap().status().as_u16()
    }

    /// One sample of `/metrics`.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let url = format!("http://127.0.0.1:{}/metrics", self.ports[2]);
        let text = self.http.get(url).send().await.unwrap().text().await.unwrap();
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or(0.0)
    }

    /// Sessions that were read from Redis or from the database, and all that were read.
    pub(crate) async fn reads(&self) -> (f64, f64) {
        let from = async |source: &str| self.metric(&format!("bifrons_session_reads_total{{source=\"{source}\"}}")).await;
        let stores = from("redis").await + from("sql").await;
        (stores, stores + from("process").await)
    }

    /// Resident memory in KiB.
    pub(crate) fn memory(&self) -> f64 {
        // taskset becomes the service: the process is the same.
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

/// A Redis of the bench's own.
pub(crate) struct RedisServer {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl RedisServer {
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]).arg(folder.path());
        let child = command.stdout(Stdio::null()).spawn().expect("redis-server is installed");
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::yield_now();
        }
        Self { child, port, _folder: folder }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Bytes in use, and how many keys.
    pub(crate) fn used(&self) -> (f64, u64) {
        let mut connection = redis::Client::open(self.url()).unwrap().get_connection().unwrap();
        let info: String = redis::cmd("INFO").arg("memory").query(&mut connection).unwrap();
        let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap().trim().parse().unwrap();
        (used, redis::cmd("DBSIZE").query(&mut connection).unwrap())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
