//! Frontends on a developer's machine that call a remote API. Page and API are different sites, so cookies cannot work; token mode can.
//! These origins may read responses without credentials, and their cookies are ignored. Therefore a pattern is safe here, and only here.
//! The pages of native apps (`native_origins`) are treated alike.

use doctor::Origin;

/// One entry of `dev_origins` or `native_origins`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DevOrigin {
    /// `http://localhost:5173`
    Exact(Origin),
    /// `http://localhost:*`: any port of a host. Contains the part before the colon.
    AnyPort(String),
    /// `capacitor://localhost`, of `native_origins`
    Native(String),
}

impl DevOrigin {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let origin = Origin::parse(text.strip_suffix(":*").unwrap_or(text))?;
        if !origin.is_loopback() {
            return Err(
                "write a loopback origin: http://localhost:5173 or http://localhost:*; list other frontends in origins".to_owned()
            );
        }
        Ok(if text.ends_with(":*") { Self::AnyPort(origin.as_str().to_owned()) } else { Self::Exact(origin) })
    }

    /// Whether the `Origin` header of a request names this frontend.
    pub fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Exact(exact) => exact.as_str() == origin,
            Self::Native(exact) => exact == origin,
            Self::AnyPort(host) => origin.strip_prefix(host.as_str()).is_some_and(|rest| {
                rest.is_empty()
                    || rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok_and(|number| number.to_string() == port))
            }),
        }
    }

    /// What its pages are to the API.
    pub fn relation(&self) -> &'static str {
        match self {
            Self::Exact(_) | Self::AnyPort(_) => "development",
            Self::Native(_) => "native app",
        }
    }

    /// As in the configuration.
    pub fn written(&self) -> String {
        match self {
            Self::Exact(origin) => origin.as_str().to_owned(),
            Self::AnyPort(host) => format!("{host}:*"),
            Self::Native(exact) => exact.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DevOrigin;

    #[test]
    fn a_pattern_matches_loopback_ports_only() {
        let any = DevOrigin::parse("http://localhost:*").unwrap();
        for here in ["http://localhost", "http://localhost:1", "http://localhost:65535"] {
            assert!(any.matches(here), "{here}");
        }
        for elsewhere in [
            "https://localhost:1",
            "http://localhost:65536",
            "http://localhost:",
            "http://localhost:+1",
            "http://localhost:01",
            "http://localhost:1/",
            "http://localhost.evil.example",
            "http://localhost:1.evil.example",
            "http://localhost:1@evil.example",
            "http://localhosts:1",
            "null",
            "",
        ] {
            assert!(!any.matches(elsewhere), "{elsewhere}");
        }
        let exact = DevOrigin::parse("http://127.0.0.1:5173").unwrap();
        assert!(exact.matches("http://127.0.0.1:5173") && !exact.matches("http://127.0.0.1:5174"));
        for wrong in
            ["http://*:5173", "http://app.example.com:*", "https://app.example.com", "*", "localhost:*", "http://localhost:*/"]
        {
            assert!(DevOrigin::parse(wrong).is_err(), "{wrong}");
        }
    }
}
