//! Which addresses are one client, for limits and for fair queues; and which are on the public internet.

use std::{
    iter,
    net::{IpAddr, Ipv4Addr},
    sync::LazyLock,
};

use ipnet::IpNet;

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

impl ClientNetwork {
    /// The network itself, then the IPv6 sites that contain it: the /56 that a household usually gets, and the /48 of a company or a
    /// tunnel. One client may own all networks there. So every quantity that is bounded for a network is bounded for each block.
    pub fn blocks(self) -> impl Iterator<Item = AddressBlock> {
        let own = match self {
            Self::V4(ip) => AddressBlock { kind: Kind::Ipv4, bits: ip.to_bits().into() },
            Self::V6(half) => AddressBlock { kind: Kind::Ipv6Network, bits: half },
            Self::Local => AddressBlock { kind: Kind::Local, bits: 0 },
        };
        iter::successors(Some(own), |block| block.parent())
    }
}

/// A network, or an IPv6 site with all its networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressBlock {
    kind: Kind,
    /// The prefix, at the right.
    bits: u64,
}

/// The values are stored in keys of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
enum Kind {
    Local = 0,
    Ipv4 = 4,
    Ipv6Network = 6,
    Ipv6Household = 56,
    Ipv6Site = 48,
}

impl AddressBlock {
    /// The next larger block; `None` for a block that is in no other.
    pub fn parent(self) -> Option<Self> {
        let kind = match self.kind {
            Kind::Ipv6Network => Kind::Ipv6Household,
            Kind::Ipv6Household => Kind::Ipv6Site,
            Kind::Local | Kind::Ipv4 | Kind::Ipv6Site => return None,
        };
        Some(Self { kind, bits: self.bits >> 8 })
    }

    /// How many networks' share a block gets: more than one, because unrelated clients may be in it; far fewer than it contains.
    pub fn share(self) -> u32 {
        match self.kind {
            Kind::Local | Kind::Ipv4 | Kind::Ipv6Network => 1,
            Kind::Ipv6Household => 2,
            Kind::Ipv6Site => 4,
        }
    }

    /// Unique among blocks.
    pub fn to_bytes(self) -> [u8; 9] {
        let mut bytes = [self.kind as u8; 9];
        bytes[1..].copy_from_slice(&self.bits.to_be_bytes());
        bytes
    }
}

/// What is not on the public internet, by the IANA registries of special-purpose addresses. Of IPv6, only `2000::/3` is.
const NOT_PUBLIC: [&str; 21] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/3",
    "4000::/2",
    "8000::/1",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
];

static NOT_PUBLIC_NETWORKS: LazyLock<Vec<IpNet>> = LazyLock::new(|| NOT_PUBLIC.iter().flat_map(|text| text.parse()).collect());

/// Whether an address is on the public internet. Translators reach IPv4 addresses by IPv6 addresses, which are none either.
pub fn is_public(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    !NOT_PUBLIC_NETWORKS.iter().any(|network| network.contains(&ip))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{AddressBlock, ClientNetwork, NOT_PUBLIC, NOT_PUBLIC_NETWORKS, is_public};

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        assert_eq!(NOT_PUBLIC_NETWORKS.len(), NOT_PUBLIC.len());
        for public in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "223.255.255.255", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        let private = "0.0.0.0 10.1.2.3 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 172.31.255.255 192.168.0.1 \
            198.19.0.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 \
            64:ff9b:1::1 fe80::1 fec0::1 fc00::1 fd00:ec2::254 ff02::1 2001::1 2001:db8::1 2002:7f00:1::1 5f00::1";
        for private in private.split_whitespace() {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    fn blocks(ip: &str) -> Vec<AddressBlock> {
        ClientNetwork::from(Some(ip.parse().unwrap())).blocks().collect()
    }

    fn networks<'a>(addresses: impl IntoIterator<Item = &'a str>) -> HashSet<[u8; 9]> {
        addresses.into_iter().map(|ip| blocks(ip)[0].to_bytes()).collect()
    }

    #[test]
    fn b_48_all_spellings_of_an_address_are_one_network() {
        assert_eq!(networks(["2001:db8::1", "2001:DB8:0:0::2", "2001:0db8:0000:0000:ffff:ffff:ffff:ffff"]).len(), 1);
        assert_eq!(networks(["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201"]).len(), 1);
        assert_eq!(networks(["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1", "::c000:201"]).len(), 5);
    }

    #[test]
    fn b_48_an_ipv6_network_is_in_two_sites() {
        let [network, household, site] = blocks("2001:db8:7:1fe::1")[..] else { panic!("three blocks") };
        assert_eq!([network.share(), household.share(), site.share()], [1, 2, 4]);
        assert_eq!(blocks("2001:db8:7:1ff::1")[1..], [household, site]);
        assert_ne!(blocks("2001:db8:7:1ff::1")[0], network);
        assert_eq!(blocks("2001:db8:7:2ff::1")[2], site);
        assert_ne!(blocks("2001:db8:7:2ff::1")[1], household);
        assert_ne!(blocks("2001:db8:8:1fe::1")[2], site);
        assert_eq!(blocks("192.0.2.1").len(), 1);
        let all = [&blocks("::")[..], &blocks("0.0.0.0"), &ClientNetwork::Local.blocks().collect::<Vec<_>>()].concat();
        assert_eq!(all.iter().map(|block| block.to_bytes()).collect::<HashSet<_>>().len(), 5);
    }
}
