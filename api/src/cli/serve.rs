//! `bifrons serve`.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{net::TcpListener, signal::unix};
use tracing_appender::non_blocking::ErrorCounter;

use super::{
    effective::{fingerprint, note_configuration},
    failure::Failure,
    log::{self, SetLevel},
    print::print,
    reload::Reload,
    runtime::block_on,
    settings::{file_in_use, read},
};
use crate::{
    clock::Clock,
    config::{Config, LogConfig, LogFormat, LogLevel, Reading, Setting, variable},
    http::{
        app,
        listener::{server, tls::Certificate},
    },
    maintenance,
    state::{AppState, StartError},
    version::{self, COMMIT, VERSION},
    webhooks,
};

#[derive(Debug, Default, Args)]
pub(super) struct Arguments {
    /// Refuse to start if the database schema is not of this version, instead of migrating it
    #[arg(long)]
    no_migrate: bool,
}

/// Serves until SIGTERM or Ctrl-C.
pub(super) fn run(file: Option<&PathBuf>, arguments: &Arguments) -> Result<(), Failure> {
    let Reading { settings, config } = read(file).map_err(|failure| refused(failure, &[]))?;
    let config = config.map_err(|errors| refused(Failure::Configuration(errors), &settings))?;
    let log = log::start(config.log)?;
    let format = config.log.format;
    tracing::info!(version = VERSION, commit = COMMIT, configuration = fingerprint(&settings), "starting");
    let migrate = !arguments.no_migrate;
    let file = file_in_use(file);
    let start = Start { migrate, file, settings, config, dropped: log.dropped.clone(), set_level: Arc::clone(&log.set_level) };
    block_on(serve(start)).map_err(|failure| failure.logged(format))?;
    tracing::info!("stopped");
    Ok(())
}

/// Reports a configuration that cannot be used in the format of the log that it would have had.
fn refused(failure: Failure, settings: &[Setting]) -> Failure {
    let format = settings.iter().find(|setting| setting.key == LogConfig::FORMAT);
    let format = format.and_then(|setting| LogFormat::parse(&setting.value)).unwrap_or(LogFormat::Auto);
    match log::start(LogConfig { level: LogLevel::Error, format }) {
        Ok(_log) => failure.logged(format),
        Err(_) => failure,
    }
}

/// What the service starts with.
struct Start {
    migrate: bool,
    file: Option<PathBuf>,
    settings: Vec<Setting>,
    config: Config,
    dropped: ErrorCounter,
    set_level: SetLevel,
}

/// File descriptors reserved for Redis, the log and the rest of the process.
const RESERVED_FILES: u64 = 64;

/// Raises the soft limit of file descriptors, and lowers `connections.max` to fit: without a free descriptor the service could not
/// reconnect to its database.
fn fit_connections(config: &mut Config) {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let Some(files) = getrlimit(Resource::Nofile).current else { return };
    let reserved = RESERVED_FILES + 3 * u64::from(config.database.connections);
    let fit = usize::try_from(files.saturating_sub(reserved)).unwrap_or(usize::MAX).max(1);
    if config.connections.max > fit {
        tracing::warn!(files, "the file descriptor limit allows {fit} connections only: raise the limit or lower connections.max");
        config.connections.max = fit;
    }
}

/// Upper bound of the memory used apart from the configured parts, in MiB.
const BASE_MEMORY: u64 = 64;

/// Warns if the configuration may use more memory than available: the kernel would kill the process under load.
fn check_memory(config: &Config) {
    let hashing = &config.passwords.hashing;
    let required =
        hashing.workers as u64 * u64::from(hashing.memory_kib) / 1024 + (config.sessions.cache_bytes >> 20) + BASE_MEMORY;
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let group = read("/sys/fs/cgroup/memory.max").and_then(|bytes| bytes.trim().parse::<u64>().ok()).map(|bytes| bytes >> 20);
    let total = read("/proc/meminfo").and_then(|info| info.split_whitespace().nth(1)?.parse::<u64>().ok()).map(|kib| kib >> 10);
    if let Some(available) = group.into_iter().chain(total).min().filter(|available| *available < required) {
        tracing::warn!(
            required,
            available,
            "passwords.workers, passwords.memory_kib and sessions.cache_mib may use more memory (MiB) than available"
        );
    }
}

async fn open(config: Config, migrate: bool) -> Result<AppState, StartError> {
    if migrate {
        Box::pin(AppState::open(config, Clock::System)).await
    } else {
        Box::pin(AppState::open_migrated(config, Clock::System)).await
    }
}

async fn serve(start: Start) -> Result<(), Failure> {
    let Start { migrate, file, settings, mut config, dropped, set_level } = start;
    // First: until a handler is installed, the kernel ignores SIGTERM to process 1 of a container.
    let mut stop = Box::pin(stop_signal().map_err(Failure::new)?);
    // Without a handler, SIGHUP ends the process.
    let hang_up = unix::signal(unix::SignalKind::hangup()).map_err(Failure::new)?;
    fit_connections(&mut config);
    check_memory(&config);
    // Before anything else, so that a second start on the same port fails before it touches the data.
    let listener = listen(config.listen, "listen").await?;
    config.bound_to(listener.local_addr().map_err(Failure::new)?);
    let admin_listener = match config.admin_listen {
        Some(address) => Some(listen(address, "admin_listen").await?),
        None => None,
    };
    if let Some(listener) = &admin_listener {
        config.admin_listen = Some(listener.local_addr().map_err(Failure::new)?);
    }
    let certificate = config.tls.as_ref().map(Certificate::read).transpose().map_err(Failure::Failed)?;
    let tls = certificate.as_ref().map(Certificate::acceptor).transpose().map_err(Failure::Failed)?;
    // In its own task: it may block, for instance while another process migrates.
    let opening = tokio::spawn(open(config, migrate));
    let state = tokio::select! {
        opened = opening => Arc::new(opened.map_err(Failure::new)?.map_err(Failure::new)?),
        () = &mut stop => return Ok(()),
    };
    state.metrics.watch_log(dropped);
    note_configuration(&state, &settings, "started").await;
    let stop = {
        let state = Arc::clone(&state);
        async move {
            stop.await;
            tracing::info!("stopping: finishing requests in progress");
            state.stop();
            // A second signal ends the delay.
            if let Ok(now) = stop_signal() {
                let _ = tokio::time::timeout(state.config.drain_delay, now).await;
            }
        }
    };
    maintenance::prepare(&state).await;
    print(&banner(&state.config))?;
    tracing::info!(listen = %state.config.listen, "started");
    let maintenance = tokio::spawn(maintenance::run(Arc::clone(&state)));
    let reload = Reload { file, settings, certificate, set_level, state: Arc::clone(&state) };
    let reloading = tokio::spawn(reload.run(hang_up));
    let admin = admin_listener
        .map(|listener| tokio::spawn(server::serve(listener, None, app::operations(Arc::clone(&state)), std::future::pending())));
    server::serve(listener, tls, app::app(Arc::clone(&state)), stop).await.map_err(Failure::new)?;
    admin.inspect(tokio::task::JoinHandle::abort);
    tokio::join!(state.outbox.drain(), webhooks::drain(&state));
    maintenance.abort();
    reloading.abort();
    finish(&state).await
}

/// What comes after the last request.
async fn finish(state: &AppState) -> Result<(), Failure> {
    state.touches.idle().await;
    if let Err(error) = state.audit.flush(&state.db).await {
        tracing::warn!(%error, "the last refusals are not in the audit trail");
    }
    if let Err(error) = state.node_mark.leave(&state.db).await {
        tracing::debug!(%error, "the mark of this node stays for a day");
    }
    state.db.clone().close().await.map_err(Failure::new)
}

async fn listen(address: SocketAddr, key: &'static str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let variable = variable(key);
        let remedy = match error.kind() {
            io::ErrorKind::AddrInUse => "stop the process that uses it, or set another address",
            io::ErrorKind::PermissionDenied => "ports below 1024 need a right of their own; set another address",
            _ => "set an address of this machine",
        };
        Failure::Failed(format!("cannot listen on {address}: {error}; {remedy} with {key} ({variable})"))
    })
}

/// Resolves when the process is asked to stop.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    let mut interrupt = unix::signal(unix::SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn banner(config: &Config) -> String {
    let url = config.public_url.as_str();
    let explorer = if config.docs { format!("  Explorer       {url}/docs\n") } else { String::new() };
    let metrics = config.admin_listen.map(|address| format!("  Metrics        http://{address}/metrics\n")).unwrap_or_default();
    format!(
        "Bifrons {version}, listening on {listen}\n  API            {url}/v1\n{explorer}  Specification  {url}/openapi.json\n{metrics}  Data           {data}\n",
        version = version::LONG.as_str(),
        listen = config.listen,
        data = config.data_dir.display(),
    )
}
