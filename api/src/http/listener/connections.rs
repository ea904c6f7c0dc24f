//! Counts open connections, in all and by network. Each takes a file descriptor and memory, and one network must not take them all.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{config::Config, metrics::Metrics, network::ClientNetwork};

/// The open connections.
#[derive(Debug)]
pub(super) struct Connections {
    open: Mutex<Open>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_network: HashMap<ClientNetwork, usize>,
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
        let is_proxy = config.trusted_proxies.iter().any(|network| network.contains(&peer));
        let network = (!is_proxy).then(|| ClientNetwork::from(Some(peer)));
        let mut open = self.lock();
        if open.all >= config.connections.max {
            return None;
        }
        if let Some(network) = network {
            let of_network = open.by_network.entry(network).or_default();
            if *of_network >= config.connections.per_network {
                return None;
            }
            *of_network += 1;
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
        if let Some(of_network) = open.by_network.get_mut(&network) {
            *of_network -= 1;
            if *of_network == 0 {
                open.by_network.remove(&network);
            }
        }
    }
}
