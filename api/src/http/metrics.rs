//! What the service counts, as Prometheus reads it (text format 0.0.4).

use std::fmt::Write;

use poem::{IntoResponse, Response, handler, web::Data};

use super::credential::State;
use crate::metrics::Source;

/// Counters since the process began, and how things stand.
#[handler]
pub(super) fn metrics(Data(state): State<'_>) -> Response {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: &[(String, u64)]| {
        let _ = writeln!(text, "# HELP bifrons_{name} {help}\n# TYPE bifrons_{name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(text, "bifrons_{name}{labels} {value}");
        }
    };
    let plain = |value: u64| [(String::new(), value)];
    let sources = [("process", Source::Process), ("redis", Source::Redis), ("sql", Source::Sql)];
    let reads = sources.map(|(name, source)| (format!("{{source=\"{name}\"}}"), state.metrics.session_reads(source)));
    family("session_reads_total", "counter", "Sessions read to verify a credential, by where they were read.", &reads);
    let answers = (1..=5).map(|class| (format!("{{class=\"{class}xx\"}}"), state.metrics.answers(class)));
    family("http_answers_total", "counter", "Answers, by the class of their status.", &answers.collect::<Vec<_>>());
    family("sessions_cached", "gauge", "Sessions kept in process.", &plain(state.cache.len() as u64));
    let current = u64::from(state.cache.is_current());
    family("changes_heard", "gauge", "Whether all changes but the latest are known: 1 or 0.", &plain(current));
    family("passwords_hashed_total", "counter", "Passwords hashed, right or wrong.", &plain(state.hasher.hashed()));
    family("passwords_shed_total", "counter", "Passwords told to come back, for want of a worker.", &plain(state.hasher.shed()));
    family("passwords_admitted", "gauge", "Passwords being hashed or waiting for it.", &plain(state.hasher.admitted() as u64));
    if let Some(redis) = &state.redis {
        family("redis_linked", "gauge", "Whether there is a link to Redis: 1 or 0.", &plain(redis.is_linked().into()));
        family("redis_commands_total", "counter", "Commands sent to Redis.", &plain(redis.commands()));
    }
    text.with_content_type("text/plain; version=0.0.4").into_response()
}
