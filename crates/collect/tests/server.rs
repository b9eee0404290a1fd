//! The server as its clients meet it: bad input leaves it running.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hotlist_collect::{Error, Server, ServerOptions, serve, serve_with};

fn ask(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A refused request may be reset after its answer.
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(server: &Server, target: &str) -> String {
    ask(server, &format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
}

#[test]
fn bad_requests_do_not_disturb() {
    let server = serve("127.0.0.1:0").unwrap();
    assert!(ask(&server, "GARBAGE\r\n\r\n").starts_with("HTTP/1.1 400 "));
    assert!(ask(&server, "GET /debug/pprof/ SPDY/3\r\n\r\n").starts_with("HTTP/1.1 400 "));
    let large = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    assert!(!ask(&server, &large).contains(" 200 "));
    let body = "POST /debug/pprof/symbol HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n";
    assert!(ask(&server, body).starts_with("HTTP/1.1 400 "));
    // Half a request, and one that is given up during its wait.
    let half = TcpStream::connect(server.address()).unwrap();
    (&half).write_all(b"GET /debug/pp").unwrap();
    let waiting = TcpStream::connect(server.address()).unwrap();
    (&waiting).write_all(b"GET /debug/pprof/heap?seconds=300 HTTP/1.1\r\n\r\n").unwrap();
    drop(waiting);
    for _ in 0..40 {
        assert!(get(&server, "/debug/pprof/heap").starts_with("HTTP/1.1 200 OK\r\n"));
    }
    drop(half);
}

/// Readers that take a byte in a second, or nothing at all, hold nobody up.
#[test]
fn slow_readers_hold_nobody_up() {
    let server = serve("127.0.0.1:0").unwrap();
    let mut slow: Vec<TcpStream> = (0..12)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            stream.write_all(b"GET /debug/pprof/allocs HTTP/1.1\r\n\r\n").unwrap();
            stream
        })
        .collect();
    for _ in 0..2 {
        for stream in &mut slow[..6] {
            assert_eq!(stream.read(&mut [0]).unwrap(), 1);
        }
        let begin = Instant::now();
        for target in ["heap", "goroutine?debug=2", "cmdline", ""] {
            assert!(get(&server, &format!("/debug/pprof/{target}")).starts_with("HTTP/1.1 200 OK\r\n"));
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// What Go answers to each kind of bad input, over the wire, with the program going on.
#[test]
fn bad_input_has_the_answers_of_go() {
    let server = serve("127.0.0.1:0").unwrap();
    let positive = "invalid value for \"seconds\" - must be a positive integer\n";
    let both = "seconds and debug params are incompatible\n";
    for (target, status, body) in [
        ("nope", 404, "Unknown profile\n"),
        ("heap?seconds=x", 400, positive),
        ("allocs?seconds=-5", 400, positive),
        ("mutex?seconds=0", 400, positive),
        ("heap?seconds=1&debug=1", 400, both),
        ("goroutine?debug=2&seconds=3", 400, both),
    ] {
        let answer = get(&server, &format!("/debug/pprof/{target}"));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.ends_with(body), "{answer}");
        assert!(answer.contains("\r\nX-Go-Pprof: 1\r\n"), "{answer}");
    }
    // A huge number is shortened and not refused; the client need not wait for its end.
    let huge = TcpStream::connect(server.address()).unwrap();
    (&huge).write_all(b"GET /debug/pprof/profile?seconds=99999999999999999999 HTTP/1.1\r\n\r\n").unwrap();
    huge.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!((&huge).read(&mut [0]).is_err(), "it waits");
    // A second capture at the same time is served as well.
    assert!(get(&server, "/debug/pprof/profile?seconds=1").starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn head_has_no_body() {
    let server = serve("127.0.0.1:0").unwrap();
    let answer = ask(&server, "HEAD /debug/pprof/cmdline HTTP/1.1\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[test]
fn a_token_is_needed_where_one_is_set() {
    let mut options = ServerOptions::default();
    options.token = Some("secret".to_owned());
    let server = serve_with("127.0.0.1:0", options).unwrap();
    assert!(get(&server, "/debug/pprof/").starts_with("HTTP/1.1 401 "));
    let with = |token: &str| {
        ask(&server, &format!("GET /debug/pprof/ HTTP/1.1\r\nauthorization: Bearer {token}\r\n\r\n"))
    };
    assert!(with("secreT").starts_with("HTTP/1.1 401 "));
    assert!(with("secret").starts_with("HTTP/1.1 200 "));
}

/// A page from elsewhere whose name was made to lead here gets nothing.
#[test]
fn other_hosts_are_refused() {
    let server = serve("127.0.0.1:0").unwrap();
    let with = |host: &str| ask(&server, &format!("GET /debug/pprof/ HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    for host in ["evil.example", "evil.example:6060", "127.0.0.1.evil.example", "10.0.0.1", ""] {
        assert!(with(host).starts_with("HTTP/1.1 403 "), "{host}");
    }
    for host in ["127.0.0.1", "127.0.0.1:6060", "localhost:1", "LOCALHOST", "[::1]:6060"] {
        assert!(with(host).starts_with("HTTP/1.1 200 "), "{host}");
    }
    assert!(ask(&server, "GET /debug/pprof/ HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200 "));
    let mut options = ServerOptions::default();
    options.allow_remote = true;
    let open = serve_with("127.0.0.1:0", options).unwrap();
    let answer = ask(&open, "GET /debug/pprof/ HTTP/1.1\r\nHost: any.example\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 "));
}

#[test]
fn only_loopback_without_a_token() {
    assert!(matches!(serve("0.0.0.0:0"), Err(Error::NotLoopback { .. })));
    assert!(matches!(serve("nonsense"), Err(Error::Listen { .. })));
}

#[test]
fn a_stopped_server_frees_its_address() {
    let server = serve("127.0.0.1:0").unwrap();
    let address = server.address().to_string();
    drop(server);
    drop(serve(&address).unwrap());
}
