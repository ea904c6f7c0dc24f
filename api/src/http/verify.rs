//! One answer for proxies that ask whether a request may pass: nginx `auth_request`, Traefik `ForwardAuth`, Caddy
//! `forward_auth`, Envoy `ext_authz`.

use poem::{
    IntoResponse, Request, Response, handler,
    http::{HeaderValue, StatusCode},
};
use poem_openapi::{
    ApiResponse, OpenApi, OperationId,
    registry::{MetaHeader, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry},
};

use super::{Tag, credential::Recognized};
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
    async fn verify(&self, who: Recognized) -> Verified {
        Verified(who.0)
    }
}

/// Whether a proxy asks. It may send the method of the request that it asks about.
pub(super) fn is_asked(request: &Request) -> bool {
    let path = request.uri().path();
    path == PATH || path.starts_with(FOR_ENVOY)
}

const PATH: &str = "/v1/verify";

/// Where Envoy asks: it puts the request's path behind this, and sends the request's method.
pub(super) const FOR_ENVOY: &str = "/v1/verify/";

/// The same for Envoy, which lets a request pass on 200 alone.
#[handler]
pub(super) async fn for_envoy(request: &Request) -> poem::Result<Response> {
    let who = Recognized::who_sent(request).await.map_err(|refused| {
        let mut error = poem::Error::from(refused);
        error.set_data(OPERATION);
        error
    })?;
    let mut response = Verified(who.0).into_response();
    response.set_status(StatusCode::OK);
    response.set_data(OPERATION);
    Ok(response)
}

const OPERATION: OperationId = OperationId("verify");
