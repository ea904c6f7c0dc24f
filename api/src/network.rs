//! Which addresses are one client, for limits and for fair queues.

use std::net::{IpAddr, Ipv4Addr};

/// An IPv4 address, or the IPv6 /64 that one link has (RFC 6177): a client can use any of its 2^64 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientNetwork {
    V4(Ipv4Addr),
    /// The first 64 bits.
    V6(u64),
    /// A request that came over no network.
    Local,
}

impl From<Option<IpAddr>> for ClientNetwork {
    fn from(ip: Option<IpAddr>) -> Self {
        match ip.map(|ip| ip.to_canonical()) {
            Some(IpAddr::V4(ip)) => Self::V4(ip),
            Some(IpAddr::V6(ip)) => Self::V6((ip.to_bits() >> 64) as u64),
            None => Self::Local,
        }
    }
}

/// The IPv6 /48 that one site may have: 65,536 networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Site(u64);

impl Site {
    /// Unique among sites and networks.
    pub fn to_bytes(self) -> [u8; 9] {
        tagged(48, self.0)
    }
}

impl ClientNetwork {
    /// The site of an IPv6 network: one client may own thousands of networks there.
    pub fn site(self) -> Option<Site> {
        match self {
            Self::V6(half) => Some(Site(half >> 16)),
            Self::V4(_) | Self::Local => None,
        }
    }

    /// Unique among networks.
    pub fn to_bytes(self) -> [u8; 9] {
        match self {
            Self::V4(ip) => tagged(4, ip.to_bits().into()),
            Self::V6(half) => tagged(6, half),
            Self::Local => tagged(0, 0),
        }
    }
}

fn tagged(kind: u8, bits: u64) -> [u8; 9] {
    let mut bytes = [kind; 9];
    bytes[1..].copy_from_slice(&bits.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::ClientNetwork;

    fn networks<'a>(addresses: impl IntoIterator<Item = &'a str>) -> HashSet<[u8; 9]> {
        addresses.into_iter().map(|ip| ClientNetwork::from(Some(ip.parse().unwrap())).to_bytes()).collect()
    }

    #[test]
    fn b_48_one_network_however_its_address_is_written() {
        assert_eq!(networks(["2001:db8::1", "2001:DB8:0:0::2", "2001:0db8:0000:0000:ffff:ffff:ffff:ffff"]).len(), 1);
        assert_eq!(networks(["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"]).len(), 1);
        let site = |ip: &str| ClientNetwork::from(Some(ip.parse().unwrap())).site();
        assert_eq!(site("2001:db8:0:1::1"), site("2001:db8:0:ffff::1"));
        assert_ne!(site("2001:db8:0:1::1"), site("2001:db8:1:1::1"));
        assert_eq!(site("192.0.2.1"), None);
        assert_eq!(networks(["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1", "::c000:201"]).len(), 5);
    }
}
