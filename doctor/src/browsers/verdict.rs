//! The rules for one cookie, measured on real browsers. Where RFC 6265bis and the browsers differ, the browsers decide.

use std::fmt;

use super::{Family, Relation, SameSite, SetCookie};
use crate::Origin;

/// What a browser does with a cookie that an API sets for a page's call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Stored, and sent with the page's next calls that its path covers.
    Works(Stored),
    /// Not stored, so never sent.
    Refused(Reason),
}

/// How a cookie is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// In the jar of the API's own site: every page of that site has the same session.
    Shared,
    /// In a jar for this frontend's site alone.
    Partitioned,
}

/// Why a browser refuses a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It has no name, or a control character.
    Malformed,
    /// Name and value are over 4096 bytes.
    TooLarge,
    /// `Domain` names a host that is neither the API's nor a parent of it.
    DomainMismatch,
    /// `Domain` is a public suffix.
    PublicSuffix,
    /// The name begins with `__Host-`, `__Secure-` or their `Http` kin, and the attributes are not as that demands.
    Prefix,
    /// `Secure` from plain http.
    SecureOverHttp,
    /// `SameSite=None` without `Secure`.
    NoneWithoutSecure,
    /// `Partitioned` without `Secure`.
    PartitionedWithoutSecure,
    /// `SameSite=Lax` or `Strict`, across sites.
    SameSiteAcrossSites,
    /// No `SameSite`, which counts as `Lax`, across sites.
    NoSameSiteAcrossSites,
    /// A third party's cookie that is not `Partitioned`, and third-party cookies that are not are blocked.
    NotPartitioned,
    /// A third party's cookie, and third-party cookies are blocked.
    ThirdPartyBlocked,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "no name, or a control character",
            Self::TooLarge => "name and value are over 4096 bytes",
            Self::DomainMismatch => "Domain does not domain-match the API's host",
            Self::PublicSuffix => "Domain is a public suffix",
            Self::Prefix => "the name's prefix demands other attributes",
            Self::SecureOverHttp => "Secure over plain http",
            Self::NoneWithoutSecure => "SameSite=None without Secure",
            Self::PartitionedWithoutSecure => "Partitioned without Secure",
            Self::SameSiteAcrossSites => "SameSite is Lax or Strict, and the page is on another site",
            Self::NoSameSiteAcrossSites => "no SameSite, which counts as Lax, and the page is on another site",
            Self::NotPartitioned => "a third party's cookie without Partitioned",
            Self::ThirdPartyBlocked => "a third party's cookie",
        })
    }
}

/// Of name and value together (RFC 6265bis section 5.7).
const MAX_BYTES: usize = 4096;

/// What `family` does with `cookie`, set by `api` in answer to a call of a page of `frontend` to `path`.
pub fn verdict(family: Family, frontend: &Origin, api: &Origin, path: &str, cookie: &SetCookie) -> Verdict {
    let cookie = &cookie.as_read_by(family);
    let malformed = cookie.is_malformed(family).then_some(Reason::Malformed);
    let refused = malformed
        .or_else(|| anywhere(cookie, api))
        .or_else(|| broken_prefix(family, path, cookie))
        .or_else(|| unsound(family, cookie, api));
    match refused {
        Some(reason) => Verdict::Refused(reason),
        // The scheme keeps jars apart, even where it does not keep sites apart.
        None if cookie.partitioned && is_same_site(family, frontend, api) && Relation::of(frontend, api) == Relation::CrossSite => {
            Verdict::Works(Stored::Partitioned)
        }
        None if is_same_site(family, frontend, api) => Verdict::Works(Stored::Shared),
        None => across_sites(family, cookie),
    }
}

/// To Firefox http and https of one name are one site; to the others they are two.
fn is_same_site(family: Family, frontend: &Origin, api: &Origin) -> bool {
    let schemes_differ_only = family == Family::Firefox && frontend.site().1 == api.site().1;
    schemes_differ_only || Relation::of(frontend, api) != Relation::CrossSite
}

/// What every browser refuses from every page.
fn anywhere(cookie: &SetCookie, api: &Origin) -> Option<Reason> {
    if cookie.bytes() > MAX_BYTES {
        return Some(Reason::TooLarge);
    }
    if let Some(domain) = cookie.domain.as_deref() {
        // The digits of an address have no parent.
        let is_parent = !api.is_address() && api.host().strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        if domain != api.host() && !is_parent {
            return Some(Reason::DomainMismatch);
        }
        if domain != api.host() && psl::domain_str(domain).is_none() {
            return Some(Reason::PublicSuffix);
        }
    }
    None
}

/// The name promises what the attributes do not keep.
fn broken_prefix(family: Family, path: &str, cookie: &SetCookie) -> Option<Reason> {
    // Without a name, the value could pass for one when it is sent.
    let nameless = cookie.name.is_empty();
    let name = if nameless { cookie.value.expose() } else { &cookie.name }.to_ascii_lowercase();
    // To Firefox it may be the path of a cookie that has none, too.
    let path = if family == Family::Firefox { Some(cookie.effective_path(path)) } else { cookie.path.as_deref() };
    let host_rules = cookie.secure && cookie.domain.is_none() && path == Some("/");
    let kept = match () {
        () if nameless => !["__host-", "__secure-", "__http-"].iter().any(|prefix| name.starts_with(prefix)),
        () if name.starts_with("__host-http-") => host_rules && cookie.http_only,
        () if name.starts_with("__host-") => host_rules,
        () if name.starts_with("__http-") => cookie.secure && cookie.http_only,
        () if name.starts_with("__secure-") => cookie.secure,
        () => true,
    };
    (!kept).then_some(Reason::Prefix)
}

/// What this family refuses from every page.
fn unsound(family: Family, cookie: &SetCookie, api: &Origin) -> Option<Reason> {
    // Chromium and Firefox treat http on loopback as secure; WebKit does not.
    let is_secure = api.is_secure() || (api.is_loopback() && family != Family::SafariLike);
    if cookie.secure && !is_secure {
        return Some(Reason::SecureOverHttp);
    }
    match family {
        Family::SafariLike => None,
        _ if cookie.same_site == Some(SameSite::None) && !cookie.secure => Some(Reason::NoneWithoutSecure),
        _ => (cookie.partitioned && !cookie.secure).then_some(Reason::PartitionedWithoutSecure),
    }
}

fn across_sites(family: Family, cookie: &SetCookie) -> Verdict {
    let third_party = match (family, cookie.same_site) {
        (_, Some(SameSite::Lax | SameSite::Strict)) => return Verdict::Refused(Reason::SameSiteAcrossSites),
        (Family::Chromium | Family::ChromiumBlocking, None) => return Verdict::Refused(Reason::NoSameSiteAcrossSites),
        (_, third_party) => third_party,
    };
    match family {
        Family::SafariLike => Verdict::Refused(Reason::ThirdPartyBlocked),
        Family::Firefox => Verdict::Works(Stored::Partitioned),
        _ if cookie.partitioned && third_party.is_some() => Verdict::Works(Stored::Partitioned),
        Family::Chromium => Verdict::Works(Stored::Shared),
        Family::ChromiumBlocking => Verdict::Refused(Reason::NotPartitioned),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Reason, Stored, Verdict, verdict};
    use crate::{
        Origin,
        browsers::{Family, SetCookie},
    };

    const API: &str = "https://api.jazzmeet.site";

    /// One letter a family, in the order of `Family::ALL`: Y stored, P stored partitioned, - refused.
    fn row(api: &str, frontend: &str, cookie: &str) -> String {
        let (api, frontend) = (Origin::parse(api).unwrap(), Origin::parse(frontend).unwrap());
        let cookie = SetCookie::parse(cookie).unwrap();
        let letters = Family::ALL.map(|family| match verdict(family, &frontend, &api, "/v1/session", &cookie) {
            Verdict::Works(Stored::Shared) => 'Y',
            Verdict::Works(Stored::Partitioned) => 'P',
            Verdict::Refused(_) => '-',
        });
        letters.iter().collect()
    }

    fn why(family: Family, frontend: &str, api: &str, cookie: &str) -> Option<Reason> {
        let (api, frontend) = (Origin::parse(api).unwrap(), Origin::parse(frontend).unwrap());
        match verdict(family, &frontend, &api, "/v1/session", &SetCookie::parse(cookie).unwrap()) {
            Verdict::Works(_) => None,
            Verdict::Refused(reason) => Some(reason),
        }
    }

    /// `clients/browsers` compares the same table with Chromium and Firefox.
    #[test]
    fn every_cell_agrees_with_the_browsers() {
        let table: Value = serde_json::from_str(include_str!("../../../clients/browsers/cells.json")).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (mut cells, mut wrong) = (0, Vec::new());
        for pair in table["pairs"].as_array().unwrap() {
            let (api, frontend) = (text(&pair["api"]), text(&pair["frontend"]));
            for cells_of_row in pair["rows"].as_array().unwrap() {
                let cookie = text(&cells_of_row[0]);
                let seen: String = (1..=4).map(|family| text(&cells_of_row[family])).collect();
                let said = row(&api, &frontend, &cookie);
                cells += 4;
                if said != seen {
                    wrong.push(format!("{frontend} → {api}: {cookie}: {said}, but browsers say {seen}"));
                }
            }
        }
        assert!(cells > 1000 && wrong.is_empty(), "{cells} cells, of which\n{}", wrong.join("\n"));
    }

    #[test]
    fn prefixes_demand_what_they_say() {
        for (cookie, refused) in [
            ("__Host-sid=x; Secure; Path=/; SameSite=Lax", false),
            ("__Host-sid=x; Path=/; SameSite=Lax", true),
            ("__Host-sid=x; Secure; SameSite=Lax", true),
            ("__Host-sid=x; Secure; Path=/v1; SameSite=Lax", true),
            ("__Host-sid=x; Secure; Path=/; Domain=jazzmeet.site", true),
            ("__HOST-sid=x; Path=/", true),
            ("__Secure-sid=x; Secure; SameSite=Lax", false),
            ("__Secure-sid=x; SameSite=Lax", true),
        ] {
            assert_eq!(why(Family::Chromium, API, API, cookie) == Some(Reason::Prefix), refused, "{cookie}");
        }
    }

    #[test]
    fn every_reason_is_given() {
        let stranger = "https://jazzmeet-admin.site";
        let large = format!("sid={}", "x".repeat(4096));
        for (family, api, cookie, reason) in [
            (Family::Chromium, API, large.as_str(), Reason::TooLarge),
            (Family::Chromium, API, "sid=x; Domain=jazzmeet-admin.site", Reason::DomainMismatch),
            (Family::Chromium, "https://one.fly.dev", "sid=x; Domain=fly.dev", Reason::PublicSuffix),
            (Family::Chromium, API, "__Host-sid=x", Reason::Prefix),
            (Family::Chromium, "http://api.jazzmeet.site", "sid=x; Secure", Reason::SecureOverHttp),
            (Family::Chromium, API, "sid=x; SameSite=None", Reason::NoneWithoutSecure),
            (Family::Firefox, API, "sid=x; Partitioned", Reason::PartitionedWithoutSecure),
            (Family::Firefox, API, "sid=x; SameSite=Lax", Reason::SameSiteAcrossSites),
            (Family::Chromium, API, "sid=x", Reason::NoSameSiteAcrossSites),
            (Family::ChromiumBlocking, API, "sid=x; SameSite=None; Secure", Reason::NotPartitioned),
            (Family::SafariLike, API, "sid=x; SameSite=None; Secure; Partitioned", Reason::ThirdPartyBlocked),
        ] {
            assert_eq!(why(family, stranger, api, cookie), Some(reason), "{cookie}");
        }
    }
}
