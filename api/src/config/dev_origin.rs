//! Frontends on a developer's machine that call an API somewhere else. Cookies cannot work there, because the page and the API are
//! two sites; the bearer face can. So these origins may read answers, without credentials, and no cookie of theirs counts: that is
//! why a pattern is allowed here, and nowhere else.

use doctor::Origin;

/// One entry of `dev_origins`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DevOrigin {
    /// `http://localhost:5173`
    Exact(Origin),
    /// `http://localhost:*`: any port of a host. Holds what stands before the colon.
    AnyPort(String),
}

impl DevOrigin {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let origin = Origin::parse(text.strip_suffix(":*").unwrap_or(text))?;
        if !origin.is_loopback() {
            return Err("write an origin on this machine, http://localhost:5173 or http://localhost:*; others belong into origins"
                .to_owned());
        }
        Ok(if text.ends_with(":*") { Self::AnyPort(origin.as_str().to_owned()) } else { Self::Exact(origin) })
    }

    /// Whether a browser that writes this `Origin` shows such a frontend.
    pub fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Exact(exact) => exact.as_str() == origin,
            Self::AnyPort(host) => origin.strip_prefix(host.as_str()).is_some_and(|rest| {
                rest.is_empty()
                    || rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok_and(|number| number.to_string() == port))
            }),
        }
    }

    /// As it was written.
    pub fn written(&self) -> String {
        match self {
            Self::Exact(origin) => origin.as_str().to_owned(),
            Self::AnyPort(host) => format!("{host}:*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DevOrigin;

    #[test]
    fn a_pattern_is_for_ports_of_this_machine_alone() {
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
