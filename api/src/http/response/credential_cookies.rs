//! The credentials that a request presents, and the cookies that issue and clear them.

use std::time::Duration;

use poem::http::{HeaderMap, HeaderValue, header};
use zeroize::Zeroizing;

use super::cookies;
use crate::{
    grants::RefreshIn,
    secret::{DeviceToken, KNOWN_FOR},
    sessions::{self, Credential, Established, PresentedCredential},
    state::AppState,
};

/// How many credentials of one kind are read: a cookie and the variants of other configurations. Each costs a query.
const MAX_PRESENTED: usize = 4;

/// All credentials that a request presents. Signing in and signing out end the session of each: that one credential takes precedence is a
/// rule for authentication alone.
pub(in crate::http) fn presented(headers: &HeaderMap, state: &AppState) -> Vec<PresentedCredential> {
    let policy = &state.config.cookies;
    let secret = |value: &str| Zeroizing::new(value.to_owned());
    let bearers = headers.get_all(header::AUTHORIZATION).iter().take(MAX_PRESENTED).filter_map(bearer);
    let refresh = cookies::all(headers, policy.refresh_name).take(MAX_PRESENTED);
    let tokens = bearers.chain(refresh).map(|token| PresentedCredential::Token(secret(token)));
    let cookies =
        cookies::all(headers, policy.session_name).take(MAX_PRESENTED).map(|value| PresentedCredential::Cookie(secret(value)));
    tokens.chain(cookies).collect()
}

/// The token of a `Bearer` header. The scheme is case-insensitive (RFC 9110 section 11.1).
pub(in crate::http) fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim_matches(' '))
}

/// Whether a request has a session cookie or a refresh cookie.
pub(in crate::http) fn any_cookie(headers: &HeaderMap, state: &AppState) -> bool {
    let policy = &state.config.cookies;
    [policy.session_name, policy.refresh_name].iter().any(|name| cookies::all(headers, name).next().is_some())
}

/// The cookie of a new credential, if it travels in one.
pub(in crate::http) fn issue(state: &AppState, established: &Established) -> Vec<HeaderValue> {
    let (policy, session) = (&state.config.cookies, established.principal.session.as_ref());
    // The server decides when the session ends. The browser keeps the cookie for as long as that can be.
    let absolute = sessions::expiry(session, &state.config.sessions).absolute;
    let lifetime: Option<Duration> = session.remember.then(|| absolute.since(state.clock.now()));
    match &established.credential {
        Credential::Cookie(secret) => vec![cookies::set(policy, policy.session_name, &secret.reveal(), lifetime)],
        Credential::Tokens(tokens) if tokens.refresh_in == RefreshIn::Cookie => {
            vec![cookies::set(policy, policy.refresh_name, &tokens.refresh_token.reveal(), lifetime)]
        }
        Credential::Tokens(_) => Vec::new(),
    }
}

/// The cookie with the device token.
pub(in crate::http) fn device(state: &AppState, device: &DeviceToken) -> HeaderValue {
    let policy = &state.config.cookies;
    cookies::set(policy, policy.device_name, &device.reveal(), Some(KNOWN_FOR))
}

/// Clears the session cookie, and the refresh cookie if the request has one.
pub(in crate::http) fn clear(headers: &HeaderMap, state: &AppState) -> Vec<HeaderValue> {
    let policy = &state.config.cookies;
    let mut cleared = cookies::clear(policy, headers, policy.session_name);
    if cookies::all(headers, policy.refresh_name).next().is_some() {
        cleared.extend(cookies::clear(policy, headers, policy.refresh_name));
    }
    cleared
}
