//! Cookies: read by exact name, and written by one function, so that setting and clearing cannot differ.

use std::time::Duration;

use poem::http::{HeaderMap, HeaderValue, header};
use zeroize::Zeroizing;

use crate::config::CookiePolicy;

/// The values of all cookies with exactly this name: no prefix games, no quotes, no decoding (RFC 6265bis section 4.2.1).
pub fn all<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    // Bytes, because a cookie of another application may hold any; those of this service are ASCII.
    let pairs = headers.get_all(header::COOKIE).iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    let values = pairs.filter_map(move |pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    values.map(|value| std::str::from_utf8(value).unwrap_or_default())
}

/// The different values of a cookie.
pub(in crate::http) fn distinct<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let mut values = Vec::new();
    for value in all(headers, name) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// A `Set-Cookie` with all attributes. Without `lifetime` the browser keeps it until it closes.
pub(in crate::http) fn set(
    policy: &CookiePolicy,
    name: &str,
    value: &Zeroizing<String>,
    lifetime: Option<Duration>,
) -> HeaderValue {
    let mut cookie = format!("{name}={}; Path=/; HttpOnly", value.as_str());
    if policy.secure {
        cookie.push_str("; Secure");
    }
    // Always explicit: without SameSite a new cookie is sent with cross-site form posts, even where Lax is the default.
    cookie.push_str(if policy.cross_site { "; SameSite=None; Partitioned" } else { "; SameSite=Lax" });
    if let Some(domain) = &policy.domain {
        cookie = format!("{cookie}; Domain={domain}");
    }
    if let Some(lifetime) = lifetime {
        // Rounded up: the server's clock decides when it expires, not the browser's.
        cookie = format!("{cookie}; Max-Age={}", lifetime.as_millis().div_ceil(1000));
    }
    let mut header = HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""));
    header.set_sensitive(true);
    header
}

/// The session cookie as browsers will see it, its value left out.
pub fn session_cookie(policy: &CookiePolicy) -> String {
    let header = set(policy, policy.session_name, &Zeroizing::new("…".to_owned()), None);
    String::from_utf8_lossy(header.as_bytes()).into_owned()
}

/// Which cookie, under any policy.
pub(in crate::http) type Name = fn(&CookiePolicy) -> &'static str;

pub(in crate::http) const SESSION: Name = |policy| policy.session_name;
pub(in crate::http) const REFRESH: Name = |policy| policy.refresh_name;
pub(in crate::http) const CHALLENGE: Name = |policy| policy.challenge_name;
pub(in crate::http) const DEVICE: Name = |policy| policy.device_name;

/// The values of a cookie under the names of all configurations.
pub(in crate::http) fn all_forms(headers: &HeaderMap, name: Name) -> impl Iterator<Item = &str> {
    CookiePolicy::every_name(name).into_iter().flat_map(|name| all(headers, name))
}

/// Sets a cookie, and clears its variants before: a client that keeps one cookie a name keeps the new one.
pub(in crate::http) fn replace(
    policy: &CookiePolicy,
    request: &HeaderMap,
    name: Name,
    value: &Zeroizing<String>,
    lifetime: Option<Duration>,
) -> Vec<HeaderValue> {
    let mut cookies = clear_variants(policy, request, name);
    cookies.push(set(policy, name(policy), value, lifetime));
    cookies
}

/// Clears a cookie and its variants.
pub(in crate::http) fn clear(policy: &CookiePolicy, request: &HeaderMap, name: Name) -> Vec<HeaderValue> {
    replace(policy, request, name, &Zeroizing::default(), Some(Duration::ZERO))
}

/// Clears what another configuration may have left in the browser, if the browser has the cookie. The request does not tell under which
/// configuration a cookie was set.
fn clear_variants(policy: &CookiePolicy, request: &HeaderMap, name: Name) -> Vec<HeaderValue> {
    if all_forms(request, name).next().is_none() {
        return Vec::new();
    }
    let cleared = |variant: CookiePolicy| set(&variant, name(&variant), &Zeroizing::default(), Some(Duration::ZERO));
    policy.variants().into_iter().map(cleared).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use poem::http::{HeaderMap, HeaderValue, header};
    use zeroize::Zeroizing;

    use doctor::browsers::{Family, Relation, SetCookie, Verdict, verdict};

    use super::{distinct, set};
    use crate::config::Config;

    /// Every accepted configuration of these places: each browser stores and sends each of its cookies for each of its frontends. Safari
    /// is the exception: it stores no third-party cookie.
    #[test]
    fn no_accepted_configuration_makes_a_cookie_that_a_browser_refuses() {
        let places = [
            "https://api.jazzmeet.site",
            "https://admin.jazzmeet.site",
            "https://jazzmeet.site",
            "https://api.jazzmeet.site:8443",
            "http://api.jazzmeet.site",
            "https://jazzmeet-admin.site",
            "https://one.fly.dev",
            "https://two.fly.dev",
            "https://jazz.co.kr",
            "https://10.0.0.1",
            "http://10.0.0.1",
            "http://localhost:3000",
            "http://localhost:5173",
            "http://127.0.0.1:3000",
            "http://app.localhost:3000",
            "https://localhost:3000",
            "http://[::1]:3000",
        ];
        let domains = ["", "jazzmeet.site", "site", "fly.dev", "api.jazzmeet.site", "co.kr", "localhost"];
        let (mut accepted, mut refused) = (0, 0);
        for api in places {
            for frontends in places.iter().flat_map(|one| places.map(|other| format!("{one},{other}"))) {
                for domain in domains {
                    let mut environment = vec![("BIFRONS_PUBLIC_URL", api), ("BIFRONS_ORIGINS", &frontends)];
                    if !domain.is_empty() {
                        environment.push(("BIFRONS_COOKIE__DOMAIN", domain));
                    }
                    let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
                    let Ok(config) = Config::read(None, environment).config else {
                        refused += 1;
                        continue;
                    };
                    accepted += 1;
                    works_everywhere(&config);
                }
            }
        }
        assert!(accepted > 300 && refused > 300, "{accepted} accepted, {refused} refused");
    }

    fn works_everywhere(config: &Config) {
        let callers = config.callers.get();
        let policy = &callers.cookies;
        for name in [policy.session_name, policy.refresh_name, policy.probe_name, policy.device_name, policy.challenge_name] {
            let header = set(policy, name, &Zeroizing::new("x".repeat(80)), Some(Duration::from_secs(60)));
            let cookie = SetCookie::parse(header.to_str().unwrap()).unwrap();
            for frontend in callers.origins.iter().chain([&config.public_url]) {
                for family in Family::ALL {
                    let works = matches!(verdict(family, frontend, &config.public_url, "/v1/session", &cookie), Verdict::Works(_));
                    let third_party = Relation::of(frontend, &config.public_url) == Relation::CrossSite;
                    let what = format!("{family}, {} → {}: {header:?}", frontend.as_str(), config.public_url.as_str());
                    assert_eq!(works, !(third_party && family == Family::SafariLike), "{what} {}", header.to_str().unwrap());
                }
            }
        }
    }

    fn headers(cookies: &[&[u8]]) -> HeaderMap {
        cookies.iter().map(|cookie| (header::COOKIE, HeaderValue::from_bytes(cookie).unwrap())).collect()
    }

    #[test]
    fn b_08_only_the_exact_name_is_read() {
        for other in [
            b"__Host-sid2=a".as_slice(),
            b"%5F_Host-sid=a",
            b"__HOST-SID=a",
            b"__host-sid=a",
            b"\xe2\x80\x80__Host-sid=a",
            b"\xa0__Host-sid=a",
            b"\x85__Host-sid=a",
            b"$__Host-sid=a",
            b"=__Host-sid=a",
            b"x=__Host-sid=a",
            b"__Host-sid",
            b"__Host-sid =a",
            b"",
            b";;;",
        ] {
            assert!(distinct(&headers(&[other]), "__Host-sid").is_empty(), "{}", other.escape_ascii());
        }
        for (cookie, value) in [
            (b"a=1; __Host-sid=x; b=2".as_slice(), "x"),
            (b"$Version=1; __Host-sid=x", "x"),
            (b"__Host-sid=", ""),
            (b"__Host-sid=\"x\"", "\"x\""),
            (b"__Host-sid=a=b", "a=b"),
            (b"n\xc3\xa9=1;__Host-sid=x", "x"),
        ] {
            assert_eq!(distinct(&headers(&[cookie]), "__Host-sid"), [value], "{}", cookie.escape_ascii());
        }
    }

    #[test]
    fn b_08_every_different_duplicate_is_read() {
        assert_eq!(distinct(&headers(&[b"sid=a; sid=b"]), "sid"), ["a", "b"]);
        assert_eq!(distinct(&headers(&[b"sid=b", b"sid=a"]), "sid"), ["b", "a"]);
        assert_eq!(distinct(&headers(&[b"sid=a; sid=a", b"sid=a"]), "sid"), ["a"]);
    }
}
