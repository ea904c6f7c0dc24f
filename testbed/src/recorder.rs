//! Keeps the log and the security events in memory.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value};
use tracing::{Event, Level, Subscriber, field::Field};
use tracing_subscriber::{Layer, layer::Context};

/// How many lines are kept. A new line replaces the oldest one.
const MAX_LINES: usize = 100_000;

/// A line of the log.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Counts from 1 since the start, and never goes back.
    pub(crate) number: u64,
    pub(crate) level: &'static str,
    pub(crate) is_audit: bool,
    pub(crate) fields: Map<String, Value>,
}

#[derive(Debug, Default)]
struct Lines {
    next: u64,
    kept: std::collections::VecDeque<Line>,
}

/// Keeps what the service logs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Mutex<Lines>>);

impl Recorder {
    /// The lines after the one with this number.
    pub(crate) fn after(&self, number: u64) -> Vec<Line> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.kept.iter().filter(|line| line.number > number).cloned().collect()
    }

    /// Forgets all lines.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kept.clear();
    }
}

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let of_service = metadata.target().starts_with("bifrons");
        if *metadata.level() > if of_service { Level::INFO } else { Level::WARN } {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.next += 1;
        let is_audit = metadata.target().starts_with("bifrons::audit");
        let line = Line { number: lines.next, level: metadata.level().as_str(), is_audit, fields: fields.0 };
        if lines.kept.len() == MAX_LINES {
            lines.kept.pop_front();
        }
        lines.kept.push_back(line);
    }
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl tracing::field::Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
}
