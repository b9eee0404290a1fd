//! Profiles that are sent to a server, which is one of the test's own.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(unsafe_code)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hotlist_collect::{Heap, PushStatus, Pushing, push_to_hotlist, push_to_pyroscope};
use hotlist_profile::Profile;

mod support;
use support::{IS_CHILD, alone, burn, through, unpack};

#[global_allocator]
static ALLOC: Heap = Heap::system();

/// A request that came.
#[derive(Clone)]
struct Request {
    target: String,
    head: String,
    body: Vec<u8>,
    time: Instant,
}

/// Answers requests with what is left in a list, and with 200 after that; `None` closes the connection.
struct TestServer {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl TestServer {
    fn start(answers: &[Option<&'static str>]) -> TestServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answers) = (Arc::clone(&requests), answers.to_vec());
        std::thread::spawn(move || {
            let mut answers = answers.into_iter();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(request) = read(&mut stream) else { continue };
                seen.lock().unwrap().push(request);
                if let Some(answer) = answers.next().unwrap_or(Some("200 OK\r\nContent-Length: 0\r\n\r\n")) {
                    _ = stream.write_all(format!("HTTP/1.1 {answer}").as_bytes());
                }
            }
        });
        TestServer { address, requests }
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut some = [0; 4096];
    loop {
        let count = stream.read(&mut some).ok().filter(|&count| count > 0)?;
        bytes.extend_from_slice(&some[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let length = head.split("\r\n").find_map(|line| line.strip_prefix("Content-Length: "));
        if bytes.len() - end - 4 < length.unwrap().parse().unwrap() {
            continue;
        }
        let target = head.strip_prefix("POST ").unwrap().split(' ').next().unwrap().to_owned();
        return Some(Request { target, head, body: bytes[end + 4..].to_vec(), time: Instant::now() });
    }
}

#[track_caller]
fn wait_for(pushing: &Pushing, is_so: impl Fn(&PushStatus) -> bool) -> PushStatus {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so(&pushing.status()) {
        assert!(Instant::now() < end, "{:?}", pushing.status());
        std::thread::sleep(Duration::from_millis(10));
    }
    pushing.status()
}

fn kinds(profile: &Profile) -> Vec<String> {
    profile.sample_types.iter().map(|kind| profile.lossy(kind.kind).into_owned()).collect()
}

/// Burns processor time on another thread until the value is dropped.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn start() -> Busy {
        let is_over = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&is_over);
        std::thread::spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                burn(5);
            }
        });
        Busy(is_over)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_hotlist_server_gets_every_kind_of_profile() {
    alone("a_hotlist_server_gets_every_kind_of_profile", &[("HOTLIST_HEAP_RATE", "1000")], || {
        let server = TestServer::start(&[]);
        let _busy = Busy::start();
        let kept = std::hint::black_box(vec![1_u8; 5_000_000]);
        let pushing = push_to_hotlist(&format!("{}/below", server.address), "shop")
            .label("region", "eu west")
            .token("secret")
            .every(Duration::from_secs(1))
            .start()
            .unwrap();
        let more = std::hint::black_box(vec![1_u8; 3_000_000]);
        wait_for(&pushing, |status| status.sent >= 4);
        let status = pushing.status();
        assert_eq!((status.dropped, status.failure), (0, None));
        let before = server.requests().len();
        drop(pushing);
        let requests = server.requests();
        assert!(requests.len() > before, "what was there is sent at the end");
        for request in &requests {
            let kind = if kinds(&unpack(&request.body))[0] == "samples" { "process_cpu" } else { "memory" };
            let target = "/below/api/v1/profiles?service=shop&label.region=eu%20west";
            assert_eq!(request.target, format!("{target}&name={kind}"));
            assert!(request.head.contains("\r\nAuthorization: Bearer secret"), "{}", request.head);
        }
        let profiles: Vec<Profile> = requests.iter().map(|request| unpack(&request.body)).collect();
        let of = |kind: &'static str| profiles.iter().filter(move |profile| kinds(profile)[0] == kind);
        let cpu = of("samples").next().unwrap();
        assert!(through(cpu, burn as *const ()) > 100_000_000, "{:?}", cpu.totals());
        assert!(cpu.duration_nanos > 900_000_000);
        // What was allocated since the last one, and all that is in use.
        let heap: Vec<_> = of("alloc_objects").map(Profile::totals).collect();
        assert!(heap[0][1] > 2_900_000 && heap[0][1] < 5_000_000, "{heap:?}");
        assert!(heap.len() >= 2 && heap[1][1] < 1_000_000 && heap[1][3] > 7_900_000, "{heap:?}");
        drop((kept, more));
    });
}

#[test]
fn a_pyroscope_server_gets_times_and_names() {
    alone("a_pyroscope_server_gets_times_and_names", &[("HOTLIST_HEAP_RATE", "0")], || {
        let server = TestServer::start(&[]);
        let _busy = Busy::start();
        let pushing = push_to_pyroscope(&server.address, "shop")
            .label("region", "eu")
            .every(Duration::from_secs(1))
            .start()
            .unwrap();
        wait_for(&pushing, |status| status.sent >= 1);
        let request = &server.requests()[0];
        let (target, times) = request.target.split_once("&from=").unwrap();
        assert_eq!(target, "/ingest?format=pprof&spyName=hotlist-collect&name=shop%7Bregion%3Deu%7D");
        let (from, until) = times.split_once("&until=").unwrap();
        let (from, until): (u64, u64) = (from.parse().unwrap(), until.parse().unwrap());
        assert!(until > from && until - from <= 60, "{times}");
        let profile = unpack(&request.body);
        assert_eq!(kinds(&profile), ["samples", "cpu"]);
        if cfg!(feature = "symbolize") {
            let names = profile.functions.iter().map(|function| profile.lossy(function.name));
            assert!(names.into_iter().any(|name| name.contains("support::burn")));
        }
    });
}

/// Without a change of the program; its last profiles come as it ends.
#[test]
fn the_environment_asks_for_it() {
    const NAME: &str = "the_environment_asks_for_it";
    if std::env::var_os(IS_CHILD).is_some() {
        return drop((0..40).map(|_| burn(5)).collect::<Vec<_>>());
    }
    let server = TestServer::start(&[]);
    alone(NAME, &[("HOTLIST_PUSH", &server.address), ("HOTLIST_SERVICE", "shop")], || ());
    let requests = server.requests();
    assert!(!requests.is_empty() && requests[0].target.starts_with("/api/v1/profiles?service=shop&name="));
    let profiles: Vec<Profile> = requests.iter().map(|request| unpack(&request.body)).collect();
    let time = |profile: &Profile| if kinds(profile)[1] == "cpu" { profile.totals()[1] } else { 0 };
    assert!(profiles.iter().map(time).sum::<i128>() > 100_000_000);
}

/// Nothing is lost while a server is away for a while, and it is not asked more often than it can bear.
#[test]
fn failures_are_waited_for() {
    alone("failures_are_waited_for", &[("HOTLIST_HEAP_RATE", "0")], || {
        let server = TestServer::start(&[
            None,
            Some("503 Service Unavailable\r\nRetry-After: 2\r\n\r\nthe disk\nis full"),
            Some("400 Bad Request\r\n\r\nno service of this name"),
        ]);
        let _busy = Busy::start();
        let pushing = push_to_hotlist(&server.address, "shop").every(Duration::from_secs(1)).start().unwrap();
        let status = wait_for(&pushing, |status| status.failure.is_some());
        assert_eq!((status.sent, status.dropped), (0, 0));
        wait_for(&pushing, |status| {
            status.failure.as_deref() == Some("the server answers 503: the disk") && status.waiting >= 2
        });
        // It refuses the first one for good, and the others come after it.
        let status = wait_for(&pushing, |status| status.sent >= 2);
        assert_eq!((status.dropped, status.failure), (1, None));
        let requests = server.requests();
        assert_eq!(requests[0].body, requests[1].body, "the same one again");
        assert_eq!(requests[1].body, requests[2].body);
        assert!(requests[1].time - requests[0].time >= Duration::from_millis(450));
        assert!(requests[2].time - requests[1].time >= Duration::from_millis(1950), "as it asked");
    });
}

/// A server that is not there, or that does not answer, costs no more than a few seconds at the end.
#[test]
fn the_end_does_not_wait_for_ever() {
    alone("the_end_does_not_wait_for_ever", &[], || {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let gone = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap()
        };
        for address in [silent.local_addr().unwrap(), gone] {
            let _busy = Busy::start();
            let pushing = push_to_hotlist(&format!("http://{address}"), "shop")
                .every(Duration::from_secs(1))
                .start()
                .unwrap();
            std::thread::sleep(Duration::from_millis(1500));
            let begin = Instant::now();
            drop(pushing);
            assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
        }
    });
}
