//! The success side of an operation's answer: its status is part of its type, so that specification and code cannot differ.

use poem::{
    IntoResponse, Response,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry},
    types::{ToJSON, Type},
};
use serde::Serialize;

use super::problem::{ErrorResponse, IntoProblem};

/// A JSON body. It is written by [`Serialize`]: [`ToJSON`], which the specification needs, would build a tree of values first.
pub(in crate::http) struct Reply<const STATUS: u16, T>(pub(in crate::http) T);

/// No body (204).
pub(in crate::http) struct NoContent;

/// No body (202).
pub(in crate::http) struct Accepted;

/// One of two answers.
pub(in crate::http) enum OneOf<A, B> {
    First(A),
    Second(B),
}

/// An answer with cookies.
pub(in crate::http) struct WithCookies<R>(pub(in crate::http) R, pub(in crate::http) Vec<HeaderValue>);

/// An answer with the version of what it shows, as an entity tag for `If-Match`.
pub(in crate::http) struct Tagged<R>(pub(in crate::http) R, pub(in crate::http) i64);

impl<const STATUS: u16, T: Serialize + ToJSON> IntoResponse for Reply<STATUS, T> {
    fn into_response(self) -> Response {
        debug_assert_eq!(serde_json::to_value(&self.0).ok(), self.0.to_json(), "both write the same");
        let Ok(body) = serde_json::to_vec(&self.0) else { return StatusCode::INTERNAL_SERVER_ERROR.into() };
        Response::builder()
            .status(StatusCode::from_u16(STATUS).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            .content_type("application/json")
            .body(body)
    }
}

impl<const STATUS: u16, T: Type + Serialize + ToJSON> ApiResponse for Reply<STATUS, T> {
    fn meta() -> MetaResponses {
        one(STATUS, vec![MetaMediaType { content_type: "application/json", schema: T::schema_ref() }])
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into()
    }
}

impl ApiResponse for NoContent {
    fn meta() -> MetaResponses {
        one(204, Vec::new())
    }

    fn register(_: &mut Registry) {}
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into()
    }
}

impl ApiResponse for Accepted {
    fn meta() -> MetaResponses {
        one(202, Vec::new())
    }

    fn register(_: &mut Registry) {}
}

impl<A: IntoResponse, B: IntoResponse> IntoResponse for OneOf<A, B> {
    fn into_response(self) -> Response {
        match self {
            Self::First(answer) => answer.into_response(),
            Self::Second(answer) => answer.into_response(),
        }
    }
}

impl<A: ApiResponse, B: ApiResponse> ApiResponse for OneOf<A, B> {
    fn meta() -> MetaResponses {
        let mut meta = A::meta();
        meta.responses.extend(B::meta().responses);
        meta
    }

    fn register(registry: &mut Registry) {
        A::register(registry);
        B::register(registry);
    }
}

impl<R: IntoResponse> IntoResponse for WithCookies<R> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        for cookie in self.1 {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

impl<E: IntoProblem> From<WithCookies<ErrorResponse<E>>> for poem::Error {
    fn from(WithCookies(error, cookies): WithCookies<ErrorResponse<E>>) -> Self {
        Self::from_response(WithCookies(error.into_problem(), cookies).into_response())
    }
}

impl<R: ApiResponse> ApiResponse for WithCookies<R> {
    fn meta() -> MetaResponses {
        let mut meta = R::meta();
        for response in &mut meta.responses {
            response.headers.push(MetaHeader {
                name: "Set-Cookie".to_owned(),
                description: Some(
                    "The cookies of the session, the refresh token, the device and the challenge, as the mode and the request demand.".to_owned(),
                ),
                required: false,
                deprecated: false,
                schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
            });
        }
        meta
    }

    fn register(registry: &mut Registry) {
        R::register(registry);
    }
}

impl<R: IntoResponse> IntoResponse for Tagged<R> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", self.1)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

impl<R: ApiResponse> ApiResponse for Tagged<R> {
    fn meta() -> MetaResponses {
        let mut meta = R::meta();
        for response in &mut meta.responses {
            response.headers.push(MetaHeader {
                name: "ETag".to_owned(),
                description: None,
                required: true,
                deprecated: false,
                schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
            });
        }
        meta
    }

    fn register(registry: &mut Registry) {
        R::register(registry);
    }
}

fn one(status: u16, content: Vec<MetaMediaType>) -> MetaResponses {
    let description = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    MetaResponses {
        responses: vec![MetaResponse { description, status: Some(status), status_range: None, content, headers: Vec::new() }],
    }
}
