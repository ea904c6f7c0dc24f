//! Chromium, driven over a pair of pipes (`--remote-debugging-pipe`): no port is open, and no other program can drive it.

use std::{
    collections::VecDeque,
    env,
    fs::Permissions,
    io::{BufRead, BufReader, Write},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, getuid, kill_process_group};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{LookError, Stop, Visit};

const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];

/// The browser hears on descriptor 3 and speaks on descriptor 4. It ends when its pipe closes, so with the doctor, however that ends;
/// the shell then removes the profile (`$0`). Processes of the browser may outlive it for a moment, and still write there.
const WITH_PIPES: &str = r#"trap : HUP INT TERM
"$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1
for _ in 1 2 3 4 5 6 7 8 9; do rm -rf -- "$0" && break; sleep 0.2; done 2>/dev/null"#;

/// How long it may take for what it does at once, on a busy machine, its start included.
const COMMAND: Duration = Duration::from_secs(30);

/// A browser that runs, with a profile that is forgotten with it.
pub(super) struct Browser {
    /// The shell, which leads a group of processes with the browser: signals of the terminal reach the doctor alone.
    child: Child,
    /// It holds the session. No other user may look into it, or put it there before.
    _profile: TempDir,
    program: String,
    stop: Stop,
    to: ChildStdin,
    from: Receiver<Value>,
    /// Events that came while an answer was awaited.
    events: VecDeque<Value>,
    asked: u64,
}

impl Browser {
    pub(super) fn start(visit: &Visit, stop: &Stop) -> Result<Self, LookError> {
        let program = find()?;
        let own = Permissions::from_mode(0o700);
        let profile = tempfile::Builder::new().prefix("bifrons-doctor-").permissions(own).tempdir()?;
        let mut child = Command::new("/bin/sh")
            .args(["-c", WITH_PIPES])
            .arg(profile.path())
            .arg(&program)
            .args(switches(visit))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .process_group(0)
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
        let stop = stop.clone();
        Ok(Self { child, _profile: profile, program, stop, to, from: receiver, events: VecDeque::new(), asked: 0 })
    }

    /// Gives a command, and waits for its answer.
    pub(super) fn ask(&mut self, session: Option<&str>, method: &str, params: &Value) -> Result<Value, LookError> {
        let answer = self.ask_until(Instant::now() + COMMAND, session, method, params)?;
        answer.ok_or_else(|| LookError::Silent { program: self.program.clone(), limit: COMMAND })
    }

    /// The same with a command that waits for the page. None: it was not answered in time.
    pub(super) fn ask_until(
        &mut self,
        until: Instant,
        session: Option<&str>,
        method: &str,
        params: &Value,
    ) -> Result<Option<Value>, LookError> {
        let id = self.send(session, method, params)?;
        loop {
            let Some(message) = self.hear(until)? else { return Ok(None) };
            if message["id"] == id {
                return Ok(Some(message["result"].clone()));
            }
            self.events.push_back(message);
        }
    }

    fn send(&mut self, session: Option<&str>, method: &str, params: &Value) -> Result<u64, LookError> {
        self.asked += 1;
        let mut command = json!({ "id": self.asked, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        self.to.write_all(format!("{command}\0").as_bytes())?;
        Ok(self.asked)
    }

    /// The next event. None: there was none in time.
    pub(super) fn event(&mut self, until: Instant) -> Result<Option<Value>, LookError> {
        match self.events.pop_front() {
            Some(event) => Ok(Some(event)),
            None => self.hear(until),
        }
    }

    /// An event that came already.
    pub(super) fn waiting(&mut self) -> Option<Value> {
        self.events.pop_front()
    }

    /// The next message. Dialogs of the page are confirmed, as it waits for that.
    fn hear(&mut self, until: Instant) -> Result<Option<Value>, LookError> {
        loop {
            if self.stop.is_demanded() {
                return Err(LookError::Stopped);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            match self.from.recv_timeout(left.min(NOTICE)) {
                Ok(message) if message["method"] == "Page.javascriptDialogOpening" => {
                    self.send(message["sessionId"].as_str(), "Page.handleJavaScriptDialog", &json!({ "accept": true }))?;
                }
                Ok(message) => return Ok(Some(message)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(LookError::Ended(self.program.clone())),
            }
        }
    }
}

/// How long the demand to stop may go unnoticed.
const NOTICE: Duration = Duration::from_millis(50);

/// How long it may take to close.
const CLOSE: Duration = Duration::from_secs(3);

impl Drop for Browser {
    fn drop(&mut self) {
        let until = Instant::now() + CLOSE;
        let _ = self.send(None, "Browser.close", &json!({}));
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(20));
        }
        // The shell has removed the profile. If it still waits for the browser, both are ended, and what is left is removed here.
        if let (Ok(None), Some(group)) = (self.child.try_wait(), i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
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
    if getuid().is_root() {
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
