//! Log level and format.

use super::reader::Reader;

/// Log level and format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    pub level: LogLevel,
    pub format: LogFormat,
}

/// The lowest level that is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Failures.
    Error,
    /// Also what an operator should check.
    Warn,
    /// Also one line per request.
    Info,
    /// Also details for debugging the service.
    Debug,
}

/// The format of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// Readable text.
    Text,
    /// One JSON object per line.
    Json,
}

impl LogConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let level =
            reader.one("log.level", "info", "Lowest level that is logged: error, warn, info or debug.", |text| match text {
                "error" => Ok(LogLevel::Error),
                "warn" => Ok(LogLevel::Warn),
                "info" => Ok(LogLevel::Info),
                "debug" => Ok(LogLevel::Debug),
                _ => Err("write error, warn, info or debug".to_owned()),
            });
        let about = "Format of log lines: `text`, `json`, or `auto` (text on a terminal, otherwise JSON).";
        let format = reader.one("log.format", "auto", about, |text| match text {
            "auto" => Ok(LogFormat::Auto),
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("write auto, text or json".to_owned()),
        });
        Self { level: level.unwrap_or(LogLevel::Info), format: format.unwrap_or(LogFormat::Auto) }
    }
}
