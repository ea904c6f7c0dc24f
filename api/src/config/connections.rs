//! How many connections there may be.

use super::{reader::Reader, values::number};

/// How many connections there may be; more are closed as they come.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionsConfig {
    /// In all.
    pub max: usize,
    /// From one network that is no trusted proxy.
    pub per_network: usize,
}

impl ConnectionsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut count = |key, default, about| reader.one(key, default, about, |text| number(text, 1..=1_000_000_usize));
        let max =
            count("connections.max", "10000", "The most connections; more are closed as they come. Each takes a file descriptor.");
        let about = "The most connections from one IPv4 address or IPv6 /64 that is not in `proxy.trusted`.";
        let per_network = count("connections.per_network", "1000", about);
        Self { max: max.unwrap_or(1), per_network: per_network.unwrap_or(1) }
    }
}
