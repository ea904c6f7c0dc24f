//! Verifies a credential for a proxy: nginx `auth_request`, Traefik `ForwardAuth`, Caddy
//! `forward_auth`, Envoy `ext_authz`.

use poem::{
    IntoResponse, Request, Response, handler,
    http::{HeaderValue, StatusCode},
};
use poem_openapi::{
    ApiResponse, OpenApi, OperationId,
    registry::{MetaHeader, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry},
};

use super::tag::Tag;
use crate::{http::request::credentials::VerifiedIdentity, principal::Principal};

/// The user and the session, in headers that the proxy passes on.
struct Verified(Principal);

const HEADERS: [(&str, &str); 3] = [
    ("X-Auth-User-Id", "The user's id."),
    ("X-Auth-Session-Id", "The session's id."),
    ("X-Auth-Roles", "The user's roles, separated by commas."),
];

impl IntoResponse for Verified {
    fn into_response(self) -> Response {
        let Self(Principal { session, user }) = self;
        let values = [user.id.0.to_string(), session.id.0.to_string(), user.roles.names().collect::<Vec<_>>().join(",")];
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

pub(in crate::http) struct VerifyApi;

#[OpenApi(prefix_path = "/v1/verify", tag = "Tag::Verify")]
impl VerifyApi {
    /// Verify a credential for a proxy
    ///
    /// Forward the request's `Cookie` and `Authorization`, let the request pass on 204, and pass these headers on. The proxy must drop headers
    /// of these names that the client sent.
    #[oai(path = "/", method = "get", operation_id = "verify")]
    async fn verify(&self, principal: VerifiedIdentity) -> Verified {
        Verified(principal.0)
    }
}

/// `verify` for Envoy, which appends the path of the request to the path of `verify` and lets the request pass only on 200.
#[handler]
pub(in crate::http) async fn for_envoy(request: &Request) -> poem::Result<Response> {
    let principal = VerifiedIdentity::of(request).await.map_err(|refused| {
        let mut error = poem::Error::from(refused);
        error.set_data(OPERATION);
        error
    })?;
    let mut response = Verified(principal.0).into_response();
    response.set_status(StatusCode::OK);
    response.set_data(OPERATION);
    Ok(response)
}

const OPERATION: OperationId = OperationId("verify");
