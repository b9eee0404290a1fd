//! The endpoints for servers that speak in the types of the crate `http`, such as those made with hyper.
//!
//! ```no_run
//! # async fn example(listener: tokio::net::TcpListener) -> Result<(), Box<dyn std::error::Error>> {
//! use hyper::service::service_fn;
//!
//! let (stream, _) = listener.accept().await?;
//! let service = service_fn(|request| async {
//!     if request.uri().path().starts_with("/debug/pprof") {
//!         return Ok::<_, std::convert::Infallible>(hotlist_collect::hyper::answer(request).await);
//!     }
//!     Ok(http::Response::default()) // … or a page of the program …
//! });
//! let stream = hyper_util::rt::TokioIo::new(stream);
//! hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await?;
//! # Ok(()) }
//! ```

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};

use super::endpoints::answer as answer_of;
use super::limits::{CONNECTIONS, LARGEST_REQUEST};
use super::reply::Reply;
use super::request::ProfileRequest;
use crate::countdown::Unsampled;
use crate::own_threads::OwnThread;

/// The answer to a request whose path begins with `/debug/pprof`, as the built-in server gives it.
///
/// A profile is taken on a thread of the profiler's own, so no thread of the runtime waits, and any runtime
/// will do. Dropping the future, as hyper does when the client leaves, ends the capture.
///
/// Who may ask is for the server to decide: there is no token here.
pub async fn answer<B>(request: http::Request<B>) -> http::Response<Full<Bytes>>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_REQUEST).collect().await.map(|body| body.to_bytes()) else {
        return response(Reply::error(400, "malformed request"), false);
    };
    let is_head = head.method == http::Method::HEAD;
    let request = ProfileRequest {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        authorization: None,
        host: None,
        body: body.to_vec(),
    };
    let answer = match Pending::start(request) {
        Ok(pending) => pending.await,
        Err(answer) => answer,
    };
    response(answer, is_head)
}

fn response(answer: Reply, is_head: bool) -> http::Response<Full<Bytes>> {
    let length = answer.body.len();
    let body = if is_head { Bytes::new() } else { answer.body.into() };
    let mut response = http::Response::new(Full::new(body));
    *response.status_mut() =
        http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        if let Ok(value) = http::HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    headers.insert(http::header::CONTENT_LENGTH, length.into());
    response
}

/// Threads that are at work on answers.
static WORKING: AtomicUsize = AtomicUsize::new(0);

struct Working;

impl Working {
    fn take() -> Option<Working> {
        let more = |working: usize| (working < CONNECTIONS).then_some(working + 1);
        WORKING.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok().then(|| Working)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        WORKING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An answer that another thread is preparing.
struct Pending {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    answer: Option<Reply>,
    waker: Option<Waker>,
}

impl Pending {
    fn start(request: ProfileRequest) -> Result<Pending, Reply> {
        let _quiet = Unsampled::enter();
        let working = Working::take().ok_or_else(|| Reply::error(503, "too many requests at once"))?;
        let shared = Arc::new(Mutex::new(Shared::default()));
        let asked = Arc::downgrade(&shared);
        let thread = std::thread::Builder::new().name("hotlist-request".to_owned());
        let started = thread.spawn(move || {
            let _own = OwnThread::enter();
            let _working = working;
            // The future is gone when the client has left.
            let answer = answer_of(&request, &|| Weak::strong_count(&asked) == 0);
            if let (Some(shared), Some(answer)) = (asked.upgrade(), answer) {
                let waker = {
                    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    shared.answer = Some(answer);
                    shared.waker.take()
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        });
        match started {
            Ok(_) => Ok(Pending { shared }),
            Err(error) => Err(Reply::error(500, &error.to_string())),
        }
    }
}

impl Future for Pending {
    type Output = Reply;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        match shared.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                shared.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
