//! The process: it starts the testbed, prints the line of JSON, runs the command, and removes the folder at the end.

use std::{
    error::Error,
    ffi::OsString,
    io::{self, Read, Write},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::Path,
    process::{Child, Command, ExitCode, ExitStatus},
    sync::Arc,
    time::{Duration, Instant},
};

use aws_lc_rs::rand;
use bifrons::{clock::rfc_3339, version::VERSION};
use data_encoding::HEXLOWER;
use rustix::process::{Pid, Signal, getppid, kill_process, set_parent_process_death_signal};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    signal::unix::{self, SignalKind},
};
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

use crate::{arguments::Arguments, control, folder::Folder, recorder::Recorder, testbed::Testbed};

/// How long the end of the process waits for the work of other threads.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(1);

type Failure = Box<dyn Error + Send + Sync>;

/// Serves until a signal, the end of the command, or the end of standard input.
pub(crate) fn run(arguments: &Arguments, begun: Instant) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Before the folder exists: an early signal must not leave it behind.
    let signals = runtime.block_on(async { Signals::listen() })?;
    let folder = Folder::open()?;
    let ended = runtime.block_on(serve(arguments, folder.path(), begun, signals));
    // What writes into the folder must end before its removal.
    runtime.shutdown_timeout(SHUTDOWN_WITHIN);
    folder.close()?;
    ended
}

async fn serve(arguments: &Arguments, folder: &Path, begun: Instant, mut signals: Signals) -> Result<ExitCode, Failure> {
    let recorder = Recorder::default();
    tracing_subscriber::registry().with(recorder.clone()).try_init()?;
    let testbed = Testbed::start(arguments, folder, recorder).await.map_err(|error| error.to_string())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let control = format!("http://{}", listener.local_addr()?);
    let token = random_token()?;
    tokio::spawn(control::serve(listener, Arc::clone(&testbed), token.clone()));
    let ready = json!({
        "mode": "testbed",
        "url": testbed.state.config.public_url.as_str(),
        "control": control,
        "token": token,
        "now": rfc_3339(testbed.state.clock.now()),
        "version": VERSION,
        "pid": std::process::id(),
        "ready_ms": u64::try_from(begun.elapsed().as_millis())?,
    });
    if arguments.json || arguments.command.is_empty() {
        let mut out = io::stdout().lock();
        writeln!(out, "{ready}")?;
        out.flush()?;
    }
    let ended = async {
        if arguments.command.is_empty() {
            signals.next().await;
            return Ok(ExitCode::SUCCESS);
        }
        let child = spawn(&arguments.command, &ready)?;
        wait(child, &mut signals).await
    };
    tokio::select! {
        ended = ended => ended,
        () = stdin_closes(arguments.until_stdin_closes) => Ok(ExitCode::SUCCESS),
    }
}

/// 32 random bytes, in hexadecimal.
fn random_token() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| "the operating system gives no randomness")?;
    Ok(HEXLOWER.encode(&bytes))
}

/// Starts the command through this program, so that the system ends the command with this process, even if this process is killed.
fn spawn(command: &[OsString], ready: &Value) -> Result<Child, Failure> {
    let given = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
    let mut child = Command::new(std::env::current_exe()?);
    child.arg("--run-for").arg(std::process::id().to_string()).arg("--").args(command);
    child.env("BIFRONS_URL", given("url")).env("BIFRONS_CONTROL", given("control")).env("BIFRONS_CONTROL_TOKEN", given("token"));
    Ok(child.spawn()?)
}

/// Becomes the command. The system ends it together with the process of the given id, its parent.
pub(crate) fn run_for(parent: i32, command: &[OsString]) -> Result<ExitCode, Failure> {
    set_parent_process_death_signal(Some(Signal::TERM))?;
    // The parent may have ended before the call above.
    if getppid().map(Pid::as_raw_nonzero).is_none_or(|pid| pid.get() != parent) {
        return Ok(ExitCode::FAILURE);
    }
    let (program, arguments) = command.split_first().ok_or("there is no command")?;
    let error = Command::new(program).args(arguments).exec();
    Err(format!("cannot run {}: {error}", program.display()).into())
}

/// Waits for the command, passes signals on to it, and returns its status.
async fn wait(mut child: Child, signals: &mut Signals) -> Result<ExitCode, Failure> {
    let pid = Pid::from_child(&child);
    let mut ended = tokio::task::spawn_blocking(move || child.wait());
    loop {
        tokio::select! {
            status = &mut ended => return Ok(code_of(status??)),
            // An error means that the command has just ended.
            signal = signals.next() => drop(kill_process(pid, signal)),
        }
    }
}

/// The status of the command, or 128 plus the number of its signal, as in a shell.
fn code_of(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Resolves when standard input closes; never without `--until-stdin-closes`.
async fn stdin_closes(is_asked: bool) {
    if is_asked {
        let (closed, waiting) = tokio::sync::oneshot::channel::<()>();
        // A read that blocks in the runtime would keep the process from ending, so it has a thread of its own.
        std::thread::spawn(move || {
            let _ = io::stdin().read_to_end(&mut Vec::new());
            drop(closed);
        });
        let _ = waiting.await;
    } else {
        std::future::pending::<()>().await;
    }
}

/// The signals that end a process.
struct Signals([(unix::Signal, Signal); 4]);

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self([
            (unix::signal(SignalKind::terminate())?, Signal::TERM),
            (unix::signal(SignalKind::interrupt())?, Signal::INT),
            (unix::signal(SignalKind::hangup())?, Signal::HUP),
            (unix::signal(SignalKind::quit())?, Signal::QUIT),
        ]))
    }

    async fn next(&mut self) -> Signal {
        let [(terminate, term), (interrupt, int), (hangup, hup), (quit, quit_too)] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => *term,
            _ = interrupt.recv() => *int,
            _ = hangup.recv() => *hup,
            _ = quit.recv() => *quit_too,
        }
    }
}
