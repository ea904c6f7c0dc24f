//! What the service counts, for Prometheus. [`Metrics::render`] is what it reads.

use std::{
    borrow::Cow,
    fmt,
    sync::{OnceLock, atomic::Ordering},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, prometheus_text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Metric, Registry},
};
use tracing_appender::non_blocking::ErrorCounter;

use crate::audit::{Event, Record};

/// Where a session was read from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The memory of this process.
    Process,
    /// Redis.
    Redis,
    /// The database.
    Sql,
}

/// Counters and histograms grow, and start at zero with the process; gauges are set when somebody reads.
pub struct Metrics {
    registry: Registry,
    session_reads: [Counter; 3],
    answers: Family<AnswerLabels, Counter>,
    seconds: Family<OperationLabel, Histogram, fn() -> Histogram>,
    events: Family<EventLabels, Counter>,
    password_wait: Histogram,
    log_lines_dropped: Counter,
    log: OnceLock<ErrorCounter>,
    /// Passwords hashed, right or wrong.
    pub passwords_hashed: Counter,
    /// Passwords that found no worker in time.
    pub passwords_shed: Counter,
    /// Connections that were closed as they came.
    pub connections_refused: Counter,
    /// Commands that were sent to Redis.
    pub redis_commands: Counter,
    /// How many passwords are being hashed, or wait for it.
    pub passwords_admitted: Gauge,
    /// How many connections are open.
    pub connections_open: Gauge,
    /// How many sessions are kept in process.
    pub sessions_cached: Gauge,
    /// Whether all changes but the latest are known: 1 or 0.
    pub changes_heard: Gauge,
    /// Whether all other nodes are heard through Redis: 1 or 0.
    pub push_heard: Gauge,
    /// Whether there is a link to Redis: 1 or 0.
    pub redis_linked: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct SourceLabel {
    source: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OperationLabel {
    operation: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AnswerLabels {
    operation: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EventLabels {
    event: &'static str,
    because: Cow<'static, str>,
}

impl Metrics {
    /// A request was answered; `operation` is empty for what is none.
    pub fn answered(&self, operation: &'static str, status: u16, after: Duration) {
        self.answers.get_or_create(&AnswerLabels { operation, status }).inc();
        self.seconds.get_or_create(&OperationLabel { operation }).observe(after.as_secs_f64());
    }

    /// How many requests were answered with this status.
    pub fn answers(&self, operation: &'static str, status: u16) -> u64 {
        self.answers.get(&AnswerLabels { operation, status }).map_or(0, |counter| counter.get())
    }

    /// A session was read to verify a credential.
    pub fn session_read(&self, from: Source) {
        self.session_reads[from as usize].inc();
    }

    /// How many were.
    pub fn session_reads(&self, from: Source) -> u64 {
        self.session_reads[from as usize].get()
    }

    /// Something happened that matters to security: it is counted and logged.
    pub fn record(&self, record: impl Into<Record>) {
        let record = record.into();
        self.events.get_or_create(&EventLabels { event: record.event.name(), because: record.because.clone() }).inc();
        record.log();
    }

    /// How often it happened, for this reason.
    pub fn events(&self, event: Event, because: &'static str) -> u64 {
        let labels = EventLabels { event: event.name(), because: because.into() };
        self.events.get(&labels).map_or(0, |counter| counter.get())
    }

    /// A password waited for a worker.
    pub fn password_waited(&self, for_so_long: Duration) {
        self.password_wait.observe(for_so_long.as_secs_f64());
    }

    /// From now on, lines that the log drops are counted too.
    pub fn watch_log(&self, dropped: ErrorCounter) {
        let _ = self.log.set(dropped);
    }

    /// All of it, in Prometheus's text format 0.0.4.
    pub fn render(&self) -> String {
        let dropped = self.log.get().map_or(0, ErrorCounter::dropped_lines);
        self.log_lines_dropped.inner().store(dropped as u64, Ordering::Relaxed);
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("bifrons");
        let sources = [("process", Source::Process), ("redis", Source::Redis), ("sql", Source::Sql)];
        let reads = Family::<SourceLabel, Counter>::default();
        let session_reads = sources.map(|(source, _)| reads.get_or_create_owned(&SourceLabel { source }));
        registry.register("session_reads", "Sessions read to verify a credential, by where they were read", reads);
        let mut all = All(&mut registry);
        Self {
            session_reads,
            answers: all.add("http_answers", "Answers, by operation and status", Family::default()),
            seconds: all.add("http_seconds", "From a request's headers to its answer", Family::new_with_constructor(answer_times)),
            events: all.add("events", "What mattered to security, by event and reason: docs/observability.md", Family::default()),
            password_wait: all.add("password_wait_seconds", "How long passwords waited for a worker", waits()),
            log_lines_dropped: all.add("log_lines_dropped", "Lines that nobody took from the log in time", Counter::default()),
            log: OnceLock::new(),
            passwords_hashed: all.add("passwords_hashed", "Passwords hashed, right or wrong", Counter::default()),
            passwords_shed: all.add("passwords_shed", "Passwords that found no worker in time", Counter::default()),
            connections_refused: all.add("connections_refused", "Connections closed as they came", Counter::default()),
            redis_commands: all.add("redis_commands", "Commands sent to Redis", Counter::default()),
            passwords_admitted: all.add("passwords_admitted", "Passwords being hashed or waiting for it", Gauge::default()),
            connections_open: all.add("connections_open", "Open connections", Gauge::default()),
            sessions_cached: all.add("sessions_cached", "Sessions kept in process", Gauge::default()),
            changes_heard: all.add("changes_heard", "Whether all changes but the latest are known: 1 or 0", Gauge::default()),
            push_heard: all.add("push_heard", "Whether all other nodes are heard through Redis: 1 or 0", Gauge::default()),
            redis_linked: all.add("redis_linked", "Whether there is a link to Redis: 1 or 0", Gauge::default()),
            registry,
        }
    }
}

struct All<'a>(&'a mut Registry);

impl All<'_> {
    /// Registers a metric; there and here it is the same one.
    fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }
}

/// From 100 µs, which a verification takes, to 6.5 s.
fn answer_times() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 4.0, 9))
}

/// From 1 ms to 4 s; nobody waits for longer than 5.
fn waits() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 13))
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(…)")
    }
}
