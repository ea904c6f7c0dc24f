//! From where the service may be administrated, and how long an invitation works.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;

use super::{
    reader::Reader,
    values::{duration, network},
};

/// What operators may do.
#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// The networks; every one if there is none.
    pub networks: Vec<IpNet>,
    /// How long an invitation works.
    pub invitation_lifetime: Duration,
}

impl AdminConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let about =
            "Networks that the admin API serves, as clients are seen behind `proxy.trusted`: 10.0.0.0/8. Default: every network.";
        let networks = reader.list("admin.networks", about, network);
        let about = "How long an invitation works, by mail or by hand. From 1h to 30d.";
        let lifetime = reader.one("admin.invitation_lifetime", "7d", about, |text| duration(text).and_then(in_range));
        Self { networks, invitation_lifetime: lifetime.unwrap_or_default() }
    }

    /// Whether the admin API serves a client with this address.
    pub fn serves(&self, address: Option<IpAddr>) -> bool {
        self.networks.is_empty() || address.is_some_and(|address| self.networks.iter().any(|network| network.contains(&address)))
    }
}

/// A token that lives longer is used by who finds it, not by who was invited.
fn in_range(lifetime: Duration) -> Result<Duration, String> {
    let hour = Duration::from_secs(3600);
    if (hour..=30 * 24 * hour).contains(&lifetime) { Ok(lifetime) } else { Err("write a time from 1h to 30d".to_owned()) }
}
