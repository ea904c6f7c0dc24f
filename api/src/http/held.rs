//! The credentials that a browser or an app holds: every session that a request carries a credential of, and the cookies that
//! hand a new credential out or take it back.

use std::time::Duration;

use entity::session::RefreshIn;
use poem::http::{HeaderMap, HeaderValue, header};
use zeroize::Zeroizing;

use super::cookie;
use crate::{
    secret::{DeviceToken, KNOWN_FOR},
    sessions::{self, Carried, Credential, Established},
    state::AppState,
};

/// How many credentials of one kind are looked at: a cookie and the twins that older configurations left behind. Each costs a query.
const MOST: usize = 4;

/// All credentials that a request carries. Signing in and signing out end the session of each: the rule that one credential counts is
/// about who somebody is, not about what they leave behind.
pub(super) fn carried(headers: &HeaderMap, state: &AppState) -> Vec<Carried> {
    let policy = &state.config.cookies;
    let secret = |value: &str| Zeroizing::new(value.to_owned());
    let bearers = headers.get_all(header::AUTHORIZATION).iter().take(MOST).filter_map(bearer);
    let refresh = cookie::all(headers, policy.refresh_name).take(MOST);
    let tokens = bearers.chain(refresh).map(|token| Carried::Token(secret(token)));
    let cookies = cookie::all(headers, policy.session_name).take(MOST).map(|value| Carried::Cookie(secret(value)));
    tokens.chain(cookies).collect()
}

/// The token of an `Authorization` header, if it is a bearer's. The scheme's case does not matter (RFC 9110 section 11.1).
pub(super) fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim_matches(' '))
}

/// Whether a request carries a cookie of ours that holds a credential.
pub(super) fn any_cookie(headers: &HeaderMap, state: &AppState) -> bool {
    let policy = &state.config.cookies;
    [policy.session_name, policy.refresh_name].iter().any(|name| cookie::all(headers, name).next().is_some())
}

/// The cookie that carries a new credential, if a cookie does.
pub(super) fn hand_out(state: &AppState, established: &Established) -> Vec<HeaderValue> {
    let (policy, session) = (&state.config.cookies, established.who.session.as_ref());
    // The server's clocks decide; the browser only has to keep the cookie for as long as they could.
    let absolute = sessions::ends(session, &state.config.sessions).absolute;
    let lifetime: Option<Duration> = session.remember.then(|| absolute.since(state.clock.now()));
    match &established.credential {
        Credential::Cookie(secret) => vec![cookie::set(policy, policy.session_name, &secret.reveal(), lifetime)],
        Credential::Tokens(tokens) if tokens.refresh_in == RefreshIn::Cookie => {
            vec![cookie::set(policy, policy.refresh_name, &tokens.refresh_token.reveal(), lifetime)]
        }
        Credential::Tokens(_) => Vec::new(),
    }
}

/// The cookie that a browser is known by from now on.
pub(super) fn device(state: &AppState, device: &DeviceToken) -> HeaderValue {
    let policy = &state.config.cookies;
    cookie::set(policy, policy.device_name, &device.reveal(), Some(KNOWN_FOR))
}

/// Takes back the cookies that a request came with, and the session cookie in any case.
pub(super) fn take_back(headers: &HeaderMap, state: &AppState) -> Vec<HeaderValue> {
    let policy = &state.config.cookies;
    let mut cleared = cookie::clear(policy, headers, policy.session_name);
    if cookie::all(headers, policy.refresh_name).next().is_some() {
        cleared.extend(cookie::clear(policy, headers, policy.refresh_name));
    }
    cleared
}
