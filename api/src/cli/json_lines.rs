//! Log lines as JSON: one object a line, with the fields of the event and, in `span`, those of the request. The library's own format
//! parses a span's fields back from text for each line; this one copies them.

use std::fmt::{self, Debug, Write};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::Record,
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, format::Writer},
    registry::LookupSpan,
};

use crate::clock::{Clock, rfc_3339};

/// Writes lines, and the fields of spans.
#[derive(Debug)]
pub(super) struct JsonLines;

impl<'writer> FormatFields<'writer> for JsonLines {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut members = Members { writer, result: Ok(()) };
        fields.record(&mut members);
        members.result
    }

    fn add_fields(&self, span: &'writer mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        self.format_fields(span.as_writer(), fields)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, Self> for JsonLines {
    fn format_event(&self, context: &FmtContext<'_, S, Self>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (moment, level) = (rfc_3339(Clock::System.now()), event.metadata().level().as_str());
        write!(writer, r#"{{"timestamp":"{moment}","level":"{level}""#)?;
        context.format_fields(writer.by_ref(), event)?;
        if let Some(span) = context.lookup_current() {
            let extensions = span.extensions();
            let members = extensions.get::<FormattedFields<Self>>().map(|fields| fields.fields.as_str());
            write!(writer, r#","span":{{"name":"{}"{}}}"#, span.name(), members.unwrap_or_default())?;
        }
        writer.write_str("}\n")
    }
}

/// The members of an object, each after a comma.
struct Members<'writer> {
    writer: Writer<'writer>,
    result: fmt::Result,
}

impl Members<'_> {
    /// Writes a value that is JSON.
    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        // What the `log` crate adds: where a library wrote the line.
        if !field.name().starts_with("log.") && self.result.is_ok() {
            self.result = write!(self.writer, r#","{}":{value}"#, field.name());
        }
    }
}

impl Visit for Members<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.plain(field, value);
        } else {
            self.plain(field, "null");
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.plain(field, Quoted(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.plain(field, Quoted(&format!("{value:?}")));
    }
}

/// A JSON string.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
        if self.0.bytes().all(is_plain) {
            f.write_char('"')?;
            f.write_str(self.0)?;
            return f.write_char('"');
        }
        f.write_str(&serde_json::to_string(self.0).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use serde_json::{Value, json};
    use tracing_subscriber::{fmt, layer::SubscriberExt};

    use super::JsonLines;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What `log` writes, without its time.
    fn written(log: impl FnOnce()) -> Vec<Value> {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = fmt::layer().with_writer(move || writer.clone()).fmt_fields(JsonLines).event_format(JsonLines);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let line = |line| {
            let mut line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            assert_eq!(line.as_object_mut().unwrap().remove("timestamp").unwrap().as_str().unwrap().len(), 24);
            line
        };
        text.lines().map(line).collect()
    }

    #[test]
    fn every_kind_of_value_is_json() {
        let hostile = "a \"b\" \\ \n \r \u{0} \u{7f} \u{2028} é 😀";
        let lines = written(|| {
            let error = io::Error::other(hostile);
            tracing::info!(text = hostile, yes = true, minus = -1, max = u64::MAX, half = 0.5, small = 1e-300, "{hostile}");
            tracing::warn!(%error, debug = ?Some(hostile), none = None::<u8>, nan = f64::NAN, infinite = f64::NEG_INFINITY);
            tracing::error!(error = &error as &dyn std::error::Error);
        });
        assert_eq!(
            lines,
            [
                json!({"level": "INFO", "message": hostile, "text": hostile, "yes": true, "minus": -1, "max": u64::MAX, "half": 0.5,
                    "small": 1e-300}),
                json!({"level": "WARN", "error": hostile, "debug": format!("{:?}", Some(hostile)), "nan": null, "infinite": null}),
                json!({"level": "ERROR", "error": hostile}),
            ]
        );
    }

    #[test]
    fn a_line_shows_the_fields_of_its_request() {
        let lines = written(|| {
            let span = tracing::info_span!("request", request = "1\"", client = tracing::field::Empty);
            span.in_scope(|| tracing::info!("one"));
            span.record("client", "192.0.2.7");
            span.in_scope(|| tracing::info!("two"));
        });
        assert_eq!(lines[0], json!({"level": "INFO", "message": "one", "span": {"name": "request", "request": "1\""}}));
        assert_eq!(lines[1]["span"], json!({"name": "request", "request": "1\"", "client": "192.0.2.7"}));
    }
}
