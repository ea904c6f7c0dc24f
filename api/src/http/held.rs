//! The credentials that a browser or an app holds: every session that a request carries a credential of, and the cookies that
//! hand a new credential out or take it back.

use std::time::Duration;

use entity::{SessionId, session::RefreshIn};
use poem::http::{HeaderMap, HeaderValue, header};

use super::cookie;
use crate::{
    client::Client,
    db::Unavailable,
    limits,
    sessions::{self, Credential, Established},
    state::AppState,
};

/// How many credentials of one kind are looked at: a cookie and the twins that older configurations left behind. Each costs a query.
const MOST: usize = 4;

/// The sessions that a request carries a proof of, by any of its credentials, whatever has become of them. Signing in and signing
/// out end them all: the rule that one credential counts is about who somebody is, not about what they leave behind.
pub(super) async fn sessions(headers: &HeaderMap, state: &AppState) -> Result<Vec<SessionId>, Unavailable> {
    let policy = &state.config.cookies;
    let mut found = Vec::new();
    for authorization in headers.get_all(header::AUTHORIZATION).iter().take(MOST) {
        if let Some(token) = bearer(authorization) {
            found.extend(sessions::session_of_token(state, token).await?);
        }
    }
    for value in cookie::all(headers, policy.session_name).take(MOST) {
        found.extend(sessions::session_of_cookie(state, value).await?);
    }
    for value in cookie::all(headers, policy.refresh_name).take(MOST) {
        found.extend(sessions::session_of_token(state, value).await?);
    }
    Ok(found)
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

/// The client, with a device that its account will know once the password turns out right, and the cookie that makes it so.
pub(super) fn with_device(client: Client, state: &AppState) -> (Client, HeaderValue) {
    let policy = &state.config.cookies;
    let device = client.device.unwrap_or_default();
    let cookie = cookie::set(policy, policy.device_name, &device.reveal(), Some(limits::KNOWN_FOR));
    (Client { device: Some(device), ..client }, cookie)
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
