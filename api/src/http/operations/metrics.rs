//! Metrics for Prometheus.

use std::sync::atomic::Ordering;

use poem::{IntoResponse, Response, handler, web::Data};

use crate::{http::request::State, webhooks};

/// Sets the gauges, then writes all metrics.
#[handler]
pub(in crate::http) async fn metrics(Data(state): State<'_>) -> Response {
    let metrics = &state.metrics;
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    metrics.passwords_admitted.set(whole(state.hasher.admitted()));
    metrics.sessions_cached.set(whole(state.cache.len()));
    metrics.changes_current.set(state.cache.is_current().into());
    metrics.push_working.set(state.cache.is_pushed().into());
    if let Some(redis) = &state.redis {
        metrics.redis_linked.set(redis.is_linked().into());
        metrics.redis_commands.inner().store(redis.commands(), Ordering::Relaxed);
    }
    metrics.node.last_poll.set(state.cache.last_poll().map_or(f64::NAN, |ago| ago.as_secs_f64()));
    let (used, max) = state.db.connections();
    metrics.node.database_connections_used.set(whole(used));
    metrics.node.database_connections_max.set(whole(max));
    let now = state.clock.now();
    let age = state.keys.current().signing(now).map(|(_, from)| now.since(from).as_secs());
    metrics.signing_key_age.set(age.map_or(0, u64::cast_signed));
    state.outbox.measure(&state.db).await;
    webhooks::measure(state).await;
    metrics.render().with_content_type("text/plain; version=0.0.4").into_response()
}
