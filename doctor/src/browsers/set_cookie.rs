//! A `Set-Cookie` header as browsers parse it (RFC 6265bis section 5.6).

use std::fmt;

use super::{Lifetime, date, lifetime, path};

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
    /// Parses a header. Browsers skip unknown attributes; of an attribute given twice, the last one counts.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let mut cookie = Self {
            name: name.to_owned(),
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
        };
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            cookie.folded.extend(further_cookie(part));
            cookie.read(&attribute.trim().to_ascii_lowercase(), value.trim());
        }
        (!name.is_empty()).then_some(cookie)
    }

    fn read(&mut self, attribute: &str, value: &str) {
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
                self.domain = (!value.is_empty()).then(|| value.strip_prefix('.').unwrap_or(value).to_ascii_lowercase());
            }
            "path" => self.path = Some(value.to_owned()),
            "max-age" => {
                self.max_age = lifetime::max_age(value).or(self.max_age);
                self.times.push(format!("Max-Age={value}"));
            }
            "expires" => {
                self.expires = date::unix_seconds(value).or(self.expires);
                self.times.push(format!("Expires={value}"));
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
        for nothing in ["", "sid", "=x", ";"] {
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
            ("Max-Age=60; Max-Age=soon", Lifetime::Seconds(60)),
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
