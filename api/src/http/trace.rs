//! One line in the log for each request. No query, no header, no body: that is where secrets travel.

use std::time::Instant;

use poem::{
    Response,
    http::{HeaderValue, Method},
};
use uuid::Uuid;

/// A request under way.
pub(super) struct Trace {
    id: Uuid,
    method: Method,
    path: String,
    begun: Instant,
}

impl Trace {
    pub(super) fn begin(id: Uuid, method: &Method, path: &str) -> Self {
        Self { id, method: method.clone(), path: path.to_owned(), begun: Instant::now() }
    }

    /// Writes the line, and puts the request's id on the answer, for people to quote.
    pub(super) fn end(self, response: &mut Response) {
        let Self { id, method, path, begun } = self;
        let (status, ms) = (response.status().as_u16(), begun.elapsed().as_millis());
        tracing::info!(%method, path, status, ms, request = %id, "answered");
        if let Ok(id) = HeaderValue::try_from(id.to_string()) {
            response.headers_mut().insert("x-request-id", id);
        }
    }
}
