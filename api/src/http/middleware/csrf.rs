//! Cross-site request forgery protection (ASVS 3.5.1). A request that changes state is refused if a browser may have sent it with a
//! cookie for a page of an origin that is not listed. The algorithm is that of Go's `http.CrossOriginProtection`, with a list of
//! allowed origins.

use poem::{
    Request,
    http::{Method, header},
};

use super::proxy_query::FOR_ENVOY;
use crate::{
    config::{CallersConfig, Origin},
    http::response::{credential_cookies, problem::ProblemCode},
};

/// The problem that the check can answer with.
pub(in crate::http) const PROBLEMS: [ProblemCode; 1] = [ProblemCode::OriginNotAllowed];

/// Whether a method may change state.
pub(in crate::http) fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// Whether a page of an origin that is not listed may have sent this request.
pub(in crate::http) fn is_forged(request: &Request, callers: &CallersConfig, public_url: &Origin) -> bool {
    // Verifying for Envoy changes no state with any method.
    let changes_nothing = !is_unsafe(request.method()) || request.uri().path().starts_with(FOR_ENVOY);
    if changes_nothing || is_by_bearer(request) {
        return false;
    }
    if request.headers().get("sec-fetch-site").is_some_and(|site| site == "same-origin" || site == "none") {
        return false;
    }
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    match origins.next() {
        // No browser sends two, and another part of the service may read the other one.
        Some(_) if origins.next().is_some() => true,
        // `App::route` drops the cookies of a page of `dev_origins`, so such a page cannot forge a request.
        Some(origin) => !callers.is_listed(public_url, origin.as_bytes()) && !callers.is_dev_origin(public_url, origin.as_bytes()),
        // Neither header: no browser sent it. `Sec-Fetch-Site` alone: a browser sent it and hides the page.
        None => request.headers().contains_key("sec-fetch-site"),
    }
}

/// Whether a bearer token is the only credential. CORS stops a page of another origin from adding one. A browser adds `Basic` without
/// the page, and `signOut` and `refreshTokens` read a cookie even beside a token.
fn is_by_bearer(request: &Request) -> bool {
    let bearer = request.headers().get(header::AUTHORIZATION).is_some_and(|value| credential_cookies::bearer(value).is_some());
    bearer && !credential_cookies::any_cookie(request.headers())
}
