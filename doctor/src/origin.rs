//! Web origins and sites.

/// A web origin: scheme, host and port, as browsers write it in `Origin` (RFC 6454 section 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    secure: bool,
    host: String,
}

impl Origin {
    /// Reads an origin exactly as a browser would send it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains('*') {
            return Err("write each origin in full; patterns cannot be used with cookies".to_owned());
        }
        let wrong = || "write scheme://host or scheme://host:port".to_owned();
        // No part of a URL with credentials is shown: a `/` in a password makes the rest of it look like a path.
        let url = url::Url::parse(text).ok().filter(|_| !text.contains('@')).ok_or_else(wrong)?;
        let origin = url.origin().ascii_serialization();
        if !matches!(url.scheme(), "http" | "https") {
            return Err("write an http or https origin".to_owned());
        }
        if origin != text {
            return Err(format!("write {origin}: lower case, no path, no trailing slash, no default port"));
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        Ok(Self { secure: url.scheme() == "https", text: origin, host })
    }

    /// As in an `Origin` header.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is https.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host alone.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the host is always this machine (RFC 6761 section 6.3).
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || self.host == "[::1]"
            || self.host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether the host is an address instead of a name.
    pub fn is_address(&self) -> bool {
        self.host.starts_with('[') || self.host.parse::<std::net::Ipv4Addr>().is_ok()
    }

    /// What "site" means to a browser: the scheme and the registrable domain. An address, `localhost` and a public suffix are
    /// sites of their own.
    pub fn site(&self) -> (bool, &str) {
        let registrable = if self.is_address() { None } else { psl::domain_str(&self.host) };
        // The list ignores a dot at the end. Browsers keep it: `example.com.` and `example.com` are two sites.
        let start = registrable.and_then(|domain| self.host.rfind(domain)).unwrap_or_default();
        (self.secure, &self.host[start..])
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn origins_are_exact() {
        for right in ["https://app.example.com", "http://localhost:5173", "https://[::1]:8443", "https://xn--bcher-kva.example"] {
            assert_eq!(Origin::parse(right).unwrap().as_str(), right);
        }
        for (wrong, advice) in [
            ("*", "in full"),
            ("https://*.example.com", "in full"),
            ("null", "scheme://host"),
            ("app.example.com", "scheme://host"),
            ("https://app.example.com/", "write https://app.example.com:"),
            ("https://app.example.com/login", "write https://app.example.com:"),
            ("https://app.example.com:443", "write https://app.example.com:"),
            ("https://App.Example.com", "write https://app.example.com:"),
            ("https://user@app.example.com", "scheme://host"),
            ("https://hunter2:12/34@app.example.com", "scheme://host"),
            ("ftp://app.example.com", "http or https"),
        ] {
            let message = Origin::parse(wrong).unwrap_err();
            assert!(message.contains(advice), "{wrong}: {message}");
        }
    }

    #[test]
    fn sites() {
        let same = |a: &str, b: &str| Origin::parse(a).unwrap().site() == Origin::parse(b).unwrap().site();
        assert!(same("https://api.jazzmeet.site", "https://admin.jazzmeet.site"));
        assert!(same("http://localhost:3000", "http://localhost:5173"));
        assert!(!same("https://api.jazzmeet.site", "https://jazzmeet-admin.site"));
        assert!(!same("https://api.jazzmeet.site", "http://api.jazzmeet.site"), "schemeful");
        assert!(!same("https://one.fly.dev", "https://two.fly.dev"), "a public suffix");
        assert!(!same("https://example.com.", "https://example.com"), "browsers keep the dot at the end");
        assert!(same("https://app.example.com.", "https://api.example.com."));
        assert!(!same("http://localhost:3000", "http://127.0.0.1:3000"));
        assert!(!same("http://app.localhost", "http://api.localhost"));
        assert!(!same("http://127.0.0.1", "http://127.0.0.2"));
    }
}
