//! Fetching over https: whom we trust, and how we show who we are.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hotlist_fetch::{Environment, TlsOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::support::{Outcome, Server, fetch_with, impatient, read_head, reply, within};

const LIMIT: Duration = Duration::from_secs(20);

/// An authority, with a folder for the PEM files of the test.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// Who has to show a certificate.
#[derive(Clone, Copy, PartialEq)]
enum Proof {
    ServerOnly,
    ClientToo,
}

impl Authority {
    fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Authority { issuer, folder: tempfile::tempdir().unwrap() }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn pem_file(&self) -> PathBuf {
        self.write("ca.pem", &self.issuer.pem())
    }

    fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_string()]).unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// A server for this name that answers `secret`.
    fn serve(&self, name: &str, proof: Proof) -> Server {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let (certificate, key) = self.sign(name);
        serve(&certificate, &key, (proof == Proof::ClientToo).then_some(roots))
    }
}

fn serve(certificate: &rcgen::Certificate, key: &KeyPair, clients: Option<RootCertStore>) -> Server {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        Some(roots) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap(),
        ),
        None => builder.with_no_client_auth(),
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap());
    Server::start_raw(move |stream| {
        let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(connection, stream);
        read_head(&mut stream)?;
        reply(&mut stream, "200 OK", "", b"secret")?;
        stream.conn.send_close_notify();
        stream.flush()
    })
}

fn fetch(options: TlsOptions, scheme: &str, host: &str, server: &Server) -> Outcome {
    let source = format!("{scheme}://{host}:{}/heap", server.port);
    fetch_with(&impatient(options, Environment::default()), &source, Duration::from_secs(5))
}

/// Expects an error with this text after the URL.
fn check_refused(outcome: Outcome, expected: &str) {
    let error = outcome.result.unwrap_err();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn an_authority_that_is_named_is_trusted() {
    within(LIMIT, || {
        let authority = Authority::new("authority");
        let options = TlsOptions { ca: Some(authority.pem_file()), ..TlsOptions::default() };
        for host in ["localhost", "127.0.0.1"] {
            let server = authority.serve(host, Proof::ServerOnly);
            let outcome = fetch(options.clone(), "https", host, &server);
            assert_eq!(outcome.result.as_deref(), Ok(b"secret".as_slice()));
        }
    });
}

#[test]
fn others_are_not_trusted() {
    within(LIMIT, || {
        let authority = Authority::new("authority");
        let server = authority.serve("localhost", Proof::ServerOnly);
        let unknown = "tls: certificate signed by unknown authority";
        check_refused(fetch(TlsOptions::default(), "https", "localhost", &server), unknown);
        let other = Authority::new("other");
        let options = TlsOptions { ca: Some(other.pem_file()), ..TlsOptions::default() };
        check_refused(fetch(options, "https", "localhost", &server), unknown);
    });
}

#[test]
fn the_name_has_to_fit() {
    within(LIMIT, || {
        let authority = Authority::new("authority");
        let server = authority.serve("elsewhere.test", Proof::ServerOnly);
        let options = TlsOptions { ca: Some(authority.pem_file()), ..TlsOptions::default() };
        check_refused(fetch(options, "https", "localhost", &server), "certificate not valid for name");
    });
}

#[test]
fn insecure_asks_for_no_proof() {
    within(LIMIT, || {
        let authority = Authority::new("authority");
        let server = authority.serve("elsewhere.test", Proof::ServerOnly);
        let outcome = fetch(TlsOptions::default(), "https+insecure", "localhost", &server);
        assert_eq!(outcome.result.as_deref(), Ok(b"secret".as_slice()));
        let shown = format!("https+insecure://localhost:{}/heap", server.port);
        assert_eq!(outcome.notices, [format!("Fetching profile over HTTP from {shown}")]);
    });
}

#[test]
fn a_certificate_that_is_named_itself_is_trusted() {
    within(LIMIT, || {
        // As `openssl req -x509` makes them: one certificate that is its own authority.
        for is_ca in [IsCa::Ca(BasicConstraints::Unconstrained), IsCa::NoCa] {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(["localhost".to_string()]).unwrap();
            params.is_ca = is_ca;
            let certificate = params.self_signed(&key).unwrap();
            let authority = Authority::new("authority");
            let options = TlsOptions {
                ca: Some(authority.write("self.pem", &certificate.pem())),
                ..TlsOptions::default()
            };
            let server = serve(&certificate, &key, None);
            let outcome = fetch(options.clone(), "https", "localhost", &server);
            assert_eq!(outcome.result.as_deref(), Ok(b"secret".as_slice()));
            check_refused(fetch(options, "https", "127.0.0.1", &server), "certificate not valid for name");
        }
    });
}

#[test]
fn a_client_shows_its_certificate() {
    within(LIMIT, || {
        let authority = Authority::new("authority");
        let server = authority.serve("localhost", Proof::ClientToo);
        let (certificate, key) = authority.sign("client");
        let with_pair = TlsOptions {
            cert: Some(authority.write("client.pem", &certificate.pem())),
            key: Some(authority.write("client.key", &key.serialize_pem())),
            ca: Some(authority.pem_file()),
        };
        let outcome = fetch(with_pair, "https", "localhost", &server);
        assert_eq!(outcome.result.as_deref(), Ok(b"secret".as_slice()));
        let without = TlsOptions { ca: Some(authority.pem_file()), ..TlsOptions::default() };
        check_refused(fetch(without, "https", "localhost", &server), "CertificateRequired");
    });
}

#[test]
fn plain_http_behind_https_is_told() {
    within(LIMIT, || {
        let server = Server::start_raw(|mut stream| reply(&mut stream, "400 Bad Request", "", b""));
        check_refused(
            fetch(TlsOptions::default(), "https", "localhost", &server),
            "tls: the server does not speak https",
        );
    });
}

#[test]
fn a_handshake_that_stalls_is_given_up() {
    within(LIMIT, || {
        let server = Server::start_raw(|stream| {
            std::thread::sleep(Duration::from_secs(10));
            drop(stream);
            Ok(())
        });
        let source = format!("https://localhost:{}/heap", server.port);
        let fetcher = impatient(TlsOptions::default(), Environment::default());
        let outcome = fetch_with(&fetcher, &source, Duration::from_millis(500));
        check_refused(outcome, "no answer within 500ms");
    });
}
