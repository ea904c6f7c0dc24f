//! Which credential counts.
//!
//! If a request carries `Authorization`, only that is considered: a bad bearer token is refused even beside a good cookie.
//! Otherwise the session cookie. Two of a kind are refused, because one of them was planted. A dependency that is down while
//! deciding is 503: never 401, never anonymous.
//!
//! poem-openapi's own `SecurityScheme` enum tries one scheme after the other and forgets why the first failed, so that a bad
//! token falls through to the cookie; hence this extractor.

use std::sync::Arc;

use poem::{
    Request, RequestBody,
    http::{HeaderMap, header},
    web::Data,
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};

use super::{
    cookie, held,
    problem::{Problem, ProblemCode},
};
use crate::{
    audit::Event,
    config::Verification,
    sessions::{self, Authenticated, Refused},
    state::AppState,
};

/// What deciding can answer with.
pub(super) const PROBLEMS: [ProblemCode; 4] =
    [ProblemCode::AmbiguousCredentials, ProblemCode::Unauthenticated, ProblemCode::InvalidSession, ProblemCode::InvalidToken];

/// What a request presents.
enum Presented<'a> {
    /// No `Authorization`, no session cookie.
    Nothing,
    /// An `Authorization` header that is no bearer token.
    OtherScheme,
    /// A bearer token.
    Bearer(&'a str),
    /// The value of a session cookie.
    Cookie(&'a str),
}

/// Reads the credential that counts.
fn presented<'a>(headers: &'a HeaderMap, state: &AppState) -> Result<Presented<'a>, Problem> {
    let ambiguous = || {
        state.record(Event::CredentialRefused.because("ambiguous"));
        Problem::new(ProblemCode::AmbiguousCredentials)
    };
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    match (authorization.next(), authorization.next()) {
        (Some(_), Some(_)) => Err(ambiguous()),
        (Some(value), None) => Ok(held::bearer(value).map_or(Presented::OtherScheme, Presented::Bearer)),
        (None, _) => {
            let cookie = cookie::get(headers, state.config.cookies.session_name).map_err(|_| ambiguous())?;
            Ok(cookie.map_or(Presented::Nothing, Presented::Cookie))
        }
    }
}

/// Verifies the credential that counts: somebody, nobody, or refused.
async fn verify(headers: &HeaderMap, state: &Arc<AppState>, tokens: Verification) -> Result<Option<Authenticated>, Problem> {
    let (verified, refused, what) = match presented(headers, state)? {
        Presented::Nothing | Presented::OtherScheme => return Ok(None),
        Presented::Bearer(token) => {
            (sessions::by_access_token(state, token, tokens).await, ProblemCode::InvalidToken, "access_token")
        }
        Presented::Cookie(value) => (sessions::by_cookie(state, value).await, ProblemCode::InvalidSession, "cookie"),
    };
    match verified {
        Ok(who) => Ok(Some(who)),
        // No cookie is cleared here: this answer may be late, and the browser may hold a new one by now.
        Err(Refused::Invalid) => {
            state.record(Event::CredentialRefused.because(what));
            Err(Problem::new(refused))
        }
        Err(Refused::Store(error)) => Err(Problem::new(ProblemCode::Unavailable).log(&error)),
    }
}

/// Somebody with a good credential, a cookie or a bearer token. As an argument it makes an operation theirs alone, in code and in
/// the specification; it stands before the body, so that nobody else learns what is wrong with theirs.
pub(super) struct Somebody<const TOKENS_MAY_STAND_ALONE: bool>(pub(super) Authenticated);

/// Somebody who is signed in: their session is there.
pub(super) type SignedIn = Somebody<false>;

/// Somebody whose access token may stand alone, if `tokens.verification` says so: for operations that tell who somebody is, and
/// nothing else. Nobody may do anything in a session that has ended.
pub(super) type Recognized = Somebody<true>;

impl<const TOKENS_MAY_STAND_ALONE: bool> Somebody<TOKENS_MAY_STAND_ALONE> {
    /// Whoever sent this request.
    pub(super) async fn who_sent(request: &Request) -> Result<Self, Problem> {
        let state = request.data::<Arc<AppState>>().ok_or_else(|| Problem::new(ProblemCode::InternalError))?;
        let tokens = if TOKENS_MAY_STAND_ALONE { state.config.tokens.verification } else { Verification::Session };
        let who = verify(request.headers(), state, tokens).await?;
        Ok(Self(who.ok_or_else(|| Problem::new(ProblemCode::Unauthenticated))?))
    }
}

impl<'a, const TOKENS_MAY_STAND_ALONE: bool> ApiExtractor<'a> for Somebody<TOKENS_MAY_STAND_ALONE> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        register_schemes(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        SCHEMES.to_vec()
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        Ok(Self::who_sent(request).await?)
    }
}

/// Anybody, signed in or not. As an argument it says so in the specification; the operation looks at the headers itself.
pub(super) struct Anybody;

impl<'a> ApiExtractor<'a> for Anybody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        register_schemes(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        SCHEMES.to_vec()
    }

    fn has_security_fallback() -> bool {
        true
    }

    async fn from_request(_: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        Ok(Self)
    }
}

const SCHEMES: [&str; 2] = ["cookieAuth", "bearerAuth"];

fn register_schemes(registry: &mut Registry) {
    let none = || MetaSecurityScheme {
        ty: "",
        description: None,
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    };
    registry.create_security_scheme(
        "cookieAuth",
        MetaSecurityScheme {
            ty: "apiKey",
            description: Some(
                "The session cookie that `signIn` sets. Browsers send it by themselves: there is nothing to type here. \
                 On plain http (localhost) its name is `bifrons_session`.",
            ),
            name: Some("__Host-bifrons_session"),
            key_in: Some("cookie"),
            ..none()
        },
    );
    registry.create_security_scheme(
        "bearerAuth",
        MetaSecurityScheme {
            ty: "http",
            description: Some("The `access_token` that `issueTokens` and `refreshTokens` answer with."),
            scheme: Some("bearer"),
            bearer_format: Some("JWT"),
            ..none()
        },
    );
}

/// What handlers ask for the state by.
pub(super) type State<'a> = Data<&'a Arc<AppState>>;
