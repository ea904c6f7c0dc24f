//! HTTP without help: no redirect is followed, no cookie kept.

use std::{error::Error as _, net::SocketAddr, sync::Arc};

use reqwest::{
    Certificate, Client, Method,
    dns::{Name, Resolve, Resolving},
    redirect::Policy,
};

use super::{Error, Plan};
use crate::{Answer, Headers, Origin};

/// Of a body, no more is read: a page with a token, or what a refusal says.
const MAX_BODY: usize = 256 * 1024;

/// Browsers have no such limit, and 100 is the parser's own.
const MAX_HEADERS: usize = 4096;

pub(super) struct Transport<'a> {
    client: Client,
    plan: &'a Plan,
}

impl<'a> Transport<'a> {
    pub(super) fn new(plan: &'a Plan) -> Result<Self, Error> {
        let agent = concat!("bifrons-doctor/", env!("CARGO_PKG_VERSION"));
        let mut builder = Client::builder().redirect(Policy::none()).timeout(plan.timeout).user_agent(agent);
        builder = builder.http1_max_headers(MAX_HEADERS);
        // The environment's proxy is for the network, not for this machine.
        if plan.api.is_loopback() || plan.connect.is_some() {
            builder = builder.no_proxy();
        }
        let fail = |cause: String| Error::Request { url: plan.api.as_str().to_owned(), cause };
        if let Some(pem) = &plan.authorities {
            let authorities = Certificate::from_pem_bundle(pem).map_err(|error| fail(innermost(&error)))?;
            if authorities.is_empty() {
                return Err(fail("the file of --ca holds no certificate in PEM".to_owned()));
            }
            builder = builder.tls_certs_merge(authorities);
        }
        if let Some(address) = plan.connect {
            builder = builder.dns_resolver(Arc::new(Here(address)));
        }
        let client = builder.build().map_err(|error| fail(innermost(&error)))?;
        Ok(Self { client, plan })
    }

    /// Makes a call, and gives the first part of the body too.
    pub(super) async fn ask(
        &self,
        target: &Origin,
        method: &str,
        path: &str,
        headers: Headers,
        body: &[u8],
    ) -> Result<(Answer, String), Error> {
        let url = format!("{}{path}", target.as_str());
        let fail = |error: &reqwest::Error| self.failure(url.clone(), error);
        let method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::POST);
        let moved = self.plan.connect.filter(|_| *target == self.plan.api).map(|connect| (connect, address(connect, &url)));
        let mut request = self.client.request(method, moved.as_ref().map_or(url.as_str(), |(_, url)| url.as_str()));
        if moved.is_some_and(|(_, moved)| moved != url) {
            // The port in the URL is that of the connection: HTTP/2 would tell it to the API.
            request = request.version(reqwest::Version::HTTP_11);
            request = request.header("host", target.as_str().split_once("://").map_or("", |(_, host)| host));
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut response = request.body(body.to_vec()).send().await.map_err(|error| fail(&error))?;
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let answer = Answer::new(response.status().as_u16(), headers);
        let mut body = Vec::new();
        // An answer without its body is an answer: browsers tell the page the headers first.
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() >= MAX_BODY {
                break;
            }
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok((answer.with_body(&body), body))
    }

    fn failure(&self, url: String, error: &reqwest::Error) -> Error {
        let cause = innermost(error);
        match error {
            _ if error.is_timeout() => Error::Timeout { url, timeout: self.plan.timeout },
            _ if error.is_connect() => Error::connect(url, cause),
            _ if error.is_builder() => Error::Request { url, cause },
            _ if cause.contains("head is too large") => Error::HeadTooLarge { url },
            _ => Error::NoAnswer { url, cause },
        }
    }
}

/// Finds every name at one address.
struct Here(SocketAddr);

impl Resolve for Here {
    fn resolve(&self, _: Name) -> Resolving {
        let found: Box<dyn Iterator<Item = SocketAddr> + Send> = Box::new(std::iter::once(self.0));
        Box::pin(std::future::ready(Ok(found)))
    }
}

/// A port in the URL would win over that of `--connect`: there it goes into the `Host` header alone. So does an address, which
/// is never looked up.
fn address(connect: SocketAddr, url: &str) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else { return url.to_owned() };
    if parsed.port_or_known_default() == Some(connect.port()) && matches!(parsed.host(), Some(url::Host::Domain(_))) {
        return url.to_owned();
    }
    // Both fail for URLs without a host alone.
    if matches!(parsed.host(), Some(url::Host::Domain(_))) {
        let _ = parsed.set_port(None);
    } else {
        let _ = parsed.set_ip_host(connect.ip());
        let _ = parsed.set_port(Some(connect.port()));
    }
    parsed.into()
}

/// The outer causes say "error sending request".
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = error.to_string();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
