//! A call with its redirects, followed as browsers follow them (Fetch, sections 4.3 to 4.5).

use url::Url;

use crate::{
    Answer, Call, Mistake, Origin,
    browsers::Relation,
    cors::{self, Preflight, Seen},
};

/// Browsers give up after so many.
pub(crate) const MAX_REDIRECTS: usize = 20;

/// One call of a chain.
#[derive(Clone, Debug)]
pub struct Hop {
    pub target: Origin,
    pub call: Call,
    /// The `Origin` header: the page's, or `null` after redirects across origins.
    pub origin: String,
    /// Whether an earlier hop left the page's origin: from then on CORS decides.
    pub tainted: bool,
    pub preflight: Option<Preflight>,
    /// None: the call was not made, as the browser would not.
    pub answer: Option<Answer>,
}

impl Hop {
    /// The first call of a chain.
    pub fn first(page: &Origin, target: &Origin, call: Call) -> Self {
        let (target, origin) = (target.clone(), page.as_str().to_owned());
        Self { target, call, origin, tainted: false, preflight: None, answer: None }
    }

    pub fn is_cross_origin(&self, page: &Origin) -> bool {
        self.tainted || Relation::of(page, &self.target) != Relation::SameOrigin
    }

    pub fn needs_preflight(&self, page: &Origin) -> bool {
        self.is_cross_origin(page) && self.call.needs_preflight()
    }

    /// What keeps the browser from sending the call.
    pub fn blocked(&self, page: &Origin) -> Vec<Seen> {
        if page.is_secure() && !self.target.is_secure() && !self.target.is_loopback() {
            let evidence = format!("{} calls {}", page.as_str(), self.target.as_str());
            return vec![Seen { mistake: Mistake::MixedContent, evidence }];
        }
        self.preflight.as_ref().map(|preflight| cors::preflight(&self.origin, &self.call, preflight)).unwrap_or_default()
    }

    /// What keeps the page from reading the answer.
    pub fn unreadable(&self, page: &Origin) -> Vec<Seen> {
        match &self.answer {
            Some(answer) if self.is_cross_origin(page) => cors::check(&self.origin, answer),
            _ => Vec::new(),
        }
    }

    /// Where the browser goes next. None: the answer is no redirect.
    pub fn follow(&self, page: &Origin) -> Option<Result<Self, Seen>> {
        let answer = self.answer.as_ref()?;
        let location = answer.location()?;
        let evidence = format!("{} {} was answered with {}", self.call.method, self.call.path, answer.quote_status());
        let lost = || Some(Err(Seen { mistake: Mistake::RedirectInvalid, evidence: evidence.clone() }));
        let Some(url) = Url::parse(self.target.as_str()).ok().and_then(|base| base.join(&self.call.path).ok()?.join(location).ok())
        else {
            return lost();
        };
        let Ok(target) = Origin::parse(&url.origin().ascii_serialization()) else { return lost() };
        if !url.username().is_empty() || url.password().is_some() {
            return lost();
        }
        let left = target != self.target;
        let mut call = self.call.clone();
        call.path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let becomes_get = match answer.status {
            301 | 302 => call.method == "POST",
            303 => !matches!(call.method.as_str(), "GET" | "HEAD"),
            _ => false,
        };
        if becomes_get {
            call = Call { method: "GET".to_owned(), content_type: String::new(), ..call };
        }
        if left {
            call.headers.retain(|(name, _)| name != "authorization");
        }
        // A site that is redirected to does not learn the page's origin from another one.
        let origin = if left && self.target != *page { "null".to_owned() } else { self.origin.clone() };
        let tainted = self.is_cross_origin(page);
        Some(Ok(Self { target, call, origin, tainted, preflight: None, answer: None }))
    }
}

/// A call, from the first hop to the one that is answered.
#[derive(Clone, Debug)]
pub struct Leg {
    pub hops: Vec<Hop>,
}

/// What became of a call.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Whether the browser sends the call.
    pub sent: bool,
    /// Whether the page may read the last answer.
    pub readable: bool,
    pub seen: Vec<Seen>,
    /// How many hops the browser makes.
    pub made: usize,
}

impl Leg {
    pub fn outcome(&self, page: &Origin) -> Outcome {
        let mut outcome = Outcome { sent: false, readable: true, seen: Vec::new(), made: 0 };
        for (at, hop) in self.hops.iter().enumerate() {
            let blocked = hop.blocked(page);
            let sent = blocked.is_empty();
            outcome.sent |= at == 0 && sent;
            outcome.made += usize::from(sent);
            let mut wrong = blocked;
            let unread = hop.unreadable(page);
            wrong.extend(
                unread.into_iter().filter(|seen| !wrong.iter().any(|known| known.mistake == seen.mistake)).collect::<Vec<_>>(),
            );
            let onward = if wrong.is_empty() { hop.follow(page) } else { None };
            let failed = onward.is_some() && at + 1 == self.hops.len();
            if let (Some(Err(seen)), true) = (onward, failed) {
                wrong.push(seen);
            } else if failed && at >= MAX_REDIRECTS {
                wrong.push(Seen { mistake: Mistake::RedirectInvalid, evidence: format!("more than {MAX_REDIRECTS} redirects") });
            }
            if wrong.is_empty() {
                continue;
            }
            outcome.readable = false;
            outcome.seen = if at == 0 { self.explain(wrong) } else { self.redirected(at, &wrong) };
            break;
        }
        outcome
    }

    pub fn answer(&self) -> Option<&Answer> {
        self.hops.last().and_then(|hop| hop.answer.as_ref())
    }

    /// A redirect without CORS headers is an answer like any other; the evidence says that it is one.
    fn explain(&self, mut wrong: Vec<Seen>) -> Vec<Seen> {
        let redirect = self.hops.first().and_then(|hop| hop.answer.as_ref()).filter(|answer| answer.location().is_some());
        if let (Some(answer), Some(first)) = (redirect, wrong.first_mut()) {
            first.evidence = format!("{} ({})", first.evidence, answer.quote_status());
        }
        wrong
    }

    /// What stands in the way behind a redirect: the redirect itself is the cause.
    fn redirected(&self, at: usize, wrong: &[Seen]) -> Vec<Seen> {
        let from = at.checked_sub(1).and_then(|before| self.hops.get(before)?.answer.as_ref());
        let from = from.map(Answer::quote_status).unwrap_or_default();
        let what = |seen: &Seen| match seen.mistake {
            Mistake::MixedContent => (Mistake::RedirectToHttp, seen.evidence.clone()),
            Mistake::RedirectInvalid => (Mistake::RedirectInvalid, seen.evidence.clone()),
            _ => (Mistake::RedirectUnreadable, format!("{from}, and there: {}", seen.evidence)),
        };
        wrong.iter().take(1).map(what).map(|(mistake, evidence)| Seen { mistake, evidence }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Hop, Leg};
    use crate::{Answer, Call, Origin, Preflight};

    const PAGE: &str = "https://app.example.com";
    const API: &str = "https://api.example.com";

    fn answer(status: u16, location: Option<&str>, origin: Option<&str>) -> Answer {
        let allow = |origin: &str| {
            let allowed = [("access-control-allow-origin", origin), ("access-control-allow-credentials", "true")];
            allowed.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
        };
        let headers = [("access-control-allow-headers".to_owned(), "content-type".to_owned())];
        let location = location.map(|to| ("location".to_owned(), to.to_owned()));
        Answer::new(status, headers.into_iter().chain(location).chain(origin.map(allow).unwrap_or_default()))
    }

    fn post() -> Hop {
        let call =
            Call { method: "POST".into(), path: "/login?x=1".into(), content_type: "application/json".into(), headers: vec![] };
        Hop::first(&Origin::parse(PAGE).unwrap(), &Origin::parse(API).unwrap(), call)
    }

    /// Follows the given answers, with preflights that allow everything.
    fn chain(answers: &[Answer]) -> Leg {
        let page = Origin::parse(PAGE).unwrap();
        let (mut hop, mut hops) = (post(), Vec::new());
        for given in answers {
            let allowed = answer(204, None, Some(&hop.origin));
            hop.preflight = hop.needs_preflight(&page).then_some(Preflight { answer: allowed, refused: None });
            hop.answer = Some(given.clone());
            let next = hop.follow(&page);
            hops.push(hop);
            match next {
                Some(Ok(next)) => hop = next,
                _ => break,
            }
        }
        Leg { hops }
    }

    fn judged(answers: &[Answer]) -> (bool, Vec<&'static str>) {
        let outcome = chain(answers).outcome(&Origin::parse(PAGE).unwrap());
        (outcome.readable, outcome.seen.iter().map(|seen| seen.mistake.code()).collect())
    }

    #[test]
    fn redirects_are_followed_as_browsers_follow_them() {
        let ok = answer(200, None, Some(PAGE));
        let to = |status, location| answer(status, Some(location), Some(PAGE));
        for (answers, readable, codes) in [
            (vec![ok.clone()], true, [].as_slice()),
            (vec![to(307, "/login/"), ok.clone()], true, &[]),
            (vec![answer(307, Some("/login/"), None)], false, &["no_cors_headers"]),
            (vec![to(302, "https://www.example.com/"), answer(200, None, None)], false, &["redirect_unreadable"]),
            (vec![to(302, "https://www.example.com/"), answer(200, None, Some(PAGE))], false, &["redirect_unreadable"]),
            (vec![to(302, "https://www.example.com/"), answer(200, None, Some("null"))], true, &[]),
            (vec![to(307, "http://api.example.com/login/"), ok.clone()], false, &["redirect_to_http"]),
            (vec![to(302, "mailto:ada@example.com")], false, &["redirect_invalid"]),
            (vec![to(302, "https://u:p@api.example.com/")], false, &["redirect_invalid"]),
        ] {
            assert_eq!(judged(&answers), (readable, codes.to_vec()), "{answers:?}");
        }
    }

    #[test]
    fn a_redirect_changes_the_method_and_the_credentials_as_in_fetch() {
        let page = Origin::parse(PAGE).unwrap();
        for (status, method) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
            let mut hop = post();
            hop.call.headers = vec![("authorization".into(), "Bearer x".into()), ("x-a".into(), "1".into())];
            hop.answer = Some(answer(status, Some("https://www.example.com/y?z#f"), Some(PAGE)));
            let next = hop.follow(&page).unwrap().unwrap();
            assert_eq!((next.call.method.as_str(), next.call.path.as_str()), (method, "/y?z"));
            assert_eq!((next.origin.as_str(), next.call.headers.len()), ("null", 1), "the authorization stays behind");
        }
        let mut hop = post();
        hop.answer = Some(answer(200, Some("/elsewhere"), Some(PAGE)));
        assert!(hop.follow(&page).is_none(), "a location alone is no redirect");
    }
}
