//! Refuses requests that RFC 9112 requires a server to refuse and that hyper accepts. A proxy in front may read such a request in
//! another way, so its connection closes.

use poem::{
    IntoResponse, Request, Response,
    http::{HeaderValue, Method, Version, header, uri::Authority},
};

use crate::http::response::problem::{Problem, ProblemCode};

/// The answer to a malformed request.
pub(in crate::http) fn refuse(request: &Request) -> Option<Response> {
    if has_one_host(request) && has_known_framing(request) && has_proper_target(request) {
        return None;
    }
    let mut response = Problem::new(ProblemCode::MalformedRequest).into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    Some(response)
}

/// Section 3.2: exactly one valid `Host`; HTTP/1.0 may omit it.
fn has_one_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_host(host),
        (None, _) => request.version() == Version::HTTP_10,
        (Some(_), Some(_)) => false,
    }
}

/// `uri-host [ ":" port ]`; empty for a target without an authority.
fn is_host(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    if text.is_empty() {
        return true;
    }
    let Ok(authority) = text.parse::<Authority>() else { return false };
    let Some(port) = text.strip_prefix(authority.host()) else { return false };
    match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(digits) => digits.is_empty() || authority.port_u16().is_some(),
    }
}

/// Section 6.1: `chunked` is the one coding that this service decodes, and it is applied once.
fn has_known_framing(request: &Request) -> bool {
    let mut codings = request.headers().get_all(header::TRANSFER_ENCODING).iter();
    codings.next().is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked")) && codings.next().is_none()
}

/// Section 3.2: the authority form is for CONNECT, the asterisk form for OPTIONS. The absolute form names a scheme that this server serves.
fn has_proper_target(request: &Request) -> bool {
    if request.uri().scheme_str().is_some_and(|scheme| !["http", "https"].contains(&scheme)) {
        return false;
    }
    match request.uri().path() {
        "*" => request.method() == Method::OPTIONS,
        path if path.starts_with('/') => request.method() != Method::CONNECT,
        _ => request.method() == Method::CONNECT || request.uri().scheme().is_some(),
    }
}
