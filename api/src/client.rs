//! Where a request came from.

use std::net::IpAddr;

use crate::{network::ClientNetwork, secret::DeviceToken};

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The client's own address, proxies that we trust set aside.
    pub ip: Option<IpAddr>,
    /// What it calls itself.
    pub user_agent: Option<String>,
    /// What it was given when somebody signed in with it.
    pub device: Option<DeviceToken>,
}

impl Client {
    /// Who counts as one client.
    pub fn network(&self) -> ClientNetwork {
        self.ip.into()
    }
}
