//! The release binary: its size, its start time, and its memory at rest.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    cores::BOTH,
    goals::{Bound, Goals},
    node::{EMAIL, PASSWORD, memory},
    stats::median,
    table::Table,
};

const STARTS: usize = 11;

pub(crate) fn run(goals: &mut Goals) {
    let [mut first, mut again, mut idle]: [Vec<f64>; 3] = Default::default();
    for _ in 0..STARTS {
        let folder = tempfile::tempdir().unwrap();
        first.push(Bifrons::start(folder.path()).answered_after);
        let bifrons = Bifrons::start(folder.path());
        again.push(bifrons.answered_after);
        sleep(Duration::from_millis(500));
        idle.push(memory(bifrons.process.id()).0);
    }
    let folder = tempfile::tempdir().unwrap();
    let bifrons = Bifrons::start(folder.path());
    let body = format!(r#"{{"email":"{EMAIL}","password":"{PASSWORD}"}}"#);
    let answer = bifrons.ask(&format!(
        "POST /v1/users HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert!(answer.is_some_and(|answer| answer.starts_with("HTTP/1.1 201")));
    sleep(Duration::from_secs(13));
    let (after, peak) = memory(bifrons.process.id());
    let size = path().metadata().unwrap().len() as f64 / 1024.0 / 1024.0;

    let mut table = Table::new(&["release binary", ""]);
    for (what, value, unit) in [
        ("size, stripped", size, "MiB"),
        ("first start to first answer (creates keys and database, runs all migrations)", median(&first), "ms"),
        ("start to first answer", median(&again), "ms"),
        ("memory at rest", median(&idle), "MiB"),
        ("memory during a sign-up", peak, "MiB"),
        ("memory 13 s later", after, "MiB"),
    ] {
        table.row([what.to_owned(), format!("{value:.1} {unit}")]);
    }
    table.print("## The process");
    goals.judge("size of the binary", Bound::AtMost(25.0), "MiB", size);
    goals.judge("first start to first answer", Bound::AtMost(150.0), "ms", median(&first));
    goals.judge("start to first answer", Bound::AtMost(150.0), "ms", median(&again));
    goals.judge("memory at rest", Bound::AtMost(25.0), "MiB", median(&idle).max(after));
}

/// The binary in the same folder: `make bench` builds both.
fn path() -> PathBuf {
    let path = std::env::current_exe().unwrap().with_file_name("bifrons");
    assert!(path.exists(), "run by `make bench`, which builds {}", path.display());
    path
}

struct Bifrons {
    process: Child,
    port: u16,
    answered_after: f64,
}

impl Bifrons {
    fn start(folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("taskset");
        command.args(["-c", BOTH]).arg(path()).env("BIFRONS_DATA_DIR", folder).env("BIFRONS_LISTEN", format!("127.0.0.1:{port}"));
        let began = Instant::now();
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut bifrons = Self { process, port, answered_after: 0.0 };
        while bifrons.ask("GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").is_none() {
            sleep(Duration::from_micros(200));
        }
        bifrons.answered_after = began.elapsed().as_secs_f64() * 1000.0;
        bifrons
    }

    fn ask(&self, request: &str) -> Option<String> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        connection.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).ok()?;
        (!answer.is_empty()).then_some(answer)
    }
}

impl Drop for Bifrons {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
