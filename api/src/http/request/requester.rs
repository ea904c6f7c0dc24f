//! Reads the requester from a request: address, user agent, device. `X-Forwarded-For` is read only from a trusted proxy, from right to
//! left: the requester is the first address that is no trusted proxy. Entries further left come from the client and prove nothing.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use percent_encoding::percent_decode;
use poem::{
    FromRequest, Request, RequestBody,
    http::{HeaderMap, HeaderName, header},
};

use uuid::Uuid;

use crate::{
    config::CallersConfig, http::response::cookies, requester::Requester, secret::DeviceToken, state::AppState,
    unicode::is_extender,
};

/// At most this many characters of a header are kept.
const MAX_HEADER: usize = 256;

/// At most this many characters of a header that names a place are kept.
const MAX_PLACE: usize = 64;

impl<'a> FromRequest<'a> for Requester {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let callers = request.data::<Arc<AppState>>().map(|state| state.config.callers.get());
        let callers = callers.as_deref();
        Ok(Self {
            ip: callers.and_then(|callers| address(request, callers)),
            place: callers.and_then(|callers| place(request, callers)),
            user_agent: text(request, header::USER_AGENT),
            accept_language: text(request, header::ACCEPT_LANGUAGE),
            devices: callers.map(|callers| devices(request.headers(), callers)).unwrap_or_default(),
        })
    }
}

/// A header, cut to 256 characters; `None` if it is not ASCII.
pub(in crate::http) fn text(request: &Request, name: HeaderName) -> Option<String> {
    let value = request.headers().get(name).and_then(|value| value.to_str().ok())?;
    Some(value.chars().take(MAX_HEADER).collect())
}

/// The address of the requester.
pub(in crate::http) fn address(request: &Request, callers: &CallersConfig) -> Option<IpAddr> {
    let peer = request.remote_addr().as_socket_addr()?.ip().to_canonical();
    Some(client(peer, request.headers(), callers))
}

/// The id that a trusted proxy gave the request, if it is a UUID. nginx writes one without hyphens.
pub(in crate::http) fn id_of_proxy(request: &Request, callers: &CallersConfig) -> Option<Uuid> {
    let written = request.headers().get("x-request-id")?;
    let peer = request.remote_addr().as_socket_addr()?.ip().to_canonical();
    Uuid::try_parse(written.to_str().ok().filter(|_| callers.proxy.trusts(&peer))?).ok()
}

/// The approximate place, as the trusted proxy names it in all its headers together.
fn place(request: &Request, callers: &CallersConfig) -> Option<String> {
    let peer = request.remote_addr().as_socket_addr()?.ip().to_canonical();
    let headers = callers.proxy.place_headers.iter().filter(|_| callers.proxy.trusts(&peer));
    let parts: Vec<_> = headers.filter_map(|name| part(request.headers(), name)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What one header says, with percent-encoding and without. If there are several, the last one: a proxy adds its own after the client's.
/// Only letters, digits and what joins them: a mail program makes links of names that look like one, and a proxy that forgets to remove the
/// header hands on what the client wrote.
fn part(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = percent_decode(headers.get_all(name).iter().next_back()?.as_bytes()).decode_utf8().ok()?;
    let joins = |c: char| matches!(c, ' ' | ',' | '-' | '\'' | '\u{2019}' | '(' | ')');
    let named: String = value.chars().filter(|c| c.is_alphanumeric() || is_extender(*c) || joins(*c)).take(MAX_PLACE).collect();
    let named = named.trim().to_owned();
    named.contains(char::is_alphanumeric).then_some(named)
}

/// The device tokens of the request. The limit on the size of the header bounds them.
fn devices(headers: &HeaderMap, callers: &CallersConfig) -> Vec<DeviceToken> {
    cookies::all(headers, callers.cookies.device_name).filter_map(DeviceToken::parse).collect()
}

fn client(peer: IpAddr, headers: &HeaderMap, callers: &CallersConfig) -> IpAddr {
    let lines = headers.get_all("x-forwarded-for").iter();
    let hops = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    // Empty list elements mean nothing (RFC 9110 section 5.6.1).
    let hops: Vec<&[u8]> = hops.filter(|hop| !hop.is_empty()).collect();
    let mut client = peer;
    for hop in hops.iter().rev() {
        // Bytes, not text: a line with invalid UTF-8 from the client still ends in the entry of our proxy.
        let ip = std::str::from_utf8(hop).ok().and_then(forwarded_address);
        match ip.filter(|_| callers.proxy.trusts(&client)) {
            Some(ip) => client = ip.to_canonical(),
            None => break,
        }
    }
    client
}

/// The address of an entry. Proxies write it alone, with a port, in brackets, and quoted as in `Forwarded` (RFC 7239 section 6).
pub fn forwarded_address(hop: &str) -> Option<IpAddr> {
    let node = hop.strip_prefix('"').and_then(|hop| hop.strip_suffix('"')).unwrap_or(hop);
    let (address, after) = match node.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        // One colon separates a port; an IPv6 address without brackets has more.
        None if node.matches(':').count() == 1 => node.split_at(node.find(':')?),
        None => (node, ""),
    };
    let port = after.strip_prefix(':').unwrap_or("port");
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if !is_port || !(after.is_empty() || after.starts_with(':')) {
        return None;
    }
    match address.split_once('%') {
        // A zone (RFC 4007 section 11) has a meaning only on the machine that wrote it.
        Some((address, _)) => address.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => address.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use poem::http::{HeaderMap, HeaderValue};

    use super::{client, part};
    use crate::config::Config;

    #[test]
    fn a_place_is_text_that_no_program_makes_a_link_of() {
        for (header, place) in [
            (&b"Lisbon"[..], Some("Lisbon")),
            ("S\u{e3}o Paulo".as_bytes(), Some("S\u{e3}o Paulo")),
            (b"S%C3%A3o%20Paulo", Some("S\u{e3}o Paulo")),
            ("\u{926}\u{93f}\u{932}\u{94d}\u{932}\u{940}".as_bytes(), Some("\u{926}\u{93f}\u{932}\u{94d}\u{932}\u{940}")),
            (b"Washington D.C.", Some("Washington DC")),
            (b"L'Aquila (Abruzzo), IT", Some("L'Aquila (Abruzzo), IT")),
            (b"https://evil.example/a%0d%0aBcc:", Some("httpsevilexampleaBcc")),
            (b"<b>x</b>", Some("bxb")),
            (b"S\xe3o Paulo", None),
            (b"%ff", None),
            (b" , ", None),
            (b"", None),
        ] {
            let headers: HeaderMap =
                [("cf-ipcity".parse().unwrap(), HeaderValue::from_bytes(header).unwrap())].into_iter().collect();
            assert_eq!(part(&headers, "cf-ipcity").as_deref(), place);
        }
        let mut added = HeaderMap::new();
        for place in ["Paris", "Lisbon"] {
            added.append("cf-ipcity", HeaderValue::from_static(place));
        }
        assert_eq!(part(&added, "cf-ipcity").as_deref(), Some("Lisbon"), "the client wrote the first one");
        let long: HeaderMap =
            [("cf-ipcity".parse().unwrap(), HeaderValue::from_str(&"x".repeat(100)).unwrap())].into_iter().collect();
        assert_eq!(part(&long, "cf-ipcity").map(|place| place.len()), Some(64));
    }

    #[test]
    fn b_47_only_trusted_proxies_are_believed_and_only_from_the_right() {
        let environment = [("BIFRONS_PROXY__TRUSTED".to_owned(), "10.0.0.0/8, ::1".to_owned())];
        let config = Config::read(None, environment).config.unwrap();
        let seen_bytes = |peer: &str, forwarded: &[&[u8]]| {
            let headers: HeaderMap = forwarded
                .iter()
                .map(|value| ("x-forwarded-for".parse().unwrap(), HeaderValue::from_bytes(value).unwrap()))
                .collect();
            client(peer.parse().unwrap(), &headers, &config.callers.get()).to_string()
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
        for (written, address) in [
            ("\"192.0.2.1\"", "192.0.2.1"),
            ("\"192.0.2.1:4711\"", "192.0.2.1"),
            ("192.0.2.1:_secret", "192.0.2.1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("\"[2001:db8::1]\"", "2001:db8::1"),
            ("\"2001:db8::1\"", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:443", "fe80::1"),
            ("[::ffff:192.0.2.1]:443", "192.0.2.1"),
            ("192.0.2.1, ", "192.0.2.1"),
            (",192.0.2.1,, ,\t", "192.0.2.1"),
            ("192.0.2.1, \"10.0.0.2:80\", , [::1]:80", "192.0.2.1"),
        ] {
            assert_eq!(seen("10.0.0.1", &[written]), address, "{written}");
            assert_eq!(seen("10.0.0.1", &["9.9.9.9", written, ""]), address, "{written}");
        }
        for nonsense in [
            "unknown",
            "_hidden",
            "\"192.0.2.1",
            "192.0.2.1\"",
            "192.0.2.1:",
            "192.0.2.1%eth0",
            "[2001:db8::1",
            "[2001:db8::1]x",
            "[]",
            "192.0.2",
            "2001:db8::1:port",
            "192.0.2.1 1.1.1.1",
        ] {
            assert_eq!(seen("10.0.0.1", &["9.9.9.9", nonsense]), "10.0.0.1", "{nonsense}");
        }
    }
}
