//! A server of a few lines, and time limits, for the tests of this crate.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hotlist_fetch::{Environment, Error, Fetch, Fetcher, Limits, Notice, Timing, TlsOptions};

/// Runs a test body on another thread and fails when it is not done in time.
pub(crate) fn within(limit: Duration, body: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    let worker = thread::spawn(move || {
        body();
        let _ = done.send(());
    });
    match finished.recv_timeout(limit) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("not done within {limit:?}"),
        // The worker has ended, by itself or by a panic that is passed on.
        _ => worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

/// A server on loopback that stops with the process.
pub(crate) struct Server {
    pub(crate) port: u16,
    requests: Arc<AtomicU32>,
}

impl Server {
    /// Answers each connection on another thread. `answer` gets the request's head and the connection.
    pub(crate) fn start<F>(answer: F) -> Server
    where
        F: Fn(&str, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    {
        Server::start_raw(move |mut stream| {
            let head = read_head(&mut stream)?;
            answer(&head, &mut stream)
        })
    }

    /// As [`Server::start`], before anything is read.
    pub(crate) fn start_raw<F>(answer: F) -> Server
    where
        F: Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let port = listener.local_addr().expect("a bound port").port();
        let (answer, requests) = (Arc::new(answer), Arc::new(AtomicU32::new(0)));
        let counter = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
                let answer = answer.clone();
                // Clients of these tests hang up early, so errors here are expected.
                thread::spawn(move || drop(answer(stream)));
            }
        });
        Server { port, requests }
    }

    /// How many connections there were.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Reads up to the empty line that ends the request's head.
pub(crate) fn read_head(stream: &mut impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Writes an answer with its length.
pub(crate) fn reply(stream: &mut impl Write, status: &str, headers: &str, body: &[u8]) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(body)?;
    stream.flush()
}

/// A fetcher that gives up soon.
pub(crate) fn impatient(options: TlsOptions, environment: Environment) -> Fetcher {
    let limits = Limits { grace: Duration::ZERO, ..Limits::default() };
    Fetcher::with_limits(options, environment, limits).expect("usable options")
}

/// What came of a fetch: everything that was read, or the error's text.
pub(crate) struct Outcome {
    pub(crate) result: Result<Vec<u8>, String>,
    pub(crate) notices: Vec<String>,
    pub(crate) length: Option<u64>,
}

/// Fetches with a timeout and reads to the end.
pub(crate) fn fetch_with(fetcher: &Fetcher, source: &str, timeout: Duration) -> Outcome {
    let timing = Timing { seconds: None, timeout: Some(timeout) };
    let mut notices = Vec::new();
    let fetched: Result<_, Error> =
        fetcher.fetch(source.as_ref(), &timing, &mut |notice: Notice| notices.push(notice.to_string()));
    match fetched {
        Ok(mut fetched) => {
            let mut bytes = Vec::new();
            let result = fetched.reader.read_to_end(&mut bytes);
            Outcome {
                result: result.map(|_| bytes).map_err(|error| error.to_string()),
                notices,
                length: fetched.length,
            }
        }
        Err(error) => Outcome { result: Err(error.to_string()), notices, length: None },
    }
}

/// As [`fetch_with`] by a plain fetcher, with five seconds.
pub(crate) fn fetch(source: &str) -> Outcome {
    let fetcher = impatient(TlsOptions::default(), Environment::default());
    fetch_with(&fetcher, source, Duration::from_secs(5))
}
