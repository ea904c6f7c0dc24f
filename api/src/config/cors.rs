//! Cross-origin resource sharing, beyond `origins` and `dev_origins`.

use super::{reader::Reader, values::header_name};

/// Request headers that a page of another origin may send.
#[derive(Clone, Debug, Default)]
pub struct CorsConfig {
    /// Names in lower case, in addition to those that the API reads and to those of W3C Trace Context.
    pub allowed_headers: Vec<String>,
}

impl CorsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let about = "Request headers that frontends may send besides those of the API and of tracing: sentry-trace.";
        Self { allowed_headers: reader.list("cors.allowed_headers", about, header_name) }
    }
}
