//! Cross-origin resource sharing: which pages may read our answers, with credentials. Exactly the configured origins; with none
//! configured there is no CORS at all. Every answer varies by `Origin`, and error answers carry the headers too, or a browser
//! would report each of them as a CORS failure.

use poem::{
    Request, Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};

use crate::config::Config;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type");
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after, www-authenticate, x-request-id");
/// Two hours: the longest that Chromium keeps the answer to a preflight.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// The answer to a preflight, which no other part of the service may see: it carries no credential, and must not be refused for
/// that.
pub(super) fn preflight(request: &Request, config: &Config) -> Option<Response> {
    let headers = request.headers();
    let asks = headers.contains_key(header::ORIGIN) && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if request.method() != Method::OPTIONS || !asks {
        return None;
    }
    let mut response = Response::from(StatusCode::NO_CONTENT);
    if friend(headers, config).is_some() {
        let answer = response.headers_mut();
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        answer.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    }
    Some(response)
}

/// The listed origin that a request comes from, byte for byte.
pub(super) fn friend(headers: &HeaderMap, config: &Config) -> Option<HeaderValue> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
    config.origins.iter().any(|friend| origin == friend.as_str()).then(|| origin.clone())
}

/// Lets the page of a listed origin read an answer.
pub(super) fn share(response: &mut Response, friend: Option<HeaderValue>) {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = friend {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}
