//! The service as a process of its own: the real binary, started on a free port as an operator starts it.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::Actor;

pub struct Process {
    child: Child,
    pub port: u16,
}

/// The command without the environment of the test run.
pub fn bifrons(folder: &Path) -> Command {
    command(&[], folder)
}

fn command(by: &[&str], folder: &Path) -> Command {
    let mut words = by.iter().copied().chain([env!("CARGO_BIN_EXE_bifrons")]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).env_clear().current_dir(folder).stdin(Stdio::null());
    command
}

pub fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    bifrons(folder).args(arguments).envs(environment.iter().copied()).output().unwrap()
}

/// Expects this exit code, and a sentence on standard error that is no panic: as text from a command, as JSON from the service. Returns
/// all that was said, as text.
#[track_caller]
pub fn refuses(output: &Output, code: i32, sentence: &str) -> String {
    let written = String::from_utf8_lossy(&output.stderr);
    let said: Vec<_> = written.lines().map(sentence_of).collect();
    assert_eq!(output.status.code(), Some(code), "{written}");
    assert!(said.iter().any(|line| line.starts_with("bifrons: ")), "{written}");
    let said = said.join("\n");
    assert!(said.contains(sentence), "{written}");
    assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
    said
}

/// A line as a command prints it.
fn sentence_of(line: &str) -> String {
    let Ok(line) = serde_json::from_str::<Value>(line) else { return line.to_owned() };
    assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    let text = |member: &str| line[member].as_str().map(str::to_owned);
    match (line["level"].as_str(), text("key"), text("error")) {
        (Some("ERROR"), Some(key), Some(error)) => format!("bifrons: {}: {key}: {error}", text("message").unwrap_or_default()),
        (Some("ERROR"), None, Some(error)) => format!("bifrons: {error}"),
        _ => text("message").unwrap_or_default(),
    }
}

/// Runs `serve` with a configuration with which it cannot start.
pub fn serve(folder: &Path, environment: &[(&str, &str)]) -> Output {
    run(folder, &[], environment)
}

/// A free port. It lies below the system's ephemeral ports, so that no connection takes it before the test does. The port 10,000 above
/// is free too: the nodes of a Redis cluster use it among themselves.
pub fn free_port() -> u16 {
    let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    loop {
        let port = 10_000 + u16::from_be_bytes(bifrons::random::bytes()) % 10_000;
        if is_free(port) && is_free(port + 10_000) {
            return port;
        }
    }
}

impl Process {
    /// Starts the service in `folder` and waits until it prints its address. The log goes to the file `log` in that folder.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// Like `start`, with these environment variables.
    pub fn start_with(folder: &Path, environment: &[(&str, &str)]) -> Self {
        Self::start_under(&[], folder, environment)
    }

    /// Like `start_with`, by a command that executes the binary.
    pub fn start_under(by: &[&str], folder: &Path, environment: &[(&str, &str)]) -> Self {
        Self::spawn(command(by, folder), folder, environment)
    }

    /// `bifrons serve --no-migrate`
    pub fn start_without_migrating(folder: &Path) -> Self {
        let mut command = command(&[], folder);
        command.args(["serve", "--no-migrate"]);
        Self::spawn(command, folder, &[])
    }

    /// Like `start_with`, with the binary of another version.
    pub fn start_binary(binary: &Path, folder: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary);
        command.env_clear().current_dir(folder).stdin(Stdio::null());
        Self::spawn(command, folder, environment)
    }

    fn spawn(mut command: Command, folder: &Path, environment: &[(&str, &str)]) -> Self {
        let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
        command.env("BIFRONS_LISTEN", "127.0.0.1:0").env("BIFRONS_LOG__LEVEL", "debug").envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut banner = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut banner).unwrap();
        let port = banner.trim_end().rsplit_once("listening on 127.0.0.1:").and_then(|(_, port)| port.parse().ok());
        let log = || fs::read_to_string(folder.join("log")).unwrap();
        let port = port.unwrap_or_else(|| panic!("{banner}{}", log()));
        Self { child, port }
    }

    pub fn client(&self) -> Actor {
        Actor::new(format!("http://127.0.0.1:{}", self.port))
    }

    /// Resident memory now, in KiB.
    pub fn memory(&self) -> u64 {
        self.of_status("VmRSS:")
    }

    /// The peak of resident memory, in KiB.
    pub fn most_memory(&self) -> u64 {
        self.of_status("VmHWM:")
    }

    fn of_status(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Processor time so far.
    pub fn cpu_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, after_name) = stat.rsplit_once(") ").unwrap();
        let ticks: u64 = after_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// A path as the process sees it: it may have mounts of its own.
    pub fn seen(&self, path: &Path) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}", self.child.id(), path.display()))
    }

    /// The limit of open files.
    pub fn file_limit(&self) -> u64 {
        let limits = fs::read_to_string(format!("/proc/{}/limits", self.child.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        line.split_whitespace().nth(3).unwrap().parse().unwrap()
    }

    pub fn limit_files(&self, soft: u64) {
        let (pid, limit) = (self.child.id().to_string(), format!("--nofile={soft}:"));
        assert!(Command::new("prlimit").args(["--pid", &pid, &limit]).status().unwrap().success());
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// SIGHUP.
    pub fn hang_up(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    }

    /// SIGTERM, then the exit status.
    pub fn stop(&mut self) -> ExitStatus {
        self.terminate();
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(asked.elapsed() < Duration::from_secs(20), "the service does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
