//! The proxies in front of the service, and what is believed of them.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{
    reader::Reader,
    values::{header_name, network},
};

/// The proxies in front of the service, and what is believed of them.
#[derive(Clone, Debug, Default)]
pub struct ProxyConfig {
    /// Networks whose `X-Forwarded-For` is trusted.
    pub trusted: Vec<IpNet>,
    /// Headers, in lower case, in which these proxies name the approximate place of the client, the most exact first.
    pub place_headers: Vec<String>,
}

impl ProxyConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let about = "Networks of proxies whose X-Forwarded-For is trusted: 10.0.0.0/8.";
        let trusted = reader.list("proxy.trusted", about, network);
        let about = "Request headers in which a trusted proxy names the approximate place of the client, the most exact first; security mails show it: cf-ipcity, cf-ipcountry. The proxy must set or remove each of them.";
        let place_headers = reader.list("proxy.place_headers", about, header_name);
        if trusted.is_empty() && !place_headers.is_empty() {
            reader.reject("proxy.place_headers", "is read only from trusted proxies: list them in proxy.trusted".to_owned());
        }
        Self { trusted, place_headers }
    }

    /// Whether an address is that of a trusted proxy.
    pub fn trusts(&self, address: &IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }
}
