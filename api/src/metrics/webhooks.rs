//! Metrics of webhooks.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

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
        let metrics = Self {
            deliveries: Counter::default(),
            failures: Counter::default(),
            waiting: Gauge::default(),
            oldest_age: Gauge::default(),
            dead: Gauge::default(),
        };
        registry.register("webhook_deliveries", "Deliveries that a receiver accepted", metrics.deliveries.clone());
        registry.register("webhook_failures", "Attempts to deliver that failed", metrics.failures.clone());
        registry.register("webhook_waiting", "Deliveries to enabled webhooks that wait", metrics.waiting.clone());
        let help = "Since when the oldest of them waits";
        registry.register("webhook_oldest_age_seconds", help, metrics.oldest_age.clone());
        registry.register("webhook_dead", "Deliveries to webhooks that were given up", metrics.dead.clone());
        metrics
    }
}
