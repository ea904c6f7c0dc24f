//! Reads the requester from a request: address, user agent, device. `X-Forwarded-For` is read only from a trusted proxy, from right to
//! left: the requester is the first address that is no trusted proxy. Entries further left come from the client and prove nothing.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use poem::{
    FromRequest, Request, RequestBody,
    http::{HeaderMap, header},
};

use super::cookie;
use crate::{client::Client, config::Config, secret::DeviceToken, state::AppState};

/// At most this many characters of a `User-Agent` are kept.
const MAX_USER_AGENT: usize = 256;

impl<'a> FromRequest<'a> for Client {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let config = request.data::<Arc<AppState>>().map(|state| &state.config);
        let user_agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self {
            ip: config.and_then(|config| address(request, config)),
            user_agent: user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect()),
            device: config.and_then(|config| device(request.headers(), config)),
        })
    }
}

/// The address of the requester.
pub(super) fn address(request: &Request, config: &Config) -> Option<IpAddr> {
    let peer = request.remote_addr().as_socket_addr()?.ip().to_canonical();
    Some(client(peer, request.headers(), config))
}

/// The device token of the request. Of several, the first that parses: a planted token only makes the device unknown.
fn device(headers: &HeaderMap, config: &Config) -> Option<DeviceToken> {
    cookie::all(headers, config.cookies.device_name).find_map(DeviceToken::parse)
}

fn client(peer: IpAddr, headers: &HeaderMap, config: &Config) -> IpAddr {
    let trusted = |ip: &IpAddr| config.trusted_proxies.iter().any(|network| network.contains(ip));
    let lines = headers.get_all("x-forwarded-for").iter();
    let hops: Vec<&[u8]> = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).collect();
    let mut client = peer;
    for hop in hops.iter().rev() {
        // Bytes, not text: a line with invalid UTF-8 from the client still ends in the entry of our proxy.
        let ip = std::str::from_utf8(hop.trim_ascii()).ok().and_then(address_of);
        match ip.filter(|_| trusted(&client)) {
            Some(ip) => client = ip.to_canonical(),
            None => break,
        }
    }
    client
}

/// An address, with or without a port.
fn address_of(hop: &str) -> Option<IpAddr> {
    let alone = hop.parse().ok();
    alone.or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use poem::http::{HeaderMap, HeaderValue};

    use super::client;
    use crate::config::Config;

    #[test]
    fn b_47_only_trusted_proxies_are_believed_and_only_from_the_right() {
        let environment = [("BIFRONS_PROXY__TRUSTED".to_owned(), "10.0.0.0/8, ::1".to_owned())];
        let config = Config::read(None, environment).config.unwrap();
        let seen_bytes = |peer: &str, forwarded: &[&[u8]]| {
            let headers: HeaderMap = forwarded
                .iter()
                .map(|value| ("x-forwarded-for".parse().unwrap(), HeaderValue::from_bytes(value).unwrap()))
                .collect();
            client(peer.parse().unwrap(), &headers, &config).to_string()
        };
        let seen =
            |peer: &str, forwarded: &[&str]| seen_bytes(peer, &forwarded.iter().map(|line| line.as_bytes()).collect::<Vec<_>>());
        assert_eq!(seen_bytes("10.0.0.1", &[b"9.9.9.9", b"\xe9, 1.1.1.1"]), "1.1.1.1");
        assert_eq!(seen("203.0.113.9", &["1.1.1.1"]), "203.0.113.9", "the peer is no trusted proxy");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(seen("10.0.0.1", &["9.9.9.9, 1.1.1.1"]), "1.1.1.1", "the client's own entry is ignored");
        assert_eq!(seen("10.0.0.1", &["9.9.9.9", "1.1.1.1, 10.0.0.2"]), "1.1.1.1", "two proxies, two headers");
        assert_eq!(seen("::1", &["::ffff:1.1.1.1"]), "1.1.1.1");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1, nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["9.9.9.9, 1.1.1.1:443"]), "1.1.1.1");
        assert_eq!(seen("10.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }
}
