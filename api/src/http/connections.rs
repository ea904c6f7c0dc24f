//! How many connections there are. Each takes a file descriptor and some memory, and no network gets all of them.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{config::Config, metrics::Metrics, network::ClientNetwork};

/// The connections there are.
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

/// One more connection, for as long as this is kept.
#[derive(Debug)]
pub(super) struct Held {
    connections: Arc<Connections>,
    /// None for a trusted proxy: it brings everybody's.
    network: Option<ClientNetwork>,
}

impl Connections {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { open: Mutex::default(), metrics }
    }

    /// One more, if there may be.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr, config: &Config) -> Option<Held> {
        let held = self.take(peer, config);
        if held.is_none() {
            self.metrics.connections_refused.inc();
        }
        held
    }

    fn take(self: &Arc<Self>, peer: IpAddr, config: &Config) -> Option<Held> {
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
        Some(Held { connections: Arc::clone(self), network })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
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
