//! Request bodies: `application/json` of at most 64 KiB that arrives within ten seconds, parsed strictly and checked against the
//! schema of the specification.

use std::time::Duration;

use poem::{Request, RequestBody, error::ReadBodyError, http::header};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
    types::ParseFromJSON,
};

use super::{
    problem::{FieldError, Problem, ProblemCode, Rule},
    schema, strict_json,
};

/// The maximum number of bytes of a body.
const MAX_BYTES: usize = 64 * 1024;
/// How long a body may take to arrive.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The problems that reading a body can answer with.
pub(super) const PROBLEMS: [ProblemCode; 5] = [
    ProblemCode::MalformedRequest,
    ProblemCode::RequestTimeout,
    ProblemCode::BodyTooLarge,
    ProblemCode::UnsupportedMediaType,
    ProblemCode::ValidationFailed,
];

/// The body of a request.
pub(super) struct Body<T>(pub(super) T);

impl<'a, T: ParseFromJSON> ApiExtractor<'a> for Body<T> {
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
        Ok(read::<T>(request, body).await.map(Self)?)
    }
}

async fn read<T: ParseFromJSON>(request: &Request, body: &mut RequestBody) -> Result<T, Problem> {
    if !is_json(request) {
        return Err(Problem::new(ProblemCode::UnsupportedMediaType));
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
    let errors = schema::check(&T::name(), &value);
    if !errors.is_empty() {
        return Err(Problem::new(ProblemCode::ValidationFailed).fields(errors));
    }
    // The schema check has reported the faults. The parser's message would repeat the value, so it is not sent.
    T::parse_from_json(Some(value)).map_err(|_| {
        let error = FieldError::new("", Rule::Format, "must be as the API's description says");
        Problem::new(ProblemCode::ValidationFailed).fields(vec![error])
    })
}

/// Exactly one `Content-Type`, and it is JSON. A form, which any page may post across origins, is not (ASVS 3.5.2).
fn is_json(request: &Request) -> bool {
    let mut types = request.headers().get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else { return false };
    let media_type = only.to_str().ok().and_then(|text| text.parse::<mime::Mime>().ok());
    media_type.is_some_and(|media_type| media_type.essence_str() == mime::APPLICATION_JSON.essence_str())
}
