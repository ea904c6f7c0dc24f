//! The credentials that a request presents, and the cookies that issue and clear them.

use std::time::Duration;

use entity::session::Mode;
use poem::http::{HeaderMap, HeaderValue, header};
use zeroize::Zeroizing;

use super::cookies::{self, CHALLENGE, DEVICE, REFRESH, SESSION};
use crate::{
    authentication::{CHALLENGE_VALID_FOR, IssuedChallenge},
    grants::RefreshIn,
    request_context::note_principal,
    secret::{DeviceToken, KNOWN_FOR},
    sessions::{self, Credential, Established, PresentedCredential},
    state::AppState,
};

/// All credentials that a request presents, under the cookie names of all configurations. Signing in and signing out end the session of
/// each: that one credential takes precedence is a rule for authentication alone.
pub(in crate::http) fn presented(headers: &HeaderMap) -> Vec<PresentedCredential> {
    let secret = |value: &str| Zeroizing::new(value.to_owned());
    let bearers = headers.get_all(header::AUTHORIZATION).iter().filter_map(bearer);
    let tokens = bearers.chain(cookies::all_forms(headers, REFRESH)).map(|token| PresentedCredential::Token(secret(token)));
    tokens.chain(cookies::all_forms(headers, SESSION).map(|value| PresentedCredential::Cookie(secret(value)))).collect()
}

/// The token of a `Bearer` header, empty if it has none. The scheme is case-insensitive (RFC 9110 section 11.1).
pub(in crate::http) fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let authorization = authorization.to_str().ok()?;
    let (scheme, token) = authorization.split_once([' ', '\t']).unwrap_or((authorization, ""));
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim_matches(' '))
}

/// Whether a request has a session cookie, a refresh cookie or a challenge cookie, of any configuration.
pub(in crate::http) fn any_cookie(headers: &HeaderMap) -> bool {
    [SESSION, REFRESH, CHALLENGE].into_iter().any(|name| cookies::all_forms(headers, name).next().is_some())
}

/// The cookie of a new credential, if it travels in one.
pub(in crate::http) fn issue(headers: &HeaderMap, state: &AppState, established: &Established) -> Vec<HeaderValue> {
    let callers = state.config.callers.get();
    let (policy, session) = (&callers.cookies, established.principal.session.as_ref());
    note_principal(established.principal.user.id, session.id);
    // The server decides when the session ends. The browser keeps the cookie for as long as that can be.
    let absolute = sessions::expiry(session, &state.config.sessions).absolute;
    let lifetime: Option<Duration> = session.remember.then(|| absolute.since(state.clock.now()));
    match &established.credential {
        Credential::Cookie(secret) => cookies::replace(policy, headers, SESSION, &secret.reveal(), lifetime),
        Credential::Tokens(tokens) if tokens.refresh_in == RefreshIn::Cookie => {
            cookies::replace(policy, headers, REFRESH, &tokens.refresh_token.reveal(), lifetime)
        }
        Credential::Tokens(_) => Vec::new(),
    }
}

/// The cookie with the device token.
pub(in crate::http) fn device(headers: &HeaderMap, state: &AppState, device: &DeviceToken) -> Vec<HeaderValue> {
    cookies::replace(&state.config.callers.get().cookies, headers, DEVICE, &device.reveal(), Some(KNOWN_FOR))
}

/// The cookie of a challenge in mode `cookie`.
pub(in crate::http) fn challenge(headers: &HeaderMap, state: &AppState, issued: &IssuedChallenge) -> Vec<HeaderValue> {
    match issued.mode {
        Mode::Cookie => {
            let callers = state.config.callers.get();
            cookies::replace(&callers.cookies, headers, CHALLENGE, &issued.token.reveal(), Some(CHALLENGE_VALID_FOR))
        }
        Mode::Token => Vec::new(),
    }
}

/// Clears the challenge cookie, if the request has one.
pub(in crate::http) fn clear_challenge(headers: &HeaderMap, state: &AppState) -> Vec<HeaderValue> {
    if cookies::all_forms(headers, CHALLENGE).next().is_none() {
        return Vec::new();
    }
    cookies::clear(&state.config.callers.get().cookies, headers, CHALLENGE)
}

/// Clears the session cookie, and the refresh cookie and the challenge cookie if the request has them.
pub(in crate::http) fn clear(headers: &HeaderMap, state: &AppState) -> Vec<HeaderValue> {
    let callers = state.config.callers.get();
    let policy = &callers.cookies;
    let mut cleared = cookies::clear(policy, headers, SESSION);
    if cookies::all_forms(headers, REFRESH).next().is_some() {
        cleared.extend(cookies::clear(policy, headers, REFRESH));
    }
    cleared.extend(clear_challenge(headers, state));
    cleared
}
