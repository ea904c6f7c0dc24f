use super::{Examined, Facts, Judgement, examine};
use crate::{Answer, Call, Guard, Hop, Leg, Look, Origin, PageCall, Preflight, browsers::SetCookie};

const API: &str = "https://api.jazzmeet.site";
const SIBLING: &str = "https://admin.jazzmeet.site";
const STRANGER: &str = "https://jazzmeet-admin.site";

/// A sign-in at `/auth/login`, answered with cookies, and perhaps a next call, with CORS as it should be.
struct Case<'a> {
    api: &'a str,
    page: &'a str,
    cookies: &'a [&'a str],
    next: Option<(&'a str, u16)>,
    guard: Option<&'a Guard>,
    look: Option<&'a Look>,
}

const CASE: Case<'_> = Case { api: API, page: SIBLING, cookies: &[], next: None, guard: None, look: None };

impl Case<'_> {
    fn answer(&self, status: u16, cookies: &[&str]) -> Answer {
        let headers = [
            ("access-control-allow-origin", self.page),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-headers", "content-type"),
            ("vary", "Origin"),
        ];
        let cookies = cookies.iter().map(|cookie| ("set-cookie", *cookie));
        Answer::new(status, headers.into_iter().chain(cookies).map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    fn leg(&self, call: Call, answer: Answer) -> Leg {
        let (page, api) = (Origin::parse(self.page).unwrap(), Origin::parse(self.api).unwrap());
        let mut hop = Hop::first(&page, &api, call);
        hop.preflight = hop.needs_preflight(&page).then(|| Preflight { answer: self.answer(204, &[]), refused: None });
        hop.answer = Some(answer);
        Leg { hops: vec![hop] }
    }

    fn examine_as(&self, session_cookie: Option<&str>) -> Examined {
        let (api, frontend) = (Origin::parse(self.api).unwrap(), Origin::parse(self.page).unwrap());
        let call = Call {
            method: "POST".into(),
            path: "/auth/login".into(),
            content_type: "application/json".into(),
            headers: Vec::new(),
        };
        let sign_in = self.leg(call, self.answer(200, self.cookies));
        let next = self.next.map(|(path, status)| self.leg(Call::get(path, Vec::new()), self.answer(status, &[])));
        let (next, now) = (next.as_ref(), 1_795_000_000);
        let (guard, look) = (self.guard, self.look);
        examine(Facts {
            frontend: &frontend,
            api: &api,
            sign_in: &sign_in,
            next,
            probe: &[],
            bifrons: None,
            has_credentials: true,
            guard,
            look,
            session_cookie,
            now,
        })
    }
}

fn judge(api: &str, page: &str, cookies: &[&str]) -> Examined {
    Case { api, page, cookies, next: Some(("/v1/me", 200)), ..CASE }.examine_as(None)
}

fn codes(examined: &Examined) -> Vec<&'static str> {
    examined.findings.iter().map(|finding| finding.mistake.code()).collect()
}

#[test]
fn each_mistake_of_a_cookie_has_its_name() {
    let large = format!("sid={}; Path=/; HttpOnly; Secure; SameSite=Lax", "x".repeat(4096));
    for (api, page, cookie, mistakes) in [
        (API, SIBLING, "sid=x; Path=/; HttpOnly; Secure; SameSite=Lax", [].as_slice()),
        (API, API, "__Host-sid=x; Path=/; HttpOnly; Secure; SameSite=Lax", &[]),
        (API, API, "__Host-sid=x; Path=/; HttpOnly; Secure; SameSite=Strict", &["strict_link"]),
        (API, STRANGER, "sid=x; Path=/; HttpOnly; Secure; SameSite=Lax", &["same_site_across_sites"]),
        (API, STRANGER, "sid=x; Path=/; HttpOnly; Secure; SameSite=Strict", &["same_site_across_sites"]),
        (API, STRANGER, "sid=x; Path=/; HttpOnly; Secure", &["same_site_missing", "third_party_blocked"]),
        (API, STRANGER, "sid=x; Path=/; HttpOnly; Secure; SameSite=None; Partitioned", &["third_party_blocked"]),
        (API, STRANGER, "sid=x; Path=/; HttpOnly; Secure; SameSite=None", &["not_partitioned", "third_party_blocked"]),
        (API, SIBLING, "sid=x; Path=/; HttpOnly; SameSite=None", &["none_without_secure"]),
        (API, SIBLING, "sid=x; Path=/; HttpOnly; Secure; Domain=admin.jazzmeet.site", &["domain_is_frontend"]),
        (API, SIBLING, "sid=x; Path=/; HttpOnly; Secure; Domain=www.jazzmeet.site", &["domain_mismatch"]),
        (API, SIBLING, "sid=x; Path=/; HttpOnly; Secure; Domain=site", &["domain_public_suffix"]),
        (API, SIBLING, "__Host-sid=x; HttpOnly; Secure; Path=/v1", &["prefix_broken"]),
        (API, SIBLING, large.as_str(), &["cookie_too_large"]),
        (API, SIBLING, "sid=x; Path=/; Secure", &["http_only_missing"]),
        (API, SIBLING, "XSRF-TOKEN=x; Path=/; Secure", &["no_cookie"]),
        (API, SIBLING, "sid=x; HttpOnly; Secure", &["path_misses_next"]),
        (API, SIBLING, "sid=x; Path=/auth/login; HttpOnly; Secure", &["path_misses_next"]),
        (API, SIBLING, "sid=x; Path=/v1; HttpOnly; Secure", &[]),
        (API, SIBLING, "sid=; Path=/; HttpOnly; Max-Age=0", &["cookie_expired"]),
        (API, SIBLING, "sid=x; Path=/; HttpOnly; Expires=Mon, 01 Jan 0001 00:00:00 GMT", &["cookie_expired"]),
        (API, SIBLING, "sid=x; Path=/; HttpOnly; Max-Age=86", &["lifetime_short"]),
        (API, SIBLING, "sid=x; Path=/, b=2; HttpOnly", &["path_misses_next", "cookies_folded"]),
        (API, "http://api.jazzmeet.site", "sid=x; Path=/; HttpOnly; Secure; SameSite=Lax", &["schemes_differ"]),
        (API, "http://admin.jazzmeet.site", "sid=x; Path=/; HttpOnly; Secure; SameSite=None; Partitioned", &["schemes_differ"]),
        ("http://localhost:8080", "https://localhost:3000", "sid=x; Path=/; HttpOnly; SameSite=Lax", &["schemes_differ"]),
        ("http://localhost:8080", "http://127.0.0.1:3000", "sid=x; Path=/; HttpOnly; SameSite=Lax", &["loopback_names_differ"]),
        ("http://localhost:8080", "http://localhost:3000", "sid=x; Path=/; HttpOnly; Secure", &["secure_over_http"]),
        ("http://api.jazzmeet.site", SIBLING, "sid=x; Path=/; HttpOnly; SameSite=Lax", &["mixed_content", "schemes_differ"]),
    ] {
        let examined = judge(api, page, &[cookie]);
        assert_eq!(codes(&examined), mistakes, "{page} → {api}: {}", &cookie[..cookie.len().min(80)]);
        let warnings = examined.findings.iter().all(|finding| finding.mistake.is_warning());
        assert_eq!(examined.judgement() == Judgement::Works, warnings, "{page} → {api}: {cookie}");
    }
    assert_eq!(codes(&judge(API, SIBLING, &[])), ["cookie_withheld"]);
    assert_eq!(codes(&judge("http://api.jazzmeet.site", "http://admin.jazzmeet.site", &[])), ["no_cookie"]);
}

#[test]
fn the_last_cookie_of_a_name_counts() {
    let (set, delete) = ("sid=x; Path=/; HttpOnly; Secure", "sid=; Path=/; Max-Age=0");
    assert_eq!(codes(&judge(API, SIBLING, &[delete, set])), [""; 0], "the old one is cleared first");
    let deleted = judge(API, SIBLING, &[set, delete]);
    assert!(codes(&deleted).contains(&"cookie_deleted"), "{:?}", codes(&deleted));
    assert!(deleted.cells.iter().all(|cell| cell.stored == Some(false) && cell.sent == Some(false)));
    let other = judge(API, SIBLING, &[set, "old=; Path=/; Max-Age=0"]);
    assert!(other.works() && other.cells.len() == 4, "a cookie that is only cleared is not judged");
}

#[test]
fn only_the_named_cookie_is_judged() {
    let cookies = ["theme=dark; Path=/; SameSite=None", "sid=x; Path=/; HttpOnly; Secure"];
    let case = Case { cookies: &cookies, next: Some(("/v1/me", 200)), ..CASE };
    assert!(!case.examine_as(None).works() && case.examine_as(Some("sid")).works());
    assert_eq!(codes(&case.examine_as(Some("session"))), ["no_cookie"]);
    let folded = ["theme=dark; Path=/, a=1; Path=/, sid=x; Path=/"];
    let case = Case { cookies: &folded, ..CASE };
    assert_eq!(codes(&case.examine_as(Some("sid"))), ["cookies_folded"], "the session is behind the comma");
}

#[test]
fn without_a_next_call_a_narrow_path_is_unknown() {
    let case = |cookie| Case { cookies: &[cookie], ..CASE }.examine_as(None);
    let narrow = case("sid=x; Path=/v1; HttpOnly; Secure");
    assert_eq!((codes(&narrow), narrow.judgement()), (vec!["next_unknown"], Judgement::Unknown));
    assert!(narrow.cells.iter().all(|cell| (cell.stored, cell.sent) == (Some(true), None)));
    assert!(case("sid=x; Path=/; HttpOnly; Secure").works());
}

#[test]
fn a_cookie_that_lives_for_a_second_is_unknown() {
    let fleeting = judge(API, SIBLING, &["sid=x; Path=/; HttpOnly; Secure; Max-Age=1"]);
    assert_eq!((codes(&fleeting), fleeting.judgement()), (vec!["lifetime_short"], Judgement::Unknown));
}

#[test]
fn a_next_call_that_is_refused_with_its_cookie_is_a_finding() {
    let case = |status| {
        let cookies = ["sid=x; Path=/; HttpOnly; Secure"];
        Case { cookies: &cookies, next: Some(("/v1/me", status)), ..CASE }.examine_as(None)
    };
    assert_eq!(codes(&case(401)), ["next_refused"]);
    assert_eq!(codes(&case(500)), [""; 0]);
}

#[test]
fn only_safari_refuses_a_partitioned_cookie_and_that_is_as_good_as_it_gets() {
    let examined = judge(API, STRANGER, &["sid=x; Path=/; HttpOnly; Secure; SameSite=None; Partitioned"]);
    let stored: Vec<_> = examined.cells.iter().map(|cell| (cell.stored, cell.partitioned, cell.sent)).collect();
    let kept = (Some(true), true, Some(true));
    assert_eq!(stored, [kept, kept, kept, (Some(false), false, Some(false))]);
    assert_eq!((examined.works(), examined.judgement()), (false, Judgement::Limited));
    let unpartitioned = judge(API, STRANGER, &["sid=x; Path=/; HttpOnly; Secure; SameSite=None"]);
    assert_eq!(unpartitioned.judgement(), Judgement::Fails, "Chromium with third-party cookies blocked refuses it too");
}

#[test]
fn consequences_name_their_cause() {
    let mixed = judge("http://api.jazzmeet.site", SIBLING, &["sid=x; Path=/; HttpOnly; SameSite=Lax"]);
    let follows: Vec<_> = mixed.findings.iter().map(|finding| finding.follows.map(crate::Mistake::code)).collect();
    assert_eq!(follows, [None, Some("mixed_content")]);
}

#[test]
fn an_answer_that_the_page_may_not_read_stores_its_cookie_all_the_same() {
    let case = Case { cookies: &["sid=x; Path=/; HttpOnly; Secure"], ..CASE };
    let (api, frontend) = (Origin::parse(API).unwrap(), Origin::parse(SIBLING).unwrap());
    let bare = Answer::new(200, [("set-cookie".to_owned(), "sid=x; Path=/; HttpOnly; Secure".to_owned())]);
    let asks = |content_type: &str| {
        let call = Call { method: "POST".into(), path: "/".into(), content_type: content_type.into(), headers: Vec::new() };
        let mut leg = case.leg(call, bare.clone());
        leg.hops[0].preflight = leg.hops[0].preflight.take().map(|_| Preflight { answer: Answer::new(200, []), refused: None });
        leg
    };
    let judged = |sign_in: &Leg| {
        let (guard, look) = (None, None);
        examine(Facts {
            frontend: &frontend,
            api: &api,
            sign_in,
            next: None,
            probe: &[],
            bifrons: None,
            has_credentials: true,
            guard,
            look,
            session_cookie: None,
            now: 0,
        })
    };
    let simple = judged(&asks("text/plain"));
    assert!(simple.sign_in.sent && !simple.sign_in.readable && simple.cells.iter().all(|cell| cell.stored == Some(true)));
    let preflighted = judged(&asks("application/json"));
    assert!(!preflighted.sign_in.sent && preflighted.cells.iter().all(|cell| cell.stored == Some(false)));
    assert_eq!(codes(&preflighted), ["no_cors_headers"], "told once");
}

#[test]
fn a_page_whose_code_leaves_credentials_out_stays_signed_out() {
    let cookies = ["sid=x; Path=/; HttpOnly; Secure"];
    let page_call = |method: &str, path: &str, credentials: &str| PageCall {
        method: method.to_owned(),
        url: format!("{API}{path}"),
        credentials: credentials.to_owned(),
    };
    let seen = |page: &str, calls: Vec<PageCall>| {
        let look = Look { page: Origin::parse(page).unwrap(), calls, form: true };
        Case { page, cookies: &cookies, next: Some(("/v1/me", 200)), look: Some(&look), ..CASE }.examine_as(None)
    };
    let careless = seen(SIBLING, vec![page_call("POST", "/auth/login", "same-origin")]);
    assert_eq!((codes(&careless), careless.judgement()), (vec!["credentials_left_out"], Judgement::Fails));
    assert!(careless.cells.iter().all(|cell| (cell.stored, cell.sent) == (Some(false), Some(false)) && cell.why.is_some()));
    let next = seen(SIBLING, vec![page_call("POST", "/auth/login", "include"), page_call("GET", "/v1/me", "omit")]);
    assert_eq!(codes(&next), ["credentials_left_out"]);
    assert!(next.cells.iter().all(|cell| (cell.stored, cell.sent) == (Some(true), Some(false))));
    assert_eq!(codes(&seen(SIBLING, vec![page_call("POST", "/auth/login", "include")])), [""; 0]);
    assert_eq!(codes(&seen(SIBLING, vec![page_call("GET", "/v1/config", "omit")])), ["page_unseen"]);
    assert_eq!(codes(&seen(API, vec![page_call("POST", "/auth/login", "same-origin")])), [""; 0], "one origin needs no more");
}

#[test]
fn the_cookies_of_the_token_are_judged_too() {
    let cookies = ["sid=x; Path=/; HttpOnly; Secure; SameSite=None; Partitioned"];
    let judged = |page: &str, token: &str, in_cookie: bool| {
        let headers = [("set-cookie", token), ("access-control-allow-origin", page), ("access-control-allow-credentials", "true")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let cookie = SetCookie::parse(token).filter(|_| in_cookie);
        let guard = Guard { path: "/csrf".to_owned(), answer: Answer::new(200, headers), cookie };
        Case { page, cookies: &cookies, guard: Some(&guard), ..CASE }.examine_as(None)
    };
    let lax = judged(STRANGER, "csrf=x; Path=/; Secure; SameSite=Lax", false);
    assert_eq!(codes(&lax), ["same_site_across_sites", "third_party_blocked"]);
    assert!(lax.cells.iter().take(3).all(|cell| cell.sent.is_none() && cell.why.is_some()), "{:?}", lax.cells);
    let none = judged(STRANGER, "csrf=x; Path=/; Secure; SameSite=None; Partitioned", false);
    assert_eq!(none.judgement(), Judgement::Limited, "{:?}", codes(&none));
    assert!(codes(&judged(SIBLING, "csrf=x; Path=/; Secure; SameSite=Lax", true)).contains(&"token_unreadable"));
    let shared = judged(SIBLING, "csrf=x; Path=/; Secure; SameSite=Lax; Domain=jazzmeet.site", true);
    assert_eq!(codes(&shared), [""; 0]);
}

#[test]
fn a_session_that_the_page_with_the_token_began_goes_on() {
    let page = [("set-cookie".to_owned(), "sid=x; Path=/; HttpOnly; Secure".to_owned())];
    let guard = Guard { path: "/csrf".to_owned(), answer: Answer::new(200, page), cookie: None };
    let examined = Case { page: API, next: Some(("/v1/me", 200)), guard: Some(&guard), ..CASE }.examine_as(None);
    assert_eq!((codes(&examined), examined.judgement()), (vec![], Judgement::Works));
}

#[test]
fn a_filter_that_refuses_preflight_and_call_is_one_cause() {
    let (page, api) = (Origin::parse(SIBLING).unwrap(), Origin::parse(API).unwrap());
    let call = Call { method: "PUT".into(), path: "/login".into(), content_type: "text/plain".into(), headers: Vec::new() };
    let mut hop = Hop::first(&page, &api, call);
    hop.preflight = Some(Preflight { answer: Answer::new(403, []), refused: Some(crate::Refused::Method) });
    hop.answer = Some(Answer::new(403, []));
    let sign_in = &Leg { hops: vec![hop] };
    let (guard, look, next) = (None, None, None);
    let facts = Facts {
        frontend: &page,
        api: &api,
        sign_in,
        next,
        probe: &[],
        bifrons: None,
        has_credentials: true,
        guard,
        look,
        session_cookie: None,
        now: 0,
    };
    let found: Vec<_> = examine(facts).findings.into_iter().map(|finding| (finding.mistake.code(), finding.follows)).collect();
    let cause = Some(crate::Mistake::MethodNotAllowed);
    assert_eq!(found, [("method_not_allowed", None), ("no_cors_headers", cause), ("sign_in_refused", cause)]);
}
