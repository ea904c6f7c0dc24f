//! Request bodies: `application/json` of at most 64 KiB that arrives within ten seconds, parsed strictly and checked against the
//! schema of the specification.

use std::{sync::Arc, time::Duration};

use poem::{
    IntoResponse, Request, RequestBody,
    error::ReadBodyError,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
    types::ParseFromJSON,
};

use super::{media_type, schema, strict_json};
use crate::{
    http::response::problem::{FieldError, Problem, ProblemCode, Rule},
    state::AppState,
};

/// The maximum number of bytes of a body.
pub(in crate::http) const MAX_BYTES: usize = 64 * 1024;
/// How long a body may take to arrive.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The problems that reading a body can answer with.
pub(in crate::http) const PROBLEMS: [ProblemCode; 5] = [
    ProblemCode::MalformedRequest,
    ProblemCode::RequestTimeout,
    ProblemCode::BodyTooLarge,
    ProblemCode::UnsupportedMediaType,
    ProblemCode::ValidationFailed,
];

/// The body of a request.
pub(in crate::http) struct Body<T>(pub(in crate::http) T);

impl<'a, T: ParseFromJSON + 'static> ApiExtractor<'a> for Body<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: "application/json", schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(request: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        if !is_json(request.headers()) {
            return Err(unsupported(header::ACCEPT, "application/json"));
        }
        if !is_uncoded(request.headers()) {
            return Err(unsupported(header::ACCEPT_ENCODING, "identity"));
        }
        Ok(read::<T>(request, body).await.map(Self)?)
    }
}

async fn read<T: ParseFromJSON + 'static>(request: &Request, body: &mut RequestBody) -> Result<T, Problem> {
    if is_too_large(request.headers()) {
        return Err(Problem::new(ProblemCode::BodyTooLarge));
    }
    let body = body.take().map_err(|_| Problem::new(ProblemCode::InternalError))?;
    // Boxed: the operation may wait for a hashing worker, and must not hold the size of this future while it waits.
    let bytes = match tokio::time::timeout(READ_TIMEOUT, Box::pin(body.into_bytes_limit(MAX_BYTES))).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(ReadBodyError::PayloadTooLarge)) => return Err(Problem::new(ProblemCode::BodyTooLarge)),
        Ok(Err(_)) => return Err(Problem::new(ProblemCode::MalformedRequest)),
        Err(_) => return Err(Problem::new(ProblemCode::RequestTimeout)),
    };
    let value = strict_json::parse(&bytes).ok_or_else(|| Problem::new(ProblemCode::MalformedRequest))?;
    let passwords = request.data::<Arc<AppState>>().map(|state| &state.config.passwords);
    let errors = schema::check::<T>(&value, passwords);
    if !errors.is_empty() {
        return Err(Problem::new(ProblemCode::ValidationFailed).fields(errors));
    }
    // The schema check has reported the faults. The parser's message would repeat the value, so it is not sent.
    T::parse_from_json(Some(value)).map_err(|_| Problem::new(ProblemCode::ValidationFailed).fields(vec![other_form()]))
}

/// What the schema cannot say is wrong.
pub(in crate::http) fn other_form() -> FieldError {
    FieldError::new("", Rule::Format, "must be as the API's description says")
}

/// Whether the head says that the body is too large.
pub(in crate::http) fn is_too_large(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    // hyper has refused a value that is no number, so a number that does not parse is too large.
    length.is_some_and(|length| length.parse::<usize>().map_or(true, |length| length > MAX_BYTES))
}

/// Exactly one `Content-Type`, and it is JSON. A form, which a page may post across origins, is not (ASVS 3.5.2).
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else { return false };
    media_type::essence(only.as_bytes()).is_some_and(|essence| essence.eq_ignore_ascii_case(b"application/json"))
}

/// Whether no coding, such as a compression, is applied to the body.
fn is_uncoded(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity"))
}

/// 415 with the header that names what is accepted (RFC 9110 section 15.5.16).
fn unsupported(name: HeaderName, accepted: &'static str) -> poem::Error {
    let mut response = Problem::new(ProblemCode::UnsupportedMediaType).into_response();
    response.headers_mut().insert(name, HeaderValue::from_static(accepted));
    poem::Error::from_response(response)
}
