//! The domain name that passkeys are bound to.

use std::net::Ipv4Addr;

use super::{Origin, reader::Reader};

/// What passkeys are bound to.
#[derive(Clone, Debug)]
pub struct PasskeysConfig {
    /// The domain name, as Web Authentication calls it: the RP ID. Passkeys that were made for another one do not work.
    pub rp_id: String,
}

impl PasskeysConfig {
    pub(super) fn read(reader: &mut Reader, public_url: &Origin, origins: &[Origin]) -> Self {
        let about = "The domain name that passkeys are bound to: the host of the frontends, or a parent of it. Changing it makes all \
                     passkeys useless. Default: the registrable domain of `public_url`, or of the first of `origins` if none of them is on \
                     the site of `public_url`.";
        let given = reader.optional("passkeys.rp_id", about, domain);
        if let Some(given) = &given
            && !origins.iter().chain([public_url]).any(|page| covers(given, page))
        {
            reader.reject("passkeys.rp_id", "must be the host of public_url or of one of origins, or a parent of one");
        }
        Self { rp_id: given.unwrap_or_else(|| derive(public_url, origins)) }
    }

    /// Whether browsers accept the domain name: they take no addresses.
    pub fn is_usable(&self) -> bool {
        domain(&self.rp_id).is_ok()
    }

    /// The listed origins that are not on the domain: browsers ask `/.well-known/webauthn` of the domain about them.
    pub fn related<'a>(&self, origins: &'a [Origin]) -> Vec<&'a str> {
        origins.iter().filter(|origin| !covers(&self.rp_id, origin)).map(Origin::as_str).collect()
    }
}

/// The registrable domain of the pages: a sibling host that becomes a frontend later needs no new passkeys.
fn derive(public_url: &Origin, origins: &[Origin]) -> String {
    let is_ours = |origin: &&Origin| origin.site().1 == public_url.site().1;
    let page = if origins.iter().any(|origin| is_ours(&origin)) { public_url } else { origins.first().unwrap_or(public_url) };
    page.site().1.to_owned()
}

fn covers(rp_id: &str, page: &Origin) -> bool {
    page.host().strip_suffix(rp_id).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn domain(text: &str) -> Result<String, String> {
    let is_address = text.parse::<Ipv4Addr>().is_ok() || text.starts_with('[');
    let is_host = Origin::parse(&format!("https://{text}")).is_ok_and(|origin| origin.host() == text);
    if !is_host || is_address || (text != "localhost" && psl::domain_str(text).is_none()) {
        return Err("write a domain name that can be registered, or a name below one, in lower case: example.com".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Origin, covers, derive, domain};

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    #[test]
    fn the_domain_is_the_one_that_the_pages_share() {
        for (public_url, origins, expected) in [
            ("https://auth.example.com", &[][..], "example.com"),
            ("https://auth.example.com", &["https://app.example.com"], "example.com"),
            ("https://auth.example.com", &["https://app.example.org", "https://example.com"], "example.com"),
            ("https://auth.example.com", &["https://app.example.org", "https://example.net"], "example.org"),
            ("https://example.co.uk", &[], "example.co.uk"),
            ("https://ada.github.io", &[], "ada.github.io"),
            ("http://localhost:3000", &["http://localhost:5173"], "localhost"),
            ("http://127.0.0.1:3000", &[], "127.0.0.1"),
        ] {
            let origins: Vec<_> = origins.iter().map(|text| origin(text)).collect();
            assert_eq!(derive(&origin(public_url), &origins), expected, "{public_url} {origins:?}");
        }
    }

    #[test]
    fn a_domain_covers_itself_and_its_hosts() {
        for (page, expected) in [
            ("https://example.com", true),
            ("https://app.example.com:8443", true),
            ("https://badexample.com", false),
            ("https://example.com.evil.example", false),
            ("https://com", false),
        ] {
            assert_eq!(covers("example.com", &origin(page)), expected, "{page}");
        }
    }

    #[test]
    fn only_what_browsers_accept_is_a_domain() {
        for right in ["example.com", "login.example.com", "localhost", "xn--bcher-kva.example"] {
            assert_eq!(domain(right).as_deref(), Ok(right));
        }
        for wrong in [
            "",
            "com",
            "co.uk",
            "github.io",
            "127.0.0.1",
            "[::1]",
            "Example.com",
            "https://example.com",
            "example.com:443",
            "example.com/",
            "a b.com",
        ] {
            assert!(domain(wrong).is_err(), "{wrong}");
        }
    }
}
