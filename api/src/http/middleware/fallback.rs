//! Turns the errors that poem itself raises into problems. Their texts repeat input of the client, so they are never sent.

use poem::{
    Error, IntoResponse, Response,
    error::{MethodNotAllowedError, NotFoundError},
    http::{HeaderValue, Method, StatusCode, Uri, header},
};
use poem_openapi::{
    OperationId,
    error::{ParseParamError, ParsePathError},
};

use crate::http::{
    request::query,
    response::problem::{Problem, ProblemCode},
};

/// The answer for an error. `methods` are those that the path has operations for.
pub(in crate::http) fn answer(error: Error, method: &Method, uri: &Uri, methods: Vec<Method>) -> Response {
    let operation = error.data::<OperationId>().copied();
    let mut response = match error.downcast_ref::<ParseParamError>() {
        Some(error) => Problem::new(ProblemCode::ValidationFailed).fields(vec![query::missing(error.name)]).into_response(),
        None => answer_of(error, method, uri.path().starts_with('/'), methods),
    };
    if let Some(operation) = operation {
        response.set_data(operation);
    }
    response
}

fn answer_of(error: Error, method: &Method, is_path: bool, operations: Vec<Method>) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    // A path parameter that does not parse names no resource.
    if error.is::<ParsePathError>() || (error.is::<NotFoundError>() && is_path) {
        return not_found();
    }
    if error.is::<MethodNotAllowedError>() || !is_path {
        // No operation uses OPTIONS; the answer lists the methods of the path.
        let mut response = match *method {
            Method::OPTIONS => StatusCode::NO_CONTENT.into(),
            _ => Problem::new(ProblemCode::MethodNotAllowed).into_response(),
        };
        if let Ok(allowed) = HeaderValue::try_from(allowed_methods(operations)) {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        return response;
    }
    match error.status() {
        StatusCode::NOT_FOUND => not_found(),
        status if status.is_client_error() => Problem::new(ProblemCode::MalformedRequest).into_response(),
        status => {
            tracing::error!(%status, "poem answers with an error of its own");
            Problem::new(ProblemCode::InternalError).into_response()
        }
    }
}

/// The answer when a handler panicked. The text of the panic may contain secrets, so it is never sent.
pub(in crate::http) fn panicked() -> Response {
    Problem::new(ProblemCode::InternalError).into_response()
}

/// The methods of a path, for `Allow` (RFC 9110 section 15.5.6).
fn allowed_methods(mut methods: Vec<Method>) -> String {
    if methods.is_empty() {
        // Not an operation, but a page or a document: these are read only.
        methods.push(Method::GET);
    }
    if let Some(get) = methods.iter().position(|method| method == Method::GET) {
        methods.insert(get + 1, Method::HEAD);
    }
    methods.push(Method::OPTIONS);
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}

fn not_found() -> Response {
    Problem::new(ProblemCode::NotFound).into_response()
}
