//! Requests by which a proxy asks whether another request may pass. A proxy may send them with the method of that other request.

use poem::Request;

/// The path that proxies ask.
const PATH: &str = "/v1/verify";

/// The prefix of the paths that Envoy asks: it appends the path of the other request.
pub(in crate::http) const FOR_ENVOY: &str = "/v1/verify/";

/// Whether a proxy asks.
pub(in crate::http) fn is_proxy_query(request: &Request) -> bool {
    let path = request.uri().path();
    path == PATH || path.starts_with(FOR_ENVOY)
}
