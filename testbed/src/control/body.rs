//! Bodies of requests: JSON that keeps the schema of its type, checked as the service checks its own.

use bifrons::http::rules::{self, OtherMembers};
use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
    types::ParseFromJSON,
};

use super::problem::Refused;

/// The maximum number of bytes of a body.
const MAX_BYTES: usize = 1024 * 1024;

/// A body. Members that its type does not have are refused.
pub(super) struct Body<T>(pub(super) T);

/// A body of which other programs decide. Members that its type does not have are ignored.
pub(super) struct OpenBody<T>(pub(super) T);

macro_rules! extractor {
    ($body:ident, $others:expr) => {
        impl<'a, T: ParseFromJSON + 'static> ApiExtractor<'a> for $body<T> {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                T::register(registry);
            }

            fn request_meta() -> Option<MetaRequest> {
                let content = vec![MetaMediaType { content_type: "application/json; charset=utf-8", schema: T::schema_ref() }];
                Some(MetaRequest { description: None, content, required: true })
            }

            async fn from_request(_: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
                Ok(read(body, $others).await.map(Self)?)
            }
        }
    };
}
extractor!(Body, OtherMembers::Refused);
extractor!(OpenBody, OtherMembers::Ignored);

async fn read<T: ParseFromJSON + 'static>(body: &mut RequestBody, others: OtherMembers) -> Result<T, Refused> {
    let body = body.take().map_err(Refused::failed)?;
    let bytes = body.into_bytes_limit(MAX_BYTES).await;
    let bytes = bytes.map_err(|_| Refused::malformed(format!("the body must arrive, and have at most {MAX_BYTES} bytes")))?;
    let value = rules::parse(&bytes).ok_or_else(|| Refused::malformed("the body must be JSON without a member twice"))?;
    rules::read(value, others).map_err(|broken| Refused::invalid(broken.join("; ")))
}
