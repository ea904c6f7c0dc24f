//! The service as its own process: the real binary, started as a person would, on a free port.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

use super::Actor;

pub struct Process {
    child: Child,
    pub port: u16,
}

/// The command with nothing of this test run's environment.
pub fn bifrons(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bifrons"));
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command
}

pub fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    bifrons(folder).args(arguments).envs(environment.iter().copied()).output().unwrap()
}

/// One sentence on standard error, this exit code, nothing on standard output.
#[track_caller]
pub fn refuses(output: &Output, code: i32, sentence: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(sentence) && said.starts_with("bifrons: "), "{said}");
    assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
}

/// Starts it where it is not meant to run for long.
pub fn serve(folder: &Path, environment: &[(&str, &str)]) -> Output {
    run(folder, &[], environment)
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Process {
    /// Starts it in `folder` and waits until it says where it listens. Its log goes to `log` there.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// The same, with some of its environment.
    pub fn start_with(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let port = free_port();
        let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
        let mut command = bifrons(folder);
        command
            .env("BIFRONS_LISTEN", format!("127.0.0.1:{port}"))
            .env("BIFRONS_LOG__LEVEL", "debug")
            .envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut banner = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut banner).unwrap();
        assert!(
            banner.contains(&format!("listening on 127.0.0.1:{port}")),
            "{banner}{}",
            fs::read_to_string(folder.join("log")).unwrap()
        );
        Self { child, port }
    }

    pub fn someone(&self) -> Actor {
        Actor::new(format!("http://127.0.0.1:{}", self.port))
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

    /// SIGTERM, and how it ended.
    pub fn stop(&mut self) -> ExitStatus {
        self.terminate();
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(asked.elapsed() < Duration::from_secs(20), "it does not stop");
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
