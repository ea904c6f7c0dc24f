//! Metrics of webhooks.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use super::All;

/// Counters of this node, and gauges of what all nodes have in common.
pub struct WebhookMetrics {
    pub deliveries: Counter,
    pub failures: Counter,
    pub waiting: Gauge,
    pub oldest_age: Gauge,
    pub dead: Gauge,
}

impl WebhookMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let mut all = All(registry);
        Self {
            deliveries: all.add("webhook_deliveries", "Deliveries that a receiver accepted", Counter::default()),
            failures: all.add("webhook_failures", "Attempts to deliver that failed", Counter::default()),
            waiting: all.add("webhook_waiting", "Deliveries to enabled webhooks that wait", Gauge::default()),
            oldest_age: all.add("webhook_oldest_age_seconds", "Since when the oldest of them waits", Gauge::default()),
            dead: all.add("webhook_dead", "Deliveries to webhooks that were given up", Gauge::default()),
        }
    }
}
