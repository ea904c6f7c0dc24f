//! Cross-site request forgery: a request that a browser could have sent with a cookie, on behalf of a page that is not ours, is
//! refused (ASVS 3.5.1; the algorithm is that of Go's `http.CrossOriginProtection`, with a list of friends).

use poem::{
    Request,
    http::{Method, header},
};

use super::{held, problem::ProblemCode, verify};
use crate::state::AppState;

/// What the check can answer with.
pub(super) const PROBLEMS: [ProblemCode; 1] = [ProblemCode::OriginNotAllowed];

/// Whether a method may change something.
pub(super) fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// Whether a page that may not sent this request.
pub(super) fn is_forged(request: &Request, state: &AppState) -> bool {
    // Envoy asks with the method of somebody else's request, and changes nothing.
    let changes_nothing = !is_unsafe(request.method()) || request.uri().path().starts_with(verify::FOR_ENVOY);
    if changes_nothing || is_by_bearer(request, state) {
        return false;
    }
    let config = &state.config;
    if request.headers().get("sec-fetch-site").is_some_and(|site| site == "same-origin" || site == "none") {
        return false;
    }
    match request.headers().get(header::ORIGIN) {
        // A developer's page has no cookies here (`App::route`), and so nothing to forge with.
        Some(origin) => !config.is_listed(origin.as_bytes()) && !config.is_dev_origin(origin.as_bytes()),
        // Neither header: no browser sent it. One of them alone: a browser did, for a page it does not name.
        None => request.headers().contains_key("sec-fetch-site"),
    }
}

/// Whether nothing but a bearer token speaks for this request. A page cannot add one across origins without our leave (CORS); but a
/// browser adds `Basic` by itself, and a cookie beside the token is looked at by signing out and by refreshing.
fn is_by_bearer(request: &Request, state: &AppState) -> bool {
    let bearer = request.headers().get(header::AUTHORIZATION).is_some_and(|value| held::bearer(value).is_some());
    bearer && !held::any_cookie(request.headers(), state)
}
