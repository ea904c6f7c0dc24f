//! What the service did.

use poem_openapi::{Object, OpenApi, param::Query, payload::Json};
use serde_json::Value;

use super::{Control, State, Tag, problem::Refused};
use crate::recorder::Line;

/// A line of the log.
#[derive(Object)]
struct LogLine {
    /// Counts up since the start.
    number: u64,
    /// `INFO`, `WARN` or `ERROR`.
    level: String,
    /// What the line says, by the names in docs/observability.md.
    fields: Value,
}

impl From<Line> for LogLine {
    fn from(line: Line) -> Self {
        Self { number: line.number, level: line.level.to_owned(), fields: Value::Object(line.fields) }
    }
}

/// Lines, oldest first.
#[derive(Object)]
struct Lines {
    lines: Vec<LogLine>,
}

pub(super) struct LogApi;

#[OpenApi(tag = "Tag::Log")]
impl LogApi {
    /// List the security events
    ///
    /// What the service records about sign-ins, sessions and accounts, oldest first.
    #[oai(path = "/events", method = "get", operation_id = "listEvents")]
    async fn events(
        &self,
        testbed: State<'_>,
        _control: Control,
        /// Only those after the one with this number.
        after: Query<Option<u64>>,
    ) -> Result<Json<Lines>, Refused> {
        let lines = testbed.recorder.after(after.0.unwrap_or_default());
        Ok(Json(Lines { lines: lines.into_iter().filter(|line| line.is_audit).map(LogLine::from).collect() }))
    }

    /// Read the log
    ///
    /// Everything that the service logs, requests too, oldest first.
    #[oai(path = "/log", method = "get", operation_id = "readLog")]
    async fn log(
        &self,
        testbed: State<'_>,
        _control: Control,
        /// Only lines after the one with this number.
        after: Query<Option<u64>>,
    ) -> Result<Json<Lines>, Refused> {
        let lines = testbed.recorder.after(after.0.unwrap_or_default());
        Ok(Json(Lines { lines: lines.into_iter().map(LogLine::from).collect() }))
    }
}
