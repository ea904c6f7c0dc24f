//! Errors on the wire: RFC 9457 problems with a closed list of codes. Inside, errors know nothing of HTTP; `problems!` says, once
//! for each, which code it becomes, and from that the specification learns which codes an operation can answer with.

use std::{collections::BTreeMap, time::Duration};

use poem::{
    IntoResponse, Response,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse, Enum, Object,
    registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry},
    types::{Example, ToJSON, Type},
};
use serde_json::{Value, json};

pub(super) use super::problem_code::ProblemCode;
use super::trace;

/// The media type of RFC 9457.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// The rule that a value breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum Rule {
    /// The field is missing.
    Required,
    /// There is no such field.
    UnknownField,
    /// Another JSON type is wanted.
    Type,
    /// Fewer characters than wanted.
    MinLength,
    /// More characters than wanted.
    MaxLength,
    /// More bytes than wanted.
    MaxBytes,
    /// Not one of the values that are wanted.
    OneOf,
    /// Not of the form that is wanted.
    Format,
    /// A password that everybody tries first.
    Common,
    /// A password of little more than the address, the service or its host.
    Context,
    /// A password that is known from a breach.
    Breached,
}

/// One field, and the rule that its value breaks. Never the value.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
pub(super) struct FieldError {
    /// The name of the field or parameter; empty for the body as a whole.
    field: String,
    rule: Rule,
    /// What to write instead.
    detail: String,
}

impl FieldError {
    pub(super) fn new(field: &str, rule: Rule, detail: impl Into<String>) -> Self {
        Self { field: field.to_owned(), rule, detail: detail.into() }
    }
}

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
    /// `urn:uuid:` and the request's id, which `X-Request-Id` has too: quote it to those who run the service.
    instance: Option<String>,
    /// The fields that break rules, with `validation_failed`.
    errors: Option<Vec<FieldError>>,
}

/// What went wrong, on its way out.
#[derive(Debug)]
pub(super) struct Problem {
    code: ProblemCode,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
}

impl Problem {
    pub(super) fn new(code: ProblemCode) -> Self {
        Self { code, errors: Vec::new(), retry_after: None }
    }

    /// Names the fields that break rules.
    pub(super) fn fields(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// Says when to come back.
    pub(super) fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// Logs why, for us alone.
    pub(super) fn log(self, cause: &dyn std::error::Error) -> Self {
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
            instance: trace::request_id().map(|id| format!("urn:uuid:{id}")),
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
    /// As the specification shows it, where no request is being answered.
    fn with_instance(problem: Problem) -> Self {
        Self { instance: Some("urn:uuid:019b7a3d-2f40-7c31-9d1e-5b7a60c41f2a".to_owned()), ..problem.into() }
    }
}

/// A problem with this code, as the specification shows it.
pub(super) fn example(code: ProblemCode) -> Option<Value> {
    let problem = Problem::new(code);
    let errors = match code {
        ProblemCode::ValidationFailed => vec![FieldError::new("password", Rule::MinLength, "must have at least 8 characters")],
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
            // Whole seconds (RFC 9110 section 10.2.3): never so early as to be told the same again.
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
pub(super) trait IntoProblem: Send + Sync + 'static {
    /// The codes it can become.
    fn codes() -> Vec<ProblemCode>;

    /// The problem it becomes.
    fn into_problem(self) -> Problem;
}

/// Says which code each variant of an error becomes: `Variant => Code`, or, of an error within it, `Variant(error) => (error: Inner)`.
macro_rules! problems {
    ($error:ty { $($pattern:pat => $($code:ident $(. $method:ident ( $($argument:expr),* ))?)? $(($inner:ident: $Inner:ty))?),+ $(,)? }) => {
        impl $crate::http::problem::IntoProblem for $error {
            fn codes() -> Vec<$crate::http::problem::ProblemCode> {
                [$({
                    $(vec![$crate::http::problem::ProblemCode::$code])?
                    $(<$Inner as $crate::http::problem::IntoProblem>::codes())?
                }),+]
                .concat()
            }

            fn into_problem(self) -> $crate::http::problem::Problem {
                match self {
                    $($pattern => {
                        $($crate::http::problem::Problem::new($crate::http::problem::ProblemCode::$code)$(.$method($($argument),*))?)?
                        $($crate::http::problem::IntoProblem::into_problem($inner))?
                    })+
                }
            }
        }
    };
}
pub(super) use problems;

/// The error side of an operation's answer.
#[derive(Debug)]
pub(super) enum Refusal<E> {
    /// What the operation itself answers.
    Own(E),
    /// A fault that no operation knows.
    Fault(Problem),
}

impl<E: IntoProblem> From<E> for Refusal<E> {
    fn from(error: E) -> Self {
        Self::Own(error)
    }
}

impl<E> From<Problem> for Refusal<E> {
    fn from(problem: Problem) -> Self {
        Self::Fault(problem)
    }
}

impl<E: IntoProblem> Refusal<E> {
    pub(super) fn into_problem(self) -> Problem {
        match self {
            Self::Own(error) => error.into_problem(),
            Self::Fault(problem) => problem,
        }
    }
}

impl<E: IntoProblem> From<Refusal<E>> for poem::Error {
    fn from(refusal: Refusal<E>) -> Self {
        refusal.into_problem().into()
    }
}

impl<E: IntoProblem> ApiResponse for Refusal<E> {
    fn meta() -> MetaResponses {
        MetaResponses { responses: responses(&E::codes()) }
    }

    fn register(registry: &mut Registry) {
        ProblemBody::register(registry);
    }
}

/// One response a status, each with the codes that go with it.
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
pub(super) fn response_document(code: ProblemCode) -> Value {
    let MetaResponse { description, content, .. } = response(code.status(), &[code]);
    let content: serde_json::Map<_, _> = content.iter().map(|one| (one.content_type.to_owned(), json!(one))).collect();
    json!({ "description": description, "content": content })
}
