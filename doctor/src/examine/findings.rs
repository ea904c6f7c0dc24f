//! What is wrong for a frontend, with the evidence, and what follows from what.

use super::{
    Facts,
    cells::{GivenCookie, Judged, refused},
    proxied,
};
use crate::{
    Mistake, Outcome,
    browsers::{Family, Lifetime, Relation, SameSite, SetCookie},
    cors, csrf,
    mistake::SHORT_SECONDS,
};

/// A mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub mistake: Mistake,
    pub evidence: String,
    /// The browsers that it affects.
    pub families: Vec<Family>,
    /// The finding that it is a consequence of.
    pub follows: Option<Mistake>,
}

pub(super) fn gather(
    facts: Facts<'_>,
    sign_in: &Outcome,
    next: Option<&Outcome>,
    cells: &[Judged],
    cookies: &[GivenCookie],
) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    if let Some(seen) = proxied::of_calls(facts, sign_in) {
        findings.add(seen.mistake, &seen.evidence, &Family::ALL);
    }
    for seen in &sign_in.seen {
        findings.add(seen.mistake, &seen.evidence, &Family::ALL);
    }
    let behind_redirect = sign_in.seen.iter().any(|seen| seen.mistake.remedy() == crate::Remedy::FinalUrl);
    let missing = if cookies.is_empty() { absence(facts) } else { of_sign_in(facts, sign_in) };
    if let Some((mistake, evidence)) = missing.filter(|_| !behind_redirect) {
        findings.add(mistake, &evidence, &Family::ALL);
    }
    of_look(facts, &mut findings);
    of_guard(facts, &mut findings);
    of_cookies(facts, cells, cookies, &mut findings);
    of_next(facts, next, cells, &mut findings);
    if let Some(rewritten) = proxied::of_cookies(facts, sign_in, &findings.0) {
        findings.0.push(rewritten);
    }
    let cross_origin = Relation::of(facts.frontend, facts.api) != Relation::SameOrigin;
    let unvaried = facts.sign_in.answer().filter(|_| cross_origin).and_then(cors::unvaried);
    if let Some(seen) = unvaried {
        findings.add(seen.mistake, &seen.evidence, &Family::ALL);
    }
    findings.with_causes()
}

/// Where a form may be that scripts of the page do not see.
const NO_FORM: &str = "; there is no form with a password, unless in a frame of another origin or a closed shadow root";

/// What the page's own code does, as a browser saw it.
fn of_look(facts: Facts<'_>, findings: &mut Findings) {
    let Some(look) = facts.look.filter(|look| look.page == *facts.frontend) else { return };
    let calls = [Some(facts.sign_in), facts.next].into_iter().flatten();
    for (leg, first) in calls.zip([true, false]) {
        let Some(hop) = leg.hops.first() else { continue };
        let call = format!("{} {}", hop.call.method, hop.call.path);
        match facts.credentials(leg) {
            Some(mode) if facts.leaves_credentials_out(leg) => {
                findings.add(Mistake::CredentialsLeftOut, &format!("{call} with credentials: \"{mode}\""), &Family::ALL);
            }
            None if first => {
                let others = if look.calls.is_empty() { "no calls".to_owned() } else { look.to_string() };
                let form = if look.form { "" } else { NO_FORM };
                findings.add(Mistake::PageUnseen, &format!("{call} was not among its calls: {others}{form}"), &Family::ALL);
            }
            _ => {}
        }
    }
}

/// The page with the token: whether scripts can read the token, and browsers keep its cookies.
fn of_guard(facts: Facts<'_>, findings: &mut Findings) {
    let Some(guard) = facts.guard else { return };
    let cross_origin = Relation::of(facts.frontend, facts.api) != Relation::SameOrigin;
    match &guard.cookie {
        Some(cookie) if !guard.is_readable(facts.frontend, facts.api) => {
            findings.add(Mistake::TokenUnreadable, &format!("{cookie}, set at {}", guard.path), &Family::ALL);
        }
        None if cross_origin => {
            for seen in cors::check(facts.frontend.as_str(), &guard.answer) {
                findings.add_unless_known(seen.mistake, &format!("GET {}: {}", guard.path, seen.evidence), &Family::ALL);
            }
        }
        _ => {}
    }
    for cookie in guard.needed() {
        for family in Family::ALL {
            if let Some(mistake) = refused(facts, family, &guard.path, &cookie) {
                findings.add(mistake, &format!("{cookie}, set at {}", guard.path), &[family]);
            }
        }
    }
}

/// The answer has cookies, and none of them is a session's: why, and the evidence. Bifrons refuses the credentials of no user.
fn of_sign_in(facts: Facts<'_>, sign_in: &Outcome) -> Option<(Mistake, String)> {
    let mistake = facts.unbegun()?;
    let by_probe = !facts.probe.is_empty() && (!facts.has_credentials || !sign_in.readable);
    (mistake == Mistake::SignInIncomplete || !by_probe).then_some((mistake, facts.sign_in_evidence()?))
}

/// The answer does not have the session's cookie: why, and the evidence.
pub(super) fn absence(facts: Facts<'_>) -> Option<(Mistake, String)> {
    let (hop, answer) = (facts.sign_in.hops.last()?, facts.sign_in.answer()?);
    let given = answer.cookies();
    let behind_comma = |name: &&str| given.iter().find(|cookie| cookie.folded.iter().any(|folded| folded == name));
    if let Some(cookie) = facts.session_cookie.as_ref().and_then(behind_comma) {
        return Some((Mistake::CookiesFolded, folded(cookie)));
    }
    if facts.bifrons.is_some_and(|bifrons| bifrons.loses_cookies) && facts.unbegun().is_none() {
        return Some((Mistake::SetCookieLost, facts.sign_in_evidence()?));
    }
    let withheld = answer.is_success() && given.is_empty() && hop.target.is_secure();
    let mistake = facts.unbegun().unwrap_or(if withheld { Mistake::CookieWithheld } else { Mistake::NoCookie });
    Some((mistake, facts.sign_in_evidence()?))
}

fn of_cookies(facts: Facts<'_>, cells: &[Judged], cookies: &[GivenCookie], findings: &mut Findings) {
    let incomplete = facts.unbegun() == Some(Mistake::SignInIncomplete);
    for given in cookies {
        let cookie = &given.cookie;
        let evidence = cookie.to_string();
        let large = format!("{evidence} has {} bytes", cookie.bytes());
        for family in Family::ALL {
            if let Some(mistake) = refused(facts, family, &given.path, cookie) {
                findings.add(mistake, if mistake == Mistake::CookieTooLarge { &large } else { &evidence }, &[family]);
            }
        }
        for Judged { cell, mistake } in cells.iter().filter(|judged| judged.cell.cookie.as_ref() == Some(&cookie.name)) {
            let path = || format!("{evidence}, set at {}", given.path);
            match mistake {
                Some(mistake @ (Mistake::CookieExpired | Mistake::CookieDeleted)) => {
                    findings.add(*mistake, &evidence, &[cell.family]);
                }
                Some(mistake @ (Mistake::PathMissesNext | Mistake::NextUnknown)) => findings.add(*mistake, &path(), &[cell.family]),
                _ => {}
            }
        }
        // Of a cookie that is only cleared nothing else matters.
        if cookie.lifetime(given.now) == Lifetime::Expired {
            continue;
        }
        if !cookie.folded.is_empty() {
            findings.add(Mistake::CookiesFolded, &folded(cookie), &Family::ALL);
        }
        // The probe is short-lived, unlike the session; so is what waits for a second factor.
        if facts.probe.is_empty() && !incomplete && matches!(cookie.lifetime(given.now), Lifetime::Seconds(..SHORT_SECONDS)) {
            findings.add(Mistake::LifetimeShort, &evidence, &Family::ALL);
        }
        // A token against forged requests is there for scripts to read.
        if !cookie.http_only && !csrf::names_a_token(&cookie.name) {
            findings.add(Mistake::HttpOnlyMissing, &evidence, &Family::ALL);
        }
        // Only an origin that serves pages is the target of links.
        if cookie.same_site == Some(SameSite::Strict) && facts.frontend == facts.api {
            findings.add(Mistake::StrictLink, &evidence, &Family::ALL);
        }
    }
}

fn folded(cookie: &SetCookie) -> String {
    format!("{cookie}, with {}=… behind a comma", cookie.folded.join("=…, "))
}

fn of_next(facts: Facts<'_>, next: Option<&Outcome>, cells: &[Judged], findings: &mut Findings) {
    let (Some(leg), Some(outcome)) = (facts.next, next) else { return };
    let call = leg.hops.first().map(|hop| format!("{} {}", hop.call.method, hop.call.path)).unwrap_or_default();
    for seen in &outcome.seen {
        findings.add_unless_known(seen.mistake, &format!("{call}: {}", seen.evidence), &Family::ALL);
    }
    let sent: Vec<_> = cells.iter().filter(|judged| judged.cell.sent == Some(true)).map(|judged| judged.cell.family).collect();
    if let Some(answer) = leg.answer().filter(|answer| matches!(answer.status, 401 | 403))
        && facts.probe.is_empty()
        && facts.unbegun().is_none()
        && !sent.is_empty()
    {
        findings.add(Mistake::NextRefused, &format!("{call} was answered with {}", answer.quote_status()), &sent);
    }
}

struct Findings(Vec<Finding>);

impl Findings {
    /// The same mistake with the same evidence is one finding.
    fn add(&mut self, mistake: Mistake, evidence: &str, families: &[Family]) {
        match self.0.iter_mut().find(|known| known.mistake == mistake && known.evidence == evidence) {
            Some(known) => {
                let new: Vec<_> = families.iter().filter(|family| !known.families.contains(family)).copied().collect();
                known.families.extend(new);
            }
            None => self.0.push(Finding { mistake, evidence: evidence.to_owned(), families: families.to_vec(), follows: None }),
        }
    }

    /// What is wrong with the sign-in already is not told again of the next call.
    fn add_unless_known(&mut self, mistake: Mistake, evidence: &str, families: &[Family]) {
        if !self.0.iter().any(|known| known.mistake == mistake) {
            self.add(mistake, evidence, families);
        }
    }

    fn with_causes(mut self) -> Vec<Finding> {
        let mistakes: Vec<_> = self.0.iter().map(|finding| finding.mistake).collect();
        // A filter that refuses the preflight refuses the call alike, and says nothing of CORS then.
        let filtered = mistakes.iter().copied().find(|cause| cause.refuses_the_call());
        let filtered = filtered.filter(|_| mistakes.contains(&Mistake::SignInRefused));
        for finding in &mut self.0 {
            let cause = mistakes.iter().copied().find(|cause| finding.mistake.follows_from(*cause));
            let refused = matches!(finding.mistake, Mistake::NoCorsHeaders | Mistake::SignInRefused);
            finding.follows = cause.or(filtered.filter(|_| refused));
        }
        self.0
    }
}
