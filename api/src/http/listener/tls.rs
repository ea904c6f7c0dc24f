//! TLS 1.2 and 1.3 without a proxy, by rustls on aws-lc.

use std::sync::Arc;

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::config::TlsConfig;

/// Reads the certificate and its key.
pub fn acceptor(config: &TlsConfig) -> Result<TlsAcceptor, String> {
    let (cert, key) = (config.cert.display(), config.key.display());
    let chain = CertificateDer::pem_file_iter(&config.cert).and_then(Iterator::collect);
    let chain: Vec<_> = chain.map_err(|error| format!("tls.cert: {cert}: {error}"))?;
    let private = PrivateKeyDer::from_pem_file(&config.key).map_err(|error| format!("tls.key: {key}: {error}"))?;
    let server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|error| format!("{cert} and {key} do not belong together: {error}"))?;
    Ok(TlsAcceptor::from(Arc::new(server)))
}
