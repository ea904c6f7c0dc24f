//! Https without a proxy.

use std::path::PathBuf;

use super::reader::Reader;

/// Where the certificate and its key are.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// The certificate and those above it, PEM.
    pub cert: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

impl TlsConfig {
    /// Both or neither.
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let path = |text: &str| if text.is_empty() { Err("write a file".to_owned()) } else { Ok(PathBuf::from(text)) };
        let cert = reader.optional("tls.cert", "The certificate and those above it, PEM: `listen` then speaks https.", path);
        let key = reader.optional("tls.key", "The certificate's private key, PEM.", path);
        match (cert, key) {
            (Some(cert), Some(key)) => Some(Self { cert, key }),
            (None, None) => None,
            (Some(_), None) => {
                reader.mistake("tls.key", "is missing beside tls.cert");
                None
            }
            (None, Some(_)) => {
                reader.mistake("tls.cert", "is missing beside tls.key");
                None
            }
        }
    }
}
