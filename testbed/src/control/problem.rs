//! What the control refuses: RFC 9457 problems, as the service's own.

use poem::{Error, IntoResponse, Response, http::StatusCode};
use poem_openapi::{
    ApiResponse, Enum, Object,
    error::{ParseParamError, ParsePathError},
    payload::Json,
    types::Example,
};
use serde_json::{Map, Value};

use crate::{seeding::SeedError, testbed::TestbedError};

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum ControlCode {
    /// The request cannot be parsed.
    Malformed,
    /// The `Authorization` header does not carry the token of this testbed.
    Unauthenticated,
    /// There is no such user, session, mail or path.
    NotFound,
    /// The testbed is in a state in which this cannot be done.
    Conflict,
    /// A value breaks a rule.
    Invalid,
    /// A fault of the testbed.
    Failed,
}

/// What went wrong (RFC 9457).
#[derive(Clone, Debug, Object)]
#[oai(rename = "Problem", skip_serializing_if_is_none, example)]
pub(crate) struct Problem {
    /// `urn:bifrons:testbed:problem:` and the code.
    r#type: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    code: ControlCode,
    /// What is wrong, and the remedy.
    detail: String,
    /// The values that would be accepted.
    possible: Option<Vec<String>>,
}

impl Example for Problem {
    fn example() -> Self {
        let possible = Some(vec!["invalid_credentials".to_owned(), "unavailable".to_owned()]);
        Self::new(ControlCode::Invalid, "signIn has no code not_found", possible)
    }
}

impl Problem {
    fn new(code: ControlCode, detail: impl Into<String>, possible: Option<Vec<String>>) -> Self {
        let (status, name) = match code {
            ControlCode::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
            ControlCode::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated"),
            ControlCode::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            ControlCode::Conflict => (StatusCode::CONFLICT, "conflict"),
            ControlCode::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            ControlCode::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
        };
        let title = status.canonical_reason().unwrap_or_default().to_owned();
        Self {
            r#type: format!("urn:bifrons:testbed:problem:{name}"),
            title,
            status: status.as_u16(),
            code,
            detail: detail.into(),
            possible,
        }
    }
}

/// The refusals of an operation.
#[derive(Debug, ApiResponse)]
pub(crate) enum Refused {
    /// The request cannot be parsed.
    #[oai(status = 400, content_type = "application/problem+json")]
    Malformed(Json<Problem>),
    /// The token is missing or of another testbed.
    #[oai(status = 401, content_type = "application/problem+json")]
    Unauthenticated(Json<Problem>),
    /// There is no such resource.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
    /// The testbed is in a state in which this cannot be done.
    #[oai(status = 409, content_type = "application/problem+json")]
    Conflict(Json<Problem>),
    /// A value breaks a rule; `possible` lists what would be accepted.
    #[oai(status = 422, content_type = "application/problem+json")]
    Invalid(Json<Problem>),
    /// A fault of the testbed.
    #[oai(status = 500, content_type = "application/problem+json")]
    Failed(Json<Problem>),
}

impl Refused {
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::Malformed(Json(Problem::new(ControlCode::Malformed, detail, None)))
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::NotFound(Json(Problem::new(ControlCode::NotFound, detail, None)))
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::Conflict(Json(Problem::new(ControlCode::Conflict, detail, None)))
    }

    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::Invalid(Json(Problem::new(ControlCode::Invalid, detail, None)))
    }

    /// A value that is none of those that are possible.
    pub(crate) fn none_of(detail: impl Into<String>, possible: &[&str]) -> Self {
        let possible = possible.iter().map(|value| (*value).to_owned()).collect();
        Self::Invalid(Json(Problem::new(ControlCode::Invalid, detail, Some(possible))))
    }

    pub(crate) fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(Json(Problem::new(ControlCode::Failed, error.to_string(), None)))
    }
}

impl From<SeedError> for Refused {
    fn from(error: SeedError) -> Self {
        let detail = error.to_string();
        match error {
            SeedError::Invalid(..) => Self::invalid(detail),
            SeedError::Taken | SeedError::Disabled => Self::conflict(detail),
            SeedError::Failed(_) => Self::failed(detail),
        }
    }
}

impl From<TestbedError> for Refused {
    fn from(error: TestbedError) -> Self {
        Self::failed(error)
    }
}

/// The answer for an error of poem.
pub(crate) fn answer(error: Error) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    let status = error.status();
    if let Some(parameter) = parameter(&error) {
        let rule = rule_of(parameter).unwrap_or_else(|| "must be as openapi-testbed.json says".to_owned());
        return Refused::malformed(format!("{parameter} {rule}")).into_response();
    }
    match status {
        StatusCode::UNAUTHORIZED => {
            let detail = "send Authorization: Bearer and the token that the testbed printed when it was ready";
            Refused::Unauthenticated(Json(Problem::new(ControlCode::Unauthenticated, detail, None))).into_response()
        }
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            Refused::not_found("no operation has this method and path; openapi-testbed.json lists them").into_response()
        }
        status if status.is_client_error() => Refused::malformed("the request is not as openapi-testbed.json says").into_response(),
        _ => Refused::failed(error).into_response(),
    }
}

/// The parameter of the path or of the query that cannot be read.
fn parameter(error: &Error) -> Option<&'static str> {
    // A path has one parameter at most.
    let of_path = error.downcast_ref::<ParsePathError>().map(|_| "id");
    of_path.or_else(|| error.downcast_ref::<ParseParamError>().map(|error| error.name))
}

/// The rule for a parameter, by the document.
fn rule_of(parameter: &str) -> Option<String> {
    let document = super::document();
    let operations = document["paths"].as_object()?.values().filter_map(Value::as_object).flat_map(Map::values);
    let mut parameters = operations.filter_map(|operation| operation["parameters"].as_array()).flatten();
    let schema = &parameters.find(|found| found["name"] == parameter)?["schema"];
    let most = schema["maximum"].as_f64().map(|most| format!(", and at most {most}"));
    Some(match (schema["type"].as_str()?, schema["format"].as_str()) {
        ("integer", _) => format!("must be a whole number of at least 0{}", most.unwrap_or_default()),
        (_, Some("uuid")) => "must be a UUID".to_owned(),
        _ => "is required".to_owned(),
    })
}
