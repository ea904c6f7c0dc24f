//! From where the service may be administrated.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{reader::Reader, values::network};

/// From where the service may be administrated.
#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// The networks; every one if there is none.
    pub networks: Vec<IpNet>,
}

impl AdminConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let about =
            "Networks that the admin API serves, as clients are seen behind `proxy.trusted`: 10.0.0.0/8. Default: every network.";
        Self { networks: reader.list("admin.networks", about, network) }
    }

    /// Whether the admin API serves a client with this address.
    pub fn serves(&self, address: Option<IpAddr>) -> bool {
        self.networks.is_empty() || address.is_some_and(|address| self.networks.iter().any(|network| network.contains(&address)))
    }
}
