//! One profile from one program, over HTTP.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT_ENCODING, AUTHORIZATION, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::target::Target;
use crate::body::{self, BodyLimits, Taken};

/// Why a program gave no profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ScrapeFailure {
    /// It does not have such a profile.
    Missing,
    /// Anything else, in words.
    Other(String),
}

impl ScrapeFailure {
    /// In words.
    pub(super) fn words(&self) -> &str {
        match self {
            ScrapeFailure::Missing => "it has no such profile",
            ScrapeFailure::Other(words) => words,
        }
    }
}

/// How programs are asked.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) limits: BodyLimits,
    pub(super) tls: Arc<ClientConfig>,
}

impl Client {
    /// What `target` has at `path`, unpacked where it was packed for the way.
    pub(super) async fn get(
        &self,
        target: &Target,
        path: &str,
        patience: Duration,
    ) -> Result<Taken, ScrapeFailure> {
        match tokio::time::timeout(patience, self.ask(target, path, patience)).await {
            Ok(result) => result,
            Err(_) => Err(ScrapeFailure::Other(format!("no answer within {} s", patience.as_secs()))),
        }
    }

    async fn ask(&self, target: &Target, path: &str, patience: Duration) -> Result<Taken, ScrapeFailure> {
        let other = |error: &dyn std::fmt::Display| ScrapeFailure::Other(error.to_string());
        let is_tls = target.scheme == "https";
        let has_port = target.address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let place = match (has_port, is_tls) {
            (true, _) => target.address.clone(),
            (false, true) => format!("{}:443", target.address),
            (false, false) => format!("{}:80", target.address),
        };
        let stream = TcpStream::connect(&place).await.map_err(|error| other(&error))?;
        let _ = stream.set_nodelay(true);
        if !is_tls {
            return self.exchange(stream, target, path, patience).await;
        }
        let host =
            place.rsplit_once(':').map_or(&*place, |(host, _)| host).trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host).map_err(|error| other(&error))?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = connector.connect(name, stream).await.map_err(|error| other(&error))?;
        self.exchange(stream, target, path, patience).await
    }

    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        target: &Target,
        path: &str,
        patience: Duration,
    ) -> Result<Taken, ScrapeFailure> {
        let other = |error: &dyn std::fmt::Display| ScrapeFailure::Other(error.to_string());
        let handshake = http1::Builder::new().max_buf_size(64 << 10).handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|error| other(&error))?;
        let driver = tokio::spawn(connection);
        let mut request = Request::get(path)
            .header(HOST, &target.address)
            .header(ACCEPT_ENCODING, "gzip")
            .header(USER_AGENT, concat!("hotlist/", env!("CARGO_PKG_VERSION")));
        if let Some(value) = &target.authorization {
            request = request.header(AUTHORIZATION, value);
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| other(&error))?;
        let taken = async {
            let response = sender.send_request(request).await.map_err(|error| other(&error))?;
            let (head, body) = response.into_parts();
            match head.status {
                StatusCode::OK => {}
                StatusCode::NOT_FOUND => return Err(ScrapeFailure::Missing),
                status => return Err(ScrapeFailure::Other(format!("the program answers {status}"))),
            }
            let words = |failure: crate::failure::Failure| ScrapeFailure::Other(failure.words());
            let mut taken = body::take(body, &self.limits, patience).await.map_err(words)?;
            taken.unpack(&head.headers, &self.limits).map_err(words)?;
            Ok(taken)
        };
        let taken = taken.await;
        driver.abort();
        taken
    }
}
