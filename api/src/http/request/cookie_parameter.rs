//! Cookies beside those of `credentials`. Each is an argument of the operations that read it, and so part of the specification, which
//! replaces the name of the argument by the name of the cookie. The operation reads it itself.

use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaParamIn, MetaSchema, MetaSchemaRef},
};

macro_rules! cookie_parameter {
    ($(#[doc = $doc:literal])+ $cookie:ident) => {
        $(#[doc = $doc])+
        pub(in crate::http) struct $cookie;

        impl<'a> ApiExtractor<'a> for $cookie {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

            type ParamType = ();
            type ParamRawType = ();

            fn param_in() -> Option<MetaParamIn> {
                Some(MetaParamIn::Cookie)
            }

            fn param_schema_ref() -> Option<MetaSchemaRef> {
                Some(MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))))
            }

            async fn from_request(_: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
                Ok(Self)
            }
        }
    };
}

cookie_parameter! {
    /// Marks a browser as known to an account.
    DeviceCookie
}

cookie_parameter! {
    /// A sign-in that waits for a second factor.
    ChallengeCookie
}

cookie_parameter! {
    /// What `setProbeCookie` has set.
    ProbeCookie
}
