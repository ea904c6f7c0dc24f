//! Which credential authenticates a request.
//!
//! `Authorization` displaces the session cookie: a bad bearer token is refused even beside a valid cookie, and so is
//! another scheme. Two `Authorization` headers are refused, and so are cookies of two live sessions, because an attacker may have planted
//! one. Cookies that prove nothing are ignored beside one that does. If a dependency is down, the answer is 503: never 401, never
//! anonymous.

use std::sync::Arc;

use poem::http::{HeaderMap, header};

use crate::{
    audit::Event,
    config::Verification,
    http::response::{
        cookies, credential_cookies,
        problem::{Problem, ProblemCode},
    },
    principal::Principal,
    request_context::note_principal,
    sessions::{self, AuthenticateError, Choice},
    state::AppState,
};

/// The problems that authentication can answer with.
pub(in crate::http) const PROBLEMS: [ProblemCode; 5] = [
    ProblemCode::AmbiguousCredentials,
    ProblemCode::Unauthenticated,
    ProblemCode::UnsupportedAuthorization,
    ProblemCode::InvalidSession,
    ProblemCode::InvalidToken,
];

/// The credential that authenticates a request.
enum Authenticating<'a> {
    /// No `Authorization`, no session cookie.
    Nothing,
    /// An `Authorization` header of another scheme.
    OtherScheme,
    /// A bearer token.
    Bearer(&'a str),
    /// The value of a session cookie.
    Cookie(&'a str),
}

async fn choose<'a>(headers: &'a HeaderMap, state: &AppState) -> Result<Authenticating<'a>, Problem> {
    let ambiguous = || {
        state.record(Event::CredentialRefused.because("ambiguous"));
        Problem::new(ProblemCode::AmbiguousCredentials)
    };
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    match (authorization.next(), authorization.next()) {
        (Some(_), Some(_)) => Err(ambiguous()),
        (Some(value), None) => Ok(credential_cookies::bearer(value).map_or(Authenticating::OtherScheme, Authenticating::Bearer)),
        (None, _) => {
            let values = cookies::distinct(headers, state.config.callers.get().cookies.session_name);
            // Boxed: only a request with several cookies queries here.
            let chosen = Box::pin(sessions::choose_cookie(state, &values)).await;
            match chosen.map_err(|error| Problem::new(ProblemCode::Unavailable).log(&error))? {
                None => Ok(Authenticating::Nothing),
                Some(Choice::One(value)) => Ok(Authenticating::Cookie(value)),
                Some(Choice::Ambiguous) => Err(ambiguous()),
            }
        }
    }
}

/// Authenticates a request; `None` if it has no credential.
pub(super) async fn authenticate(
    headers: &HeaderMap,
    state: &Arc<AppState>,
    verification: Verification,
) -> Result<Option<Principal>, Problem> {
    let (verified, refused, what) = match choose(headers, state).await? {
        Authenticating::Nothing => return Ok(None),
        // A code of its own: HTTP Basic in front of the whole host hides the cookie of a signed-in user.
        Authenticating::OtherScheme => return Err(Problem::new(ProblemCode::UnsupportedAuthorization)),
        Authenticating::Bearer(token) => {
            (sessions::by_access_token(state, token, verification).await, ProblemCode::InvalidToken, "access_token")
        }
        Authenticating::Cookie(value) => (sessions::by_cookie(state, value).await, ProblemCode::InvalidSession, "cookie"),
    };
    match verified {
        Ok(principal) => {
            note_principal(principal.user.id, principal.session.id);
            Ok(Some(principal))
        }
        // The cookie is not cleared here: this answer may be late, and the browser may have a new one by now.
        Err(AuthenticateError::Invalid) => {
            state.record(Event::CredentialRefused.because(what));
            Err(Problem::new(refused))
        }
        Err(AuthenticateError::Store(error)) => Err(Problem::new(ProblemCode::Unavailable).log(&error)),
    }
}
