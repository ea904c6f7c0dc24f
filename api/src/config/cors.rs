//! Cross-origin resource sharing, beyond `origins` and `dev_origins`.

use super::reader::Reader;

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

/// A field name (RFC 9110 section 5.1). `*` is one, but browsers take it literally in requests with credentials.
fn header_name(text: &str) -> Result<String, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&byte);
    if text.is_empty() || !text.bytes().all(is_token) {
        return Err("write the name of a request header: x-requested-with".to_owned());
    }
    Ok(text.to_ascii_lowercase())
}
