//! The good side of an operation's answer: its status is part of its type, so the specification and the code cannot differ.

use poem::{
    IntoResponse, Response,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry},
    types::{ToJSON, Type},
};

use super::problem::{IntoProblem, Refusal};

/// A body of JSON.
pub(super) struct Reply<const STATUS: u16, T>(pub(super) T);

/// No body (204).
pub(super) struct NoContent;

/// No body: what is asked for will happen, or not (202).
pub(super) struct Accepted;

/// One answer or another.
pub(super) enum Either<A, B> {
    /// One.
    This(A),
    /// The other.
    That(B),
}

/// Any answer, and the cookies that go with it.
pub(super) struct WithCookies<R>(pub(super) R, pub(super) Vec<HeaderValue>);

impl<const STATUS: u16, T: ToJSON> IntoResponse for Reply<STATUS, T> {
    fn into_response(self) -> Response {
        Response::builder()
            .status(StatusCode::from_u16(STATUS).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            .content_type("application/json")
            .body(self.0.to_json_string())
    }
}

impl<const STATUS: u16, T: Type + ToJSON> ApiResponse for Reply<STATUS, T> {
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

impl<A: IntoResponse, B: IntoResponse> IntoResponse for Either<A, B> {
    fn into_response(self) -> Response {
        match self {
            Self::This(answer) => answer.into_response(),
            Self::That(answer) => answer.into_response(),
        }
    }
}

impl<A: ApiResponse, B: ApiResponse> ApiResponse for Either<A, B> {
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

impl<E: IntoProblem> From<WithCookies<Refusal<E>>> for poem::Error {
    fn from(WithCookies(refusal, cookies): WithCookies<Refusal<E>>) -> Self {
        Self::from_response(WithCookies(refusal.into_problem(), cookies).into_response())
    }
}

impl<R: ApiResponse> ApiResponse for WithCookies<R> {
    fn meta() -> MetaResponses {
        let mut meta = R::meta();
        for response in &mut meta.responses {
            response.headers.push(MetaHeader {
                name: "Set-Cookie".to_owned(),
                description: Some(
                    "The cookies of the session, of the refresh token, of the device: as the face and the request demand."
                        .to_owned(),
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

fn one(status: u16, content: Vec<MetaMediaType>) -> MetaResponses {
    let description = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    MetaResponses {
        responses: vec![MetaResponse { description, status: Some(status), status_range: None, content, headers: Vec::new() }],
    }
}
