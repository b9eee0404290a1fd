//! Fetching over HTTP from servers that behave, refuse, stall, break off and redirect.

use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{self, Server, fetch, fetch_with, impatient, reply, within};
use hotlist_fetch::{Environment, Fetch, Origin, Timing, TlsOptions};

const LIMIT: Duration = Duration::from_secs(20);

/// Fetches `/x` of a server with a timeout of half a second and expects this error, `URL` for its address.
fn check_error(server: &Server, expected: &str) {
    let url = format!("http://127.0.0.1:{}/x", server.port);
    let fetcher = impatient(TlsOptions::default(), Environment::default());
    let start = Instant::now();
    let outcome = fetch_with(&fetcher, &url, Duration::from_millis(500));
    assert_eq!(outcome.result.unwrap_err(), expected.replace("URL", &url));
    assert!(start.elapsed() < Duration::from_secs(5), "took {:?}", start.elapsed());
}

#[test]
fn a_body_arrives_with_its_length_and_the_notices_of_pprof() {
    within(LIMIT, || {
        let server = Server::start(|head, stream| {
            assert!(head.starts_with("GET /debug/pprof/profile?seconds=3 HTTP/1.1\r\n"), "{head}");
            // A profile is gzip data by itself, which nothing may unpack on the way.
            reply(stream, "200 OK", "Content-Type: application/octet-stream\r\n", b"\x1f\x8b\x08 body")
        });
        let fetcher = impatient(TlsOptions::default(), Environment::default());
        let timing = Timing { seconds: Some(Duration::from_secs(3)), timeout: None };
        let mut notices = Vec::new();
        let source = format!("localhost:{}", server.port);
        let mut fetched = fetcher
            .fetch(source.as_ref(), &timing, &mut |notice| notices.push(notice.to_string()))
            .expect("an answer");
        let url = format!("http://{source}/debug/pprof/profile?seconds=3");
        let expected = [format!("Fetching profile over HTTP from {url}"), "Please wait... (3s)".to_string()];
        assert_eq!(notices, expected);
        assert_eq!(fetched.origin, Origin::Remote { url });
        assert_eq!(fetched.length, Some(8));
        let mut body = Vec::new();
        fetched.reader.read_to_end(&mut body).expect("the body");
        assert_eq!(body, b"\x1f\x8b\x08 body");
    });
}

#[test]
fn a_body_of_unknown_length_arrives_in_chunks_or_until_the_end() {
    within(LIMIT, || {
        let chunked = Server::start(|_, stream| {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            )
        });
        let outcome = fetch(&format!("http://127.0.0.1:{}/x", chunked.port));
        assert_eq!((outcome.result.as_deref(), outcome.length), (Ok(b"abcde".as_slice()), None));
        let closing = Server::start(|_, stream| stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nabcde"));
        let outcome = fetch(&format!("http://127.0.0.1:{}/x", closing.port));
        assert_eq!((outcome.result.as_deref(), outcome.length), (Ok(b"abcde".as_slice()), None));
    });
}

#[test]
fn the_body_streams() {
    within(LIMIT, || {
        let server = Server::start(|_, stream| {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\nstart", u64::MAX / 2)?;
            stream.flush()?;
            thread::sleep(Duration::from_secs(10));
            Ok(())
        });
        let fetcher = impatient(TlsOptions::default(), Environment::default());
        let source = format!("http://127.0.0.1:{}/x", server.port);
        let mut fetched =
            fetcher.fetch(source.as_ref(), &Timing::default(), &mut |_| {}).expect("the start of an answer");
        let mut start = [0; 5];
        fetched.reader.read_exact(&mut start).expect("what was sent");
        assert_eq!(&start, b"start");
    });
}

#[test]
fn user_and_password_go_into_a_header_and_stay_hidden() {
    within(LIMIT, || {
        let server = Server::start(|head, stream| {
            let sent = head.to_ascii_lowercase().contains("authorization: basic dtpwp3m=\r\n");
            reply(stream, if sent { "200 OK" } else { "401 Unauthorized" }, "", b"")
        });
        // "u:p\xa7s" in Base64, above in lower case.
        let outcome = fetch(&format!("http://u:p%a7s@127.0.0.1:{}/x", server.port));
        assert_eq!(outcome.result, Ok(Vec::new()));
        let url = format!("http://u:xxxxx@127.0.0.1:{}/x", server.port);
        assert_eq!(outcome.notices, [format!("Fetching profile over HTTP from {url}")]);
        let outcome = fetch(&format!("http://u:secret@127.0.0.1:{}/x", server.port));
        assert_eq!(outcome.result, Err(format!("{url}: server response: 401 Unauthorized")));
    });
}

#[test]
fn only_a_profile_endpoint_is_quoted() {
    within(LIMIT, || {
        let check = |headers: &'static str, body: &'static str, expected: &str| {
            let server =
                Server::start(move |_, stream| reply(stream, "404 Not Found", headers, body.as_bytes()));
            check_error(&server, expected);
        };
        let marked = "X-Go-Pprof: 1\r\nContent-Type: text/plain; charset=utf-8\r\n";
        check(marked, "Unknown profile\n", "URL: server response: 404 Not Found - Unknown profile");
        check(marked, "a\x1b[31m\nb", "URL: server response: 404 Not Found - a [31m b");
        check(marked, "", "URL: server response: 404 Not Found");
        check("Content-Type: text/plain\r\n", "<html>", "URL: server response: 404 Not Found");
        check("X-Go-Pprof: 1\r\nContent-Type: text/html\r\n", "x", "URL: server response: 404 Not Found");
    });
}

#[test]
fn an_endless_error_text_is_cut() {
    within(LIMIT, || {
        let server = Server::start(|_, stream| {
            let head = "X-Go-Pprof: 1\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n";
            write!(stream, "HTTP/1.1 500 Internal Server Error\r\n{head}")?;
            loop {
                stream.write_all(&[b'x'; 1024])?;
            }
        });
        let outcome = fetch(&format!("http://127.0.0.1:{}/x", server.port));
        let text = outcome.result.unwrap_err();
        assert!(text.len() < 4300 && text.contains("500 Internal Server Error - xxxx"), "{text}");
    });
}

#[test]
fn other_good_statuses_are_not_good_enough() {
    within(LIMIT, || {
        let server = Server::start(|_, stream| reply(stream, "204 No Content", "", b""));
        check_error(&server, "URL: server response: 204 No Content");
    });
}

#[test]
fn a_server_that_stalls_is_given_up() {
    within(LIMIT, || {
        let silent = Server::start_raw(|stream| {
            thread::sleep(Duration::from_secs(10));
            drop(stream);
            Ok(())
        });
        check_error(&silent, "URL: fetching URL: no answer within 500ms");
        let halting = Server::start(|_, stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")?;
            thread::sleep(Duration::from_secs(10));
            Ok(())
        });
        check_error(&halting, "the server did not send all within 500ms, stopped after 3 of 10 bytes");
        let dripping = Server::start(|_, stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            loop {
                stream.write_all(b"1\r\nx\r\n")?;
                thread::sleep(Duration::from_millis(20));
            }
        });
        let url = format!("http://127.0.0.1:{}/x", dripping.port);
        let fetcher = impatient(TlsOptions::default(), Environment::default());
        let error = fetch_with(&fetcher, &url, Duration::from_millis(500)).result.unwrap_err();
        assert!(error.starts_with("the server did not send all within 500ms, stopped after "), "{error}");
    });
}

#[test]
fn a_server_that_breaks_off_is_noticed() {
    within(LIMIT, || {
        let early =
            Server::start(|_, stream| stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"));
        check_error(&early, "the server closed the connection early, after 3 of 10 bytes");
        let chunked = Server::start(|_, stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        });
        check_error(&chunked, "the server closed the connection early, after 3 bytes");
        let at_once = Server::start(|_, _| Ok(()));
        check_error(&at_once, "URL: fetching URL: the server closed the connection without an answer");
        let garbage = Server::start(|_, stream| stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"));
        let url = format!("http://127.0.0.1:{}/x", garbage.port);
        let error = fetch(&url).result.unwrap_err();
        assert!(error.starts_with(&format!("{url}: fetching {url}: not an answer in HTTP/1.1")), "{error}");
    });
}

#[test]
fn headers_without_end_are_given_up() {
    within(LIMIT, || {
        let server = Server::start(|_, stream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(b"X-Filler: abcdefghijklmnopqrstuvwxyz\r\n")?;
            }
        });
        let url = format!("http://127.0.0.1:{}/x", server.port);
        let error = fetch(&url).result.unwrap_err();
        assert!(error.starts_with(&format!("{url}: fetching {url}: ")), "{error}");
    });
}

#[test]
fn redirects_are_followed_ten_requests_far() {
    within(LIMIT, || {
        let endless = Server::start(|head, stream| {
            let path = head.split(' ').nth(1).unwrap_or_default();
            reply(stream, "302 Found", &format!("Location: {path}x\r\n"), b"moved")
        });
        check_error(&endless, "URL: fetching URL: stopped after 10 redirects");
        assert_eq!(endless.requests(), 10);
        let there = Server::start(|head, stream| match head.starts_with("GET /there?y HTTP") {
            true => reply(stream, "200 OK", "", b"found"),
            false => reply(stream, "308 Permanent Redirect", "Location: ../there?y\r\n", b""),
        });
        let outcome = fetch(&format!("http://127.0.0.1:{}/a/b", there.port));
        assert_eq!(outcome.result.as_deref(), Ok(b"found".as_slice()));
    });
}

#[test]
fn redirects_that_lead_nowhere_are_errors() {
    within(LIMIT, || {
        let check = |location: &'static str, expected: &str| {
            let server =
                Server::start(move |_, stream| reply(stream, "301 Moved Permanently", location, b""));
            check_error(&server, expected);
        };
        check("", "URL: server response: 301 Moved Permanently");
        check("Location: ftp://h/\r\n", "URL: fetching URL: unsupported protocol scheme \"ftp\"");
        check(
            "Location: http://h:x/\r\n",
            "URL: fetching URL: redirected to http://h:x/: invalid port \":x\" after host",
        );
    });
}

#[test]
fn no_server_listens() {
    within(LIMIT, || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().expect("a bound port").to_string();
        drop(listener);
        let error = fetch(&address).result.unwrap_err();
        let url = format!("http://{address}/debug/pprof/profile");
        assert_eq!(error, format!("{address}: fetching {url}: connection refused"));
        let error = fetch("ftp://localhost/x").result.unwrap_err();
        assert_eq!(error, "ftp://localhost/x: invalid URL: unsupported protocol scheme \"ftp\"");
    });
}

#[test]
fn an_encoding_that_the_server_declares_is_undone() {
    within(LIMIT, || {
        // gzip of "plain".
        const PACKED: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x2b\xc8\x49\xcc\xcc\x03\x00\xcf\x62\x20\x19\x05\x00\x00\x00";
        let server = Server::start(|_, stream| reply(stream, "200 OK", "Content-Encoding: gzip\r\n", PACKED));
        let outcome = fetch(&format!("http://127.0.0.1:{}/x", server.port));
        assert_eq!(outcome.result.as_deref(), Ok(b"plain".as_slice()));
        assert_eq!(outcome.length, None);
    });
}

#[test]
fn a_proxy_is_asked_for_other_machines_only() {
    within(LIMIT, || {
        let proxy = Server::start(|head, stream| {
            assert!(head.starts_with("CONNECT example.test:6060 HTTP/1.1\r\n"), "{head}");
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            let head = support::read_head(stream)?;
            assert!(head.starts_with("GET /heap HTTP/1.1\r\n"), "{head}");
            reply(stream, "200 OK", "", b"through the proxy")
        });
        let environment =
            Environment { http_proxy: Some(format!("127.0.0.1:{}", proxy.port)), ..Environment::default() };
        let fetcher = impatient(TlsOptions::default(), environment);
        let outcome = fetch_with(&fetcher, "http://example.test:6060/heap", Duration::from_secs(5));
        assert_eq!(outcome.result.as_deref(), Ok(b"through the proxy".as_slice()));
        let server = Server::start(|_, stream| reply(stream, "200 OK", "", b"direct"));
        let url = format!("http://127.0.0.1:{}/heap", server.port);
        let outcome = fetch_with(&fetcher, &url, Duration::from_secs(5));
        assert_eq!(outcome.result.as_deref(), Ok(b"direct".as_slice()));
        assert_eq!(proxy.requests(), 1);
    });
}
