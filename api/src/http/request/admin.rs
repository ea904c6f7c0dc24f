//! Who may call an operation of the admin API. As in `credentials`, the extractor is an argument of the operation, and so part of the
//! specification: [`Admin<UsersRead>`](Admin) demands the scope `users:read` of an admin key.

use std::{marker::PhantomData, sync::Arc};

use entity::Scope;
use poem::{
    Request, RequestBody,
    http::{HeaderMap, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};

use super::{
    address,
    credentials::{SCHEMES, STEP_UP_PROBLEM, no_scheme, register_session_schemes, required, state_of},
};
use crate::{
    audit::Event,
    authorization::{KeyRefusal, MayNot, Operator, may_administrate, verify_admin_key},
    config::Verification,
    http::response::{
        credential_cookies,
        problem::{Problem, ProblemCode},
    },
    request_context::{Actor, note_actor},
    secret::ADMIN_KEY_PREFIX,
    sessions,
    state::AppState,
};

/// The problems that the extractor can answer with, beside those of every credential.
pub(in crate::http) const PROBLEMS: [ProblemCode; 6] = [
    ProblemCode::InvalidAdminKey,
    ProblemCode::AdminRequired,
    ProblemCode::ScopeMissing,
    ProblemCode::SecondFactorRequired,
    STEP_UP_PROBLEM,
    ProblemCode::NetworkNotAllowed,
];

/// Stands before the scope among the schemes of an operation, until the document replaces both by `x-admin-scope`.
pub(in crate::http) const SCOPE_MARK: &str = "scope ";

const ADMIN_KEY: &str = "adminKey";

/// What an operation demands of a key.
pub(in crate::http) trait Permission: Send + Sync + 'static {
    const SCOPE: Scope;
    /// [`SCOPE_MARK`] and the name of the scope.
    const MARK: &'static str;
}

macro_rules! permissions {
    ($($permission:ident = $mark:literal),+ $(,)?) => {$(
        /// The scope of the same name.
        pub(in crate::http) struct $permission;

        impl Permission for $permission {
            const SCOPE: Scope = Scope::$permission;
            const MARK: &'static str = $mark;
        }
    )+};
}

permissions! {
    UsersRead = "scope users:read",
    UsersWrite = "scope users:write",
    SessionsWrite = "scope sessions:write",
    AuditRead = "scope audit:read",
    WebhooksRead = "scope webhooks:read",
    WebhooksWrite = "scope webhooks:write",
    StatisticsRead = "scope statistics:read",
    MailRead = "scope mail:read",
    MailWrite = "scope mail:write",
    KeysRead = "scope keys:read",
    KeysWrite = "scope keys:write",
}

/// The operator of a request: a user with the role `admin` who authenticated with two factors within `sessions.fresh_for`, or an admin key
/// with the scope of `P`.
pub(in crate::http) struct Admin<P>(pub(in crate::http) Operator, PhantomData<P>);

impl<'a, P: Permission> ApiExtractor<'a> for Admin<P> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        register_session_schemes(registry);
        registry.create_security_scheme(
            ADMIN_KEY,
            MetaSecurityScheme {
                ty: "http",
                description: Some(
                    "A key of `bifrons admin-key create`, with the scope that the operation names as `x-admin-scope`.",
                ),
                scheme: Some("bearer"),
                bearer_format: Some(ADMIN_KEY_PREFIX),
                ..no_scheme()
            },
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        [SCHEMES.as_slice(), &[ADMIN_KEY, P::MARK]].concat()
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        Ok(operator(request, P::SCOPE).await.map(|operator| Self(operator, PhantomData))?)
    }
}

async fn operator(request: &Request, scope: Scope) -> Result<Operator, Problem> {
    let state = state_of(request)?;
    let refused = |code, because| {
        state.record(Event::AdminRefused.because(because));
        Problem::new(code)
    };
    if !state.config.admin.serves(address(request, &state.config.callers.get())) {
        return Err(refused(ProblemCode::NetworkNotAllowed, "network"));
    }
    let Some(key) = admin_key(request.headers()) else { return session(request, state).await };
    let key = verify_admin_key(state, key).await.map_err(|error| match error {
        KeyRefusal::Invalid => Problem::new(ProblemCode::InvalidAdminKey),
        KeyRefusal::Store(error) => Problem::new(ProblemCode::Unavailable).log(&error),
    })?;
    note_actor(Actor::key(key.id));
    if key.has(scope) { Ok(Operator::Key(key.id)) } else { Err(refused(ProblemCode::ScopeMissing, "scope")) }
}

/// The session of an administrator. It reads the database, because another operator may have removed the role.
async fn session(request: &Request, state: &Arc<AppState>) -> Result<Operator, Problem> {
    let principal = required(request, state, Verification::Session).await?;
    let principal = sessions::read_again(state, &principal).await;
    let principal = principal.map_err(|error| Problem::new(ProblemCode::Unavailable).log(&error))?;
    let principal = principal.ok_or_else(|| Problem::new(ProblemCode::InvalidSession))?;
    let (user, session) = (principal.user.id, principal.session.id);
    let (event, code) = match may_administrate(&principal, state.clock.now(), &state.config.sessions) {
        Ok(()) => return Ok(Operator::Session(Box::new(principal))),
        Err(MayNot::NotAdmin) => (Event::AdminRefused.because("role"), ProblemCode::AdminRequired),
        Err(MayNot::OneFactor) => (Event::AdminRefused.because("one_factor"), ProblemCode::SecondFactorRequired),
        Err(MayNot::NotFresh) => (Event::StepUpDemanded.because(""), STEP_UP_PROBLEM),
    };
    state.record(event.of(user).in_session(session));
    Err(Problem::new(code))
}

/// The admin key of a request. Two `Authorization` headers are ambiguous, as for sessions.
fn admin_key(headers: &HeaderMap) -> Option<&str> {
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (authorization.next(), authorization.next()) else { return None };
    credential_cookies::bearer(only).filter(|token| token.starts_with(ADMIN_KEY_PREFIX))
}
