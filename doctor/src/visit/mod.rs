//! Asks an API as a browser would: redirects are followed by the rules of Fetch, cookies kept by those of the browsers.

mod error;
mod probe;
mod token;
mod transport;

use std::{net::SocketAddr, time::Duration};

pub use error::Error;
use transport::Transport;

use crate::{
    Call, CookieSource, Facts, Guard, Headers, Hop, Leg, Look, Origin, Preflight, Refused, Report,
    browsers::{Family, Jar, SetCookie, Setting},
    csrf, examine,
    examine::unbegun,
};

/// A page fetched first, for a token against cross-site request forgery.
#[derive(Clone, Debug)]
pub struct Csrf {
    pub path: String,
}

/// In headers and bodies, the token of the page stands here.
const TOKEN: &str = "{csrf}";

/// What to ask.
#[derive(Clone)]
pub struct Plan {
    /// Where browsers reach the API.
    pub api: Origin,
    /// What precedes every path of the API; empty, or `/api`.
    pub base: String,
    /// The call to sign in.
    pub sign_in: Call,
    pub body: Vec<u8>,
    /// Whether the body holds the credentials of a user.
    pub has_credentials: bool,
    /// The path of a call that needs the session.
    pub next: Option<String>,
    /// The name of the session's cookie.
    pub session_cookie: Option<String>,
    pub csrf: Option<Csrf>,
    /// What a browser saw of a page's code.
    pub look: Option<Look>,
    /// The server to write remedies for.
    pub server: Option<String>,
    /// Where to connect instead of the address in DNS; other names are found at this address too.
    pub connect: Option<SocketAddr>,
    /// Authorities to trust besides those of the system, in PEM.
    pub authorities: Option<Vec<u8>>,
    pub timeout: Duration,
    /// Seconds since 1970.
    pub now: i64,
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Plan({:?} of {})", self.sign_in, self.api.as_str())
    }
}

/// What one frontend was answered.
struct Visited {
    guard: Option<Guard>,
    sign_in: Leg,
    next: Option<Leg>,
}

impl Visited {
    /// Whether the page may not make the sign-in or read its answer.
    fn is_refused(&self, page: &Origin) -> bool {
        self.sign_in.hops.first().is_some_and(|hop| !hop.blocked(page).is_empty() || !hop.unreadable(page).is_empty())
    }

    /// Whether the sign-in began no session, as far as can be seen.
    fn unbegun(&self, plan: &Plan) -> bool {
        unbegun(&self.sign_in, self.next.as_ref(), plan.session_cookie.as_deref()).is_some()
    }
}

/// Asks for every frontend, and examines what comes back.
pub async fn visit(plan: &Plan, frontends: &[Origin]) -> Result<Report, Error> {
    let transport = Transport::new(plan)?;
    let mut visits = Vec::new();
    for frontend in frontends {
        visits.push(visit_one(&transport, plan, frontend).await?);
    }
    let bare = visits
        .iter()
        .any(|visited| visited.sign_in.answer().is_some_and(|answer| answer.cookies().is_empty()) || visited.unbegun(plan));
    let is_refused = visits.iter().zip(frontends).any(|(visited, page)| visited.is_refused(page));
    let named = visits.iter().any(|visited| visited.sign_in.answer().is_some_and(probe::is_bifrons));
    let (bifrons, probe) = if bare || named { probe::ask(&transport, plan, bare, is_refused).await } else { (None, Vec::new()) };
    let mut cookies_from = CookieSource::SignIn;
    let mut examined = Vec::new();
    for (frontend, visited) in frontends.iter().zip(&visits) {
        let hops = visited.sign_in.hops.iter().filter_map(|hop| hop.answer.as_ref());
        let mut answers = hops.chain(visited.guard.as_ref().map(|guard| &guard.answer));
        let none = answers.all(|answer| answer.cookies().is_empty());
        let by_probe = (none || visited.unbegun(plan)) && !probe.is_empty();
        if by_probe {
            cookies_from = CookieSource::Probe;
        } else if none {
            cookies_from = CookieSource::Nowhere;
        }
        examined.push(examine(Facts {
            frontend,
            api: &plan.api,
            sign_in: &visited.sign_in,
            next: visited.next.as_ref(),
            probe: if by_probe { &probe } else { &[] },
            bifrons: bifrons.as_ref(),
            has_credentials: plan.has_credentials,
            guard: visited.guard.as_ref(),
            look: plan.look.as_ref(),
            session_cookie: plan.session_cookie.as_deref().filter(|_| !by_probe),
            now: plan.now,
        }));
    }
    let answers: Vec<_> = visits.iter().flat_map(|visited| &visited.sign_in.hops).filter_map(|hop| hop.answer.as_ref()).collect();
    let judged = examined.iter().flat_map(|examined| examined.cookies.clone());
    let cookies = answers.iter().flat_map(|answer| answer.cookies()).chain(judged);
    Ok(Report {
        api: plan.api.as_str().to_owned(),
        method: plan.sign_in.method.clone(),
        path: plan.base.clone() + &plan.sign_in.path,
        next: plan.next.as_ref().map(|next| plan.base.clone() + next),
        headers: plan.sign_in.unsafe_headers(),
        cookies_from,
        session_cookie: plan.session_cookie.clone(),
        cookie_names: cookies.map(|cookie| cookie.name).collect(),
        signs: answers.iter().flat_map(|answer| answer.signs()).collect(),
        server: plan.server.clone(),
        look: plan.look.clone(),
        frontends: examined,
    })
}

async fn visit_one(transport: &Transport<'_>, plan: &Plan, frontend: &Origin) -> Result<Visited, Error> {
    let (token, guard) = match &plan.csrf {
        Some(csrf) => token::fetch(transport, plan, csrf, frontend).await.map(|(token, guard)| (token, Some(guard)))?,
        None => (String::new(), None),
    };
    let with_token = |headers: &Headers| -> Headers {
        headers.iter().map(|(name, value)| (name.clone(), value.replace(TOKEN, &token))).collect()
    };
    let mut call = plan.sign_in.clone();
    call.path = format!("{}{}", plan.base, call.path);
    call.headers = with_token(&call.headers);
    let body = match std::str::from_utf8(&plan.body) {
        Ok(text) if !token.is_empty() => text.replace(TOKEN, &csrf::encode(&token, &call.content_type)).into_bytes(),
        _ => plan.body.clone(),
    };
    let cookie = cookie_header(guard.iter().flat_map(|guard| guard.answer.cookies()).collect::<Vec<_>>().iter());
    let sign_in = follow(transport, frontend, Hop::first(frontend, &plan.api, call), &body, cookie).await?;
    let next = match &plan.next {
        Some(next) => {
            let path = format!("{}{next}", plan.base);
            let cookie = session_cookies(plan, frontend, guard.as_ref(), &sign_in, &path);
            let call = Call::get(&path, with_token(&plan.sign_in.headers));
            Some(follow(transport, frontend, Hop::first(frontend, &plan.api, call), &[], cookie).await?)
        }
        None => None,
    };
    Ok(Visited { guard, sign_in, next })
}

/// Makes a call, and those that it is redirected to, as far as a browser would. The first call is made in any case: what is wrong
/// with its cookies is worth knowing, even if CORS is wrong too.
async fn follow(transport: &Transport<'_>, page: &Origin, first: Hop, body: &[u8], cookie: Option<String>) -> Result<Leg, Error> {
    let mut hops = Vec::new();
    let mut hop = first;
    loop {
        if hop.needs_preflight(page) {
            hop.preflight = Some(preflight(transport, page, &hop).await?);
        }
        if hops.is_empty() || hop.blocked(page).is_empty() {
            let mut headers = hop.call.request_headers(&hop.origin, page, &hop.target);
            let ours = hops.first().is_none_or(|first: &Hop| first.target == hop.target);
            headers.extend(cookie.clone().filter(|_| ours).map(|cookie| ("cookie".to_owned(), cookie)));
            let body = if hop.call.has_body() { body } else { &[] };
            hop.answer = Some(transport.ask(&hop.target, &hop.call.method, &hop.call.path, headers, body).await?.0);
        }
        let readable = hop.blocked(page).is_empty() && hop.unreadable(page).is_empty();
        let next = if readable && hops.len() < crate::leg::MAX_REDIRECTS { hop.follow(page) } else { None };
        hops.push(hop);
        match next {
            Some(Ok(next)) => hop = next,
            _ => return Ok(Leg { hops }),
        }
    }
}

/// Asks a preflight, and after a refusal simpler ones: they tell which part of it is refused.
async fn preflight(transport: &Transport<'_>, page: &Origin, hop: &Hop) -> Result<Preflight, Error> {
    let ask = async |method: &str, headers: &[String]| {
        let headers = Call::preflight_headers(&hop.origin, page, &hop.target, method, headers);
        transport.ask(&hop.target, "OPTIONS", &hop.call.path, headers, &[]).await
    };
    let (headers, method) = (hop.call.unsafe_headers(), hop.call.method.as_str());
    let (answer, body) = ask(method, &headers).await?;
    if answer.is_success() {
        return Ok(Preflight { answer, refused: None });
    }
    let answer = answer.with_body(&body);
    let mut alone = Vec::new();
    for header in &headers {
        if !ask(method, std::slice::from_ref(header)).await?.0.is_success() {
            alone.push(header.clone());
        }
    }
    let refused = if !headers.is_empty() && ask(method, &[]).await?.0.is_success() {
        Refused::Headers(if alone.is_empty() { headers } else { alone })
    } else if hop.call.has_unsafe_method() && ask("POST", &[]).await?.0.is_success() {
        Refused::Method
    } else {
        Refused::Always
    };
    Ok(Preflight { answer, refused: Some(refused) })
}

/// The cookies that some browser sends with a call to `path` after the sign-in.
fn session_cookies(plan: &Plan, frontend: &Origin, guard: Option<&Guard>, sign_in: &Leg, path: &str) -> Option<String> {
    let hops = sign_in.hops.iter().filter(|hop| hop.target.host() == plan.api.host());
    let answers = hops.filter_map(|hop| Some((hop.call.path.as_str(), hop.answer.as_ref()?)));
    let answers: Vec<_> = guard.map(|guard| (guard.path.as_str(), &guard.answer)).into_iter().chain(answers).collect();
    let mut cookies: Vec<SetCookie> = Vec::new();
    for family in Family::ALL {
        let mut jar = Jar::default();
        for (path, answer) in &answers {
            let now = answer.date().unwrap_or(plan.now);
            let setting = Setting { family, frontend, api: &plan.api, path, now };
            for cookie in answer.cookies() {
                jar.set(setting, &cookie);
            }
        }
        for cookie in jar.cookies(path) {
            if !cookies.iter().any(|known| known.name == cookie.name) {
                cookies.push(cookie.clone());
            }
        }
    }
    cookie_header(cookies.iter())
}

fn cookie_header<'a>(cookies: impl Iterator<Item = &'a SetCookie>) -> Option<String> {
    let pairs = cookies.map(|cookie| match cookie.name.as_str() {
        "" => cookie.value.expose().to_owned(),
        name => format!("{name}={}", cookie.value.expose()),
    });
    let pairs: Vec<_> = pairs.collect();
    (!pairs.is_empty()).then(|| pairs.join("; "))
}
