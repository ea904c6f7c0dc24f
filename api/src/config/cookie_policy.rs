//! Cookie attributes, derived from the origins of the API and the frontends. Refuses combinations that no browser would store.

use doctor::Origin;

use super::reader::Reader;

/// Names and attributes of all cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookiePolicy {
    pub session_name: &'static str,
    pub refresh_name: &'static str,
    /// The cookie by which `/v1/probe` finds out whether the browser stores and sends cookies.
    pub probe_name: &'static str,
    /// The cookie that marks a browser as known to an account.
    pub device_name: &'static str,
    /// The cookie of a sign-in that waits for a second factor.
    pub challenge_name: &'static str,
    /// `Secure`: always, except on plain http, which is for loopback only.
    pub secure: bool,
    /// `SameSite=None; Partitioned` instead of `SameSite=Lax`: a frontend is on another site than the API.
    pub cross_site: bool,
    /// `Domain`, if sibling hosts share the cookies.
    pub domain: Option<String>,
}

impl CookiePolicy {
    pub(super) fn derive(reader: &mut Reader, api: &Origin, frontends: &[Origin]) -> Self {
        let domain = reader.optional(
            "cookie.domain",
            "A parent domain of the API's host: all its hosts receive the cookies. Unset: only the API's host does.",
            |text| parse_domain(text, api.host()),
        );
        if !api.is_secure() && !api.is_loopback() {
            reader.reject("public_url", "write https://…: over plain http browsers store secure cookies for localhost only");
        }
        for frontend in frontends.iter().filter(|frontend| frontend.site() != api.site()) {
            if let Some(reason) = why_refused(api, frontend) {
                reader.reject("origins", format!("{}: {reason}", frontend.as_str()));
            }
        }
        let cross_site = frontends.iter().any(|frontend| frontend.site() != api.site()) && api.is_secure();
        Self::of(api.is_secure(), cross_site, domain)
    }

    /// The policy of an API on https whose frontends are on its own site.
    pub fn production() -> Self {
        Self::of(true, false, None)
    }

    fn of(secure: bool, cross_site: bool, domain: Option<String>) -> Self {
        let [session_name, refresh_name, probe_name, device_name, challenge_name] = match (secure, &domain) {
            (true, None) => [
                "__Host-bifrons_session",
                "__Host-bifrons_refresh",
                "__Host-bifrons_probe",
                "__Host-bifrons_device",
                "__Host-bifrons_challenge",
            ],
            (true, Some(_)) => [
                "__Secure-bifrons_session",
                "__Secure-bifrons_refresh",
                "__Secure-bifrons_probe",
                "__Secure-bifrons_device",
                "__Secure-bifrons_challenge",
            ],
            // WebKit refuses Secure, and so the prefixes, on http://localhost.
            (false, _) => ["bifrons_session", "bifrons_refresh", "bifrons_probe", "bifrons_device", "bifrons_challenge"],
        };
        Self { session_name, refresh_name, probe_name, device_name, challenge_name, secure, cross_site, domain }
    }

    /// The policies of other configurations of this API: with and without `Domain`, for one site and across sites. A browser that
    /// stored a cookie under one of them keeps it beside the cookie of this policy. A `Domain` that is not configured is not among
    /// them: its cookies may belong to another deployment.
    pub fn variants(&self) -> Vec<Self> {
        let cross_sites: &[bool] = if self.secure { &[false, true] } else { &[false] };
        let mut domains = vec![None, self.domain.clone()];
        domains.dedup();
        let policies = domains.into_iter().flat_map(|domain| cross_sites.iter().map(move |cross| (*cross, domain.clone())));
        let policies = policies.map(|(cross_site, domain)| Self::of(self.secure, cross_site, domain));
        policies.filter(|variant| variant != self).collect()
    }

    /// The names that a cookie has under any configuration.
    pub fn every_name(name: impl Fn(&Self) -> &'static str) -> [&'static str; 3] {
        let some_domain = Some(String::new());
        [(true, None), (true, some_domain), (false, None)].map(|(secure, domain)| name(&Self::of(secure, false, domain)))
    }
}

/// Why no browser would send the cookie from this frontend, which is on another site.
fn why_refused(api: &Origin, frontend: &Origin) -> Option<String> {
    let api_url = api.as_str();
    if !api.is_secure() {
        let one_host = if api.is_loopback() && frontend.is_loopback() {
            format!("use one host name for both, for example http://{}", api.host())
        } else {
            "serve both over https".to_owned()
        };
        return Some(format!(
            "is another site than {api_url}, and over plain http browsers store no cross-site cookie; {one_host}"
        ));
    }
    if frontend.is_secure() {
        return None;
    }
    // An attacker on the network can change a plain http page, and the page can read our responses.
    let remedy = match (frontend.is_loopback(), api.is_loopback()) {
        (true, false) => "list it under dev_origins, for token mode",
        _ => "serve the frontend over https too",
    };
    Some(format!("is plain http, and so another site than {api_url}; {remedy}"))
}

fn parse_domain(text: &str, api_host: &str) -> Result<String, String> {
    let domain = text.trim_start_matches('.').to_ascii_lowercase();
    if api_host.starts_with('[') || api_host.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("needs a host name, and the API has an IP address; leave it out".to_owned());
    }
    if psl::domain_str(&domain).is_none() {
        return Err("is a public suffix, for which browsers refuse cookies; leave it out".to_owned());
    }
    let covers = api_host == domain || api_host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
    if !covers {
        return Err(format!("must be {api_host} or a parent domain of it: browsers refuse other domains; leave it out"));
    }
    Ok(domain)
}

#[cfg(test)]
mod tests {
    use super::CookiePolicy;
    use doctor::Origin;

    use crate::config::reader::Reader;

    fn derive(api: &str, frontends: &[&str], domain: Option<&str>) -> Result<CookiePolicy, String> {
        let environment = domain.map(|domain| ("BIFRONS_COOKIE__DOMAIN".to_owned(), domain.to_owned()));
        let mut reader = Reader::new(None, environment);
        let frontends: Vec<_> = frontends.iter().map(|one| Origin::parse(one).unwrap()).collect();
        let policy = CookiePolicy::derive(&mut reader, &Origin::parse(api).unwrap(), &frontends);
        match reader.finish().1 {
            none if none.is_empty() => Ok(policy),
            errors => Err(errors.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn https_has_the_host_prefix_and_lax() {
        let policy = derive("https://api.jazzmeet.site", &["https://admin.jazzmeet.site"], None).unwrap();
        assert_eq!((policy.session_name, policy.secure, policy.cross_site), ("__Host-bifrons_session", true, false));
    }

    #[test]
    fn the_variants_are_what_other_configurations_set() {
        let forms = |policy: &CookiePolicy| {
            let form = |one: &CookiePolicy| (one.session_name, one.cross_site, one.domain.clone());
            policy.variants().iter().map(form).collect::<Vec<_>>()
        };
        let local = derive("http://localhost:3000", &[], None).unwrap();
        assert_eq!(forms(&local), []);
        let host_only = derive("https://api.jazzmeet.site", &[], None).unwrap();
        assert_eq!(forms(&host_only), [("__Host-bifrons_session", true, None)]);
        let shared = derive("https://api.jazzmeet.site", &["https://jazzmeet-admin.site"], Some("jazzmeet.site")).unwrap();
        let domain = Some("jazzmeet.site".to_owned());
        assert_eq!(
            forms(&shared),
            [
                ("__Host-bifrons_session", false, None),
                ("__Host-bifrons_session", true, None),
                ("__Secure-bifrons_session", false, domain)
            ]
        );
        let names = CookiePolicy::every_name(|policy| policy.session_name);
        assert_eq!(names, ["__Host-bifrons_session", "__Secure-bifrons_session", "bifrons_session"]);
    }

    #[test]
    fn http_is_for_loopback_without_secure_and_prefix() {
        let policy = derive("http://localhost:3000", &["http://localhost:5173"], None).unwrap();
        assert_eq!((policy.session_name, policy.secure, policy.cross_site), ("bifrons_session", false, false));
        assert!(derive("http://auth.example.com", &[], None).unwrap_err().contains("https"));
    }

    #[test]
    fn a_cross_site_frontend_makes_the_cookie_none_and_partitioned() {
        let policy =
            derive("https://api.jazzmeet.site", &["https://admin.jazzmeet.site", "https://jazzmeet-admin.site"], None).unwrap();
        assert!(policy.cross_site && policy.secure);
    }

    #[test]
    fn combinations_that_no_browser_stores_are_refused() {
        for (api, frontend, advice) in [
            ("http://localhost:3000", "http://127.0.0.1:5173", "one host name"),
            ("http://api.localhost:3000", "http://app.localhost:5173", "one host name"),
            ("http://localhost:3000", "https://app.example.com", "serve both over https"),
            ("https://api.example.com", "http://api.example.com", "https too"),
            ("https://api.example.com", "http://app.example.com", "https too"),
            ("https://api.example.com", "http://example.org", "https too"),
            ("https://api.example.com", "http://localhost:5173", "dev_origins"),
            ("https://localhost:3000", "http://localhost:5173", "https too"),
        ] {
            assert!(derive(api, &[frontend], None).unwrap_err().contains(advice), "{api} {frontend}");
        }
    }

    #[test]
    fn a_domain_must_cover_the_api_and_not_be_a_public_suffix() {
        let policy = derive("https://api.jazzmeet.site", &[], Some(".jazzmeet.site")).unwrap();
        assert_eq!((policy.session_name, policy.domain.as_deref()), ("__Secure-bifrons_session", Some("jazzmeet.site")));
        for (api, domain) in [
            ("https://jazz.fly.dev", "fly.dev"),
            ("https://jazz.up.railway.app", ".up.railway.app"),
            ("https://api.jazz.co.kr", "co.kr"),
            ("https://api.jazzmeet.site", "admin.jazzmeet.site"),
            ("https://api.jazzmeet.site", "meet.site"),
            ("https://10.0.0.1", "0.0.1"),
        ] {
            assert!(derive(api, &[], Some(domain)).is_err(), "{api} {domain}");
        }
    }
}
