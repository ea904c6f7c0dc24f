//! Log level and format.

use std::io::{self, IsTerminal};

use super::reader::Reader;

/// Log level and format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    pub level: LogLevel,
    pub format: LogFormat,
}

/// The lowest level that is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl LogFormat {
    /// Whether lines of this format are JSON here.
    pub fn is_json(self) -> bool {
        match self {
            Self::Text => false,
            Self::Json => true,
            Self::Auto => !io::stderr().is_terminal(),
        }
    }

    /// Parses `auto`, `text` or `json`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl LogConfig {
    /// The key of the level, which a running service takes over.
    pub const LEVEL: &str = "log.level";

    /// The key of the format.
    pub const FORMAT: &str = "log.format";

    pub(super) fn read(reader: &mut Reader) -> Self {
        let level =
            reader.one(Self::LEVEL, "info", "Lowest level that is logged: error, warn, info or debug.", |text| match text {
                "error" => Ok(LogLevel::Error),
                "warn" => Ok(LogLevel::Warn),
                "info" => Ok(LogLevel::Info),
                "debug" => Ok(LogLevel::Debug),
                _ => Err("write error, warn, info or debug".to_owned()),
            });
        let about = "Format of log lines: `text`, `json`, or `auto` (text on a terminal, otherwise JSON).";
        let format = reader
            .one(Self::FORMAT, "auto", about, |text| LogFormat::parse(text).ok_or_else(|| "write auto, text or json".to_owned()));
        Self { level: level.unwrap_or(LogLevel::Info), format: format.unwrap_or(LogFormat::Auto) }
    }
}
