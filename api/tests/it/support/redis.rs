//! Redis servers for one test, on free ports. They stop with the test.

use std::{
    panic::Location,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use redis::{Client, RedisResult, Value};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::binary::free_port;

/// The timeout of `until`, longer than any wait of a test.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

pub struct RedisServer {
    pub port: u16,
    child: Child,
    folder: TempDir,
    arguments: Vec<String>,
}

impl RedisServer {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts with options such as `--cluster-enabled yes`.
    pub async fn with(arguments: &[&str]) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let child = spawn(port, folder.path(), &arguments);
        let server = Self { port, child, folder, arguments };
        server.until_up().await;
        server
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts again on the same port, empty.
    pub async fn restart(&mut self) {
        self.kill();
        self.child = spawn(self.port, self.folder.path(), &self.arguments);
        self.until_up().await;
    }

    /// Suspends the process: it accepts connections and does not answer.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Sends a command.
    pub async fn ask(&self, command: &[&[u8]]) -> RedisResult<Value> {
        ask(self.port, command).await
    }

    /// Sends a command, and returns the answer as text.
    pub async fn say(&self, command: &str) -> String {
        say(self.port, command).await
    }

    /// Makes the server refuse writes, because it cannot save its data.
    pub async fn break_saving(&self) {
        // A folder with the name of the dump makes saving fail.
        std::fs::create_dir(self.folder.path().join("dump.rdb")).unwrap();
        self.ask(&[b"CONFIG", b"SET", b"save", b"3600 1"]).await.unwrap();
        let _ = self.say("BGSAVE").await;
        until(async || self.say("INFO persistence").await.contains("rdb_last_bgsave_status:err")).await;
        assert!(self.ask(&[b"SET", b"a", b"b"]).await.is_err());
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    async fn until_up(&self) {
        until(async || self.say("PING").await == "PONG").await;
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(port: u16, folder: &Path, arguments: &[String]) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]).arg(folder);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("redis-server is installed")
}

async fn ask(port: u16, command: &[&[u8]]) -> RedisResult<Value> {
    let (name, arguments) = command.split_first().unwrap();
    let mut command = redis::cmd(std::str::from_utf8(name).unwrap());
    for argument in arguments {
        command.arg(*argument);
    }
    let mut connection = Client::open(("127.0.0.1", port))?.get_multiplexed_async_connection().await?;
    command.query_async(&mut connection).await
}

async fn say(port: u16, command: &str) -> String {
    let words: Vec<_> = command.split(' ').map(str::as_bytes).collect();
    match ask(port, &words).await {
        Ok(Value::BulkString(text)) => String::from_utf8(text).unwrap(),
        Ok(Value::SimpleString(text) | Value::VerbatimString { text, .. }) => text,
        other => format!("{other:?}"),
    }
}

/// Polls until a condition holds. A timeout fails the test and names the caller.
#[track_caller]
pub fn until(condition: impl AsyncFn() -> bool) -> impl Future<Output = ()> {
    let caller = Location::caller();
    async move {
        let polled = async {
            while !condition().await {
                sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(timeout(WAIT_TIMEOUT, polled).await.is_ok(), "the condition of {caller} does not become true");
    }
}

/// A primary, its replica, and three sentinels that watch them.
pub struct Sentinels {
    pub primary: RedisServer,
    pub replica: RedisServer,
    ports: Vec<u16>,
    children: Vec<Child>,
    _folder: TempDir,
}

impl Sentinels {
    pub async fn start() -> Self {
        let primary = RedisServer::start().await;
        let of = primary.port.to_string();
        let replica = RedisServer::with(&["--replicaof", &format!("127.0.0.1 {of}")]).await;
        until(async || replica.say("INFO replication").await.contains("master_link_status:up")).await;
        let folder = tempfile::tempdir().unwrap();
        let ports: Vec<_> = (0..3).map(|_| free_port()).collect();
        let children = ports.iter().map(|port| {
            let file = folder.path().join(format!("{port}.conf"));
            let text = format!(
                "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor main 127.0.0.1 {of} 2\nsentinel down-after-milliseconds main 500\n\
                 sentinel failover-timeout main 3000\n",
                folder.path().display()
            );
            std::fs::write(&file, text).unwrap();
            let mut command = Command::new("redis-server");
            command.arg(file).arg("--sentinel").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        });
        let sentinels = Self { children: children.collect(), primary, replica, ports, _folder: folder };
        for port in &sentinels.ports {
            until(async || say(*port, "INFO sentinel").await.contains("slaves=1,sentinels=3")).await;
        }
        sentinels
    }

    /// Suspends the first sentinels.
    pub fn freeze(&self, sentinels: usize) {
        for child in &self.children[..sentinels] {
            assert!(Command::new("kill").args(["-STOP", &child.id().to_string()]).status().unwrap().success());
        }
    }

    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("redis+sentinel://{}/main", hosts.join(","))
    }
}

impl Drop for Sentinels {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Three primaries, each with a replica.
pub struct Cluster(pub Vec<RedisServer>);

impl Cluster {
    pub async fn start() -> Self {
        let mut nodes = Vec::new();
        let options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-replica-validity-factor", "0"];
        for _ in 0..6 {
            nodes.push(RedisServer::with(&options).await);
        }
        let hosts: Vec<_> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        let mut command = Command::new("redis-cli");
        command.args(["--cluster", "create"]).args(hosts).args(["--cluster-replicas", "1", "--cluster-yes"]);
        let made = command.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        for node in &nodes {
            until(async || node.say("CLUSTER INFO").await.contains("cluster_state:ok")).await;
        }
        Self(nodes)
    }

    /// The index of a primary. On a slow disk replicas may have taken over already.
    pub async fn primary(&self) -> usize {
        for (at, node) in self.0.iter().enumerate() {
            if node.say("INFO replication").await.contains("role:master") {
                return at;
            }
        }
        panic!("there is no primary");
    }

    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.0.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        format!("redis+cluster://{}", hosts.join(","))
    }
}
