//! Errors on the wire: RFC 9457 problems with a closed list of codes. Inside, errors know nothing of HTTP: `problems!` says once for each
//! which code it becomes, and the specification gets the codes of each operation from there.

use std::{collections::BTreeMap, time::Duration};

use poem::{
    IntoResponse, Response,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse, Object,
    registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry},
    types::{Example, ToJSON, Type},
};
use serde_json::{Value, json};

pub(in crate::http) use super::{field_error::FieldError, problem_code::ProblemCode, rule::Rule};
use crate::request_context;

/// The media type of RFC 9457.
pub(in crate::http) const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong (RFC 9457).
#[derive(Debug, Object)]
#[oai(rename = "Problem", skip_serializing_if_is_none, example)]
struct ProblemBody {
    /// `urn:bifrons:problem:` and the code.
    r#type: String,
    /// The code in words.
    title: String,
    /// The HTTP status.
    status: i32,
    code: ProblemCode,
    /// `urn:uuid:` and the request's id, as in `X-Request-Id`: quote it to the operator.
    instance: Option<String>,
    /// The fields that break rules, with `validation_failed`.
    errors: Option<Vec<FieldError>>,
}

/// A problem that becomes an answer.
#[derive(Debug)]
pub(in crate::http) struct Problem {
    code: ProblemCode,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
}

impl Problem {
    pub(in crate::http) fn new(code: ProblemCode) -> Self {
        Self { code, errors: Vec::new(), retry_after: None }
    }

    /// Names the fields that break rules.
    pub(in crate::http) fn fields(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// Adds `Retry-After`.
    pub(in crate::http) fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// Logs the cause, which the client does not learn.
    pub(in crate::http) fn log(self, cause: &dyn std::error::Error) -> Self {
        tracing::error!(code = ?self.code, %cause);
        self
    }
}

impl From<Problem> for ProblemBody {
    fn from(problem: Problem) -> Self {
        let Problem { code, errors, .. } = problem;
        Self {
            r#type: format!("urn:bifrons:problem:{}", code.name().as_str().unwrap_or_default()),
            title: code.title().to_owned(),
            status: code.status().into(),
            code,
            instance: request_context::request_id().map(|id| format!("urn:uuid:{id}")),
            errors: (!errors.is_empty()).then_some(errors),
        }
    }
}

impl Example for ProblemBody {
    fn example() -> Self {
        Self::with_instance(Problem::new(ProblemCode::Unauthenticated))
    }
}

impl ProblemBody {
    /// As the specification shows it, outside of a request.
    fn with_instance(problem: Problem) -> Self {
        Self { instance: Some("urn:uuid:019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a".to_owned()), ..problem.into() }
    }
}

/// A problem with this code, as the specification shows it.
pub(in crate::http) fn example(code: ProblemCode) -> Option<Value> {
    let problem = Problem::new(code);
    let errors = match code {
        ProblemCode::ValidationFailed => vec![FieldError::example()],
        _ => Vec::new(),
    };
    ProblemBody::with_instance(problem.fields(errors)).to_json()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (code, retry_after) = (self.code, self.retry_after);
        let mut response = Response::builder()
            .status(StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            .content_type(MEDIA_TYPE)
            .body(ProblemBody::from(self).to_json_string());
        if let Some((name, value)) = code.header() {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Some(wait) = retry_after {
            // Whole seconds (RFC 9110 section 10.2.3), rounded up: a client that waits so long is not refused again.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Problem> for poem::Error {
    fn from(problem: Problem) -> Self {
        Self::from_response(problem.into_response())
    }
}

/// An error that becomes a problem. Implemented by `problems!`.
pub(in crate::http) trait IntoProblem: Send + Sync + 'static {
    /// The codes it can become.
    fn codes() -> Vec<ProblemCode>;

    /// The problem it becomes.
    fn into_problem(self) -> Problem;
}

/// Says which code each variant of an error becomes. There are two forms:
///
/// - `Variant => Code` and `Variant(error) => Code.log(&error)`: the variant becomes a problem with this code. After the code comes one
///   call of a method of [`Problem`], if it needs one.
/// - `Variant(error) => (Inner: error)`: the variant becomes what `error` becomes, and has all codes of `Inner`.
///
/// It expands to an `impl IntoProblem`, here of `problems!(E { E::Gone => NotFound, E::Store(error) => (StoreError: error) })`:
///
/// ```text
/// impl IntoProblem for E {
///     fn codes() -> Vec<ProblemCode> {
///         [{ vec![ProblemCode::NotFound] }, { <StoreError as IntoProblem>::codes() }].concat()
///     }
///
///     fn into_problem(self) -> Problem {
///         match self {
///             E::Gone => Problem::new(ProblemCode::NotFound),
///             E::Store(error) => IntoProblem::into_problem(error),
///         }
///     }
/// }
/// ```
macro_rules! problems {
    ($error:ty { $($pattern:pat => $($code:ident $(. $method:ident ( $($argument:expr),* ))?)? $(($Inner:ty: $inner:expr))?),+ $(,)? }) => {
        impl $crate::http::response::problem::IntoProblem for $error {
            fn codes() -> Vec<$crate::http::response::problem::ProblemCode> {
                [$({
                    $(vec![$crate::http::response::problem::ProblemCode::$code])?
                    $(<$Inner as $crate::http::response::problem::IntoProblem>::codes())?
                }),+]
                .concat()
            }

            fn into_problem(self) -> $crate::http::response::problem::Problem {
                match self {
                    $($pattern => {
                        $($crate::http::response::problem::Problem::new($crate::http::response::problem::ProblemCode::$code)$(.$method($($argument),*))?)?
                        $($crate::http::response::problem::IntoProblem::into_problem($inner))?
                    })+
                }
            }
        }
    };
}
pub(in crate::http) use problems;

/// The error side of an operation's answer.
#[derive(Debug)]
pub(in crate::http) struct ErrorResponse<E>(E);

impl<E: IntoProblem> From<E> for ErrorResponse<E> {
    fn from(error: E) -> Self {
        Self(error)
    }
}

impl<E: IntoProblem> ErrorResponse<E> {
    pub(in crate::http) fn into_problem(self) -> Problem {
        self.0.into_problem()
    }
}

impl<E: IntoProblem> From<ErrorResponse<E>> for poem::Error {
    fn from(error: ErrorResponse<E>) -> Self {
        error.into_problem().into()
    }
}

impl<E: IntoProblem> ApiResponse for ErrorResponse<E> {
    fn meta() -> MetaResponses {
        MetaResponses { responses: responses(&E::codes()) }
    }

    fn register(registry: &mut Registry) {
        ProblemBody::register(registry);
    }
}

/// One response for each status, with its codes.
fn responses(codes: &[ProblemCode]) -> Vec<MetaResponse> {
    let mut by_status: BTreeMap<u16, Vec<ProblemCode>> = BTreeMap::new();
    for code in codes {
        let of_status = by_status.entry(code.status()).or_default();
        // Two variants of an error may become the same code.
        if !of_status.contains(code) {
            of_status.push(*code);
        }
    }
    by_status.into_iter().map(|(status, codes)| response(status, &codes)).collect()
}

/// A response whose body is a problem with one of these codes.
fn response(status: u16, codes: &[ProblemCode]) -> MetaResponse {
    let narrowed = MetaSchema { enum_items: codes.iter().map(|code| code.name()).collect(), ..MetaSchema::new("string") };
    let narrowing =
        MetaSchema { properties: vec![("code", MetaSchemaRef::Inline(Box::new(narrowed)))], ..MetaSchema::new("object") };
    let schema =
        MetaSchema { all_of: vec![ProblemBody::schema_ref(), MetaSchemaRef::Inline(Box::new(narrowing))], ..MetaSchema::ANY };
    MetaResponse {
        description: StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default(),
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType { content_type: MEDIA_TYPE, schema: MetaSchemaRef::Inline(Box::new(schema)) }],
        headers: Vec::new(),
    }
}

/// The same response as the specification writes it.
pub(in crate::http) fn response_document(code: ProblemCode) -> Value {
    let MetaResponse { description, content, .. } = response(code.status(), &[code]);
    let content: serde_json::Map<_, _> = content.iter().map(|one| (one.content_type.to_owned(), json!(one))).collect();
    json!({ "description": description, "content": content })
}
