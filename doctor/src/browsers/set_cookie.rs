//! A `Set-Cookie` header as browsers parse it (RFC 6265bis section 5.6).

use std::fmt;

use super::{Family, Lifetime, date, firefox_date, lifetime, path};
use crate::answer::harmless;

/// The `SameSite` attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Sent from the same site alone.
    Strict,
    /// Sent from the same site, and when the user follows a link from another site.
    Lax,
    /// Sent from any site.
    None,
}

/// A cookie as a server sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    /// Empty: it has none, and browsers that take it send the value alone.
    pub name: String,
    pub value: CookieValue,
    pub secure: bool,
    pub http_only: bool,
    /// None: absent, or a value that browsers do not know.
    pub same_site: Option<SameSite>,
    /// One jar for each site that embeds the API (CHIPS).
    pub partitioned: bool,
    /// Without a leading dot.
    pub domain: Option<String>,
    pub path: Option<String>,
    max_age: Option<i64>,
    expires: Option<i64>,
    /// `Max-Age` and `Expires` as they came: the report quotes them.
    times: Vec<String>,
    /// The names of further cookies that stand in the same header after commas. Browsers never see them.
    pub folded: Vec<String>,
    /// The whole header, which each family reads a little differently.
    header: CookieValue,
}

/// The value of a cookie, which may be a credential: it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct CookieValue(String);

impl CookieValue {
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CookieValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl SetCookie {
    /// Parses a header as Chromium does. Browsers skip unknown attributes; of an attribute given twice, the last one counts.
    pub fn parse(header: &str) -> Option<Self> {
        Self::read_by(Family::Chromium, header)
    }

    /// The cookie as a family reads it: all of them agree on what servers mostly write.
    pub(super) fn as_read_by(&self, family: Family) -> Self {
        Self::read_by(family, self.header.expose()).unwrap_or_else(|| self.clone())
    }

    /// Whether a family refuses it for its characters, or for its lack of a name.
    pub(super) fn is_malformed(&self, family: Family) -> bool {
        let nameless = self.name.is_empty() && (family == Family::Firefox || self.value.expose().contains('='));
        nameless || has_control(family, self.header.expose())
    }

    fn read_by(family: Family, header: &str) -> Option<Self> {
        let mut parts = header.split(';');
        let pair = parts.next()?;
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (trimmed(name), trimmed(value)),
            None if family == Family::Firefox => (trimmed(pair), ""),
            None => ("", trimmed(pair)),
        };
        if name.is_empty() && value.is_empty() {
            return None;
        }
        let mut cookie = Self {
            name: harmless(name),
            value: CookieValue(value.to_owned()),
            secure: false,
            http_only: false,
            same_site: None,
            partitioned: false,
            domain: None,
            path: None,
            max_age: None,
            expires: None,
            times: Vec::new(),
            folded: Vec::new(),
            header: CookieValue(header.to_owned()),
        };
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            cookie.folded.extend(further_cookie(part));
            cookie.read(family, &trimmed(attribute).to_ascii_lowercase(), trimmed(value));
        }
        Some(cookie)
    }

    fn read(&mut self, family: Family, attribute: &str, value: &str) {
        let is_measured = matches!(attribute, "path" | "domain" | "expires" | "max-age");
        if value.len() > MAX_ATTRIBUTE_BYTES && (is_measured || family != Family::Firefox) {
            return;
        }
        match attribute {
            "secure" => self.secure = true,
            "httponly" => self.http_only = true,
            "partitioned" => self.partitioned = true,
            "samesite" => {
                self.same_site = match value.to_ascii_lowercase().as_str() {
                    "strict" => Some(SameSite::Strict),
                    "lax" => Some(SameSite::Lax),
                    "none" => Some(SameSite::None),
                    _ => None,
                }
            }
            // One leading dot means nothing; an empty value neither.
            "domain" => {
                self.domain = (!value.is_empty()).then(|| harmless(value.strip_prefix('.').unwrap_or(value)).to_ascii_lowercase());
            }
            "path" => self.path = Some(harmless(value)),
            "max-age" => {
                self.max_age = lifetime::max_age(family, value);
                self.times.push(format!("Max-Age={}", harmless(value)));
            }
            "expires" => {
                let read = if family == Family::Firefox { firefox_date::unix_seconds } else { date::unix_seconds };
                self.expires = read(value);
                self.times.push(format!("Expires={}", harmless(value)));
            }
            _ => {}
        }
    }

    /// How long it lives, from `now` on: seconds since 1970 by the server's clock, to which browsers adjust.
    pub fn lifetime(&self, now: i64) -> Lifetime {
        Lifetime::of(self.max_age, self.expires, now)
    }

    /// The path of the calls that it goes along with, if a call to `request_path` sets it.
    pub fn effective_path<'a>(&'a self, request_path: &'a str) -> &'a str {
        self.path.as_deref().filter(|path| path.starts_with('/')).unwrap_or_else(|| path::default_path(request_path))
    }

    pub fn bytes(&self) -> usize {
        self.name.len() + self.value.0.len()
    }
}

/// Browsers ignore an attribute whose value is longer (RFC 6265bis section 5.6). Firefox measures some alone.
const MAX_ATTRIBUTE_BYTES: usize = 1024;

/// Other blanks are part of a name or value.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Whether a header has characters for which it is refused. Chromium allows a tab only where it is trimmed.
fn has_control(family: Family, header: &str) -> bool {
    let has_tab = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        trimmed(name).contains('\t') || trimmed(value).contains('\t')
    };
    header.bytes().any(|byte| byte != b'\t' && byte.is_ascii_control()) || (family.is_chromium() && header.split(';').any(has_tab))
}

/// The name of a cookie that begins behind a comma: `Path=/, other=x`. The comma of a date is followed by a day.
fn further_cookie(attribute: &str) -> Option<String> {
    let (_, after) = attribute.split_once(',')?;
    let after = after.rsplit_once(',').map_or(after, |(_, last)| last);
    let (name, _) = after.trim_start().split_once('=')?;
    let token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    token.then(|| name.to_owned())
}

impl fmt::Display for SetCookie {
    /// The attributes in a fixed order, without the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.name.is_empty() {
            write!(f, "{}=", self.name)?;
        }
        f.write_str("…")?;
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
        if let Some(domain) = &self.domain {
            write!(f, "; Domain={domain}")?;
        }
        self.times.iter().try_for_each(|time| write!(f, "; {time}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::{Lifetime, SameSite, SetCookie};

    #[test]
    fn attributes_are_parsed_as_browsers_parse_them() {
        let cookie = SetCookie::parse(
            "sid=abc=; path=/; SECURE ;HttpOnly; samesite=none; Domain=.Example.COM; Partitioned; Max-Age=60; x=y",
        )
        .unwrap();
        assert_eq!((cookie.name.as_str(), cookie.bytes()), ("sid", 7));
        assert!(cookie.secure && cookie.http_only && cookie.partitioned);
        assert_eq!(cookie.lifetime(0), Lifetime::Seconds(60));
        assert_eq!(
            (cookie.same_site, cookie.domain.as_deref(), cookie.path.as_deref()),
            (Some(SameSite::None), Some("example.com"), Some("/"))
        );
        let bare = SetCookie::parse("sid=").unwrap();
        assert_eq!((bare.same_site, bare.domain.as_deref(), bare.secure, bare.lifetime(0)), (None, None, false, Lifetime::Browser));
        assert_eq!(
            cookie.to_string(),
            "sid=…; Path=/; HttpOnly; Secure; Partitioned; SameSite=None; Domain=example.com; Max-Age=60",
            "the value is never printed"
        );
        assert!(!format!("{cookie:?}").contains("abc"));
        assert_eq!(SetCookie::parse("sid=a; SameSite=Other; SameSite=Lax").unwrap().same_site, Some(SameSite::Lax));
        for nothing in ["", "=", " = ", ";"] {
            assert_eq!(SetCookie::parse(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn every_past_date_expires_a_cookie() {
        let now = 1_795_000_000;
        for (times, lifetime) in [
            ("Max-Age=0", Lifetime::Expired),
            ("Max-Age=-5", Lifetime::Expired),
            ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", Lifetime::Expired),
            ("Expires=Mon, 01 Jan 0001 00:00:00 GMT", Lifetime::Expired),
            ("Expires=01-Jan-70 00:00:00 GMT", Lifetime::Expired),
            ("Expires=Wed, 01 Jan 2020 00:00:00 GMT", Lifetime::Expired),
            ("Expires=Wed, 18 Nov 2026 10:06:39 GMT", Lifetime::Expired),
            ("Expires=Wed, 18 Nov 2026 11:06:42 GMT", Lifetime::Seconds(2)),
            ("Expires=0", Lifetime::Browser),
            ("Expires=tomorrow", Lifetime::Browser),
            ("Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Lifetime::Seconds(9)),
            ("Max-Age=soon; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Lifetime::Expired),
            ("Max-Age=60; Max-Age=soon", Lifetime::Browser),
            ("Max-Age=0; Max-Age=soon", Lifetime::Browser),
            ("Max-Age=0; Max-Age=", Lifetime::Browser),
            ("Expires=Thu, 01 Jan 1970 00:00:00 GMT; Expires=0", Lifetime::Browser),
            ("Max-Age=60; Max-Age=0", Lifetime::Expired),
        ] {
            assert_eq!(SetCookie::parse(&format!("sid=x; {times}")).unwrap().lifetime(now), lifetime, "{times}");
        }
    }

    #[test]
    fn further_cookies_in_one_header_are_seen() {
        let folded = |header: &str| SetCookie::parse(header).unwrap().folded;
        assert_eq!(folded("a=1; Path=/, b=2; Path=/"), ["b"]);
        assert_eq!(folded("a=1; Path=/, b=2; Path=/; HttpOnly, c=3; Path=/"), ["b", "c"]);
        assert_eq!(folded("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT, b=2; Path=/"), ["b"]);
        assert_eq!(folded("a=1; HttpOnly,b=2"), ["b"]);
        assert_eq!(folded("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"), [""; 0]);
        assert_eq!(folded("a={1,b=2}; Path=/"), [""; 0], "a value may have commas");
    }

    proptest! {
        #[test]
        fn any_header_is_parsed_without_a_panic(header in any::<String>(), attribute in "[ -~]{0,40}") {
            let _ = SetCookie::parse(&header);
            let cookie = SetCookie::parse(&format!("sid=secret; {attribute}")).unwrap();
            prop_assert!(!cookie.to_string().contains("secret") || attribute.contains("secret"));
        }
    }
}
