//! One frontend, examined: what each browser family does with the call and with the cookies that come back.

use super::{Answer, Mistake, Question, cors, cors::Seen};
use crate::{
    Origin,
    browsers::{Family, Reason, Relation, SetCookie, Stored, Verdict, verdict},
};

/// All that an examination needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Where the page lives.
    pub frontend: &'a Origin,
    /// Where the API lives.
    pub api: &'a Origin,
    /// The call.
    pub question: &'a Question,
    /// The answer to the preflight, if one was due.
    pub preflight: Option<&'a Answer>,
    /// The answer to the call.
    pub sign_in: &'a Answer,
    /// The cookies to judge.
    pub cookies: &'a [SetCookie],
}

/// What became of a frontend.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Where the page lives.
    pub frontend: Origin,
    /// How it stands to the API.
    pub relation: Relation,
    /// The status of the answer to the preflight, if one was due.
    pub preflight: Option<u16>,
    /// The status of the answer to the call.
    pub sign_in: u16,
    /// Whether the browser sends the call at all.
    pub sent: bool,
    /// Whether the page may read the answer.
    pub readable: bool,
    /// The cookies judged.
    pub cookies: Vec<SetCookie>,
    /// Every family, and for each every cookie.
    pub cells: Vec<Cell>,
    /// All that is wrong.
    pub findings: Vec<Finding>,
}

/// A cookie in a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The browser.
    pub family: Family,
    /// The cookie; none if none was set.
    pub cookie: Option<String>,
    /// Whether it is stored; unknown without a cookie.
    pub stored: Option<bool>,
    /// Whether it is stored for this frontend's site alone.
    pub partitioned: bool,
    /// Whether it goes out with the next call.
    pub sent: Option<bool>,
    /// What is in the way.
    pub why: Option<Mistake>,
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub mistake: Mistake,
    /// Where it shows.
    pub evidence: String,
    /// The browsers in which it does harm.
    pub families: Vec<Family>,
}

impl Examined {
    /// Whether signing in works in every family.
    pub fn works(&self) -> bool {
        self.findings.iter().all(|finding| finding.mistake.is_warning())
    }
}

/// Examines a frontend.
pub fn examine(facts: Facts<'_>) -> Examined {
    let Facts { frontend, api, question, sign_in, cookies, .. } = facts;
    let mixed = frontend.is_secure() && !api.is_secure() && !api.is_loopback();
    let relation = Relation::of(frontend, api);
    let cross_origin = relation != Relation::SameOrigin;
    let blocked = if mixed {
        vec![Seen { mistake: Mistake::MixedContent, evidence: format!("{} calls {}", frontend.as_str(), api.as_str()) }]
    } else {
        facts.preflight.map(|answer| cors::preflight(frontend, question, answer)).unwrap_or_default()
    };
    let unreadable = if cross_origin { cors::check(frontend, sign_in) } else { Vec::new() };
    let (sent, readable) = (blocked.is_empty(), blocked.is_empty() && unreadable.is_empty());
    let first = blocked.first().or(unreadable.first()).map(|seen| seen.mistake);
    let cells: Vec<_> = Family::ALL.into_iter().flat_map(|family| family_cells(facts, family, sent, first)).collect();
    let mut findings = Vec::new();
    for seen in blocked.into_iter().chain(unreadable) {
        add(&mut findings, seen.mistake, &seen.evidence, &Family::ALL);
    }
    cookie_findings(facts, &mut findings);
    if let Some(seen) = cross_origin.then(|| cors::unvaried(sign_in)).flatten() {
        add(&mut findings, seen.mistake, &seen.evidence, &Family::ALL);
    }
    let (frontend, cookies, preflight) = (frontend.clone(), cookies.to_vec(), facts.preflight.map(|answer| answer.status));
    Examined { frontend, relation, preflight, sign_in: sign_in.status, sent, readable, cookies, cells, findings }
}

fn family_cells(facts: Facts<'_>, family: Family, sent: bool, cors: Option<Mistake>) -> Vec<Cell> {
    let cell = |cookie: Option<&SetCookie>| {
        let refused = cookie.and_then(|cookie| refusal(facts, family, cookie));
        let partitioned = cookie.is_some_and(|cookie| {
            sent && verdict(family, facts.frontend, facts.api, cookie) == Verdict::Works(Stored::Partitioned)
        });
        // A call that is never sent stores nothing; one whose answer the page may not read stores its cookies all the same.
        let stored = if sent { cookie.map(|_| refused.is_none()) } else { Some(false) };
        let why = cors.or(refused).or(cookie.is_none().then_some(Mistake::NoCookie));
        Cell { family, cookie: cookie.map(|cookie| cookie.name.clone()), stored, partitioned, sent: stored, why }
    };
    if facts.cookies.is_empty() { vec![cell(None)] } else { facts.cookies.iter().map(Some).map(cell).collect() }
}

fn cookie_findings(facts: Facts<'_>, findings: &mut Vec<Finding>) {
    if facts.cookies.is_empty() {
        let hint = facts.sign_in.all("location").first().map(|to| format!(", to {to}")).unwrap_or_default();
        let Question { method, path, .. } = facts.question;
        let evidence = format!("{method} {path} was answered with {}{hint}", facts.sign_in.status);
        add(findings, Mistake::NoCookie, &evidence, &Family::ALL);
    }
    for cookie in facts.cookies {
        let evidence = cookie.to_string();
        for family in Family::ALL {
            if let Some(mistake) = refusal(facts, family, cookie) {
                let large = format!("{evidence} has {} bytes", cookie.name.len() + cookie.value_length);
                add(findings, mistake, if mistake == Mistake::CookieTooLarge { &large } else { &evidence }, &[family]);
            }
        }
        // A token against forged requests is there for scripts to read.
        let name = cookie.name.to_ascii_lowercase();
        if !cookie.http_only && !name.contains("csrf") && !name.contains("xsrf") {
            add(findings, Mistake::HttpOnlyMissing, &evidence, &Family::ALL);
        }
        if scope(cookie, facts.question) != "/" {
            add(findings, Mistake::PathNarrow, &format!("{evidence}, set at {}", facts.question.path), &Family::ALL);
        }
    }
}

/// The path that a cookie goes to: its own, or else the folder where it was set.
fn scope<'a>(cookie: &'a SetCookie, question: &'a Question) -> &'a str {
    let folder = || question.path.split('?').next().and_then(|path| path.rsplit_once('/')).map_or("", |(folder, _)| folder);
    let path = cookie.path.as_deref().filter(|path| path.starts_with('/')).unwrap_or_else(folder);
    if path.is_empty() { "/" } else { path }
}

/// The same mistake in the same place is one finding.
fn add(findings: &mut Vec<Finding>, mistake: Mistake, evidence: &str, families: &[Family]) {
    match findings.iter_mut().find(|known| known.mistake == mistake && known.evidence == evidence) {
        Some(known) => known.families.extend(families.iter().filter(|family| !known.families.contains(family)).collect::<Vec<_>>()),
        None => findings.push(Finding { mistake, evidence: evidence.to_owned(), families: families.to_vec() }),
    }
}

/// Why a browser refuses a cookie, with a look at what brought page and API apart.
fn refusal(facts: Facts<'_>, family: Family, cookie: &SetCookie) -> Option<Mistake> {
    let (frontend, api) = (facts.frontend, facts.api);
    let Verdict::Refused(reason) = verdict(family, frontend, api, cookie) else { return None };
    let ((page_secure, page_site), (api_secure, api_site)) = (frontend.site(), api.site());
    Some(match reason {
        Reason::TooLarge => Mistake::CookieTooLarge,
        Reason::DomainMismatch if cookie.domain.as_deref() == Some(frontend.host()) => Mistake::DomainIsFrontend,
        Reason::DomainMismatch => Mistake::DomainMismatch,
        Reason::PublicSuffix => Mistake::DomainPublicSuffix,
        Reason::Prefix => Mistake::PrefixBroken,
        Reason::SecureOverHttp => Mistake::SecureOverHttp,
        Reason::NoneWithoutSecure => Mistake::NoneWithoutSecure,
        Reason::PartitionedWithoutSecure => Mistake::PartitionedWithoutSecure,
        _ if page_site == api_site && page_secure != api_secure => Mistake::SchemesDiffer,
        _ if frontend.is_loopback() && api.is_loopback() => Mistake::LoopbackNamesDiffer,
        Reason::SameSiteAcrossSites => Mistake::SameSiteAcrossSites,
        Reason::NoSameSiteAcrossSites => Mistake::SameSiteMissing,
        Reason::ThirdPartyBlocked => Mistake::ThirdPartyBlocked,
    })
}

#[cfg(test)]
mod tests {
    use super::{Examined, Facts, examine, scope};
    use crate::{Answer, Origin, Question, browsers::SetCookie};

    const API: &str = "https://api.jazzmeet.site";
    const SIBLING: &str = "https://admin.jazzmeet.site";
    const STRANGER: &str = "https://jazzmeet-admin.site";

    /// Examines a cookie, with CORS as it should be.
    fn judge(api: &str, page: &str, cookie: &str) -> Examined {
        let (api, frontend) = (Origin::parse(api).unwrap(), Origin::parse(page).unwrap());
        let headers = [
            ("access-control-allow-origin", page),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-headers", "content-type"),
            ("vary", "Origin"),
        ];
        let answer = Answer::new(200, headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let question = Question { method: "POST".into(), path: "/".into(), content_type: "application/json".into() };
        let cookies: Vec<_> = SetCookie::parse(cookie).into_iter().collect();
        let (preflight, sign_in, cookies) = (Some(&answer), &answer, cookies.as_slice());
        examine(Facts { frontend: &frontend, api: &api, question: &question, preflight, sign_in, cookies })
    }

    fn codes(examined: &Examined) -> Vec<&'static str> {
        examined.findings.iter().map(|finding| finding.mistake.code()).collect()
    }

    #[test]
    fn each_mistake_of_a_cookie_has_its_name() {
        let large = format!("sid={}; HttpOnly; Secure; SameSite=Lax", "x".repeat(4096));
        for (api, page, cookie, mistakes) in [
            (API, SIBLING, "sid=x; HttpOnly; Secure; SameSite=Lax", [].as_slice()),
            (API, API, "__Host-sid=x; Path=/; HttpOnly; Secure; SameSite=Strict", &[]),
            (API, STRANGER, "sid=x; HttpOnly; Secure; SameSite=Lax", &["same_site_across_sites"]),
            (API, STRANGER, "sid=x; HttpOnly; Secure; SameSite=Strict", &["same_site_across_sites"]),
            (API, STRANGER, "sid=x; HttpOnly; Secure", &["same_site_missing", "third_party_blocked"]),
            (API, STRANGER, "sid=x; HttpOnly; Secure; SameSite=None; Partitioned", &["third_party_blocked"]),
            (API, SIBLING, "sid=x; HttpOnly; SameSite=None", &["none_without_secure"]),
            (API, SIBLING, "sid=x; HttpOnly; Secure; Domain=admin.jazzmeet.site", &["domain_is_frontend"]),
            (API, SIBLING, "sid=x; HttpOnly; Secure; Domain=www.jazzmeet.site", &["domain_mismatch"]),
            (API, SIBLING, "sid=x; HttpOnly; Secure; Domain=site", &["domain_public_suffix"]),
            (API, SIBLING, "__Host-sid=x; HttpOnly; Secure; Path=/v1", &["prefix_broken", "path_narrow"]),
            (API, SIBLING, large.as_str(), &["cookie_too_large"]),
            (API, SIBLING, "sid=x; Secure", &["http_only_missing"]),
            (API, SIBLING, "XSRF-TOKEN=x; Secure", &[]),
            (API, SIBLING, "", &["no_cookie"]),
            (API, "http://api.jazzmeet.site", "sid=x; HttpOnly; Secure; SameSite=Lax", &["schemes_differ"]),
            (API, "http://admin.jazzmeet.site", "sid=x; HttpOnly; Secure; SameSite=None; Partitioned", &["schemes_differ"]),
            ("http://localhost:8080", "https://localhost:3000", "sid=x; HttpOnly; SameSite=Lax", &["schemes_differ"]),
            ("http://localhost:8080", "http://127.0.0.1:3000", "sid=x; HttpOnly; SameSite=Lax", &["loopback_names_differ"]),
            ("http://localhost:8080", "http://localhost:3000", "sid=x; HttpOnly; Secure", &["secure_over_http"]),
            ("http://api.jazzmeet.site", SIBLING, "sid=x; HttpOnly; SameSite=Lax", &["mixed_content", "schemes_differ"]),
        ] {
            let examined = judge(api, page, cookie);
            assert_eq!(codes(&examined), mistakes, "{page} → {api}: {}", &cookie[..cookie.len().min(80)]);
            let warnings = examined.findings.iter().all(|finding| finding.mistake.is_warning());
            assert_eq!(examined.works(), warnings);
        }
    }

    #[test]
    fn without_a_path_a_cookie_stays_in_the_folder_where_it_was_set() {
        for (cookie, path, goes_to) in [
            ("sid=x", "/login", "/"),
            ("sid=x", "/auth/login?next=/a/b", "/auth"),
            ("sid=x; Path=v1", "/auth/login", "/auth"),
            ("sid=x; Path=/", "/auth/login", "/"),
            ("sid=x; Path=/auth", "/login", "/auth"),
        ] {
            let question = Question { method: "POST".into(), path: path.into(), content_type: "text/plain".into() };
            assert_eq!(scope(&SetCookie::parse(cookie).unwrap(), &question), goes_to, "{cookie} at {path}");
        }
    }

    #[test]
    fn only_safari_refuses_a_partitioned_cookie_and_that_counts() {
        let examined = judge(API, STRANGER, "sid=x; HttpOnly; Secure; SameSite=None; Partitioned");
        let stored: Vec<_> = examined.cells.iter().map(|cell| (cell.stored, cell.partitioned, cell.sent)).collect();
        let kept = (Some(true), true, Some(true));
        assert_eq!(stored, [kept, kept, kept, (Some(false), false, Some(false))]);
        assert!(!examined.works());
    }

    #[test]
    fn an_answer_that_may_not_be_read_stores_its_cookie_all_the_same() {
        let (api, frontend) = (Origin::parse(API).unwrap(), Origin::parse(SIBLING).unwrap());
        let cookies = [SetCookie::parse("sid=x; HttpOnly; Secure").unwrap()];
        let answer = Answer::new(200, []);
        let asks = |content_type: &str| Question { method: "POST".into(), path: "/".into(), content_type: content_type.into() };
        let (question, json) = (asks("text/plain"), asks("application/json"));
        let facts =
            Facts { frontend: &frontend, api: &api, question: &question, preflight: None, sign_in: &answer, cookies: &cookies };
        let simple = examine(facts);
        assert!(simple.sent && !simple.readable && simple.cells.iter().all(|cell| cell.stored == Some(true)));
        let preflighted = examine(Facts { question: &json, preflight: Some(&answer), ..facts });
        assert!(!preflighted.sent && preflighted.cells.iter().all(|cell| cell.stored == Some(false)));
        assert_eq!(codes(&preflighted), ["no_cors_headers"], "said once");
    }
}
