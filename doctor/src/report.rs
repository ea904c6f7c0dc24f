//! The whole examination, as scripts read it. `table` writes it for people.

use serde_json::{Map, Value, json};

use super::{Cell, Examined, Finding, Remedy};

/// Where the cookies that were judged come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieSource {
    /// The answer to the sign-in.
    SignIn,
    /// Bifrons' probe, whose cookie has the attributes of the session cookie and needs no credentials.
    Probe,
    /// There are none.
    Nowhere,
}

/// Every frontend, examined.
#[derive(Clone, Debug)]
pub struct Report {
    /// The API's URL, as it was given.
    pub api: String,
    /// The call: `POST /v1/session`.
    pub call: String,
    /// Where the cookies come from.
    pub cookies_from: CookieSource,
    /// Every frontend, in the order given.
    pub frontends: Vec<Examined>,
}

impl Report {
    /// Whether every frontend works in every browser.
    pub fn works(&self) -> bool {
        self.frontends.iter().all(Examined::works)
    }

    /// Whether the API is Bifrons: its cookies say so.
    pub fn is_bifrons(&self) -> bool {
        let mut cookies = self.frontends.iter().flat_map(|examined| &examined.cookies);
        cookies.any(|cookie| cookie.name.ends_with("bifrons_session") || cookie.name.ends_with("bifrons_probe"))
    }

    /// The remedies of all that is wrong, each with the frontends that need it.
    pub fn remedies(&self) -> Vec<(Remedy, Vec<&Examined>)> {
        let needs = |remedy, examined: &Examined| examined.findings.iter().any(|one| one.mistake.remedy() == remedy);
        let needed = Remedy::ALL.iter().map(|remedy| {
            let patients = self.frontends.iter().filter(|examined| needs(*remedy, examined)).collect::<Vec<_>>();
            (*remedy, patients)
        });
        needed.filter(|(_, patients)| !patients.is_empty()).collect()
    }

    /// For scripts.
    pub fn to_json(&self) -> Value {
        let remedies = self.remedies().into_iter().map(|(remedy, patients)| (remedy.code().to_owned(), fix(remedy, &patients)));
        json!({
            "api": self.api,
            "call": self.call,
            "works": self.works(),
            "cookies_from": match self.cookies_from {
                CookieSource::SignIn => Some("sign_in"),
                CookieSource::Probe => Some("probe"),
                CookieSource::Nowhere => None,
            },
            "frontends": self.frontends.iter().map(frontend).collect::<Vec<_>>(),
            "remedies": remedies.collect::<Map<_, _>>(),
        })
    }
}

fn frontend(examined: &Examined) -> Value {
    json!({
        "origin": examined.frontend.as_str(),
        "relation": examined.relation.code(),
        "works": examined.works(),
        "preflight": examined.preflight,
        "sign_in": { "status": examined.sign_in, "sent": examined.sent, "readable": examined.readable },
        "cookies": examined.cells.iter().map(cell).collect::<Vec<_>>(),
        "findings": examined.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn cell(cell: &Cell) -> Value {
    json!({
        "family": cell.family.code(),
        "name": cell.cookie,
        "stored": cell.stored,
        "partitioned": cell.partitioned,
        "sent": cell.sent,
        "why": cell.why.map(super::Mistake::code),
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
        "remedy": mistake.remedy().code(),
    })
}

fn fix(remedy: Remedy, patients: &[&Examined]) -> Value {
    let fix = remedy.fix();
    let how = fix.how.iter().map(|(server, how)| (server.name().to_ascii_lowercase(), Value::from(fill(how, patients))));
    json!({ "what": fix.what, "how": how.collect::<Map<_, _>>() })
}

/// Names the frontends in the words of a remedy.
pub(super) fn fill(how: &str, patients: &[&Examined]) -> String {
    let origins: Vec<_> = patients.iter().map(|examined| format!("\"{}\"", examined.frontend.as_str())).collect();
    let first = patients.first().map_or("", |examined| examined.frontend.as_str());
    how.replace("{origins}", &origins.join(", ")).replace("{origin}", first)
}
