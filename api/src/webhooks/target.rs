//! Where deliveries may go: to the public internet over https, unless `webhooks.private_addresses` allows more. Otherwise an operator could
//! reach, through this service, what only its network reaches.

use std::{net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;
use url::{Host, Url};

use crate::{config::WebhooksConfig, network::is_public};

/// The maximum length of a URL, in bytes.
pub const MAX_URL: usize = 2048;

/// Why nothing is delivered to a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is not a URL with a host.
    #[error("must be an absolute URL of at most 2048 bytes")]
    Form,
    /// It has another scheme.
    #[error("must begin with https://")]
    Scheme,
    /// It has a user name, a password or a fragment.
    #[error("must have no user name, password or fragment")]
    Parts,
    /// Its host is an address that is not on the public internet.
    #[error("must not name a private address")]
    Private,
}

/// Checks the URL of a receiver, and returns it as it is requested: in visible ASCII. A host name is resolved at each
/// delivery.
pub(super) fn check(text: &str, config: WebhooksConfig) -> Result<Url, TargetError> {
    let is_short = |url: &Url| url.as_str().len() <= MAX_URL;
    let url = Url::parse(text).ok().filter(is_short).ok_or(TargetError::Form)?;
    match url.scheme() {
        "https" => {}
        "http" if config.private_addresses => {}
        _ => return Err(TargetError::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(TargetError::Parts);
    }
    let address = match url.host().ok_or(TargetError::Form)? {
        Host::Domain(_) => None,
        Host::Ipv4(ip) => Some(ip.into()),
        Host::Ipv6(ip) => Some(ip.into()),
    };
    if address.is_some_and(|ip| !config.private_addresses && !is_public(ip)) { Err(TargetError::Private) } else { Ok(url) }
}

/// The host of a receiver resolves to private addresses only.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the host has no public address")]
pub(super) struct NotPublic;

/// Resolves the hosts of receivers. The connection is made to the addresses that were checked here: nothing is resolved a second time.
#[derive(Debug)]
pub(super) struct CheckedResolver(pub(super) WebhooksConfig);

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let Self(WebhooksConfig { private_addresses }) = *self;
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|found| private_addresses || is_public(found.ip())).collect();
            if allowed.is_empty() { Err(NotPublic.into()) } else { Ok(Box::new(allowed.into_iter()) as Addrs) }
        })
    }
}

impl CheckedResolver {
    pub(super) fn shared(config: WebhooksConfig) -> Arc<Self> {
        Arc::new(Self(config))
    }
}

#[cfg(test)]
mod tests {
    use super::{TargetError, check};
    use crate::config::WebhooksConfig;

    #[test]
    fn only_https_to_the_internet_is_allowed() {
        let public = |text| check(text, WebhooksConfig { private_addresses: false }).err();
        for allowed in
            ["https://example.com", "https://example.com:8443/hooks?a=b", "https://1.1.1.1/", "https://[2606:4700::1111]/"]
        {
            assert_eq!(public(allowed), None, "{allowed}");
        }
        for (refused, because) in [
            ("", TargetError::Form),
            ("example.com", TargetError::Form),
            ("https://", TargetError::Form),
            ("http://example.com", TargetError::Scheme),
            ("ftp://example.com", TargetError::Scheme),
            ("file:///etc/passwd", TargetError::Scheme),
            ("https://user@example.com", TargetError::Parts),
            ("https://:secret@example.com", TargetError::Parts),
            ("https://example.com/#a", TargetError::Parts),
            ("https://127.0.0.1", TargetError::Private),
            ("https://2130706433", TargetError::Private),
            ("https://0x7f.1", TargetError::Private),
            ("https://0177.0.0.1/", TargetError::Private),
            ("https://169.254.169.254/latest", TargetError::Private),
            ("https://[::1]/", TargetError::Private),
            ("https://[::ffff:10.0.0.1]/", TargetError::Private),
        ] {
            assert_eq!(public(refused), Some(because), "{refused}");
        }
        let long = format!("https://example.com/{}", "a".repeat(2048));
        assert_eq!(public(&long), Some(TargetError::Form));
        let private = |text| check(text, WebhooksConfig { private_addresses: true }).err();
        assert_eq!([private("http://127.0.0.1:9/"), private("https://[::1]/"), private("http://localhost/")], [None; 3]);
        assert_eq!(private("ftp://localhost"), Some(TargetError::Scheme));
    }
}
