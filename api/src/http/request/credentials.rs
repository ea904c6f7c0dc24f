//! Who may call an operation. The extractor is an argument of the operation, and so part of the specification. It stands before the body,
//! so that a client without a credential does not learn what is wrong with its body.
//!
//! poem-openapi's own `SecurityScheme` enum tries one scheme after the other and forgets why the first failed, so that a bad token falls
//! through to the cookie; hence these extractors.

use std::sync::Arc;

use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};

pub(in crate::http) use super::precedence::PROBLEMS;
use super::precedence::authenticate;
use crate::{
    audit::Event,
    config::Verification,
    http::response::problem::{Problem, ProblemCode},
    principal::Principal,
    sessions,
    state::AppState,
};

/// A user with a live session, by cookie or by access token.
pub(in crate::http) struct ActiveSession(pub(in crate::http) Principal);

/// A user whose identity is verified. With `tokens.verification = "stateless"` an access token suffices, whether or not its session has
/// ended: for operations that only tell who the user is.
pub(in crate::http) struct VerifiedIdentity(pub(in crate::http) Principal);

/// A user with a live session in which they authenticated a short time ago, at the highest assurance that they can reach: for operations
/// that change credentials, export or delete. The specification says so of each with `x-step-up`.
pub(in crate::http) struct FreshSession(pub(in crate::http) Principal);

/// Any client, signed in or not. The operation reads the credentials itself.
pub(in crate::http) struct OptionalAuth;

/// A client that may present its refresh token in a cookie. The operation reads it itself.
pub(in crate::http) struct RefreshCookie;

impl VerifiedIdentity {
    /// The identity of a request.
    pub(in crate::http) async fn of(request: &Request) -> Result<Self, Problem> {
        let state = state_of(request)?;
        required(request, state, state.config.tokens.verification).await.map(Self)
    }
}

pub(super) fn state_of(request: &Request) -> Result<&Arc<AppState>, Problem> {
    request.data::<Arc<AppState>>().ok_or_else(|| Problem::new(ProblemCode::InternalError))
}

pub(super) async fn required(request: &Request, state: &Arc<AppState>, verification: Verification) -> Result<Principal, Problem> {
    let principal = authenticate(request.headers(), state, verification).await?;
    principal.ok_or_else(|| Problem::new(ProblemCode::Unauthenticated))
}

/// An extractor of credentials: the schemes that the specification names, whether the operation also serves requests without any, and how
/// it is read from a request.
macro_rules! extractor {
    ($name:ident, $schemes:expr, $has_fallback:literal, |$request:ident| $read:expr) => {
        impl<'a> ApiExtractor<'a> for $name {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                register_schemes(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                $schemes
            }

            fn has_security_fallback() -> bool {
                $has_fallback
            }

            async fn from_request($request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
                $read
            }
        }
    };
}

extractor!(ActiveSession, SCHEMES.to_vec(), false, |request| {
    Ok(required(request, state_of(request)?, Verification::Session).await.map(Self)?)
});
extractor!(FreshSession, [SCHEMES.as_slice(), &[STEP_UP]].concat(), false, |request| {
    let state = state_of(request)?;
    let principal = required(request, state, Verification::Session).await?;
    let principal = sessions::read_again(state, &principal).await;
    let principal = principal.map_err(|error| Problem::new(ProblemCode::Unavailable).log(&error))?;
    let principal = principal.ok_or_else(|| Problem::new(ProblemCode::InvalidSession))?;
    if !sessions::is_fresh(&principal, state.clock.now(), &state.config.sessions) {
        state.record(Event::StepUpDemanded.of(principal.user.id).in_session(principal.session.id));
        return Err(Problem::new(STEP_UP_PROBLEM).into());
    }
    Ok(Self(principal))
});
extractor!(VerifiedIdentity, SCHEMES.to_vec(), false, |request| Ok(Self::of(request).await?));
extractor!(OptionalAuth, [SCHEMES.as_slice(), &[REFRESH_COOKIE]].concat(), true, |_request| Ok(Self));
extractor!(RefreshCookie, vec![REFRESH_COOKIE], true, |_request| Ok(Self));

/// Stands among the schemes of an operation that demands a fresh session, until the document replaces it by `x-step-up`.
pub(in crate::http) const STEP_UP: &str = "stepUp";

/// The problem of an operation that demands a fresh session.
pub(in crate::http) const STEP_UP_PROBLEM: ProblemCode = ProblemCode::ReauthenticationRequired;

pub(super) const SCHEMES: [&str; 2] = [SESSION_COOKIE, ACCESS_TOKEN];

pub(in crate::http) const ACCESS_TOKEN: &str = "bearerAuth";

/// The schemes whose cookies have another name in each configuration.
pub(in crate::http) const SESSION_COOKIE: &str = "cookieAuth";
pub(in crate::http) const REFRESH_COOKIE: &str = "refreshCookie";

fn register_schemes(registry: &mut Registry) {
    register_session_schemes(registry);
    registry.create_security_scheme(
        REFRESH_COOKIE,
        cookie(
            "The refresh cookie that `signIn` sets in mode `token` with `refresh_in: cookie`. Browsers send it without being told.",
        ),
    );
}

/// A scheme without values.
pub(super) fn no_scheme() -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty: "",
        description: None,
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    }
}

/// A cookie. The document puts the name that is configured in the place of the empty one.
fn cookie(description: &'static str) -> MetaSecurityScheme {
    MetaSecurityScheme { ty: "apiKey", description: Some(description), name: Some(""), key_in: Some("cookie"), ..no_scheme() }
}

/// The schemes of a session.
pub(super) fn register_session_schemes(registry: &mut Registry) {
    registry.create_security_scheme(
        SESSION_COOKIE,
        cookie(
            "The session cookie that `signIn` sets in mode `cookie`. Browsers send it without being told: there is nothing to type here.",
        ),
    );
    registry.create_security_scheme(
        ACCESS_TOKEN,
        MetaSecurityScheme {
            ty: "http",
            description: Some("The `access_token` that `signIn` in mode `token` and `refreshTokens` answer with."),
            scheme: Some("bearer"),
            bearer_format: Some("JWT"),
            ..no_scheme()
        },
    );
}
