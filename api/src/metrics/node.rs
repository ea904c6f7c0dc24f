//! What a node tells of its surroundings: the database, the other nodes, its certificate.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::gauge::Gauge;

use super::All;

/// What a node tells of its surroundings.
pub struct NodeGauges {
    pub schema_newer: Gauge,
    pub last_poll: Gauge<f64, AtomicU64>,
    pub database_connections_used: Gauge,
    pub database_connections_max: Gauge,
    pub certificate_expires: Gauge,
}

impl NodeGauges {
    pub(super) fn new(all: &mut All<'_>) -> Self {
        let newer = "1 if a newer version migrated the database, and this node is to be upgraded, else 0";
        let used = "Connections to the database that a request or a task holds";
        let max = "Connections to the database that requests and tasks may hold";
        let expires = "When the certificate expires, in seconds since 1970; 0 without TLS";
        Self {
            schema_newer: all.add("schema_newer", newer, Gauge::default()),
            last_poll: all.add("last_poll_seconds", "Seconds since this node last polled for changes", Gauge::default()),
            database_connections_used: all.add("database_connections_used", used, Gauge::default()),
            database_connections_max: all.add("database_connections_max", max, Gauge::default()),
            certificate_expires: all.add("certificate_expires_seconds", expires, Gauge::default()),
        }
    }
}
