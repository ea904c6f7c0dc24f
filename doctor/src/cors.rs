//! CORS as browsers apply it to a call with `credentials: "include"` (Fetch, "CORS check" and "CORS-preflight fetch").

use super::{Answer, Mistake, Question};
use crate::Origin;

const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";
const ALLOW_METHODS: &str = "access-control-allow-methods";
const ALLOW_HEADERS: &str = "access-control-allow-headers";

/// A mistake, and where it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What is wrong.
    pub mistake: Mistake,
    /// What the API said.
    pub evidence: String,
}

/// What keeps a page of `origin` from reading an answer. Nothing: it may.
pub fn check(origin: &Origin, answer: &Answer) -> Vec<Seen> {
    let mut seen = Vec::new();
    if let Some(mistake) = allowed_origin(origin, &answer.all(ALLOW_ORIGIN)) {
        seen.push(Seen { mistake, evidence: answer.quote(ALLOW_ORIGIN) });
        if mistake == Mistake::NoCorsHeaders {
            return seen;
        }
    }
    // "true" alone, in small letters, once.
    if answer.all(ALLOW_CREDENTIALS) != ["true"] {
        seen.push(Seen { mistake: Mistake::CredentialsNotAllowed, evidence: answer.quote(ALLOW_CREDENTIALS) });
    }
    seen
}

fn allowed_origin(origin: &Origin, said: &[&str]) -> Option<Mistake> {
    let said = match said {
        [] | [""] => return Some(Mistake::NoCorsHeaders),
        [one] if *one == origin.as_str() => return None,
        [one] => *one,
        _ => return Some(Mistake::OriginSeveral),
    };
    Some(match (said, Origin::parse(said)) {
        ("*", _) => Mistake::OriginWildcard,
        ("null", _) => Mistake::OriginNull,
        (several, _) if several.contains([',', ' ']) => Mistake::OriginSeveral,
        (slash, _) if slash.strip_suffix('/') == Some(origin.as_str()) => Mistake::OriginSlash,
        (_, Ok(other)) if (other.is_secure(), other.host()) == (origin.is_secure(), origin.host()) => Mistake::OriginPort,
        _ => Mistake::OriginOther,
    })
}

/// What the answer to a preflight keeps a page of `origin` from: with any of these the call is never sent.
pub fn preflight(origin: &Origin, question: &Question, answer: &Answer) -> Vec<Seen> {
    let status = match answer.status {
        200..=299 => None,
        // The status tells the cause; that such an answer has no CORS headers either follows from it.
        300..=399 => Some(Mistake::PreflightRedirected),
        401 | 403 => Some(Mistake::PreflightUnauthorized),
        404 | 405 => Some(Mistake::PreflightUnknown),
        _ => Some(Mistake::PreflightFailed),
    };
    if let Some(mistake) = status {
        return vec![Seen { mistake, evidence: format!("OPTIONS {} was answered with {}", question.path, answer.status) }];
    }
    let mut seen = check(origin, answer);
    if seen.iter().any(|seen| seen.mistake == Mistake::NoCorsHeaders) {
        return seen;
    }
    if question.asks_for_method() && !answer.list(ALLOW_METHODS).contains(&question.method.as_str()) {
        seen.push(Seen { mistake: Mistake::MethodNotAllowed, evidence: answer.quote(ALLOW_METHODS) });
    }
    let listed = answer.list(ALLOW_HEADERS).iter().any(|name| name.eq_ignore_ascii_case("content-type"));
    if question.asks_for_content_type() && !listed {
        seen.push(Seen { mistake: Mistake::ContentTypeNotAllowed, evidence: answer.quote(ALLOW_HEADERS) });
    }
    seen
}

/// An answer for one origin that does not say so to caches.
pub fn unvaried(answer: &Answer) -> Option<Seen> {
    let for_one = answer.all(ALLOW_ORIGIN).iter().any(|said| *said != "*");
    let says_so = answer.list("vary").iter().any(|name| *name == "*" || name.eq_ignore_ascii_case("origin"));
    (for_one && !says_so).then(|| Seen { mistake: Mistake::VaryMissing, evidence: answer.quote("vary") })
}

#[cfg(test)]
mod tests {
    use super::{Seen, check, preflight, unvaried};
    use crate::{Answer, Mistake, Origin, Question};

    const PAGE: &str = "https://app.example.com:8443";

    fn answer(status: u16, headers: &str) -> Answer {
        let headers = headers.lines().map(|line| line.split_once(": ").unwrap());
        Answer::new(status, headers.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    fn codes(seen: &[Seen]) -> Vec<&'static str> {
        seen.iter().map(|seen| seen.mistake.code()).collect()
    }

    fn preflighted(method: &str, status: u16, headers: &str) -> Vec<&'static str> {
        let question = Question { method: method.to_owned(), path: "/".to_owned(), content_type: "application/json".to_owned() };
        let cors = format!("access-control-allow-origin: {PAGE}\naccess-control-allow-credentials: true\n{headers}");
        codes(&preflight(&Origin::parse(PAGE).unwrap(), &question, &answer(status, &cors)))
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
            assert_eq!(codes(&check(&Origin::parse(PAGE).unwrap(), &answer(200, &headers))), mistakes, "{said}");
        }
        let twice = format!("access-control-allow-origin: {PAGE}\n").repeat(2) + "access-control-allow-credentials: true";
        assert_eq!(codes(&check(&Origin::parse(PAGE).unwrap(), &answer(200, &twice))), ["origin_several"]);
        for wrong in ["false", "True", "true, true", "1"] {
            let headers = format!("access-control-allow-origin: {PAGE}\naccess-control-allow-credentials: {wrong}");
            let seen = check(&Origin::parse(PAGE).unwrap(), &answer(200, &headers));
            assert_eq!(codes(&seen), ["credentials_not_allowed"], "{wrong}");
        }
        let star = answer(200, "access-control-allow-origin: *");
        assert_eq!(codes(&check(&Origin::parse(PAGE).unwrap(), &star)), ["origin_wildcard", "credentials_not_allowed"]);
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
            (302, "preflight_redirected"),
            (404, "preflight_unknown"),
            (405, "preflight_unknown"),
            (500, "preflight_failed"),
        ] {
            assert_eq!(preflighted("POST", status, good), [code]);
        }
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
