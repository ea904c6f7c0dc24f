//! The log of a service that runs: one line a request and one an event, on standard error. Lines are written by a thread of their
//! own; when nobody takes them, lines are dropped and counted, and nobody waits.

use std::{
    io::{self, IsTerminal},
    panic,
};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::Failure;
use crate::config::{LogConfig, LogFormat, LogLevel};
#[cfg(feature = "otel")]
use crate::telemetry::Telemetry;

/// As many lines as may wait to be taken: a few megabytes.
const WAITING: usize = 8192;

/// The log, for as long as this is kept; then what waits is written.
pub struct Log {
    /// How many lines were dropped.
    pub dropped: ErrorCounter,
    _writing: WorkerGuard,
    #[cfg(feature = "otel")]
    _telemetry: Option<Telemetry>,
}

/// Logs from now on.
pub fn start(config: LogConfig) -> Result<Log, Failure> {
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING).thread_name("log");
    let (writer, writing) = builder.finish(io::stderr());
    let dropped = writer.error_counter();
    #[cfg(feature = "otel")]
    let telemetry = Telemetry::begin().transpose().map_err(Failure::new)?;
    #[cfg(feature = "otel")]
    let traces = telemetry.as_ref().map(Telemetry::layer);
    #[cfg(not(feature = "otel"))]
    let traces = None;
    let layers: Vec<_> = [lines(config.format, writer)].into_iter().chain(traces).collect();
    // Fails only if something has set a log before.
    let _ = tracing_subscriber::registry().with(layers).with(filter(config.level)).try_init();
    // A hook that wrote to standard error itself could wait there for ever.
    panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        // Not what it says: that may quote anything.
        tracing::error!(at, "a mistake of ours");
    }));
    Ok(Log {
        dropped,
        _writing: writing,
        #[cfg(feature = "otel")]
        _telemetry: telemetry,
    })
}

fn lines(format: LogFormat, writer: NonBlocking) -> Box<dyn Layer<Registry> + Send + Sync> {
    let is_terminal = io::stderr().is_terminal();
    let lines = fmt::layer().with_writer(writer).with_target(false).with_ansi(is_terminal);
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Auto if is_terminal => lines.boxed(),
        LogFormat::Json | LogFormat::Auto => lines.json().flatten_event(true).with_span_list(false).boxed(),
    }
}

/// Libraries speak up only for what is wrong, or when everything is wanted.
fn filter(level: LogLevel) -> EnvFilter {
    EnvFilter::new(match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info,sqlx=warn,sea_orm=warn,sea_orm_migration=warn",
        LogLevel::Debug => "debug",
    })
}
