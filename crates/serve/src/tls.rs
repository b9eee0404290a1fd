//! Certificate and key of the server.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::site::ServeError;

/// Reads a chain of certificates and their key.
///
/// # Errors
/// When a file cannot be read, holds something else, or the two do not belong together.
pub(crate) fn acceptor(certificates: &Path, key: &Path) -> Result<TlsAcceptor, ServeError> {
    let wrong = |path: &Path, reason: String| ServeError::Tls { path: path.to_owned(), reason };
    let read = |path: &Path| std::fs::read(path).map_err(|error| wrong(path, error.to_string()));
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(certificates)?).collect();
    let chain = chain.map_err(|_| wrong(certificates, "damaged PEM data".to_owned()))?;
    if chain.is_empty() {
        return Err(wrong(certificates, "no certificate found".to_owned()));
    }
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|_| wrong(key, "no unencrypted private key found".to_owned()))?;
    let mut configuration = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| wrong(key, error.to_string()))?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(configuration)))
}
