//! One profile over HTTP: the request, redirects, what the server says when it refuses, the body.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ureq::http::{HeaderMap, StatusCode, header};

use crate::connector;
use crate::environment::Environment;
use crate::error::{Error, one_line, plain};
use crate::fetcher::Limits;
use crate::locator::Query;
use crate::notice::seconds;
use crate::proxy::proxy_for;
use crate::tls::{Credentials, Verification};
use crate::url::Url;

/// A year: clocks cannot count to the end of every number that `-timeout` may be given.
const MAX_LIMIT: Duration = Duration::from_secs(365 * 24 * 3600);

/// What every request needs.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) credentials: Credentials,
    pub(crate) environment: Environment,
    pub(crate) limits: Limits,
}

/// The body of a good answer, as a reader.
pub(crate) struct Body {
    body: ureq::BodyReader<'static>,
    received: u64,
    limit: Duration,
    pub(crate) length: Option<u64>,
}

/// One attempt to fetch something, for its error messages.
struct Attempt<'a> {
    address: &'a str,
    url: String,
    limit: Duration,
}

impl Client {
    /// Asks for a profile, following redirects; `address` names the source in errors.
    pub(crate) fn get(&self, address: &str, query: &Query) -> Result<Body, Error> {
        self.get_within(address, &query.url, query.timeout.saturating_add(self.limits.grace))
    }

    /// Asks for a URL, following redirects.
    ///
    /// One deadline covers everything from looking up the name to the last byte of the body.
    pub(crate) fn get_within(&self, address: &str, url: &Url, limit: Duration) -> Result<Body, Error> {
        let limit = limit.min(MAX_LIMIT);
        let attempt = Attempt { address, url: url.redacted(), limit };
        let start = Instant::now();
        let verification =
            if url.scheme() == "https+insecure" { Verification::Off } else { Verification::Full };
        let mut url = url.clone();
        for _ in 0..self.limits.requests {
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(attempt.timeout());
            }
            let asked = self.ask(&url, None, verification, left);
            let response = asked.map_err(|failure| attempt.failed(&failure))?;
            if response.status() == StatusCode::OK {
                return Ok(Body::new(response, limit));
            }
            let Some(target) = redirect(response.status(), response.headers()) else {
                return Err(self.refused(&attempt, response));
            };
            url = url.join(&target).map_err(|cause| {
                attempt.transport(format!("redirected to {}: {cause}", one_line(&target)))
            })?;
        }
        Err(attempt.transport(format!("stopped after {} redirects", self.limits.requests)))
    }

    /// Sends `body` to a URL and returns what comes back, up to `most` bytes. Redirects count as refusals.
    pub(crate) fn post(
        &self,
        url: &Url,
        body: &str,
        patience: Duration,
        most: u64,
    ) -> Result<Vec<u8>, Error> {
        let address = url.redacted();
        let attempt = Attempt { address: &address, url: address.clone(), limit: patience };
        let verification =
            if url.scheme() == "https+insecure" { Verification::Off } else { Verification::Full };
        let asked = self.ask(url, Some(body), verification, patience);
        let response = asked.map_err(|failure| attempt.failed(&failure))?;
        if response.status() != StatusCode::OK {
            return Err(self.refused(&attempt, response));
        }
        let mut bytes = Vec::new();
        let read = Body::new(response, patience).take(most).read_to_end(&mut bytes);
        read.map_err(|error| attempt.transport(one_line(&error.to_string())))?;
        Ok(bytes)
    }

    /// Asks once, with GET, or with POST where there is a body.
    fn ask(
        &self,
        url: &Url,
        body: Option<&str>,
        verification: Verification,
        left: Duration,
    ) -> Result<ureq::http::Response<ureq::Body>, Failure> {
        let scheme = match url.scheme() {
            "http" => "http",
            "https" | "https+insecure" => "https",
            other => return Err(Failure::Reason(format!("unsupported protocol scheme {other:?}"))),
        };
        let proxy = proxy_for(&self.environment, scheme, url).map_err(Failure::Reason)?;
        let configuration = ureq::Agent::config_builder()
            .timeout_global(Some(left))
            .http_status_as_error(false)
            // Each hop may need another proxy and other credentials, so redirects are followed here.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("hotlist/", env!("CARGO_PKG_VERSION")));
        // Only https pays for loading the authorities, be it the server's or the proxy's.
        let needs_tls = scheme == "https"
            || proxy.as_ref().is_some_and(|proxy| proxy.protocol() == ureq::ProxyProtocol::Https);
        let tls = needs_tls
            .then(|| self.credentials.configuration(verification, &self.environment))
            .transpose()
            .map_err(Failure::Reason)?;
        let agent = connector::agent(configuration.proxy(proxy).build(), tls, Instant::now() + left);
        let authorization = url.user().map(|user| {
            let pair = [&user.name, b":".as_slice(), user.password.as_deref().unwrap_or_default()].concat();
            format!("Basic {}", BASE64_STANDARD.encode(pair))
        });
        let address = url.request_text(scheme);
        let response = match body {
            None => {
                let request = agent.get(address);
                match authorization {
                    Some(value) => request.header(header::AUTHORIZATION, value),
                    None => request,
                }
                .call()
            }
            Some(body) => {
                let request = agent.post(address).header(header::CONTENT_TYPE, "application/octet-stream");
                match authorization {
                    Some(value) => request.header(header::AUTHORIZATION, value),
                    None => request,
                }
                .send(body)
            }
        };
        response.map_err(Failure::Client)
    }

    /// The error for a status other than 200. Go's profile endpoints mark their error texts with a header;
    /// only those are quoted, since others are mostly pages of HTML.
    fn refused(&self, attempt: &Attempt<'_>, response: ureq::http::Response<ureq::Body>) -> Error {
        let status = response.status();
        let status = match status.canonical_reason() {
            Some(words) => format!("{} {words}", status.as_u16()),
            None => status.as_u16().to_string(),
        };
        let value = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let is_endpoint = value("x-go-pprof").is_some_and(|value| !value.is_empty());
        let is_text = value("content-type").is_some_and(|kind| kind.contains("text/plain"));
        let body = (is_endpoint && is_text).then(|| {
            let mut bytes = Vec::new();
            // What arrived before a failure is still worth showing.
            let _ = response.into_body().into_reader().take(self.limits.error_text).read_to_end(&mut bytes);
            one_line(&String::from_utf8_lossy(&bytes))
        });
        Error::Status {
            address: attempt.address.to_string(),
            status,
            body: body.filter(|body| !body.is_empty()),
        }
    }
}

impl Body {
    fn new(response: ureq::http::Response<ureq::Body>, limit: Duration) -> Body {
        let body = response.into_body();
        let length = body.content_length();
        Body { body: body.into_reader(), received: 0, limit, length }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.body.read(buffer) {
            Ok(count) => {
                self.received += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.explain(error)),
        }
    }
}

impl Body {
    fn explain(&self, error: io::Error) -> io::Error {
        let kind = error.kind();
        let failure = Failure::Client(ureq::Error::from(error));
        let after = match self.length {
            Some(length) => format!("after {} of {length} bytes", self.received),
            None => format!("after {} bytes", self.received),
        };
        if failure.is_timeout() {
            let text = format!("the server did not send all within {}, stopped {after}", seconds(self.limit));
            return io::Error::new(io::ErrorKind::TimedOut, text);
        }
        match kind {
            io::ErrorKind::UnexpectedEof => {
                io::Error::new(kind, format!("the server closed the connection early, {after}"))
            }
            kind => io::Error::new(kind, format!("{}, {after}", failure.reason())),
        }
    }
}

impl Attempt<'_> {
    fn timeout(&self) -> Error {
        Error::Timeout { address: self.address.to_string(), url: self.url.clone(), limit: self.limit }
    }

    fn transport(&self, reason: String) -> Error {
        Error::Transport { address: self.address.to_string(), url: self.url.clone(), reason }
    }

    fn failed(&self, failure: &Failure) -> Error {
        if failure.is_timeout() { self.timeout() } else { self.transport(failure.reason()) }
    }
}

/// Why a request has no answer.
enum Failure {
    Reason(String),
    Client(ureq::Error),
}

impl Failure {
    fn is_timeout(&self) -> bool {
        match self {
            Failure::Client(ureq::Error::Timeout(_)) => true,
            Failure::Client(ureq::Error::Io(error)) => error.kind() == io::ErrorKind::TimedOut,
            _ => false,
        }
    }

    /// The reason as one line, in the words of our other messages.
    fn reason(&self) -> String {
        match self {
            Failure::Reason(reason) => one_line(reason),
            Failure::Client(ureq::Error::Io(error)) => {
                match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                    Some(error) => tls_reason(error),
                    None if error.kind() == io::ErrorKind::UnexpectedEof => {
                        "the server closed the connection without an answer".to_string()
                    }
                    None => plain(error),
                }
            }
            Failure::Client(ureq::Error::Rustls(error)) => tls_reason(error),
            Failure::Client(ureq::Error::HostNotFound) => "no such host".to_string(),
            Failure::Client(ureq::Error::LargeResponseHeader(_, limit)) => {
                format!("the response header is larger than {limit} bytes")
            }
            Failure::Client(ureq::Error::Protocol(error)) => {
                one_line(&format!("not an answer in HTTP/1.1: {error}"))
            }
            Failure::Client(error) => one_line(&error.to_string()),
        }
    }
}

fn tls_reason(error: &rustls::Error) -> String {
    use rustls::{CertificateError, InvalidMessage};
    match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "tls: certificate signed by unknown authority".to_string()
        }
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "tls: the server does not speak https".to_string()
        }
        error => one_line(&format!("tls: {error}")),
    }
}

/// Where a redirect leads; `None` for every other answer, a redirect that names no place included.
fn redirect(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let target = String::from_utf8_lossy(headers.get(header::LOCATION)?.as_bytes()).into_owned();
    (!target.is_empty()).then_some(target)
}
