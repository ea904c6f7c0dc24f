//! Bounds on open connections.

use super::{reader::Reader, values::number};

/// Bounds on open connections. Connections above a bound are closed on arrival.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionsConfig {
    /// All connections.
    pub max: usize,
    /// Connections from one network that is not a trusted proxy.
    pub per_network: usize,
}

impl ConnectionsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut count = |key, default, about| reader.one(key, default, about, |text| number(text, 1..=1_000_000_usize));
        let max = count(
            "connections.max",
            "10000",
            "Maximum number of open connections. Further ones are closed on arrival. Each uses a file descriptor.",
        );
        let about = "Maximum number of open connections from one IPv4 address or IPv6 /64 that is not in `proxy.trusted`.";
        let per_network = count("connections.per_network", "1000", about);
        Self { max: max.unwrap_or(1), per_network: per_network.unwrap_or(1) }
    }
}
