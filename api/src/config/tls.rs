//! HTTPS without a proxy.

use std::path::PathBuf;

use super::reader::Reader;

/// Certificate and private key.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// The certificate chain, PEM.
    pub cert: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

impl TlsConfig {
    /// Both or neither.
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let path = |text: &str| if text.is_empty() { Err("write a file".to_owned()) } else { Ok(PathBuf::from(text)) };
        let cert = reader.optional("tls.cert", "File with the certificate chain, PEM. If set, `listen` serves HTTPS.", path);
        let key = reader.optional("tls.key", "File with the certificate's private key, PEM.", path);
        match (cert, key) {
            (Some(cert), Some(key)) => Some(Self { cert, key }),
            (None, None) => None,
            (Some(_), None) => {
                reader.reject("tls.key", "is missing beside tls.cert");
                None
            }
            (None, Some(_)) => {
                reader.reject("tls.cert", "is missing beside tls.key");
                None
            }
        }
    }
}
