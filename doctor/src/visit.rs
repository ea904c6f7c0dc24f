//! Asks an API as a browser would: no redirects followed, no cookies kept, bodies not looked at.

use std::{error::Error as _, net::SocketAddr, time::Duration};

use reqwest::{Client, Method, redirect::Policy};

use super::{Answer, CookieSource, Facts, Question, Report, examine};
use crate::{Origin, browsers::SetCookie};

/// Whom to ask what.
#[derive(Clone)]
pub struct Plan {
    /// Where browsers reach the API.
    pub api: Origin,
    /// What stands before every path of the API; empty, or `/api`.
    pub base: String,
    /// The call to sign in.
    pub question: Question,
    /// Its body.
    pub body: Vec<u8>,
    /// Where to connect instead of what DNS says.
    pub connect: Option<SocketAddr>,
    /// How long to wait for an answer.
    pub timeout: Duration,
}

/// Why there is nothing to report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody answered.
    #[error("{url} did not answer within {} s; check --api, or give a longer --timeout", timeout.as_secs())]
    Timeout {
        /// What was asked.
        url: String,
        /// How long that took.
        timeout: Duration,
    },
    /// There is no connection.
    #[error("cannot connect to {url}: {cause}; check --api, that the API runs, and (https) its certificate")]
    Connect {
        /// What was asked.
        url: String,
        /// What the system said.
        cause: String,
    },
    /// Something else than HTTP came back.
    #[error("{url} gave no answer that a browser could read: {cause}; check that --api speaks HTTP there")]
    NoAnswer {
        /// What was asked.
        url: String,
        /// What was wrong with it.
        cause: String,
    },
    /// The request cannot be written.
    #[error("cannot ask {url}: {cause}")]
    Request {
        /// What was to be asked.
        url: String,
        /// Why not.
        cause: String,
    },
}

/// Asks for every frontend, and examines what comes back.
pub async fn visit(plan: &Plan, frontends: &[Origin]) -> Result<Report, Error> {
    let client = client(plan)?;
    let mut answers = Vec::new();
    for frontend in frontends {
        let preflight = match plan.question.preflight(frontend, &plan.api) {
            Some(headers) => Some(ask(&client, plan, "OPTIONS", &plan.question.path, headers, None).await?),
            None => None,
        };
        let body = plan.question.has_body().then(|| plan.body.clone());
        let headers = plan.question.headers(frontend, &plan.api);
        let sign_in = ask(&client, plan, &plan.question.method, &plan.question.path, headers, body).await?;
        answers.push((frontend, preflight, sign_in));
    }
    let bare = answers.iter().any(|(_, _, sign_in)| sign_in.cookies().is_empty());
    let probe = if bare { probe(&client, plan).await } else { Vec::new() };
    let mut cookies_from = CookieSource::SignIn;
    let mut examined = Vec::new();
    for (frontend, preflight, sign_in) in &answers {
        let mut cookies = sign_in.cookies();
        if cookies.is_empty() {
            cookies_from = if probe.is_empty() { CookieSource::Nowhere } else { CookieSource::Probe };
            cookies.clone_from(&probe);
        }
        let (api, question, cookies) = (&plan.api, &plan.question, cookies.as_slice());
        examined.push(examine(Facts { frontend, api, question, preflight: preflight.as_ref(), sign_in, cookies }));
    }
    let call = format!("{} {}{}", plan.question.method, plan.base, plan.question.path);
    Ok(Report { api: plan.api.as_str().to_owned(), call, cookies_from, frontends: examined })
}

/// Bifrons' own probe cookie, asked for as no page would, so that it is set whichever the frontends are. None: it is not Bifrons.
async fn probe(client: &Client, plan: &Plan) -> Vec<SetCookie> {
    let headers = vec![("content-type", "application/json".to_owned())];
    match ask(client, plan, "POST", "/v1/probe", headers, Some(Vec::new())).await {
        Ok(answer) if answer.status == 204 => {
            answer.cookies().into_iter().filter(|cookie| cookie.name.ends_with("bifrons_probe")).collect()
        }
        _ => Vec::new(),
    }
}

fn client(plan: &Plan) -> Result<Client, Error> {
    let agent = concat!("bifrons-doctor/", env!("CARGO_PKG_VERSION"));
    let mut builder = Client::builder().redirect(Policy::none()).timeout(plan.timeout).user_agent(agent);
    // A proxy of the environment's is right for the world, and wrong for this machine.
    if plan.api.is_loopback() || plan.connect.is_some() {
        builder = builder.no_proxy();
    }
    if let Some(address) = plan.connect {
        builder = builder.resolve(plan.api.host(), address);
    }
    builder.build().map_err(|error| Error::Request { url: plan.api.as_str().to_owned(), cause: innermost(&error) })
}

async fn ask(
    client: &Client,
    plan: &Plan,
    method: &str,
    path: &str,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
) -> Result<Answer, Error> {
    let url = format!("{}{}{path}", plan.api.as_str(), plan.base);
    let fail = |error: &reqwest::Error| failure(url.clone(), plan.timeout, error);
    let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::POST);
    let mut request = client.request(method, address(plan, &url));
    if plan.connect.is_some() {
        request = request.header("host", plan.api.as_str().split_once("://").map_or("", |(_, host)| host));
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let response = request.body(body.unwrap_or_default()).send().await.map_err(|error| fail(&error))?;
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    Ok(Answer::new(response.status().as_u16(), headers))
}

/// A port in the URL would win over that of `--connect`: there it goes into the `Host` header alone. So does an address, which
/// nobody resolves.
fn address(plan: &Plan, url: &str) -> String {
    let (Some(connect), Ok(mut parsed)) = (plan.connect, url::Url::parse(url)) else { return url.to_owned() };
    // Both fail for URLs without a host alone.
    if matches!(parsed.host(), Some(url::Host::Domain(_))) {
        let _ = parsed.set_port(None);
    } else {
        let _ = parsed.set_ip_host(connect.ip());
        let _ = parsed.set_port(Some(connect.port()));
    }
    parsed.into()
}

fn failure(url: String, timeout: Duration, error: &reqwest::Error) -> Error {
    let cause = innermost(error);
    match error {
        _ if error.is_timeout() => Error::Timeout { url, timeout },
        _ if error.is_connect() => Error::Connect { url, cause },
        _ if error.is_builder() => Error::Request { url, cause },
        _ => Error::NoAnswer { url, cause },
    }
}

/// The outer ones say "error sending request".
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = error.to_string();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
