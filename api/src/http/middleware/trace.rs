//! Writes one log line for each request, and puts the request's id on every line logged for it. Queries, headers and bodies carry
//! secrets, so they are never logged.

use std::{
    fmt::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use poem::{
    Request, Response,
    http::{HeaderValue, Method, header},
};
use poem_openapi::OperationId;
use tracing::{Instrument, Span, field::display};
use uuid::Uuid;

use crate::{
    config::CallersConfig,
    http::request,
    request_context::{self, RequestContext},
};

/// At most this many bytes of a path and of a method are logged.
const MAX_PATH: usize = 256;
const MAX_METHOD: usize = 16;

/// A request that is not answered yet.
pub(in crate::http) struct Trace {
    context: Arc<RequestContext>,
    method: Method,
    path: String,
    begun: Instant,
    span: Span,
}

/// A path as it is logged: visible ASCII only, and cut. hyper accepts raw bytes above ASCII, where control and bidirectional characters
/// are; here they are percent-encoded, as a well-formed client sends them.
fn loggable(path: &str) -> String {
    let mut text = String::with_capacity(path.len().min(MAX_PATH));
    for byte in path.bytes().take(MAX_PATH) {
        if byte.is_ascii_graphic() {
            text.push(byte.into());
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text.truncate(MAX_PATH);
    text
}

impl Trace {
    pub(in crate::http) fn begin(id: Uuid, request: &Request, callers: &CallersConfig) -> Self {
        let address = request::address(request, callers);
        let path = request.uri().path();
        let span = tracing::info_span!("request", request = %id, client = address.map(display));
        #[cfg(feature = "otel")]
        crate::telemetry::begin(&span, |name| Some(request.header(name)?.to_owned()));
        let context = Arc::new(RequestContext::new(id, address, request::text(request, header::USER_AGENT)));
        Self { context, method: request.method().clone(), path: loggable(path), begun: Instant::now(), span }
    }

    /// Runs `answering` inside the request's span.
    pub(in crate::http) fn around<T>(&self, answering: impl Future<Output = T>) -> impl Future<Output = T> {
        request_context::within(Arc::clone(&self.context), answering).instrument(self.span.clone())
    }

    /// Writes the line and adds `X-Request-Id` to the answer. Returns the operation, or an empty name, and the time it took.
    pub(in crate::http) fn end(self, response: &mut Response) -> (&'static str, Duration) {
        let Self { context, method, path, begun, span } = self;
        let (status, after) = (response.status().as_u16(), begun.elapsed());
        let operation = response.data::<OperationId>().map(|operation| operation.0);
        let ms = after.as_secs_f64() * 1000.0;
        #[cfg(feature = "otel")]
        crate::telemetry::end(&span, operation, method.as_str(), status);
        // A method is ASCII, so each byte is a boundary.
        let method = method.as_str().get(..MAX_METHOD).unwrap_or(method.as_str());
        let (user, session) = context.who().map(|(user, session)| (display(user.0), display(session.0))).unzip();
        span.in_scope(|| tracing::info!(method, path, operation, status, ms, user, session, "answered"));
        if let Ok(id) = HeaderValue::try_from(context.id.to_string()) {
            response.headers_mut().insert("x-request-id", id);
        }
        (operation.unwrap_or_default(), after)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_PATH, loggable};

    #[test]
    fn a_logged_path_is_short_visible_ascii() {
        assert_eq!(loggable("/v1/session"), "/v1/session");
        assert_eq!(loggable("/%0d%0a"), "/%0d%0a");
        assert_eq!(loggable("/a\u{202e}b\u{9b}"), "/a%E2%80%AEb%C2%9B");
        for before in 0..300 {
            let logged = loggable(&format!("/{}\u{e9}{}", "x".repeat(before), "x".repeat(20_000)));
            assert!(logged.len() == MAX_PATH && logged.bytes().all(|byte| byte.is_ascii_graphic()), "{logged}");
        }
    }
}
