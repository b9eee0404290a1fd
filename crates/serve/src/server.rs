//! Listening, what connections may cost, and who is let in.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hotlist_store::Store;
use hotlist_web::{Address, Answer, Hosts};
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderMap, HeaderValue, ORIGIN};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ClientConfig;

use crate::body::{self, BODY_TIME, BodyLimits, Flight, Taken};
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::routes::{self, Asked};
use crate::scrape::{ScrapeConfig, Scraper};
use crate::site::{ServeError, Site};
use crate::stop::{first, signalled};
use crate::tell::Tell;
use crate::tenants::Tenants;
use crate::tls::acceptor;
use crate::viewers::Viewers;

/// Connections at one time; further ones wait until one ends.
const CONNECTIONS: usize = 1024;
/// How long a client may take to send the head of a request, and to leave a connection unused.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// How long a connection may last, so that clients that do not take in their answers go away some day.
const CONNECTION_TIME: Duration = Duration::from_secs(900);
/// How long a client may take over the handshake of TLS.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long requests have at the end of the server.
const LAST_TIME: Duration = Duration::from_secs(5);
/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 64 << 10;
/// The most header fields of a request.
const MOST_HEADERS: usize = 100;

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    runtime: tokio::runtime::Runtime,
    listener: TcpListener,
    bound: SocketAddr,
    host: String,
    acceptor: Option<Acceptor>,
    shared: Arc<Shared>,
    scrape: Option<ScrapeConfig>,
    /// Whom scrapes over https trust.
    authorities: Arc<ClientConfig>,
}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) tenants: Tenants,
    pub(crate) hosts: Hosts,
    pub(crate) viewers: Viewers,
    pub(crate) metrics: Metrics,
    pub(crate) bodies: BodyLimits,
    /// How many profiles are taken in at the same time.
    pushes: Arc<Semaphore>,
    /// How many questions are answered at the same time.
    questions: Arc<Semaphore>,
    pub(crate) tell: Tell,
}

#[derive(Clone)]
struct Acceptor(TlsAcceptor);

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Acceptor")
    }
}

impl Server {
    /// Listens; connections are answered by [`run`](Self::run).
    ///
    /// # Errors
    /// When the address cannot be listened at, or certificate and key cannot be used.
    pub fn bind(site: Site) -> Result<Server, ServeError> {
        let Site {
            store,
            address,
            names,
            tenants,
            tls,
            scrape,
            authorities,
            max_profile,
            request_memory,
            tell,
        } = site;
        let acceptor = tls.map(|(chain, key)| acceptor(&chain, &key)).transpose()?.map(Acceptor);
        let processors = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(processors * 4 + 16)
            .enable_io()
            .enable_time()
            .build()?;
        let Address { host, port } = &address;
        let listen = |source| ServeError::Listen { address: format!("{host}:{port}"), source };
        let listener = runtime.block_on(TcpListener::bind((host.as_str(), *port))).map_err(listen)?;
        let bound = listener.local_addr().map_err(listen)?;
        let mut hosts = Hosts::new(&address, bound);
        names.iter().for_each(|name| hosts.add(name));
        let shared = Shared {
            store,
            tenants,
            hosts,
            viewers: Viewers::new(request_memory),
            metrics: Metrics::default(),
            bodies: BodyLimits { largest: max_profile, flight: Flight::new(request_memory) },
            pushes: Arc::new(Semaphore::new(processors * 2)),
            questions: Arc::new(Semaphore::new(processors)),
            tell,
        };
        let host = address.host;
        Ok(Server { runtime, listener, bound, host, acceptor, shared: Arc::new(shared), scrape, authorities })
    }

    /// The address to listen at that was taken in the end.
    pub fn bound(&self) -> SocketAddr {
        self.bound
    }

    /// Where clients of this machine find the server.
    pub fn url(&self) -> String {
        let scheme = if self.acceptor.is_some() { "https" } else { "http" };
        let port = self.bound.port();
        match &*self.host {
            _ if self.bound.ip().is_unspecified() => format!("{scheme}://localhost:{port}"),
            host if host.contains(':') => format!("{scheme}://[{host}]:{port}"),
            host => format!("{scheme}://{host}:{port}"),
        }
    }

    /// Answers connections and scrapes for ever.
    ///
    /// # Errors
    /// When the system gives no further connections.
    pub fn run(self) -> Result<(), ServeError> {
        self.run_until(std::future::pending())
    }

    /// Answers connections and scrapes until the process gets a signal that ends programs. What is being kept then is
    /// kept, though its sender may not learn of it; the store is closed afterwards, if nobody else has it.
    ///
    /// # Errors
    /// When the system gives no further connections.
    pub fn run_until_signalled(self) -> Result<(), ServeError> {
        self.run_until(signalled())
    }

    fn run_until(self, stop: impl Future<Output = io::Result<()>>) -> Result<(), ServeError> {
        let Server { runtime, listener, acceptor, shared, scrape, authorities, .. } = self;
        let ended = runtime.block_on(async {
            if let Some(configuration) = scrape {
                Scraper::new(configuration, Arc::clone(&shared), authorities).start();
            }
            tokio::spawn(watch(Arc::clone(&shared)));
            first(stop, accept(listener, acceptor, &shared)).await
        });
        runtime.shutdown_timeout(LAST_TIME);
        Ok(ended?)
    }
}

/// Tells of failures of the store, once each time that it begins to fail or fails otherwise.
async fn watch(shared: Arc<Shared>) {
    let mut last = String::new();
    loop {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = shared.store.last_failure();
        if now != last {
            let line = if now.is_empty() { "the store can write again" } else { &*now };
            shared.tell.say(line);
            last = now;
        }
    }
}

/// Answers connections until the system gives no more.
async fn accept(listener: TcpListener, acceptor: Option<Acceptor>, shared: &Arc<Shared>) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // The connection is gone already, or there are too many open files for the moment.
            Err(error) if is_passing(&error) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        let _ = stream.set_nodelay(true);
        let (shared, acceptor) = (Arc::clone(shared), acceptor.clone());
        tokio::spawn(async move {
            shared.metrics.connections.fetch_add(1, Ordering::Relaxed);
            match acceptor {
                None => connection(stream, &shared).await,
                Some(Acceptor(acceptor)) => {
                    let handshake = tokio::time::timeout(HANDSHAKE_TIME, acceptor.accept(stream));
                    if let Ok(Ok(stream)) = handshake.await {
                        connection(stream, &shared).await;
                    }
                }
            }
            shared.metrics.connections.fetch_sub(1, Ordering::Relaxed);
            drop(place);
        });
    }
}

/// Whether the next connection may do better.
fn is_passing(error: &io::Error) -> bool {
    /// "Too many open files", of the process and of the system.
    const TOO_MANY_FILES: [i32; 2] = [24, 23];
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    ) || error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code))
}

/// Answers the requests of one connection. Whatever goes wrong with it is the client's business.
async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Arc<Shared>) {
    let service = service_fn(|request: Request<Incoming>| async move {
        let answer = answer(shared, request).await;
        shared.metrics.count(answer.status.as_u16());
        Ok::<_, Infallible>(answer.into_response())
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let _ = tokio::time::timeout(CONNECTION_TIME, serving).await;
}

async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Answer {
    let (head, incoming) = request.into_parts();
    let wording = routes::wording(head.uri.path());
    let failed = |failure: &Failure| failure.answer(wording);
    let is_posted = head.method == Method::POST;
    let tenant =
        match shared.admit(&head.method, head.uri.authority().map(|host| host.as_str()), &head.headers) {
            Ok(()) if routes::is_open(head.uri.path()) => Ok(hotlist_store::Tenant::default()),
            Ok(()) => shared.tenants.of(&head.headers),
            Err(failure) => Err(failure),
        };
    let tenant = match tenant {
        Ok(tenant) => tenant,
        // What was not read yet is not worth waiting for.
        Err(failure) => return closing(failed(&failure), is_posted),
    };
    let mut taken = Taken::default();
    if is_posted {
        match body::take(incoming, &shared.bodies, BODY_TIME).await {
            Ok(body) => taken = body,
            Err(failure) => return closing(failed(&failure), true),
        }
    }
    let mut asked = Asked { head, tenant, body: taken };
    if let Err(failure) = routes::take_apart(&mut asked).await {
        return failed(&failure);
    }
    let workers = if routes::is_push(asked.path()) { &shared.pushes } else { &shared.questions };
    let Ok(place) = Arc::clone(workers).acquire_owned().await else {
        return failed(&Failure::Internal("the server is about to end".to_owned()));
    };
    let worker = Arc::clone(shared);
    let work = tokio::task::spawn_blocking(move || {
        let answer = routes::answer(&worker, &mut asked);
        drop(place);
        answer
    });
    match work.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(failure)) => failed(&failure),
        Err(_) => {
            failed(&Failure::Internal("an error of hotlist: the answer could not be worked out".to_owned()))
        }
    }
}

/// An answer after which the connection ends.
fn closing(mut answer: Answer, closes: bool) -> Answer {
    if closes {
        answer.headers.insert(hyper::header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

impl Shared {
    /// Refuses requests that other web sites make through the browser of someone here.
    fn admit(&self, method: &Method, authority: Option<&str>, headers: &HeaderMap) -> Result<(), Failure> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let refuse = |why: &str| Err(Failure::Forbidden(why.to_owned()));
        if !matches!(*method, Method::GET | Method::HEAD | Method::POST) {
            return Err(Failure::Method("GET, HEAD or POST"));
        }
        // Another site does not know a token, whatever name it gives to this address.
        let is_named = |host: &str| self.tenants.are_asked_for() || self.hosts.allows(host);
        let several = headers.get_all(HOST).iter().count() > 1;
        let host = authority.or_else(|| text(HOST.as_str()));
        if several || !host.is_some_and(is_named) {
            return refuse("the Host header is not a name of this server; -host adds one");
        }
        let is_foreign = matches!(text("sec-fetch-site"), Some("cross-site" | "same-site"));
        if is_foreign && text("sec-fetch-mode") != Some("navigate") {
            return refuse("the request comes from another site");
        }
        let own = |origin: &str| {
            let place = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            place.is_some_and(|host| self.hosts.allows(host))
        };
        if *method == Method::POST && text(ORIGIN.as_str()).is_some_and(|origin| !own(origin)) {
            return refuse("the request comes from another site");
        }
        Ok(())
    }
}
