//! What is wrong with the deployment of Bifrons. It lists an origin or it does not, and derives its cookie from that and from
//! `public_url`, so what it never sends is a proxy's. Of other APIs this is not known.

use super::{Facts, Finding};
use crate::{Mistake, Outcome, Seen, browsers::Relation};

/// What is wrong with the `Origin` of the calls, or with the CORS headers of the answers.
pub(super) fn of_calls(facts: Facts<'_>, sign_in: &Outcome) -> Option<Seen> {
    let bifrons = facts.bifrons.filter(|_| Relation::of(facts.frontend, facts.api) != Relation::SameOrigin)?;
    if bifrons.loses_origin {
        let evidence = "Bifrons answered a call of an origin that it does not list".to_owned();
        return Some(Seen { mistake: Mistake::OriginLost, evidence });
    }
    let accepted = facts.sign_in.answer().is_some_and(crate::Answer::is_success);
    let foreign = sign_in.seen.iter().find(|seen| match seen.mistake {
        // Bifrons refuses a page that it does not list.
        Mistake::NoCorsHeaders => accepted,
        // It lets a page of `dev_origins` read without credentials.
        Mistake::CredentialsNotAllowed => !facts.frontend.is_loopback(),
        other => matches!(
            other,
            Mistake::OriginWildcard
                | Mistake::OriginPort
                | Mistake::OriginSlash
                | Mistake::OriginSeveral
                | Mistake::OriginNull
                | Mistake::OriginOther
                | Mistake::CredentialsSeveral
        ),
    })?;
    Some(Seen { mistake: Mistake::CorsRewritten, evidence: foreign.evidence.clone() })
}

/// A cookie that Bifrons does not set for a page that it lists, where it is.
pub(super) fn of_cookies(facts: Facts<'_>, sign_in: &Outcome, findings: &[Finding]) -> Option<Finding> {
    let bifrons = facts.bifrons.filter(|_| sign_in.seen.is_empty())?;
    let changed = findings.iter().find(|finding| finding.mistake.is_of_attributes())?;
    let (mistake, evidence) = match &bifrons.other_url {
        Some(url) => (Mistake::PublicUrlOther, format!("the service takes {url} for its own URL")),
        None => (Mistake::CookieRewritten, changed.evidence.clone()),
    };
    Some(Finding { mistake, evidence, ..changed.clone() })
}

#[cfg(test)]
mod tests {
    use crate::{Answer, Bifrons, Call, Facts, Hop, Leg, Origin, examine};

    const PAGE: &str = "https://one.fly.dev";
    const ALLOWED: [(&str, &str); 2] = [("access-control-allow-origin", PAGE), ("access-control-allow-credentials", "true")];
    const COOKIE: (&str, &str) = ("set-cookie", "__Host-bifrons_session=x; Path=/; HttpOnly; Secure; SameSite=None; Partitioned");

    /// The mistakes that follow from no other, of a sign-in of Bifrons that is accepted.
    fn causes(headers: &[(&str, &str)], bifrons: Option<&Bifrons>) -> Vec<&'static str> {
        let (frontend, api) = (Origin::parse(PAGE).unwrap(), Origin::parse("https://two.fly.dev").unwrap());
        let call = Call { method: "POST".into(), path: "/".into(), content_type: "text/plain".into(), headers: Vec::new() };
        let mut hop = Hop::first(&frontend, &api, call);
        let vary = ("vary".to_owned(), "Origin".to_owned());
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        hop.answer = Some(Answer::new(200, headers.chain([vary])));
        let (sign_in, probe) = (&Leg { hops: vec![hop] }, &[]);
        let (next, guard, look, session_cookie) = (None, None, None, None);
        let has_credentials = true;
        let facts = Facts {
            frontend: &frontend,
            api: &api,
            sign_in,
            next,
            probe,
            bifrons,
            has_credentials,
            guard,
            look,
            session_cookie,
            now: 0,
        };
        let findings = examine(facts).findings.into_iter().filter(|finding| finding.follows.is_none());
        findings.map(|finding| finding.mistake.code()).filter(|code| *code != "third_party_blocked").collect()
    }

    #[test]
    fn what_bifrons_never_sends_is_the_work_of_a_proxy() {
        let [origin, credentials] = ALLOWED;
        let lax = ("set-cookie", "__Host-bifrons_session=x; Path=/; HttpOnly; Secure; SameSite=Lax");
        let any = ("access-control-allow-origin", "*");
        let known = &Bifrons::default();
        for (headers, of_bifrons, of_another) in [
            ([origin, credentials, COOKIE].as_slice(), "", ""),
            (&[any, credentials, COOKIE], "cors_rewritten", "origin_wildcard"),
            (&[origin, COOKIE], "cors_rewritten", "credentials_not_allowed"),
            (&[COOKIE], "cors_rewritten", "no_cors_headers"),
            (&[origin, origin, credentials, COOKIE], "cors_rewritten", "origin_several"),
            (&[origin, credentials, lax], "cookie_rewritten", "same_site_across_sites"),
        ] {
            assert_eq!(causes(headers, Some(known)).join(" "), of_bifrons, "{headers:?}");
            assert_eq!(causes(headers, None).join(" "), of_another, "{headers:?}");
        }
    }

    #[test]
    fn what_the_probe_shows_comes_first() {
        let [origin, credentials] = ALLOWED;
        let lax = ("set-cookie", "__Host-bifrons_session=x; Path=/; HttpOnly; Secure; SameSite=Lax");
        let lost = Bifrons { loses_origin: true, ..Bifrons::default() };
        assert_eq!(causes(&[COOKIE], Some(&lost)), ["origin_lost"]);
        let bare = Bifrons { loses_cookies: true, ..Bifrons::default() };
        assert_eq!(causes(&[origin, credentials], Some(&bare)), ["set_cookie_lost"]);
        let elsewhere = Bifrons { other_url: Some("https://auth.example.com".to_owned()), ..Bifrons::default() };
        assert_eq!(causes(&[origin, credentials, lax], Some(&elsewhere)), ["public_url_other"]);
        assert_eq!(causes(&[origin, credentials, COOKIE], Some(&elsewhere)), [""; 0], "browsers keep the cookie all the same");
    }
}
