//! CORS as browsers apply it to a call with `credentials: "include"` (Fetch, "CORS check" and "CORS-preflight fetch").

use crate::{Answer, Call, Mistake, Origin};

const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";
const ALLOW_METHODS: &str = "access-control-allow-methods";
const ALLOW_HEADERS: &str = "access-control-allow-headers";

/// A mistake, and its evidence in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub mistake: Mistake,
    pub evidence: String,
}

/// What a simpler preflight found out about one that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// These headers alone are refused.
    Headers(Vec<String>),
    /// Without the method it is answered.
    Method,
    /// Every preflight of this origin is refused.
    Always,
}

#[derive(Clone, Debug)]
pub struct Preflight {
    pub answer: Answer,
    /// Known of preflights that are answered with an error.
    pub refused: Option<Refused>,
}

/// What keeps a page from reading an answer. `origin` is the `Origin` header of the call.
pub fn check(origin: &str, answer: &Answer) -> Vec<Seen> {
    let mut seen = Vec::new();
    if let Some(mistake) = allowed_origin(origin, &answer.all(ALLOW_ORIGIN)) {
        seen.push(Seen { mistake, evidence: answer.quote(ALLOW_ORIGIN) });
        if mistake == Mistake::NoCorsHeaders {
            return seen;
        }
    }
    // Exactly "true", in lower case, once.
    match answer.all(ALLOW_CREDENTIALS).as_slice() {
        ["true"] => {}
        several if several.iter().flat_map(|value| value.split(',')).filter(|value| value.trim() == "true").count() > 1 => {
            seen.push(Seen { mistake: Mistake::CredentialsSeveral, evidence: answer.quote(ALLOW_CREDENTIALS) });
        }
        _ => seen.push(Seen { mistake: Mistake::CredentialsNotAllowed, evidence: answer.quote(ALLOW_CREDENTIALS) }),
    }
    seen
}

fn allowed_origin(origin: &str, allowed: &[&str]) -> Option<Mistake> {
    let allowed = match allowed {
        [] | [""] => return Some(Mistake::NoCorsHeaders),
        [one] if *one == origin => return None,
        [one] => *one,
        _ => return Some(Mistake::OriginSeveral),
    };
    let place = |origin: &str| Origin::parse(origin).map(|origin| (origin.is_secure(), origin.host().to_owned()));
    Some(match (allowed, place(allowed)) {
        ("*", _) => Mistake::OriginWildcard,
        ("null", _) => Mistake::OriginNull,
        (several, _) if several.contains([',', ' ']) => Mistake::OriginSeveral,
        (slash, _) if slash.strip_suffix('/') == Some(origin) => Mistake::OriginSlash,
        (_, other @ Ok(_)) if other == place(origin) => Mistake::OriginPort,
        _ => Mistake::OriginOther,
    })
}

/// What a preflight keeps the page from: with any of these the browser does not send the call.
pub fn preflight(origin: &str, call: &Call, preflight: &Preflight) -> Vec<Seen> {
    let answer = &preflight.answer;
    if !answer.is_success() {
        return vec![refused(call, preflight)];
    }
    let mut seen = check(origin, answer);
    if seen.iter().any(|seen| seen.mistake == Mistake::NoCorsHeaders) {
        return seen;
    }
    if call.has_unsafe_method() && !answer.list(ALLOW_METHODS).contains(&call.method.as_str()) {
        seen.push(Seen { mistake: Mistake::MethodNotAllowed, evidence: answer.quote(ALLOW_METHODS) });
    }
    let listed = answer.list(ALLOW_HEADERS);
    let is_listed = |name: &String| listed.iter().any(|listed| listed.eq_ignore_ascii_case(name));
    let missing: Vec<_> = call.unsafe_headers().into_iter().filter(|name| !is_listed(name)).collect();
    seen.extend(headers_not_allowed(&missing, &answer.quote(ALLOW_HEADERS)));
    seen
}

fn headers_not_allowed(missing: &[String], evidence: &str) -> Option<Seen> {
    let others: Vec<_> = missing.iter().filter(|name| *name != "content-type").map(String::as_str).collect();
    let mistake = if others.is_empty() { Mistake::ContentTypeNotAllowed } else { Mistake::HeaderNotAllowed };
    (!missing.is_empty()).then(|| Seen { mistake, evidence: format!("{}: {evidence}", missing.join(", ")) })
}

/// A preflight that is answered with an error. A simpler one told which part of it is the cause.
fn refused(call: &Call, preflight: &Preflight) -> Seen {
    let answer = &preflight.answer;
    let evidence = format!("OPTIONS {} was answered with {}", call.path, answer.quote_status());
    let mistake = match &preflight.refused {
        Some(Refused::Headers(names)) => {
            if let Some(seen) = headers_not_allowed(names, &evidence) {
                return seen;
            }
            Mistake::PreflightFailed
        }
        Some(Refused::Method) => Mistake::MethodNotAllowed,
        Some(Refused::Always) if answer.status >= 400 && answer.speaks_of_cors() => Mistake::OriginRefused,
        _ => match answer.status {
            300..=399 => Mistake::PreflightRedirected,
            401 | 403 => Mistake::PreflightUnauthorized,
            404 | 405 => Mistake::PreflightUnknown,
            _ => Mistake::PreflightFailed,
        },
    };
    Seen { mistake, evidence }
}

/// An answer for one origin that does not say so to caches.
pub fn unvaried(answer: &Answer) -> Option<Seen> {
    let for_one = answer.all(ALLOW_ORIGIN).iter().any(|allowed| *allowed != "*");
    let says_so = answer.list("vary").iter().any(|name| *name == "*" || name.eq_ignore_ascii_case("origin"));
    (for_one && !says_so).then(|| Seen { mistake: Mistake::VaryMissing, evidence: answer.quote("vary") })
}

#[cfg(test)]
mod tests {
    use super::{Preflight, Refused, Seen, check, preflight, unvaried};
    use crate::{Answer, Call, Mistake};

    const PAGE: &str = "https://app.example.com:8443";

    fn answer(status: u16, headers: &str) -> Answer {
        let headers = headers.lines().map(|line| line.split_once(": ").unwrap());
        Answer::new(status, headers.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    fn codes(seen: &[Seen]) -> Vec<&'static str> {
        seen.iter().map(|seen| seen.mistake.code()).collect()
    }

    fn preflighted(method: &str, status: u16, headers: &str) -> Vec<&'static str> {
        judged(method, &[], status, headers, None)
    }

    fn judged(method: &str, added: &[&str], status: u16, headers: &str, refused: Option<Refused>) -> Vec<&'static str> {
        let added = added.iter().map(|name| ((*name).to_owned(), "1".to_owned())).collect();
        let call =
            Call { method: method.to_owned(), path: "/".to_owned(), content_type: "application/json".to_owned(), headers: added };
        let cors = format!("access-control-allow-origin: {PAGE}\naccess-control-allow-credentials: true\n{headers}");
        codes(&preflight(PAGE, &call, &Preflight { answer: answer(status, &cors), refused }))
    }

    #[test]
    fn the_origin_is_exact_and_credentials_are_allowed() {
        for (said, mistakes) in [
            (PAGE, [].as_slice()),
            ("", &["no_cors_headers"]),
            ("*", &["origin_wildcard"]),
            ("null", &["origin_null"]),
            ("https://app.example.com:8443/", &["origin_slash"]),
            ("https://app.example.com", &["origin_port"]),
            ("http://app.example.com:8443", &["origin_other"]),
            ("https://APP.example.com:8443", &["origin_other"]),
            ("https://*.example.com", &["origin_other"]),
            ("https://app.example.com:8443, https://app.example.com:8443", &["origin_several"]),
            ("https://a.example https://app.example.com:8443", &["origin_several"]),
        ] {
            let headers = format!("access-control-allow-credentials: true\naccess-control-allow-origin: {said}");
            assert_eq!(codes(&check(PAGE, &answer(200, &headers))), mistakes, "{said}");
        }
        let twice = format!("access-control-allow-origin: {PAGE}\n").repeat(2) + "access-control-allow-credentials: true";
        assert_eq!(codes(&check(PAGE, &answer(200, &twice))), ["origin_several"]);
        for wrong in ["false", "True", "", "1"] {
            let headers = format!("access-control-allow-origin: {PAGE}\naccess-control-allow-credentials: {wrong}");
            let seen = check(PAGE, &answer(200, &headers));
            assert_eq!(codes(&seen), ["credentials_not_allowed"], "{wrong}");
        }
        let twice = answer(200, &format!("access-control-allow-origin: {PAGE}\naccess-control-allow-credentials: true, true"));
        assert_eq!(codes(&check(PAGE, &twice)), ["credentials_several"]);
        let star = answer(200, "access-control-allow-origin: *");
        assert_eq!(codes(&check(PAGE, &star)), ["origin_wildcard", "credentials_not_allowed"]);
    }

    #[test]
    fn a_preflight_must_be_a_success_that_lists_what_was_asked_for() {
        let good = "access-control-allow-headers: X-A, Content-Type\naccess-control-allow-methods: GET, PUT";
        assert_eq!(preflighted("POST", 204, good), [""; 0], "POST need not be listed");
        assert_eq!(preflighted("PUT", 200, good), [""; 0]);
        assert_eq!(preflighted("PATCH", 200, good), ["method_not_allowed"]);
        let stars = "access-control-allow-headers: *\naccess-control-allow-methods: *";
        assert_eq!(preflighted("POST", 204, stars), ["content_type_not_allowed"]);
        assert_eq!(preflighted("PUT", 204, stars), ["method_not_allowed", "content_type_not_allowed"]);
        for (status, code) in [
            (401, "preflight_unauthorized"),
            (403, "preflight_unauthorized"),
            (400, "preflight_failed"),
            (302, "preflight_redirected"),
            (404, "preflight_unknown"),
            (405, "preflight_unknown"),
            (500, "preflight_failed"),
        ] {
            assert_eq!(preflighted("POST", status, good), [code]);
        }
    }

    #[test]
    fn a_simpler_preflight_tells_what_is_refused() {
        let bare = |status, refused| {
            let call = Call { method: "PUT".into(), path: "/".into(), content_type: "application/json".into(), headers: vec![] };
            let answer = answer(status, "vary: Accept").with_body("Disallowed CORS headers");
            preflight(PAGE, &call, &Preflight { answer, refused: Some(refused) }).remove(0)
        };
        let content_type = bare(400, Refused::Headers(vec!["content-type".into()]));
        assert_eq!(content_type.mistake, Mistake::ContentTypeNotAllowed);
        assert!(content_type.evidence.ends_with("400: Disallowed CORS headers"), "{content_type:?}");
        assert_eq!(bare(403, Refused::Headers(vec!["content-type".into(), "x-a".into()])).mistake, Mistake::HeaderNotAllowed);
        assert_eq!(bare(403, Refused::Method).mistake, Mistake::MethodNotAllowed);
        assert_eq!(bare(400, Refused::Always).mistake, Mistake::OriginRefused, "its body speaks of CORS");
        assert_eq!(judged("POST", &["x-a"], 204, "access-control-allow-headers: content-type", None), ["header_not_allowed"]);
        assert_eq!(judged("POST", &["authorization"], 204, "access-control-allow-headers: *", None), ["header_not_allowed"]);
    }

    #[test]
    fn an_answer_for_one_origin_varies() {
        let missing = |headers: &str| unvaried(&answer(200, headers)).map(|seen| seen.mistake);
        assert_eq!(missing("access-control-allow-origin: https://a"), Some(Mistake::VaryMissing));
        assert_eq!(missing("access-control-allow-origin: https://a\nvary: accept, origin"), None);
        assert_eq!(missing("access-control-allow-origin: *"), None);
        assert_eq!(missing("vary: accept"), None);
    }
}
