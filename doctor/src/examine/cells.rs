//! What each family keeps, and sends with the next call.

use super::{Cell, Facts, findings::absence};
use crate::{
    Guard, Mistake, Outcome,
    browsers::{Family, Fate, Jar, Lifetime, Reason, SetCookie, Setting, Stored, Verdict, verdict},
    csrf,
};

/// A cell, and the mistake of the cookie itself.
pub(super) struct Judged {
    pub(super) cell: Cell,
    pub(super) mistake: Option<Mistake>,
}

/// A `Set-Cookie`, and the path of the call that was answered with it.
pub(super) struct GivenCookie {
    pub(super) cookie: SetCookie,
    pub(super) path: String,
    pub(super) now: i64,
}

/// Judges every cookie in every family.
pub(super) fn judge(facts: Facts<'_>, sign_in: &Outcome, next: Option<&Outcome>) -> (Vec<Judged>, Vec<GivenCookie>) {
    let given = given(facts, sign_in);
    let names = names(facts, &given);
    let mut cells = Vec::new();
    for family in Family::ALL {
        let (jar, fates) = keep(facts, family, &given);
        if names.is_empty() {
            cells.push(without_cookie(facts, family, sign_in));
        }
        for name in &names {
            let fates: Vec<_> = given.iter().zip(&fates).filter(|(given, _)| given.cookie.name == *name).collect();
            cells.push(cell(facts, family, name, &jar, &fates, (sign_in, next)));
        }
    }
    let judged = given.into_iter().filter(|given| names.contains(&given.cookie.name)).collect();
    (cells, judged)
}

/// The cookies of every hop at the API's host; a browser keeps them though the page may not read the answer.
fn given(facts: Facts<'_>, sign_in: &Outcome) -> Vec<GivenCookie> {
    if !facts.probe.is_empty() {
        let probe = facts.probe.iter().cloned();
        return probe.map(|cookie| GivenCookie { cookie, path: "/v1/probe".to_owned(), now: facts.now }).collect();
    }
    let hops = facts.sign_in.hops.iter().take(sign_in.made.max(1)).filter(|hop| hop.target.host() == facts.api.host());
    let mut given = Vec::new();
    for hop in hops {
        let Some(answer) = &hop.answer else { continue };
        let (path, now) = (&hop.call.path, answer.date().unwrap_or(facts.now));
        given.extend(answer.cookies().into_iter().map(|cookie| GivenCookie { cookie, path: path.clone(), now }));
    }
    let is_session = |cookie: &SetCookie| !csrf::names_a_token(&cookie.name);
    if let Some(Guard { path, answer, .. }) = facts.guard
        && !given.iter().any(|given| is_session(&given.cookie))
    {
        // The page with the token has begun the session that the sign-in goes on with.
        let (now, begun) = (answer.date().unwrap_or(facts.now), answer.cookies().into_iter().filter(is_session));
        given.extend(begun.map(|cookie| GivenCookie { cookie, path: path.clone(), now }));
    }
    given
}

/// The names to judge: the session's, if it is known; or else of every cookie that is not deleted alone.
fn names(facts: Facts<'_>, given: &[GivenCookie]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut alive: Vec<String> = Vec::new();
    for GivenCookie { cookie, now, .. } in given {
        if !all.contains(&cookie.name) {
            all.push(cookie.name.clone());
        }
        if cookie.lifetime(*now) != Lifetime::Expired && !alive.contains(&cookie.name) {
            alive.push(cookie.name.clone());
        }
    }
    match facts.session_cookie {
        Some(name) => all.into_iter().filter(|given| given == name).collect(),
        // Servers clear cookies of earlier versions as well. A token against forged requests is no session.
        None if alive.iter().any(|name| !csrf::names_a_token(name)) => alive,
        None => all.into_iter().filter(|name| !csrf::names_a_token(name)).collect(),
    }
}

fn keep(facts: Facts<'_>, family: Family, given: &[GivenCookie]) -> (Jar, Vec<Fate>) {
    let mut jar = Jar::default();
    let mut fates = Vec::new();
    for GivenCookie { cookie, path, now } in given {
        let setting = Setting { family, frontend: facts.frontend, api: facts.api, path, now: *now };
        fates.push(jar.set(setting, cookie));
    }
    (jar, fates)
}

fn cell(
    facts: Facts<'_>,
    family: Family,
    name: &str,
    jar: &Jar,
    fates: &[(&GivenCookie, &Fate)],
    (sign_in, next): (&Outcome, Option<&Outcome>),
) -> Judged {
    let careless = facts.leaves_credentials_out(facts.sign_in).then_some(Mistake::CredentialsLeftOut);
    let kept = jar.find(name).filter(|_| sign_in.sent && careless.is_none());
    let mistake = if jar.find(name).is_some() { None } else { refusal(facts, fates) };
    // What the API answers without the cookies of the token is not known.
    let unguarded = facts.guard.filter(|_| kept.is_some()).and_then(|guard| guard_refused(facts, family, guard));
    // Bifrons' probe stands for the session's cookie.
    let unbegun = facts.unbegun().filter(|_| facts.probe.is_empty());
    let incomplete = unbegun == Some(Mistake::SignInIncomplete);
    let careless_next = facts.next.is_some_and(|next| facts.leaves_credentials_out(next));
    // Within a second it may be gone before the next call.
    let fleeting = kept.is_some_and(|(_, lifetime)| matches!(lifetime, Lifetime::Seconds(..=1)));
    let path = facts.next.and_then(|leg| leg.hops.first()).map(|hop| hop.call.path.as_str());
    let covered = match path {
        Some(path) => Some(jar.sends(name, path)),
        None => jar.sends_everywhere(name).then_some(true),
    };
    let (stored, sent) = match kept {
        None => (Some(false), Some(false)),
        Some(_) if fleeting || unguarded.is_some() => (None, None),
        // The session's own cookie is still to come.
        Some(_) if incomplete => (Some(true), None),
        Some(_) => (Some(true), if careless_next || next.is_some_and(|next| !next.sent) { Some(false) } else { covered }),
    };
    let path_mistake = match (kept.is_some(), covered) {
        _ if unbegun.is_some() => None,
        (true, Some(false)) => Some(Mistake::PathMissesNext),
        (true, None) => Some(Mistake::NextUnknown),
        _ if fleeting => Some(Mistake::LifetimeShort),
        _ if careless_next => Some(Mistake::CredentialsLeftOut),
        _ => None,
    };
    let first = |outcome: &Outcome| outcome.seen.first().map(|seen| seen.mistake);
    let why = first(sign_in).or(careless).or(mistake).or(unguarded).or(unbegun).or(path_mistake).or(next.and_then(first));
    let partitioned = stored == Some(true) && kept.is_some_and(|(stored, _)| stored == Stored::Partitioned);
    let cell = Cell { family, cookie: Some(name.to_owned()), stored, partitioned, sent, why };
    Judged { cell, mistake: mistake.or(path_mistake) }
}

fn without_cookie(facts: Facts<'_>, family: Family, sign_in: &Outcome) -> Judged {
    let stored = if sign_in.sent { None } else { Some(false) };
    let seen = sign_in.seen.first().map(|seen| seen.mistake);
    let why = seen.or_else(|| absence(facts).map(|(mistake, _)| mistake));
    let cell = Cell { family, cookie: None, stored, partitioned: false, sent: stored, why };
    Judged { cell, mistake: None }
}

/// Why no cookie of a name is left: the refusal of the last one, or its deletion.
fn refusal(facts: Facts<'_>, fates: &[(&GivenCookie, &Fate)]) -> Option<Mistake> {
    let stored = fates.iter().any(|(_, fate)| matches!(fate, Fate::Stored(..)));
    fates.iter().rev().find_map(|(given, fate)| match fate {
        Fate::Refused(reason) => Some(named(facts, *reason, &given.cookie)),
        Fate::Deletes => Some(if stored { Mistake::CookieDeleted } else { Mistake::CookieExpired }),
        Fate::Stored(..) => None,
    })
}

/// Why a family does not send the cookies of the token with the sign-in.
fn guard_refused(facts: Facts<'_>, family: Family, guard: &Guard) -> Option<Mistake> {
    guard.needed().iter().find_map(|cookie| refused(facts, family, &guard.path, cookie))
}

/// Why a family refuses a cookie that a call to `path` sets, as the report tells it.
pub(super) fn refused(facts: Facts<'_>, family: Family, path: &str, cookie: &SetCookie) -> Option<Mistake> {
    match verdict(family, facts.frontend, facts.api, path, cookie) {
        Verdict::Refused(reason) => Some(named(facts, reason, cookie)),
        Verdict::Works(_) => None,
    }
}

/// A reason, with a look at what makes page and API two sites.
fn named(facts: Facts<'_>, reason: Reason, cookie: &SetCookie) -> Mistake {
    let (frontend, api) = (facts.frontend, facts.api);
    let ((page_secure, page_site), (api_secure, api_site)) = (frontend.site(), api.site());
    match reason {
        Reason::Malformed => Mistake::CookieMalformed,
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
        Reason::NotPartitioned => Mistake::NotPartitioned,
        Reason::ThirdPartyBlocked => Mistake::ThirdPartyBlocked,
    }
}
