//! One answer for proxies that ask whether a request may pass: nginx `auth_request`, Traefik `ForwardAuth`, Caddy
//! `forward_auth`, Envoy `ext_authz`.

use poem::{
    IntoResponse, Response,
    http::{HeaderValue, StatusCode},
};
use poem_openapi::{
    ApiResponse, OpenApi,
    registry::{MetaHeader, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry},
};

use super::{Tag, credential::SignedIn};
use crate::sessions::{self, Authenticated};

/// Who it is, in headers that a proxy hands on.
struct Verified(Authenticated);

const HEADERS: [(&str, &str); 3] = [
    ("X-Auth-User-Id", "The user's id."),
    ("X-Auth-Session-Id", "The session's id."),
    ("X-Auth-Role", "The user's role: `user` or `admin`."),
];

impl IntoResponse for Verified {
    fn into_response(self) -> Response {
        let Self(Authenticated { session, user }) = self;
        let values = [user.id.0.to_string(), session.id.0.to_string(), sessions::role(user.role).to_owned()];
        let mut response = Response::from(StatusCode::NO_CONTENT);
        for ((name, _), value) in HEADERS.into_iter().zip(values) {
            if let (Ok(name), Ok(value)) = (name.parse::<poem::http::HeaderName>(), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

impl ApiResponse for Verified {
    fn meta() -> MetaResponses {
        let headers = HEADERS.iter().map(|(name, description)| MetaHeader {
            name: (*name).to_owned(),
            description: Some((*description).to_owned()),
            required: true,
            deprecated: false,
            schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
        });
        let headers = headers.collect();
        let response =
            MetaResponse { description: "No Content", status: Some(204), status_range: None, content: Vec::new(), headers };
        MetaResponses { responses: vec![response] }
    }

    fn register(_: &mut Registry) {}
}

pub(super) struct VerifyApi;

#[OpenApi(prefix_path = "/v1/verify", tag = "Tag::Verify")]
impl VerifyApi {
    /// May this request pass?
    ///
    /// For proxies: forward the request's `Cookie` and `Authorization`, let it pass on 204, and hand on the headers. They are the
    /// only ones to believe: the proxy must drop what the client sent under these names.
    #[oai(path = "/", method = "get", operation_id = "verify")]
    async fn verify(&self, who: SignedIn) -> Verified {
        Verified(who.0)
    }
}
