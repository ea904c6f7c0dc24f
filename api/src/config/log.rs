//! What is logged, and how it is written.

use super::reader::Reader;

/// What is logged, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// The least that is logged.
    pub level: LogLevel,
    /// How a line is written.
    pub format: LogFormat,
}

/// The least that is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// What went wrong.
    Error,
    /// And what somebody should look at.
    Warn,
    /// And every request.
    Info,
    /// And what helps to find a mistake of ours.
    Debug,
}

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people on a terminal, for machines elsewhere.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let level = reader.one("log.level", "info", "What is logged: error, warn, info or debug.", |text| match text {
            "error" => Ok(LogLevel::Error),
            "warn" => Ok(LogLevel::Warn),
            "info" => Ok(LogLevel::Info),
            "debug" => Ok(LogLevel::Debug),
            _ => Err("write error, warn, info or debug".to_owned()),
        });
        let about = "How: `text`, `json`, or `auto`: text on a terminal, JSON elsewhere.";
        let format = reader.one("log.format", "auto", about, |text| match text {
            "auto" => Ok(LogFormat::Auto),
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err("write auto, text or json".to_owned()),
        });
        Self { level: level.unwrap_or(LogLevel::Info), format: format.unwrap_or(LogFormat::Auto) }
    }
}
