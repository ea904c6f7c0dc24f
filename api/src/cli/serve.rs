//! `bifrons serve`.

use std::{io, net::SocketAddr, sync::Arc};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{net::TcpListener, signal::unix};
use tracing_appender::non_blocking::ErrorCounter;

use super::{Failure, block_on, log, print};
use crate::{
    clock::Clock,
    config::{Config, variable},
    http,
    state::AppState,
    upkeep,
};

/// Serves until it is told to stop (SIGTERM, Ctrl-C).
pub(super) fn run(config: Config) -> Result<(), Failure> {
    let log = log::start(config.log)?;
    block_on(serve(config, log.dropped.clone()))
}

/// File descriptors that connections leave: for the database, Redis, the log and what is to come.
const KEPT_BACK: u64 = 64;

/// Takes as many file descriptors as it may have, and no more connections than fit: a connection too many is closed, but a database
/// that cannot be opened anew is down.
fn fit_connections(config: &mut Config) {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let Some(files) = getrlimit(Resource::Nofile).current else { return };
    let kept_back = KEPT_BACK + 3 * u64::from(config.database.connections);
    let fit = usize::try_from(files.saturating_sub(kept_back)).unwrap_or(usize::MAX).max(1);
    if config.connections.max > fit {
        tracing::warn!(files, "only {fit} connections, for want of file descriptors: raise their limit or lower connections.max");
        config.connections.max = fit;
    }
}

/// Memory that the service takes besides what is configured, in MiB: somewhat more than it does.
const THE_REST: u64 = 64;

/// Says so if what is configured may take more memory than there is: a process that is killed in a flood helps nobody.
fn check_memory(config: &Config) {
    let hashing = &config.passwords.hashing;
    let wanted = hashing.workers as u64 * u64::from(hashing.memory_kib) / 1024 + (config.sessions.cache_bytes >> 20) + THE_REST;
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let group = read("/sys/fs/cgroup/memory.max").and_then(|bytes| bytes.trim().parse::<u64>().ok()).map(|bytes| bytes >> 20);
    let total = read("/proc/meminfo").and_then(|info| info.split_whitespace().nth(1)?.parse::<u64>().ok()).map(|kib| kib >> 10);
    if let Some(have) = group.into_iter().chain(total).min().filter(|have| *have < wanted) {
        tracing::warn!(
            wanted,
            have,
            "passwords.workers, passwords.memory_kib and sessions.cache_mib may take more memory, in MiB, than there is"
        );
    }
}

async fn serve(mut config: Config, dropped: ErrorCounter) -> Result<(), Failure> {
    fit_connections(&mut config);
    check_memory(&config);
    // First of all, so that a second start fails before it touches the data.
    let listener = listen(config.listen, "listen").await?;
    let admin_listener = match config.admin_listen {
        Some(address) => Some(listen(address, "admin_listen").await?),
        None => None,
    };
    let tls = config.tls.as_ref().map(http::tls::acceptor).transpose().map_err(Failure::Failed)?;
    let state = Arc::new(AppState::open(config, Clock::System).await.map_err(Failure::new)?);
    state.metrics.watch_log(dropped);
    let stop = {
        let stop = stop_signal().map_err(Failure::new)?;
        let state = Arc::clone(&state);
        async move {
            stop.await;
            tracing::info!("stopping: what is under way finishes first");
            state.stop();
            // A second signal means now.
            if let Ok(now) = stop_signal() {
                let _ = tokio::time::timeout(state.config.drain_delay, now).await;
            }
        }
    };
    upkeep::keep_pace(&state).await;
    print(&banner(&state.config))?;
    let upkeep = tokio::spawn(upkeep::run(Arc::clone(&state)));
    let admin = admin_listener
        .map(|listener| tokio::spawn(http::server::serve(listener, None, http::admin(Arc::clone(&state)), std::future::pending())));
    http::server::serve(listener, tls, http::app(Arc::clone(&state)), stop).await.map_err(Failure::new)?;
    admin.inspect(tokio::task::JoinHandle::abort);
    upkeep.abort();
    state.touches.idle().await;
    state.db.clone().close().await.map_err(Failure::new)
}

async fn listen(address: SocketAddr, key: &'static str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let variable = variable(key);
        Failure::Failed(format!(
            "cannot listen on {address}: {error}; stop what listens there, or give another address with {key} ({variable})"
        ))
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
    format!(
        "Bifrons {version}, listening on {listen}\n  API            {url}/v1\n{explorer}  Specification  {url}/openapi.json\n  Data           {data}\n",
        version = env!("CARGO_PKG_VERSION"),
        listen = config.listen,
        data = config.data_dir.display(),
    )
}
