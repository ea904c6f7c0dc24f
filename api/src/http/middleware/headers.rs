//! The security headers of every answer (ASVS 3.4, 14.3.2).

use poem::{
    Response,
    http::{HeaderName, HeaderValue, header},
};

use crate::config::Config;

/// The header by which a client notices that the service is newer in a way that breaks it.
const VERSION_HEADER: &str = "bifrons-version";

/// The part of the version that says what breaks: the second number before 1.0, the first from then on. The third tells a client nothing,
/// and an attacker which faults are mended.
pub(in crate::http) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

/// Headers that every answer carries.
const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (HeaderName::from_static(VERSION_HEADER), HeaderValue::from_static(VERSION)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// Headers that an answer may set to another value: no cache stores it, and a browser that shows it runs and embeds nothing.
const UNLESS_SET: [(HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"),
    ),
];

pub(in crate::http) fn secure(response: &mut Response, config: &Config) {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    for (name, value) in UNLESS_SET {
        headers.entry(name).or_insert(value);
    }
    if config.public_url.is_secure() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
}
