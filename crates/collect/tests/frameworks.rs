//! The endpoints inside of other servers, and labels from spans.

use std::future::Future;
use std::io::{Read, Write};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use hotlist_collect::{Heap, Labels, LabelsLayer};
use tower_service::Service;
use tracing_subscriber::layer::SubscriberExt;

#[global_allocator]
static ALLOC: Heap = Heap::system();

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// What `answer` says to a client that sends this over a socket, by hyper's server.
fn ask(request: &str) -> String {
    let runtime = runtime();
    let (sender, receiver) = mpsc::channel();
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        sender.send(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper::service::service_fn(|request| async {
            Ok::<_, std::convert::Infallible>(hotlist_collect::hyper::answer(request).await)
        });
        let stream = hyper_util::rt::TokioIo::new(stream);
        hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await.unwrap();
    });
    let mut stream = std::net::TcpStream::connect(receiver.recv().unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Held by tests that ask for answers: a process works on so many at a time, and one test takes all of them.
static ASKING: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ASKING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn hyper_answers_as_the_built_in_server() {
    let _alone = alone();
    let get = |target: &str| ask(&format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    let heap = get("/debug/pprof/heap?debug=1");
    assert!(heap.starts_with("HTTP/1.1 200 OK\r\n") && heap.contains("heap profile: "), "{heap}");
    assert!(heap.contains("x-content-type-options: nosniff"), "{heap}");
    let profile = get("/debug/pprof/profile?seconds=1");
    assert!(profile.contains("attachment; filename=\"profile\""), "{profile}");
    assert!(get("/debug/pprof/none").starts_with("HTTP/1.1 404 "));
    let post =
        "POST /debug/pprof/symbol HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\n0x1";
    assert!(ask(post).contains("num_symbols: "));
    let large = format!(
        "POST /debug/pprof/symbol HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n{}",
        "x".repeat(100_000)
    );
    assert!(ask(&large).starts_with("HTTP/1.1 400 "));
}

#[test]
fn axum_has_the_routes() {
    let _alone = alone();
    let mut app = axum::Router::<()>::new().merge(hotlist_collect::axum::router());
    let runtime = runtime();
    let mut status = |target: &str| {
        let request = axum::extract::Request::get(target).body(axum::body::Body::empty()).unwrap();
        runtime.block_on(app.call(request)).unwrap().status().as_u16()
    };
    let statuses = ["", "/", "/cmdline", "/heap", "/none", "/heap?seconds=0"]
        .map(|target| status(&format!("/debug/pprof{target}")));
    assert_eq!(statuses, [301, 200, 200, 200, 404, 400]);
    assert_eq!(status("/else"), 404);
}

#[test]
fn a_client_that_leaves_ends_its_capture() {
    let _alone = alone();
    let request = || http::Request::get("/debug/pprof/profile?seconds=300").body(String::new()).unwrap();
    // More than can wait at a time, so those that were given up must be gone.
    for _ in 0..40 {
        let mut pending = Box::pin(hotlist_collect::hyper::answer(request()));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let mut polled = pending.as_mut().poll(&mut context);
        // A thread that was given up notices within a moment.
        for _ in 0..200 {
            if polled.is_pending() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
            pending = Box::pin(hotlist_collect::hyper::answer(request()));
            polled = pending.as_mut().poll(&mut context);
        }
        assert!(polled.is_pending());
    }
    // All places come back, also those of threads that only now begin.
    let mut in_a_row = 0;
    for _ in 0..400 {
        let answer = ask("GET /debug/pprof/heap?debug=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        in_a_row = if answer.starts_with("HTTP/1.1 200 ") { in_a_row + 1 } else { 0 };
        if in_a_row == 20 {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("places are taken for ever");
}

#[test]
fn spans_have_labels() {
    let subscriber = tracing_subscriber::registry().with(LabelsLayer::new(["tenant", "number"]));
    let pairs = |labels: Labels| {
        let pairs = labels.pairs().into_iter().map(|(key, value)| format!("{key}={value}"));
        pairs.collect::<Vec<_>>().join(" ")
    };
    tracing::subscriber::with_default(subscriber, || {
        let outer = tracing::info_span!("outer", tenant = "acme", other = 5, number = tracing::field::Empty);
        let entered = outer.enter();
        assert_eq!(pairs(Labels::current()), "tenant=acme");
        let inner = tracing::info_span!("inner", number = 7);
        inner.in_scope(|| assert_eq!(pairs(Labels::current()), "number=7 tenant=acme"));
        // Seen from the next time on that it is entered.
        outer.record("number", 8);
        assert_eq!(pairs(Labels::current()), "tenant=acme");
        drop(entered);
        assert_eq!(Labels::current(), Labels::none());
        outer.in_scope(|| assert_eq!(pairs(Labels::current()), "number=8 tenant=acme"));

        // A span knows its labels on every thread, also by a parent that it names.
        let child = tracing::info_span!(parent: &outer, "child");
        let orphan = tracing::info_span!(parent: None, "orphan", tenant = "umbrella");
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                tracing::dispatcher::with_default(&dispatch, || {
                    child.in_scope(|| assert_eq!(pairs(Labels::current()), "number=8 tenant=acme"));
                    orphan.in_scope(|| {
                        assert_eq!(pairs(Labels::current()), "tenant=umbrella");
                        child.in_scope(|| assert_eq!(pairs(Labels::current()), "number=8 tenant=acme"));
                        assert_eq!(pairs(Labels::current()), "tenant=umbrella");
                    });
                    assert_eq!(Labels::current(), Labels::none());
                });
            });
        });
    });
}
