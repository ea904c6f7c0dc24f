//! Why there is nothing to report.

use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{url} did not answer within {} s; check --api, or give a longer --timeout", timeout.as_secs())]
    Timeout { url: String, timeout: Duration },
    #[error("cannot connect to {url}: {cause}; check --api, that the API runs, and (https) its certificate")]
    Connect { url: String, cause: String },
    #[error("{url} has a certificate that is not trusted ({cause}); give its authority with --ca FILE")]
    Untrusted { url: String, cause: String },
    #[error(
        "{url} has a self-signed certificate of its own instead of one from an authority; browsers refuse it too: make an authority \
         (mkcert does), sign the certificate with it, and give --ca FILE"
    )]
    SelfSigned { url: String },
    #[error("{url} gave no answer that a browser could read: {cause}; check that --api speaks HTTP there")]
    NoAnswer { url: String, cause: String },
    #[error("{url} answered with headers that are too large, over 256 KiB or so: browsers give up too; look at what sets them")]
    HeadTooLarge { url: String },
    #[error("cannot ask {url}: {cause}")]
    Request { url: String, cause: String },
    #[error("{url} answered {status} without a CSRF token: no cookie, hidden field, meta element or JSON member is named so")]
    NoToken { url: String, status: u16 },
}

impl Error {
    /// Tells what TLS says apart from a connection that is not there.
    pub(super) fn connect(url: String, cause: String) -> Self {
        if cause.contains("CaUsedAsEndEntity") {
            return Self::SelfSigned { url };
        }
        if cause.contains("UnknownIssuer")
            || cause.contains("BadSignature")
            || cause.contains("self-signed")
            || cause.contains("self signed")
        {
            return Self::Untrusted { url, cause };
        }
        Self::Connect { url, cause }
    }
}
