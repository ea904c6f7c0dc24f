//! Chromium, driven over a pair of pipes (`--remote-debugging-pipe`): no port is open, and no other program can drive it.

use std::{
    collections::VecDeque,
    env, fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{LookError, Visit};

const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];

/// It hears on descriptor 3 and speaks on descriptor 4.
const WITH_PIPES: &str = r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;

/// How long it may take for what it does at once, on a busy machine, its start included.
const COMMAND: Duration = Duration::from_secs(30);

/// A browser that runs, with a profile that is forgotten with it.
pub(super) struct Browser {
    child: Child,
    profile: PathBuf,
    program: String,
    to: ChildStdin,
    from: Receiver<Value>,
    /// Events that came while an answer was awaited.
    events: VecDeque<Value>,
    asked: u64,
}

impl Browser {
    pub(super) fn start(visit: &Visit) -> Result<Self, LookError> {
        let program = find()?;
        let profile = env::temp_dir().join(format!("bifrons-doctor-{}", std::process::id()));
        fs::create_dir_all(&profile)?;
        let mut child = Command::new("/bin/sh")
            .args(["-c", WITH_PIPES, "sh", &program])
            .args(switches(visit))
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(LookError::Ended(program));
        };
        let (heard, receiver) = channel();
        thread::spawn(move || {
            let messages = BufReader::new(from).split(0);
            for message in messages.map_while(Result::ok) {
                let Ok(value) = serde_json::from_slice(&message) else { continue };
                if heard.send(value).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, profile, program, to, from: receiver, events: VecDeque::new(), asked: 0 })
    }

    /// Gives a command, and waits for its answer.
    pub(super) fn ask(&mut self, session: Option<&str>, method: &str, params: &Value) -> Result<Value, LookError> {
        let until = Instant::now() + COMMAND;
        self.asked += 1;
        let mut command = json!({ "id": self.asked, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        self.to.write_all(format!("{command}\0").as_bytes())?;
        loop {
            let message = self.hear(until)?.ok_or_else(|| LookError::Silent { program: self.program.clone(), limit: COMMAND })?;
            if message["id"] == self.asked {
                return Ok(message["result"].clone());
            }
            self.events.push_back(message);
        }
    }

    /// The next event. None: there was none in time.
    pub(super) fn event(&mut self, until: Instant) -> Result<Option<Value>, LookError> {
        match self.events.pop_front() {
            Some(event) => Ok(Some(event)),
            None => self.hear(until),
        }
    }

    fn hear(&self, until: Instant) -> Result<Option<Value>, LookError> {
        match self.from.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(message) => Ok(Some(message)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(LookError::Ended(self.program.clone())),
        }
    }
}

/// How long it may take to close.
const CLOSE: Duration = Duration::from_secs(3);

impl Drop for Browser {
    fn drop(&mut self) {
        // Best effort: what is left is a profile without data, in the folder for such files.
        let until = Instant::now() + CLOSE;
        self.asked += 1;
        let close = json!({ "id": self.asked, "method": "Browser.close" });
        let _ = self.to.write_all(format!("{close}\0").as_bytes());
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

fn find() -> Result<String, LookError> {
    if let Some(named) = env::var_os("CHROMIUM_BIN") {
        return Ok(named.to_string_lossy().into_owned());
    }
    let folders: Vec<_> = env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    let mut programs = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = programs.find(|program| program.is_file());
    found.map(|program| program.to_string_lossy().into_owned()).ok_or_else(|| LookError::NoBrowser(NAMES.join(", ")))
}

fn switches(visit: &Visit) -> Vec<String> {
    let mut switches: Vec<String> = [
        "--headless=new",
        "--remote-debugging-pipe",
        "--no-first-run",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    .map(str::to_owned)
    .into();
    // Chromium refuses to sandbox what the superuser starts.
    if is_superuser() {
        switches.push("--no-sandbox".to_owned());
    }
    if visit.own_authority {
        switches.push("--ignore-certificate-errors".to_owned());
    }
    if let Some(connect) = visit.connect {
        let host = visit.api.as_str().split_once("://").map_or("", |(_, host)| host);
        let named =
            if host.contains(':') { host.to_owned() } else { format!("{host}:{}", if visit.api.is_secure() { 443 } else { 80 }) };
        // Other names are at the same host.
        switches.push(format!("--host-resolver-rules=MAP {named} {connect}, MAP * {}", connect.ip()));
    }
    switches
}

fn is_superuser() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // Its own process belongs to its user.
        fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
    }
    #[cfg(not(unix))]
    false
}
