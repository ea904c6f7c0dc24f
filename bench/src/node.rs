//! Processes under measurement.

use std::{fs, path::Path, process::Stdio};

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{cpu, redis_server::RedisServer};

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Nodes on one database need the same server secret. It protects nothing.
const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// One process of the service.
pub(crate) struct Node {
    process: Child,
    ports: Vec<u16>,
    pub(crate) http: Client,
}

impl Node {
    /// Starts a node on these cores, with one password worker, in a folder.
    pub(crate) async fn start(cores: &str, folder: &Path, environment: &[(&str, String)]) -> Self {
        let mut command = on(cores, &std::env::current_exe().unwrap());
        command.arg("serve");
        command.env("BIFRONS_DATA_DIR", folder).env("BIFRONS_PASSWORDS__WORKERS", "1").env("BIFRONS_TOKENS__SECRETS", SECRET);
        command.envs(environment.iter().cloned());
        Self::spawn(command).await
    }

    /// Starts the service that a team would write without this one: see `bench/peer`.
    pub(crate) async fn peer(cores: &str, redis: &RedisServer) -> Self {
        let file = std::env::var_os("PEER").expect("PEER names the binary of bench/peer, as make bench builds it");
        let mut command = on(cores, Path::new(&file));
        command.env("REDIS_URL", redis.url());
        Self::spawn(command).await
    }

    async fn spawn(mut command: Command) -> Self {
        // The log is written, because that is part of the cost, and discarded.
        command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn().expect("taskset is installed");
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).await.unwrap();
        let ports = line.split_whitespace().map(|port| port.parse().unwrap()).collect();
        Self { process, ports, http: client().build().unwrap() }
    }

    /// Ends the process and waits for it.
    pub(crate) async fn stop(mut self) {
        self.process.kill().await.unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[0])
    }

    pub(crate) fn address(&self) -> (&str, u16) {
        ("127.0.0.1", self.ports[0])
    }

    pub(crate) fn constant(&self) -> String {
        format!("http://127.0.0.1:{}/v1/constant", self.ports[1])
    }

    /// Signs Ada up, and in with both modes: the cookie, and the tokens.
    pub(crate) async fn sign_in(&self) -> (String, Value) {
        let body = json!({"email": EMAIL, "password": PASSWORD});
        self.post("/v1/users", &body).await;
        let signed_in = self.post("/v1/session", &body).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let body = json!({"email": EMAIL, "password": PASSWORD, "mode": "token"});
        let signed_in = self.post("/v1/session", &body).await.text().await.unwrap();
        let signed_in: Value = serde_json::from_str(&signed_in).unwrap();
        (cookie, signed_in["tokens"].clone())
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        post(&self.http, &self.url(path), body).await
    }

    /// The status of `getSession`, or of `signOut`.
    pub(crate) async fn ask(&self, method: Method, cookie: &str) -> u16 {
        self.http.request(method, self.url("/v1/session")).header("cookie", cookie).send().await.unwrap().status().as_u16()
    }

    /// One sample of `/metrics`.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let url = format!("http://127.0.0.1:{}/metrics", self.ports[2]);
        let text = self.http.get(url).send().await.unwrap().text().await.unwrap();
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or(0.0)
    }

    /// Resident memory in MiB: now, and the peak since [`Node::forget_peak`].
    pub(crate) fn memory(&self) -> (f64, f64) {
        memory(self.id())
    }

    /// Seconds of processor time so far.
    pub(crate) fn cpu(&self) -> f64 {
        cpu::seconds(self.id())
    }

    pub(crate) fn forget_peak(&self) {
        fs::write(format!("/proc/{}/clear_refs", self.id()), "5").unwrap();
    }

    fn id(&self) -> u32 {
        // taskset replaces itself with the service: the process id is the same.
        self.process.id().unwrap()
    }
}

/// A command on these cores.
pub(crate) fn on(cores: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", cores]).arg(program);
    command
}

/// A client that ignores the environment's proxy.
pub(crate) fn client() -> reqwest::ClientBuilder {
    Client::builder().no_proxy()
}

pub(crate) async fn post(http: &Client, url: &str, body: &Value) -> Response {
    http.post(url).header("content-type", "application/json").body(body.to_string()).send().await.unwrap()
}

/// Resident memory of a process in MiB: now, and its peak.
pub(crate) fn memory(process: u32) -> (f64, f64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let of = |name: &str| -> f64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    };
    (of("VmRSS:"), of("VmHWM:"))
}
