//! The whole examination, as scripts read it. `table` writes it for people.

use serde_json::{Map, Value, json};

use crate::{
    Blanks, Cell, Examined, Finding, Fix, Judgement, Known, Look, Origin, PageCall, Remedy, Server,
    browsers::{Relation, SetCookie},
    csrf,
    examine::CallFate,
    servers,
};

/// Where the cookies that were judged come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieSource {
    /// The answer to the sign-in, or the page with the token that precedes it.
    SignIn,
    /// Bifrons' probe, whose cookie has the attributes of the session cookie and needs no credentials.
    Probe,
    /// There are none.
    Nowhere,
}

/// Every frontend, examined.
#[derive(Clone, Debug)]
pub struct Report {
    /// The API's origin.
    pub api: String,
    pub method: String,
    /// The path of the sign-in, with what precedes every path of the API.
    pub path: String,
    /// The call that needs the session.
    pub next: Option<String>,
    /// The headers that the page adds to its calls, by name, in lower case.
    pub headers: Vec<String>,
    pub cookies_from: CookieSource,
    /// The session's cookie, if the operator names it.
    pub session_cookie: Option<String>,
    /// The headers of all answers that tell which server it is.
    pub signs: Vec<(String, String)>,
    /// The names of all cookies, judged or not: they tell too.
    pub cookie_names: Vec<String>,
    /// The server that the operator names: it counts instead of the signs.
    pub server: Option<String>,
    /// What a browser saw of a page's code.
    pub look: Option<Look>,
    /// In the order given.
    pub frontends: Vec<Examined>,
}

impl Report {
    /// Whether every frontend works in every browser.
    pub fn works(&self) -> bool {
        self.frontends.iter().all(Examined::works)
    }

    /// The worst judgement of all.
    pub fn judgement(&self) -> Judgement {
        self.frontends.iter().map(Examined::judgement).max().unwrap_or(Judgement::Works)
    }

    /// The cookie that is most likely the session's.
    pub fn judged_cookie(&self) -> Option<&SetCookie> {
        let mut cookies = self.frontends.iter().flat_map(|examined| &examined.cookies);
        cookies.find(|cookie| match &self.session_cookie {
            Some(name) => cookie.name == *name,
            None => !csrf::names_a_token(&cookie.name),
        })
    }

    /// The servers to write remedies for: the one that is named, or else those that the answers point to.
    pub fn servers(&self) -> Vec<&'static Server> {
        let cookies: Vec<_> = self.cookie_names.iter().map(String::as_str).collect();
        let named = |server: &&Server| match &self.server {
            Some(code) => server.code == *code,
            None => server.shows_in(&self.signs, &cookies),
        };
        servers().iter().filter(named).collect()
    }

    /// What the code of the remedies is filled with.
    pub fn blanks(&self) -> Blanks {
        let frontends = self.frontends.iter().filter(|examined| examined.relation != Relation::SameOrigin);
        let origins: Vec<_> = frontends.map(|examined| examined.frontend.as_str()).collect();
        let api = Origin::parse(&self.api);
        Blanks::new(Known {
            origins: &origins,
            cross_site: self.frontends.iter().any(|examined| examined.relation == Relation::CrossSite),
            api: &self.api,
            host: api.as_ref().map_or("", Origin::host),
            secure: api.as_ref().is_ok_and(Origin::is_secure),
            headers: &self.headers,
            method: &self.method,
            cookie: self.judged_cookie().filter(|cookie| !cookie.name.is_empty()).map_or("sid", |cookie| cookie.name.as_str()),
        })
    }

    /// The remedies of everything that is wrong, each with the frontends that need it. What follows from another finding needs
    /// none of its own.
    pub fn remedies(&self) -> Vec<(Remedy, Vec<&Examined>)> {
        let needs = |remedy, examined: &Examined| {
            examined.findings.iter().any(|one| one.follows.is_none() && one.mistake.remedy() == remedy)
        };
        let needed = Remedy::ALL.iter().map(|remedy| {
            let affected = self.frontends.iter().filter(|examined| needs(*remedy, examined)).collect::<Vec<_>>();
            (*remedy, affected)
        });
        needed.filter(|(_, affected)| !affected.is_empty()).collect()
    }

    /// What to write for a remedy, for each server that it concerns.
    pub fn fixes(&self, remedy: Remedy) -> Vec<(&'static Server, &'static Fix)> {
        let has_path = self.judged_cookie().is_none_or(|cookie| cookie.path.is_some());
        let fixes = self.servers().into_iter().filter_map(|server| Some((server, server.fix(remedy)?)));
        fixes.filter(|(_, fix)| has_path || !fix.needs_path).collect()
    }

    /// The lines of code without which no browser keeps a session of another origin. None: page and API are one origin.
    pub fn condition(&self) -> Option<[String; 2]> {
        if self.frontends.iter().all(|examined| examined.relation == Relation::SameOrigin) {
            return None;
        }
        let (api, next) = (&self.api, self.next.as_deref().unwrap_or("/…"));
        Some([
            format!("fetch(\"{api}{}\", {{ method: \"{}\", credentials: \"include\", … }})", self.path, self.method),
            format!("fetch(\"{api}{next}\", {{ credentials: \"include\" }})"),
        ])
    }

    /// For scripts.
    pub fn to_json(&self) -> Value {
        let blanks = self.blanks();
        let remedies = self.remedies().into_iter().map(|(remedy, _)| (remedy.code().to_owned(), self.remedy(remedy, &blanks)));
        json!({
            "api": self.api,
            "call": format!("{} {}", self.method, self.path),
            "next": self.next,
            "works": self.works(),
            "judgement": self.judgement().code(),
            "condition": self.condition().map(|code| json!({ "credentials": "include", "code": code })),
            "cookies_from": match self.cookies_from {
                CookieSource::SignIn => Some("sign_in"),
                CookieSource::Probe => Some("probe"),
                CookieSource::Nowhere => None,
            },
            "page": self.look.as_ref().map(|look| json!({
                "origin": look.page.as_str(),
                "calls": look.calls.iter().map(page_call).collect::<Vec<_>>(),
                "form": look.form,
            })),
            "servers": self.servers().iter().map(|server| server.code.as_str()).collect::<Vec<_>>(),
            "frontends": self.frontends.iter().map(frontend).collect::<Vec<_>>(),
            "remedies": remedies.collect::<Map<_, _>>(),
        })
    }

    fn remedy(&self, remedy: Remedy, blanks: &Blanks) -> Value {
        let fixes = self.fixes(remedy).into_iter();
        let how = fixes.map(|(server, fix)| {
            let code = blanks.fill(fix.code.trim_end());
            (server.code.clone(), json!({ "at": fix.at, "slot": fix.slot, "code": code, "versions": server.versions }))
        });
        json!({ "what": remedy.what(), "how": how.collect::<Map<_, _>>() })
    }
}

fn page_call(call: &PageCall) -> Value {
    json!({ "method": call.method, "url": call.url, "credentials": call.credentials })
}

fn frontend(examined: &Examined) -> Value {
    json!({
        "origin": examined.frontend.as_str(),
        "relation": examined.relation.code(),
        "works": examined.works(),
        "judgement": examined.judgement().code(),
        "preflight": examined.sign_in.preflight,
        "sign_in": call(&examined.sign_in),
        "next": examined.next.as_ref().map(call),
        "cookies": examined.cells.iter().map(cell).collect::<Vec<_>>(),
        "findings": examined.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn call(fate: &CallFate) -> Value {
    json!({ "made": fate.made, "status": fate.status, "sent": fate.sent, "readable": fate.readable })
}

fn cell(cell: &Cell) -> Value {
    json!({
        "family": cell.family.code(),
        "name": cell.cookie,
        "stored": cell.stored,
        "partitioned": cell.partitioned,
        "sent": cell.sent,
        "why": cell.why.map(crate::Mistake::code),
    })
}

fn finding(finding: &Finding) -> Value {
    let mistake = finding.mistake;
    json!({
        "code": mistake.code(),
        "warning": mistake.is_warning(),
        "sentence": mistake.sentence(),
        "standard": mistake.standard(),
        "evidence": finding.evidence,
        "families": finding.families.iter().map(|family| family.code()).collect::<Vec<_>>(),
        "follows": finding.follows.map(crate::Mistake::code),
        "diagnosis": mistake.diagnosis(),
        "remedy": mistake.remedy().code(),
    })
}
