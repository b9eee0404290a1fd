//! Listening, and what connections may cost.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hotlist_session::Profiles;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::Site;
use crate::address::{Address, Hosts};
use crate::files;
use crate::guard::Guard;
use crate::response::Answer;
use crate::router::{self, Asked};
use crate::shared::Shared;

/// Connections at one time; further ones wait until one ends.
const CONNECTIONS: usize = 256;
/// How long a client may take to send the head of a request, and to leave a connection unused.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// How long a connection may last, so that clients that do not take in their answers go away some day.
const CONNECTION_TIME: Duration = Duration::from_secs(900);
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
    shared: Arc<Shared>,
    /// How many answers may be worked on at a time.
    workers: Arc<Semaphore>,
}

impl Server {
    /// Listens at `address`; connections are answered by [`run`](Self::run).
    ///
    /// # Errors
    /// When the address cannot be listened at.
    pub fn bind(address: &Address, profiles: Profiles, mut site: Site) -> io::Result<Server> {
        let processors = processors();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(processors * 2 + 8)
            .enable_io()
            .enable_time()
            .build()?;
        let listener =
            runtime.block_on(async { TcpListener::bind((address.host.as_str(), address.port)).await })?;
        let bound = listener.local_addr()?;
        let guard = Guard::new(Hosts::new(address, bound))?;
        if !bound.ip().is_loopback() {
            site.open_file = None;
        }
        Ok(Server {
            runtime,
            listener,
            bound,
            host: address.host.clone(),
            shared: Arc::new(Shared::new(profiles, site, guard)),
            workers: Arc::new(Semaphore::new(processors)),
        })
    }

    /// The address to listen at that was taken in the end.
    pub fn bound(&self) -> SocketAddr {
        self.bound
    }

    /// Where a browser of this machine finds the page.
    pub fn url(&self) -> String {
        let port = self.bound.port();
        match &*self.host {
            _ if self.bound.ip().is_unspecified() => format!("http://localhost:{port}"),
            host if host.contains(':') => format!("http://[{host}]:{port}"),
            host => format!("http://{host}:{port}"),
        }
    }

    /// Answers connections for ever.
    ///
    /// # Errors
    /// When the system gives no further connections.
    pub fn run(self) -> io::Result<()> {
        let Server { runtime, listener, shared, workers, .. } = self;
        // While a browser opens and takes in the page, its first picture is worked out.
        let first = Arc::clone(&shared);
        runtime.spawn_blocking(move || router::first_picture(&first));
        runtime.block_on(async {
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
                let (shared, workers) = (Arc::clone(&shared), Arc::clone(&workers));
                tokio::spawn(async move {
                    connection(stream, &shared, &workers).await;
                    drop(place);
                });
            }
        })
    }
}

/// How many answers can be worked on at the same time, at least two.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).max(2)
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
async fn connection(stream: TcpStream, shared: &Arc<Shared>, workers: &Arc<Semaphore>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: Request<Incoming>| async move {
        let answer = answer(shared, workers, request).await;
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

async fn answer(shared: &Arc<Shared>, workers: &Arc<Semaphore>, mut request: Request<Incoming>) -> Answer {
    if let Err(refusal) = shared.guard.check(request.method(), request.uri(), request.headers()) {
        return *refusal;
    }
    let mut asked = Asked::of(&request);
    if let Some(answer) = router::at_once(shared, &asked) {
        return answer;
    }
    // One file at a time, so that no more than one is in memory before it is read.
    let mut _only = None;
    if asked.brings_file() {
        _only = shared.files.acquire().await.ok();
        match files::receive(request.body_mut()).await {
            Ok(file) => asked.file = file,
            Err(refusal) => return *refusal,
        }
    }
    let Ok(place) = Arc::clone(workers).acquire_owned().await else {
        return Answer::error(StatusCode::SERVICE_UNAVAILABLE, "the server is about to end");
    };
    let is_first_picture = asked.is_first_picture();
    let worker = Arc::clone(shared);
    let work = tokio::task::spawn_blocking(move || {
        let answer = router::with_work(&worker, &mut asked);
        drop(place);
        answer
    });
    let answer = work.await;
    if is_first_picture && shared.begin_ahead() {
        tokio::spawn(work_ahead(Arc::clone(shared), Arc::clone(workers)));
    }
    answer.unwrap_or_else(|_| {
        Answer::error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "an error of hotlist: the answer could not be worked out",
        )
    })
}

/// Works out what people look at next, once the page has its first picture. On large profiles that takes a
/// moment, for which no reader waits now. Whoever asks for something else meanwhile comes first.
async fn work_ahead(shared: Arc<Shared>, workers: Arc<Semaphore>) {
    /// How long no request must have been under way.
    const QUIET: Duration = Duration::from_millis(50);
    let all = processors();
    for next in router::next_views() {
        let mut quiet = 0;
        while quiet < 2 {
            tokio::time::sleep(QUIET).await;
            quiet = if workers.available_permits() >= all { quiet + 1 } else { 0 };
        }
        let shared = Arc::clone(&shared);
        if tokio::task::spawn_blocking(move || router::answer_ahead(&shared, next)).await.is_err() {
            return;
        }
    }
}
