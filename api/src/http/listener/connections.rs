//! Counts open connections, in all and by network. Each takes a file descriptor and memory, and one network must not take them all.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    config::Config,
    metrics::Metrics,
    network::{AddressBlock, ClientNetwork},
};

/// The open connections.
#[derive(Debug)]
pub(super) struct Connections {
    open: Mutex<Open>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_block: HashMap<AddressBlock, usize>,
}

/// Counts as one open connection until it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionPermit {
    connections: Arc<Connections>,
    /// None for a trusted proxy, which carries the connections of many networks.
    network: Option<ClientNetwork>,
}

impl Connections {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { open: Mutex::default(), metrics }
    }

    /// A permit, unless the limit in all or the limit of the peer's network is reached.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr, config: &Config) -> Option<ConnectionPermit> {
        let permit = self.take(peer, config);
        if permit.is_none() {
            self.metrics.connections_refused.inc();
        }
        permit
    }

    fn take(self: &Arc<Self>, peer: IpAddr, config: &Config) -> Option<ConnectionPermit> {
        let peer = peer.to_canonical();
        let is_proxy = config.callers.get().proxy.trusts(&peer);
        let network = (!is_proxy).then(|| ClientNetwork::from(Some(peer)));
        let mut open = self.lock();
        if open.all >= config.connections.max {
            return None;
        }
        let blocks = || network.iter().flat_map(|network| network.blocks());
        let is_full = |block: AddressBlock| {
            let held = open.by_block.get(&block).copied().unwrap_or(0);
            held >= config.connections.per_network.saturating_mul(block.share() as usize)
        };
        if blocks().any(is_full) {
            return None;
        }
        for block in blocks() {
            *open.by_block.entry(block).or_default() += 1;
        }
        open.all += 1;
        self.metrics.connections_open.inc();
        Some(ConnectionPermit { connections: Arc::clone(self), network })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.all -= 1;
        self.connections.metrics.connections_open.dec();
        let Some(network) = self.network else { return };
        for block in network.blocks() {
            if let Some(held) = open.by_block.get_mut(&block) {
                *held -= 1;
                if *held == 0 {
                    open.by_block.remove(&block);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, sync::Arc};

    use super::Connections;
    use crate::config::Config;

    #[test]
    fn b_48_an_ipv6_site_does_not_take_all_connections() {
        let environment = [("CONNECTIONS__MAX", "100"), ("CONNECTIONS__PER_NETWORK", "10")];
        let environment = environment.map(|(key, value)| (format!("BIFRONS_{key}"), value.to_owned()));
        let config = Config::read(None, environment).config.unwrap();
        let connections = Arc::new(Connections::new(Arc::default()));
        let admit = |ip: &str| connections.admit(ip.parse::<IpAddr>().unwrap(), &config);
        let one_household: Vec<_> = (0..30).filter_map(|n| admit(&format!("2001:db8:7:{n:x}::1"))).collect();
        let rest_of_site: Vec<_> = (1..=50).filter_map(|n| admit(&format!("2001:db8:7:{n:x}00::1"))).collect();
        assert_eq!((one_household.len(), rest_of_site.len()), (20, 20));
        assert!(admit("2001:db8:8::1").is_some() && admit("192.0.2.1").is_some());
        drop((one_household, rest_of_site));
        assert!(connections.lock().by_block.is_empty());
    }
}
