//! Where a request came from.

use std::net::IpAddr;

use crate::{network::ClientNetwork, secret::DeviceToken};

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Requester {
    /// The address, read past the trusted proxies.
    pub ip: Option<IpAddr>,
    /// The `User-Agent`, cut to 256 characters.
    pub user_agent: Option<String>,
    /// The device token of an earlier sign-in.
    pub device: Option<DeviceToken>,
}

impl Requester {
    /// The network that limits count the request for.
    pub fn network(&self) -> ClientNetwork {
        self.ip.into()
    }
}
