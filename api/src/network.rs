//! Who counts as one client, for limits and for fairness.

use std::net::{IpAddr, Ipv4Addr};

/// An IPv4 address, or the 64 bits of IPv6 that one customer gets (RFC 6177): whoever has those can write 2^64 addresses under them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientNetwork {
    /// One address.
    V4(Ipv4Addr),
    /// The first half of an address.
    V6(u64),
    /// Requests that came over no network.
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

impl ClientNetwork {
    /// Different bytes for each network.
    pub fn to_bytes(self) -> [u8; 9] {
        let (kind, bytes) = match self {
            Self::V4(ip) => (4, u64::from(ip.to_bits())),
            Self::V6(half) => (6, half),
            Self::Local => (0, 0),
        };
        let mut all = [kind; 9];
        all[1..].copy_from_slice(&bytes.to_be_bytes());
        all
    }
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
        assert_eq!(networks(["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1", "::c000:201"]).len(), 5);
    }
}
