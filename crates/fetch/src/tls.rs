//! Certificates for https: whom we trust, and how we show who we are.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::environment::Environment;
use crate::error::{Error, plain};
use crate::verifier::{AnyServer, NamedServer};

/// A bundle of every public authority is a fifth of a megabyte.
const MAX_PEM_BYTES: u64 = 16 << 20;

/// The PEM files of `-tls_cert`, `-tls_key` and `-tls_ca`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// The client's certificate, followed by the chain up to its authority.
    pub cert: Option<PathBuf>,
    /// The client's private key (PKCS#8, PKCS#1 or SEC1), unencrypted.
    pub key: Option<PathBuf>,
    /// The authorities to trust in place of the system's.
    pub ca: Option<PathBuf>,
}

/// Whether a server has to prove that it is who it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verification {
    Full,
    /// `https+insecure`.
    Off,
}

/// The loaded options.
#[derive(Debug)]
pub(crate) struct Credentials {
    client: Option<Identity>,
    authorities: Option<Vec<CertificateDer<'static>>>,
    full: OnceLock<Arc<ClientConfig>>,
    off: OnceLock<Arc<ClientConfig>>,
}

/// A certificate with its chain, and the key that belongs to it.
#[derive(Debug)]
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Credentials {
    /// Reads the files and checks that they hold what they should.
    ///
    /// # Errors
    /// [`Error::Tls`]: one of certificate and key without the other, a file that cannot be read or holds
    /// nothing of use, a key that does not belong to the certificate.
    pub(crate) fn load(options: &TlsOptions) -> Result<Credentials, Error> {
        let client = match (&options.cert, &options.key) {
            (Some(cert), Some(key)) => Some(load_pair(cert, key).map_err(|reason| {
                let names = "certificate/key pair specified by -tls_cert and -tls_key";
                Error::Tls(format!("could not load {names}: {reason}"))
            })?),
            (None, Some(_)) => {
                let text = "-tls_key is specified, so -tls_cert must also be specified";
                return Err(Error::Tls(text.to_string()));
            }
            (Some(_), None) => {
                let text = "-tls_cert is specified, so -tls_key must also be specified";
                return Err(Error::Tls(text.to_string()));
            }
            (None, None) => None,
        };
        let authorities = match &options.ca {
            Some(ca) => {
                let certificates = read_certificates(ca).map_err(|reason| {
                    Error::Tls(format!("could not load CA specified by -tls_ca: {reason}"))
                })?;
                Some(certificates)
            }
            None => None,
        };
        let credentials = Credentials { client, authorities, full: OnceLock::new(), off: OnceLock::new() };
        if credentials.client.is_some() {
            // Whether key and certificate belong together shows only when they are used.
            credentials.build(Verification::Off, &Environment::default()).map_err(|reason| {
                let names = "certificate/key pair specified by -tls_cert and -tls_key";
                Error::Tls(format!("could not load {names}: {reason}"))
            })?;
        }
        Ok(credentials)
    }

    /// The configuration for connections, made for the first of them: reading the system's authorities
    /// costs milliseconds that plain http need not pay.
    pub(crate) fn configuration(
        &self,
        verification: Verification,
        environment: &Environment,
    ) -> Result<Arc<ClientConfig>, String> {
        let cell = match verification {
            Verification::Full => &self.full,
            Verification::Off => &self.off,
        };
        if let Some(configuration) = cell.get() {
            return Ok(configuration.clone());
        }
        let configuration = self.build(verification, environment)?;
        // Another thread may have been faster; both results are the same.
        Ok(cell.get_or_init(|| Arc::new(configuration)).clone())
    }

    fn build(&self, verification: Verification, environment: &Environment) -> Result<ClientConfig, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous();
        let builder = match verification {
            Verification::Off => builder.with_custom_certificate_verifier(Arc::new(AnyServer::new(provider))),
            Verification::Full => {
                let (roots, named) = match &self.authorities {
                    Some(named) => {
                        let mut roots = RootCertStore::empty();
                        roots.add_parsable_certificates(named.iter().cloned());
                        (roots, named.clone())
                    }
                    None => (system_roots(environment), Vec::new()),
                };
                let verifier = NamedServer::new(roots, named, provider).map_err(|error| error.to_string())?;
                builder.with_custom_certificate_verifier(Arc::new(verifier))
            }
        };
        match &self.client {
            None => Ok(builder.with_no_client_auth()),
            Some(client) => builder
                .with_client_auth_cert(client.chain.clone(), client.key.clone_key())
                .map_err(|error| match error {
                    rustls::Error::InconsistentKeys(_) => "private key does not match public key".to_string(),
                    error => error.to_string(),
                }),
        }
    }
}

/// The authorities that the system trusts, as Go takes them; the Mozilla list built into the program where
/// a machine (a bare container, say) has none at all.
fn system_roots(environment: &Environment) -> RootCertStore {
    let (file, folder) = (environment.ssl_cert_file.as_deref(), environment.ssl_cert_dir.as_deref());
    let found = match (file, folder) {
        (None, None) => rustls_native_certs::load_native_certs(),
        (file, folder) => rustls_native_certs::load_certs_from_paths(file, folder),
    };
    let mut roots = RootCertStore::empty();
    // Unreadable entries beside good ones are the system's business.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() && file.is_none() && folder.is_none() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn load_pair(cert: &Path, key: &Path) -> Result<Identity, String> {
    let chain = read_certificates(cert)?;
    let key = PrivateKeyDer::from_pem_slice(&read_pem(key)?)
        .map_err(|_| format!("{}: no unencrypted private key found", key.display()))?;
    Ok(Identity { chain, key })
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = read_pem(path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let certificates = certificates.map_err(|_| format!("{}: damaged PEM data", path.display()))?;
    if certificates.is_empty() {
        return Err(format!("{}: no certificate found", path.display()));
    }
    Ok(certificates)
}

fn read_pem(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_PEM_BYTES).read_to_end(&mut bytes))
        .map_err(|reason| format!("{}: {}", path.display(), plain(&reason)))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_and_key_come_together() {
        let check = |cert: Option<&str>, key: Option<&str>, ca: Option<&str>, expected: &str| {
            let options =
                TlsOptions { cert: cert.map(Into::into), key: key.map(Into::into), ca: ca.map(Into::into) };
            assert_eq!(Credentials::load(&options).unwrap_err().to_string(), expected);
        };
        check(None, Some("k"), None, "-tls_key is specified, so -tls_cert must also be specified");
        check(Some("c"), None, None, "-tls_cert is specified, so -tls_key must also be specified");
        check(
            Some("missing.pem"),
            Some("k"),
            None,
            "could not load certificate/key pair specified by -tls_cert and -tls_key: missing.pem: no such file or directory",
        );
        check(
            None,
            None,
            Some("Cargo.toml"),
            "could not load CA specified by -tls_ca: Cargo.toml: no certificate found",
        );
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let first = rcgen::generate_simple_self_signed(["a".to_string()]).unwrap();
        let second = rcgen::generate_simple_self_signed(["b".to_string()]).unwrap();
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::write(&cert, first.cert.pem()).unwrap();
        std::fs::write(&key, second.signing_key.serialize_pem()).unwrap();
        let options = TlsOptions { cert: Some(cert), key: Some(key), ca: None };
        let error = Credentials::load(&options).unwrap_err().to_string();
        assert!(error.ends_with("private key does not match public key"), "{error}");
    }
}
