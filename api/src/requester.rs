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
    /// The languages that the reader prefers: `Accept-Language`, cut to 256 characters.
    pub accept_language: Option<String>,
    /// The device tokens that came with the request. More than one: an attacker may have planted the others, so none of them counts more.
    pub devices: Vec<DeviceToken>,
}

impl Requester {
    /// The network that limits count the request for.
    pub fn network(&self) -> ClientNetwork {
        self.ip.into()
    }
}
