//! A `Set-Cookie` header as browsers read it (RFC 6265bis section 5.6).

use std::fmt;

/// The `SameSite` attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Sent from the same site alone.
    Strict,
    /// Sent from the same site, and when a person follows a link from elsewhere.
    Lax,
    /// Sent from anywhere.
    None,
}

/// A cookie as a server sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the attributes of a cookie are flags")]
pub struct SetCookie {
    /// Its name.
    pub name: String,
    /// The length of its value in bytes; the value itself is nobody's business.
    pub value_length: usize,
    /// Only over https.
    pub secure: bool,
    /// Not for scripts.
    pub http_only: bool,
    /// From which sites it is sent, if that is said.
    pub same_site: Option<SameSite>,
    /// One jar for each site it is embedded in (CHIPS).
    pub partitioned: bool,
    /// The host that the server claims to speak for, without a leading dot.
    pub domain: Option<String>,
    /// The path it is for, if that is said.
    pub path: Option<String>,
    /// Whether it is expired as it comes: the server takes it back.
    pub expired: bool,
}

impl SetCookie {
    /// Reads a header. What a browser does not know it skips; of an attribute given twice the last counts.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let mut cookie = Self {
            name: name.to_owned(),
            value_length: value.len(),
            secure: false,
            http_only: false,
            same_site: None,
            partitioned: false,
            domain: None,
            path: None,
            expired: false,
        };
        let mut max_age = None;
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match attribute.trim().to_ascii_lowercase().as_str() {
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "partitioned" => cookie.partitioned = true,
                "samesite" => {
                    cookie.same_site = match value.to_ascii_lowercase().as_str() {
                        "strict" => Some(SameSite::Strict),
                        "lax" => Some(SameSite::Lax),
                        "none" => Some(SameSite::None),
                        _ => None,
                    }
                }
                // One leading dot means nothing; an empty value neither.
                "domain" => {
                    cookie.domain = (!value.is_empty()).then(|| value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase());
                }
                "path" => cookie.path = Some(value.to_owned()),
                "max-age" => max_age = value.parse::<i64>().ok(),
                // Servers that take a cookie back write the epoch; a moment close to now needs a clock, and means no such thing.
                "expires" => cookie.expired = value.contains("1970"),
                _ => {}
            }
        }
        cookie.expired = max_age.map_or(cookie.expired, |age| age <= 0);
        (!name.is_empty()).then_some(cookie)
    }
}

impl fmt::Display for SetCookie {
    /// As it came, in one order, without the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=…", self.name)?;
        if let Some(path) = &self.path {
            write!(f, "; Path={path}")?;
        }
        for (given, attribute) in [(self.http_only, "HttpOnly"), (self.secure, "Secure"), (self.partitioned, "Partitioned")] {
            if given {
                write!(f, "; {attribute}")?;
            }
        }
        if let Some(same_site) = self.same_site {
            write!(f, "; SameSite={same_site:?}")?;
        }
        self.domain.as_ref().map_or(Ok(()), |domain| write!(f, "; Domain={domain}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{SameSite, SetCookie};

    #[test]
    fn attributes_are_read_as_browsers_read_them() {
        let cookie = SetCookie::parse(
            "sid=abc=; path=/; SECURE ;HttpOnly; samesite=none; Domain=.Example.COM; Partitioned; Max-Age=60; x=y",
        )
        .unwrap();
        assert_eq!((cookie.name.as_str(), cookie.value_length), ("sid", 4));
        assert!(cookie.secure && cookie.http_only && cookie.partitioned && !cookie.expired);
        assert_eq!(
            (cookie.same_site, cookie.domain.as_deref(), cookie.path.as_deref()),
            (Some(SameSite::None), Some("example.com"), Some("/"))
        );
        let bare = SetCookie::parse("sid=").unwrap();
        assert_eq!((bare.same_site, bare.domain, bare.secure), (None, None, false));
        assert!(SetCookie::parse("sid=; Max-Age=0").unwrap().expired);
        assert!(SetCookie::parse("sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT").unwrap().expired);
        assert!(!SetCookie::parse("sid=; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:00 GMT").unwrap().expired, "Max-Age wins");
        assert_eq!(
            cookie.to_string(),
            "sid=…; Path=/; HttpOnly; Secure; Partitioned; SameSite=None; Domain=example.com",
            "the value is nobody's business"
        );
        assert_eq!(SetCookie::parse("sid=a; SameSite=Whatever; SameSite=Lax").unwrap().same_site, Some(SameSite::Lax));
        for nothing in ["", "sid", "=x", ";"] {
            assert_eq!(SetCookie::parse(nothing), None, "{nothing:?}");
        }
    }
}
