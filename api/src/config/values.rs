//! Parsers of configuration values.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use ipnet::IpNet;
use url::Url;

use super::Origin;

/// Parses `100ms`, `90s`, `10m`, `24h`, `14d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a whole number and a unit: 100ms, 30s, 10m, 24h or 14d".to_owned();
    let unit = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit);
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return Err(wrong()),
    };
    // Browsers limit cookies to 400 days (RFC 6265bis section 5.5).
    match number.parse::<u64>() {
        Ok(number) if number.saturating_mul(millis) <= 400 * 24 * 60 * 60 * 1000 => Ok(Duration::from_millis(number * millis)),
        Ok(_) => Err("write at most 400d".to_owned()),
        Err(_) => Err(wrong()),
    }
}

/// Parses a whole number in a range.
pub(super) fn number<T>(text: &str, range: std::ops::RangeInclusive<T>) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + fmt::Display,
{
    let wrong = || format!("write a whole number from {} to {}", range.start(), range.end());
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(wrong)
}

/// Parses an address and a port.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an address and a port: 127.0.0.1:3000 or [::]:3000".to_owned())
}

/// Parses `true` or `false`.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "write true or false".to_owned())
}

/// Parses the URL of a page or a service. Plain http is for loopback only: elsewhere an attacker on the network can change it.
pub(super) fn secure_url(text: &str) -> Result<Url, String> {
    let wrong = || "write an https URL, or an http URL on loopback, without user name and password".to_owned();
    let url = Url::parse(text).map_err(|_| wrong())?;
    let origin = Origin::parse(&url.origin().ascii_serialization()).map_err(|_| wrong())?;
    let anonymous = url.username().is_empty() && url.password().is_none();
    if anonymous && (origin.is_secure() || origin.is_loopback()) { Ok(url) } else { Err(wrong()) }
}

/// A field name (RFC 9110 section 5.1), in lower case. `*` is one, but browsers take it literally in requests with credentials.
pub(super) fn header_name(text: &str) -> Result<String, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&byte);
    if text.is_empty() || !text.bytes().all(is_token) {
        return Err("write the name of a request header: x-requested-with".to_owned());
    }
    Ok(text.to_ascii_lowercase())
}

/// A network, or one address.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| "write a network or an address: 10.0.0.0/8".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{duration, number};

    #[test]
    fn durations() {
        assert_eq!(duration("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(duration("14d"), Ok(Duration::from_secs(14 * 86_400)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for wrong in ["", "10", "m", "-1m", "1.5h", "10 m", "10M", "401d", "99999999999999999999d", "１m", "1é"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_outside_their_range_are_refused() {
        assert_eq!(number("8", 8..=64), Ok(8));
        assert_eq!(number::<u32>("7", 8..=64).unwrap_err(), "write a whole number from 8 to 64");
        assert!(number::<u32>("many", 8..=64).is_err());
    }
}
