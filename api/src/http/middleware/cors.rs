//! Cross-origin resource sharing. Pages of the configured `origins` may read answers, with credentials. Pages of `dev_origins` may read
//! them without credentials. Other pages get no CORS header. Every answer varies by `Origin`, and error answers carry the headers
//! too: a browser would report an error without them as a CORS failure.

use std::iter;

use poem::{
    Request, Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};

use super::proxy_query::is_proxy_query;
use crate::config::{CallersConfig, Origin};

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// What the API reads, and W3C Trace Context and Baggage: monitoring adds those to every request of a page.
const HEADERS: &str = "authorization, content-type, if-match, traceparent, tracestate, baggage";
const EXPOSED: HeaderValue = HeaderValue::from_static("bifrons-version, etag, retry-after, www-authenticate, x-request-id");
/// Two hours: Chromium caches the answer to a preflight for no longer.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// The answer to a preflight. It comes before authentication, because a preflight carries no credential. `verify` has none: a proxy
/// that asks about a preflight would let it pass.
pub(in crate::http) fn preflight(request: &Request, callers: &CallersConfig, public_url: &Origin) -> Option<Response> {
    let headers = request.headers();
    let is_preflight = headers.contains_key(header::ORIGIN) && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if request.method() != Method::OPTIONS || !is_preflight || is_proxy_query(request) {
        return None;
    }
    let mut response = Response::from(StatusCode::NO_CONTENT);
    if reader(headers, callers, public_url).is_some() {
        let answer = response.headers_mut();
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        if let Ok(allowed) = HeaderValue::try_from(allowed_headers(callers)) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        answer.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    }
    Some(response)
}

fn allowed_headers(callers: &CallersConfig) -> String {
    let configured = callers.cors.allowed_headers.iter().map(String::as_str);
    iter::once(HEADERS).chain(configured).collect::<Vec<_>>().join(", ")
}

/// A page that may read the answer.
pub(in crate::http) struct Reader {
    origin: HeaderValue,
    with_credentials: bool,
}

/// The page that sent the request, if its origin equals a listed one byte for byte.
pub(in crate::http) fn reader(headers: &HeaderMap, callers: &CallersConfig, public_url: &Origin) -> Option<Reader> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
    let with_credentials = callers.origins.iter().any(|listed| origin == listed.as_str());
    (with_credentials || is_dev(headers, callers, public_url)).then(|| Reader { origin: origin.clone(), with_credentials })
}

/// Whether a page of `dev_origins` sent the request.
pub(in crate::http) fn is_dev(headers: &HeaderMap, callers: &CallersConfig, public_url: &Origin) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    origins.next().is_some_and(|origin| origins.next().is_none() && callers.is_dev_origin(public_url, origin.as_bytes()))
}

/// Adds the CORS headers to an answer.
pub(in crate::http) fn share(response: &mut Response, reader: Option<Reader>) {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(Reader { origin, with_credentials }) = reader {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if with_credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}
