//! What a node tells of its surroundings: the database, the other nodes, its certificate.

use std::sync::atomic::AtomicU64;

use prometheus_client::{metrics::gauge::Gauge, registry::Registry};

/// What a node tells of its surroundings.
pub struct NodeGauges {
    pub schema_newer: Gauge,
    pub last_poll: Gauge<f64, AtomicU64>,
    pub database_connections_used: Gauge,
    pub database_connections_max: Gauge,
    pub certificate_expires: Gauge,
}

impl NodeGauges {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let gauges = Self {
            schema_newer: Gauge::default(),
            last_poll: Gauge::default(),
            database_connections_used: Gauge::default(),
            database_connections_max: Gauge::default(),
            certificate_expires: Gauge::default(),
        };
        let help = "1 if a newer version migrated the database, and this node is to be upgraded, else 0";
        registry.register("schema_newer", help, gauges.schema_newer.clone());
        let help = "Seconds since this node last polled for changes";
        registry.register("last_poll_seconds", help, gauges.last_poll.clone());
        let help = "Connections to the database that a request or a task holds";
        registry.register("database_connections_used", help, gauges.database_connections_used.clone());
        let help = "Connections to the database that requests and tasks may hold";
        registry.register("database_connections_max", help, gauges.database_connections_max.clone());
        let help = "When the certificate expires, in seconds since 1970; 0 without TLS";
        registry.register("certificate_expires_seconds", help, gauges.certificate_expires.clone());
        gauges
    }
}
