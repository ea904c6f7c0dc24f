//! TLS 1.2 and 1.3 without a proxy, by rustls on aws-lc. The certificate can be replaced while the service runs.

use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::{ClientHello, ParsedCertificate, ResolvesServerCert},
        sign::CertifiedKey,
    },
};

use super::expiry::expires;
use crate::config::TlsConfig;

/// The certificate that new connections get.
#[derive(Debug)]
pub struct Certificate {
    files: TlsConfig,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// Reads the certificate and its key.
    pub fn read(files: &TlsConfig) -> Result<Arc<Self>, String> {
        let current = RwLock::new(Arc::new(certified(files)?));
        Ok(Arc::new(Self { files: files.clone(), current }))
    }

    /// Reads the files again, and returns whether the certificate is another one. If they are broken, for instance because only one of them
    /// has been replaced yet, the former certificate stays.
    pub fn reload(&self) -> Result<bool, String> {
        let read = certified(&self.files)?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = current.cert != read.cert;
        *current = Arc::new(read);
        Ok(is_new)
    }

    /// When it expires, in seconds since 1970.
    pub fn expires(&self) -> Option<i64> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        expires(current.cert.first()?)
    }

    /// Accepts connections with it.
    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, String> {
        let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        Ok(TlsAcceptor::from(Arc::new(builder.with_no_client_auth().with_cert_resolver(resolver))))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn certified(TlsConfig { cert, key }: &TlsConfig) -> Result<CertifiedKey, String> {
    let chain = CertificateDer::pem_file_iter(cert).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| format!("tls.cert: {}: {error}", cert.display()))?;
    if chain.is_empty() {
        return Err(format!("tls.cert: {}: no certificate in PEM", cert.display()));
    }
    // A client would refuse the chain because of any of them.
    for certificate in &chain {
        let parsed = ParsedCertificate::try_from(certificate);
        parsed.map_err(|error| format!("tls.cert: {}: a certificate of the chain is broken: {error}", cert.display()))?;
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| format!("tls.key: {}: {error}", key.display()))?;
    let together = CertifiedKey::from_der(chain, private, &aws_lc_rs::default_provider());
    together.map_err(|error| format!("{} and {} do not belong together: {error}", cert.display(), key.display()))
}
