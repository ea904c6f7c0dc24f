//! Counters, histograms and gauges for Prometheus. [`Metrics::render`] writes them in its text format.

mod node;
mod process;
mod webhooks;

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
        info::Info,
    },
    registry::{Metric, Registry},
};
use tracing_appender::non_blocking::ErrorCounter;

use crate::version::{COMMIT, VERSION};
pub use node::NodeGauges;
use process::Process;
pub use webhooks::WebhookMetrics;

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

/// Counters and histograms start at zero with the process. The gauges are set at each scrape.
pub struct Metrics {
    registry: Registry,
    /// Without the prefix: every program has these.
    process: Registry,
    session_reads: [Counter; 3],
    answers: Family<AnswerLabels, Counter>,
    seconds: Family<OperationLabel, Histogram, fn() -> Histogram>,
    events: Family<EventLabels, Counter>,
    password_wait: Histogram,
    log_lines_dropped: Counter,
    log: OnceLock<ErrorCounter>,
    pub audit_dropped: Counter,
    pub passwords_hashed: Counter,
    pub passwords_shed: Counter,
    pub connections_refused: Counter,
    pub redis_commands: Counter,
    pub passwords_admitted: Gauge,
    pub connections_open: Gauge,
    pub sessions_cached: Gauge,
    pub changes_current: Gauge,
    pub push_working: Gauge,
    pub redis_linked: Gauge,
    pub node: NodeGauges,
    pub signing_key_age: Gauge,
    pub mail_waiting: Gauge,
    pub mail_oldest_age: Gauge,
    pub mail_dead: Gauge,
    pub mail_stopped: Gauge,
    pub webhooks: WebhookMetrics,
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
    /// Counts an answer. `operation` is empty if no operation has the path.
    pub fn answered(&self, operation: &'static str, status: u16, after: Duration) {
        self.answers.get_or_create(&AnswerLabels { operation, status }).inc();
        self.seconds.get_or_create(&OperationLabel { operation }).observe(after.as_secs_f64());
    }

    /// The number of answers of this operation with this status.
    pub fn answers(&self, operation: &'static str, status: u16) -> u64 {
        self.answers.get(&AnswerLabels { operation, status }).map_or(0, |counter| counter.get())
    }

    /// Counts a read of a session to verify a credential.
    pub fn session_read(&self, from: Source) {
        self.session_reads[from as usize].inc();
    }

    pub fn session_reads(&self, from: Source) -> u64 {
        self.session_reads[from as usize].get()
    }

    /// Counts a security event.
    pub fn count_event(&self, event: &'static str, because: Cow<'static, str>) {
        self.events.get_or_create(&EventLabels { event, because }).inc();
    }

    /// The number of these events with this reason.
    pub fn events(&self, event: impl Into<&'static str>, because: &'static str) -> u64 {
        let labels = EventLabels { event: event.into(), because: because.into() };
        self.events.get(&labels).map_or(0, |counter| counter.get())
    }

    /// Records how long a password waited for a worker.
    pub fn password_waited(&self, wait: Duration) {
        self.password_wait.observe(wait.as_secs_f64());
    }

    /// Also counts the lines that the log drops.
    pub fn watch_log(&self, dropped: ErrorCounter) {
        let _ = self.log.set(dropped);
    }

    /// Prometheus's text format 0.0.4.
    pub fn render(&self) -> String {
        let dropped = self.log.get().map_or(0, ErrorCounter::dropped_lines);
        self.log_lines_dropped.inner().store(dropped as u64, Ordering::Relaxed);
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        let _ = prometheus_text::encode(&mut text, &self.process);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("bifrons");
        let sources = [("process", Source::Process), ("redis", Source::Redis), ("sql", Source::Sql)];
        let reads = Family::<SourceLabel, Counter>::default();
        let session_reads = sources.map(|(source, _)| reads.get_or_create_owned(&SourceLabel { source }));
        registry.register("session_reads", "Sessions read to verify a credential, by source", reads);
        registry.register("build", "What this binary was built from", Info::new([("version", VERSION), ("commit", COMMIT)]));
        let mut process = Registry::default();
        process.register_collector(Box::new(Process));
        let node = NodeGauges::register(&mut registry);
        let webhooks = WebhookMetrics::register(&mut registry);
        let mut all = All(&mut registry);
        Self {
            process,
            session_reads,
            answers: all.add("http_answers", "Answers by operation and status", Family::default()),
            seconds: all.add(
                "http_seconds",
                "Seconds from the headers of a request to its answer",
                Family::new_with_constructor(answer_times),
            ),
            events: all.add("events", "Security events by event and reason, see docs/observability.md", Family::default()),
            password_wait: all.add("password_wait_seconds", "Seconds that passwords waited for a worker", waits()),
            log_lines_dropped: all.add(
                "log_lines_dropped",
                "Log lines dropped because the output was too slow",
                Counter::default(),
            ),
            log: OnceLock::new(),
            audit_dropped: all.add("audit_dropped", "Refusals that the audit trail has no row of", Counter::default()),
            passwords_hashed: all.add("passwords_hashed", "Passwords hashed, correct or wrong", Counter::default()),
            passwords_shed: all.add("passwords_shed", "Passwords refused because all workers were busy", Counter::default()),
            connections_refused: all.add(
                "connections_refused",
                "Connections refused because too many were open",
                Counter::default(),
            ),
            redis_commands: all.add("redis_commands", "Commands sent to Redis", Counter::default()),
            passwords_admitted: all.add("passwords_admitted", "Passwords in the queue or being hashed", Gauge::default()),
            connections_open: all.add("connections_open", "Open connections", Gauge::default()),
            sessions_cached: all.add("sessions_cached", "Sessions in the cache of this process", Gauge::default()),
            changes_current: all.add("changes_current", "1 if this node knows all recent changes, else 0", Gauge::default()),
            push_working: all.add(
                "push_working",
                "1 if Redis pushes the changes of other nodes to this node, else 0",
                Gauge::default(),
            ),
            redis_linked: all.add("redis_linked", "1 if this node is connected to Redis, else 0", Gauge::default()),
            node,
            signing_key_age: all.add("signing_key_age_seconds", "Since when the current key signs access tokens", Gauge::default()),
            mail_waiting: all.add("mail_waiting", "Mails in the outbox that wait to be delivered", Gauge::default()),
            mail_oldest_age: all.add("mail_oldest_age_seconds", "Since when the oldest mail in the outbox waits", Gauge::default()),
            mail_dead: all.add("mail_dead", "Mails in the outbox that were given up", Gauge::default()),
            mail_stopped: all.add("mail_stopped", "1 if this node cannot deliver mail at all, else 0", Gauge::default()),
            webhooks,
            registry,
        }
    }
}

struct All<'a>(&'a mut Registry);

impl All<'_> {
    /// The returned metric shares its value with the registered one.
    fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }
}

/// Verifications take from 50 µs to 50 ms, sign-ins from 5 ms to 5 s.
fn answer_times() -> Histogram {
    Histogram::new([0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0])
}

/// From 1 ms to 4 s. No password waits longer than 5 s.
fn waits() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 13))
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(…)")
    }
}
