//! One frontend, examined: what each browser family does with the calls and with the cookies.

mod begun;
mod cells;
mod findings;
mod proxied;

use crate::{
    Guard, Leg, Look, Mistake, Origin,
    browsers::{Family, Relation, SetCookie},
};

pub(crate) use begun::unbegun;
pub use findings::Finding;

/// Everything that an examination needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Where the page lives.
    pub frontend: &'a Origin,
    pub api: &'a Origin,
    pub sign_in: &'a Leg,
    /// The call that needs the session, if it is known.
    pub next: Option<&'a Leg>,
    /// Cookies to judge instead of those of the sign-in: Bifrons' probe.
    pub probe: &'a [SetCookie],
    /// What is known of Bifrons, if that is what the API is.
    pub bifrons: Option<&'a Bifrons>,
    /// Whether the credentials of the sign-in are a user's. Otherwise Bifrons refuses them, and nothing is wrong.
    pub has_credentials: bool,
    /// The page that was fetched first, for its token.
    pub guard: Option<&'a Guard>,
    /// What a browser saw of the page's code.
    pub look: Option<&'a Look>,
    /// The session's cookie. None: every cookie is judged.
    pub session_cookie: Option<&'a str>,
    /// Seconds since 1970, for answers that have no `Date`.
    pub now: i64,
}

/// Bifrons as it is deployed. Of other APIs none of this can be told from what they do themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bifrons {
    /// Whether a proxy keeps back the `Origin` of requests.
    pub loses_origin: bool,
    /// Whether a proxy keeps back the `Set-Cookie` of answers.
    pub loses_cookies: bool,
    /// The `public_url` that it was told, if it is another origin than the API's.
    pub other_url: Option<String>,
}

/// What became of one frontend.
#[derive(Clone, Debug)]
pub struct Examined {
    pub frontend: Origin,
    pub relation: Relation,
    pub sign_in: CallFate,
    pub next: Option<CallFate>,
    pub cookies: Vec<SetCookie>,
    /// One for each family and cookie.
    pub cells: Vec<Cell>,
    pub findings: Vec<Finding>,
}

/// What became of a call.
#[derive(Clone, Debug)]
pub struct CallFate {
    /// `POST /login`, and after redirects what they lead to.
    pub made: Vec<String>,
    /// The status of the answer to the first preflight, if there is one.
    pub preflight: Option<u16>,
    /// The status of the last answer.
    pub status: u16,
    pub sent: bool,
    pub readable: bool,
}

/// A cookie in a browser. Unknown facts are `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub family: Family,
    /// None: no cookie was set.
    pub cookie: Option<String>,
    pub stored: Option<bool>,
    /// Stored for this frontend's site alone.
    pub partitioned: bool,
    /// Sent with the next call.
    pub sent: Option<bool>,
    pub why: Option<Mistake>,
}

/// The verdict on a frontend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// In every family.
    Works,
    /// As well as a frontend on another site can: everywhere but in Safari.
    Limited,
    /// Nothing is wrong, but something that matters is not known.
    Unknown,
    Fails,
}

impl Judgement {
    pub fn code(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Limited => "limited",
            Self::Unknown => "unknown",
            Self::Fails => "fails",
        }
    }
}

impl Examined {
    /// Whether signing in works in every family.
    pub fn works(&self) -> bool {
        self.judgement() == Judgement::Works
    }

    pub fn judgement(&self) -> Judgement {
        let mut wrong = self.findings.iter().filter(|finding| !finding.mistake.is_warning()).peekable();
        let unknown = self.cells.iter().any(|cell| cell.sent.is_none());
        if wrong.peek().is_none() {
            return if unknown { Judgement::Unknown } else { Judgement::Works };
        }
        let safari_alone =
            wrong.all(|finding| finding.mistake == Mistake::ThirdPartyBlocked && finding.families == [Family::SafariLike]);
        match (safari_alone, unknown) {
            (true, false) => Judgement::Limited,
            (true, true) => Judgement::Unknown,
            (false, _) => Judgement::Fails,
        }
    }
}

impl Facts<'_> {
    /// How the code of the frontend makes a call of this leg, if a browser saw it: `include`.
    fn credentials(&self, leg: &Leg) -> Option<&str> {
        let look = self.look.filter(|look| look.page == *self.frontend)?;
        let hop = leg.hops.first()?;
        look.credentials(self.api, &hop.call.method, &hop.call.path)
    }

    /// Whether the page makes this call without credentials, which matters across origins.
    fn leaves_credentials_out(&self, leg: &Leg) -> bool {
        let same_origin = Relation::of(self.frontend, self.api) == Relation::SameOrigin;
        self.credentials(leg).is_some_and(|mode| mode == "omit" || (mode != "include" && !same_origin))
    }
}

/// Examines a frontend.
pub fn examine(facts: Facts<'_>) -> Examined {
    let (sign_in, next) = (facts.sign_in.outcome(facts.frontend), facts.next.map(|leg| leg.outcome(facts.frontend)));
    let (cells, cookies) = cells::judge(facts, &sign_in, next.as_ref());
    let findings = findings::gather(facts, &sign_in, next.as_ref(), &cells, &cookies);
    Examined {
        frontend: facts.frontend.clone(),
        relation: Relation::of(facts.frontend, facts.api),
        sign_in: fate(facts.sign_in, &sign_in),
        next: facts.next.zip(next.as_ref()).map(|(leg, outcome)| fate(leg, outcome)),
        cookies: cookies.into_iter().map(|judged| judged.cookie).collect(),
        cells: cells.into_iter().map(|judged| judged.cell).collect(),
        findings,
    }
}

fn fate(leg: &Leg, outcome: &crate::Outcome) -> CallFate {
    let name = |at: usize, hop: &crate::Hop| {
        let elsewhere = leg.hops.first().is_some_and(|first| first.target != hop.target);
        let origin = if at > 0 && elsewhere { hop.target.as_str() } else { "" };
        format!("{} {origin}{}", hop.call.method, hop.call.path)
    };
    CallFate {
        made: leg.hops.iter().enumerate().map(|(at, hop)| name(at, hop)).collect(),
        preflight: leg.hops.first().and_then(|hop| hop.preflight.as_ref()).map(|preflight| preflight.answer.status),
        status: leg.answer().map_or(0, |answer| answer.status),
        sent: outcome.sent,
        readable: outcome.readable,
    }
}

#[cfg(test)]
mod tests;
