//! The log of the running service: one line per request and event, on standard error. A separate thread writes the lines. If standard
//! error blocks, lines are dropped and counted; requests never wait.

use std::{
    io::{self, IsTerminal},
    panic,
    sync::Arc,
};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, layer::SubscriberExt, reload, util::SubscriberInitExt};

use super::{failure::Failure, json_lines::JsonLines};
use crate::config::{LogConfig, LogFormat, LogLevel};
#[cfg(feature = "otel")]
use crate::telemetry::Telemetry;

/// Lines that may wait to be written: a few megabytes.
const BUFFERED_LINES: usize = 8192;

/// Keeps logging enabled; dropping it writes the buffered lines.
pub struct Log {
    /// Counts dropped lines.
    pub dropped: ErrorCounter,
    /// Changes the level.
    pub set_level: SetLevel,
    _writing: WorkerGuard,
    #[cfg(feature = "otel")]
    _telemetry: Option<Telemetry>,
}

/// Changes the level of a log.
pub type SetLevel = Arc<dyn Fn(LogLevel) + Send + Sync>;

/// Starts logging for the service.
pub fn start(config: LogConfig) -> Result<Log, Failure> {
    start_with(config.format, filter(config.level))
}

/// Starts logging for a command: audit events, warnings and errors.
pub fn start_for_command(config: LogConfig) -> Result<Log, Failure> {
    start_with(config.format, EnvFilter::new("warn,bifrons::audit=info"))
}

fn start_with(format: LogFormat, filter: EnvFilter) -> Result<Log, Failure> {
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(BUFFERED_LINES).thread_name("log");
    let (writer, writing) = builder.finish(io::stderr());
    let dropped = writer.error_counter();
    #[cfg(feature = "otel")]
    let telemetry = Telemetry::begin().transpose().map_err(Failure::new)?;
    #[cfg(feature = "otel")]
    let traces = telemetry.as_ref().map(Telemetry::layer);
    #[cfg(not(feature = "otel"))]
    let traces = None;
    let (filter, reloading) = reload::Layer::new(filter);
    let layers: Vec<_> = [lines(format, writer)].into_iter().chain(traces).collect();
    // Fails only if a global logger is already set.
    let _ = tracing_subscriber::registry().with(layers).with(filter).try_init();
    // The default hook writes to standard error directly and could block.
    panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        // The message itself may quote secrets.
        tracing::error!(at, "internal error: panic");
    }));
    Ok(Log {
        dropped,
        // Fails only when the log has ended.
        set_level: Arc::new(move |level| {
            let _ = reloading.reload(self::filter(level));
        }),
        _writing: writing,
        #[cfg(feature = "otel")]
        _telemetry: telemetry,
    })
}

fn lines(format: LogFormat, writer: NonBlocking) -> Box<dyn Layer<Registry> + Send + Sync> {
    let lines = fmt::layer().with_writer(writer).with_target(false).with_ansi(io::stderr().is_terminal());
    if format.is_json() { lines.fmt_fields(JsonLines).event_format(JsonLines).boxed() } else { lines.boxed() }
}

/// Libraries log warnings and errors only, except at debug level.
fn filter(level: LogLevel) -> EnvFilter {
    EnvFilter::new(match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info,sqlx=warn,sea_orm=warn,sea_orm_migration=warn",
        LogLevel::Debug => "debug",
    })
}
