//! Requests that are wrong, too large, too slow or not allowed: each is told why, and the server goes on.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hotlist_serve::Tenants;
use support::{LARGEST, cpu, cpu_query, file, get, get_with, post, post_with, raw, read, serve, serve_with};

#[test]
fn only_own_names_are_let_in() {
    let served = serve();
    let ask = |host: &str| {
        raw(
            served.port,
            format!("GET /-/ready HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes(),
        )
    };
    assert!(ask(&format!("localhost:{}", served.port)).starts_with("HTTP/1.1 200"));
    for host in ["evil.example", "localhost", "127.0.0.1:1", "localhost:80@evil"] {
        assert!(ask(host).starts_with("HTTP/1.1 403"), "{host}");
    }
    let named = serve_with(|site| site.names.push("profiles.test".to_owned()));
    let request =
        format!("GET /-/ready HTTP/1.1\r\nHost: profiles.test:{}\r\nConnection: close\r\n\r\n", named.port);
    assert!(raw(named.port, request.as_bytes()).starts_with("HTTP/1.1 200"));
}

#[test]
fn other_sites_cannot_push() {
    let served = serve();
    let url = format!("{}/api/v1/profiles?service=x", served.url);
    let body = file(&cpu(&[("a", 1)]));
    assert_eq!(post_with(&url, &body, &[("origin", "https://evil.example")]).0, 403);
    assert_eq!(post_with(&url, &body, &[("sec-fetch-site", "cross-site")]).0, 403);
    assert_eq!(post_with(&url, &body, &[("origin", &served.url)]).0, 200);
}

#[test]
fn a_token_opens_its_tenant_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    std::fs::write(&tokens, "token-of-a a\ntoken-of-b b\n").unwrap();
    let served = serve_with(|site| site.tenants = Tenants::read(&tokens).unwrap());
    let (a, b) = ([("authorization", "Bearer token-of-a")], [("authorization", "Bearer token-of-b")]);
    let push = format!("{}/api/v1/profiles?service=secret", served.url);
    let body = file(&cpu(&[("a", 1)]));
    assert_eq!(post_with(&push, &body, &[]).0, 401);
    assert_eq!(post_with(&push, &body, &[("authorization", "Bearer guess-guess")]).0, 403);
    assert_eq!(post_with(&push, &body, &a).0, 200);
    let routes = [
        "/api/v1/labels/service/values".to_owned(),
        "/api/v1/series".to_owned(),
        "/api/v1/types".to_owned(),
        format!("/api/v1/query_range?q={}&step=1h", cpu_query("{}")),
    ];
    for route in routes {
        let url = format!("{}{route}", served.url);
        assert_eq!(get_with(&url, &[]).0, 401, "{route}");
        let (status, own) = get_with(&url, &a);
        let (_, other) = get_with(&url, &b);
        assert_eq!(status, 200);
        assert!(own.len() > other.len(), "{route}: {}", String::from_utf8_lossy(&other));
        assert!(!String::from_utf8_lossy(&other).contains("secret"), "{route}");
    }
    // What was worked out for one is not kept for the other.
    let query = format!("{}/api/v1/query?q={}&to=-1s&report=top&format=json", served.url, cpu_query("{}"));
    let total = |headers: &[(&str, &str)]| {
        let (status, body) = get_with(&query, headers);
        (status, String::from_utf8_lossy(&body).contains("\"a\""))
    };
    assert_eq!((total(&a), total(&b).1), ((200, true), false));
    assert_eq!(get_with(&format!("{}/metrics", served.url), &[]).0, 401);
    assert_eq!(get(&format!("{}/-/ready", served.url)).0, 200);
}

#[test]
fn a_profile_that_is_too_large_names_the_limit() {
    let served = serve();
    let url = format!("{}/api/v1/profiles?service=x", served.url);
    let check = |(status, body): (u16, String)| {
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(status, 413, "{body}");
        assert_eq!(
            (&body["limit"], &body["value"], &body["flag"]),
            (&"max-profile".into(), &LARGEST.into(), &"-max-profile".into())
        );
    };
    check(post(&url, &vec![b'x'; LARGEST as usize + 1]));
    // One of 300 MB is refused by its head, before a byte of it was sent.
    let head = format!(
        "POST /api/v1/profiles?service=x HTTP/1.1\r\nHost: localhost:{}\r\nContent-Length: 300000000\r\n\r\n",
        served.port
    );
    let answer = raw(served.port, head.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("max-profile"), "{answer}");
    assert_eq!(post(&url, &file(&cpu(&[("a", 1)]))).0, 200);
}

#[test]
fn what_is_no_profile_is_refused() {
    let served = serve();
    let url = format!("{}/api/v1/profiles", served.url);
    let whole = file(&cpu(&[("a", 1)]));
    for (query, body, words) in [
        ("?service=x", &b"no profile"[..], ""),
        ("?service=x", b"", ""),
        ("?service=x", &whole[..whole.len() / 2], ""),
        ("", &whole, "service"),
        ("?service=x&time=tomorrow", &whole, "time"),
        ("?service=x&label.a-b=c", &whole, "label"),
    ] {
        let (status, answer) = post(&format!("{url}{query}"), body);
        assert!(status == 400 && answer.contains(words), "{query}: {status} {answer}");
    }
    for path in ["/push.v1.PusherService/Push", "/v1development/profiles"] {
        let kind = [("content-type", "application/x-protobuf")];
        assert_eq!(post_with(&format!("{}{path}", served.url), b"\xff\xff\xff", &kind).0, 400, "{path}");
    }
}

#[test]
fn a_flood_of_labels_meets_a_limit() {
    let served = serve();
    let body = file(&cpu(&[("a", 1)]));
    let push =
        |number: u32| post(&format!("{}/api/v1/profiles?service=x&label.id={number}", served.url), &body);
    let refused = (0..40).map(push).find(|(status, _)| *status != 200).expect("a limit");
    assert_eq!(refused.0, 429, "{}", refused.1);
    let answer: serde_json::Value = serde_json::from_str(&refused.1).unwrap();
    assert!(answer["limit"].is_string() && answer["value"] == 20 && answer["flag"].is_string(), "{answer}");
    // Series that are there already go on.
    assert_eq!(push(0).0, 200);
}

#[test]
fn half_a_request_leaves_nothing_behind() {
    let served = serve();
    let body = file(&cpu(&[("a", 1)]));
    for length in [0, 1, body.len() / 2, body.len() - 1] {
        let mut stream = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
        let head = format!(
            "POST /api/v1/profiles?service=half HTTP/1.1\r\nHost: localhost:{}\r\nContent-Length: {}\r\n\r\n",
            served.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body[..length]).unwrap();
        drop(stream);
    }
    std::thread::sleep(Duration::from_millis(300));
    let (_, values) = get(&format!("{}/api/v1/labels/service/values", served.url));
    assert!(!values.contains("half"), "{values}");
    let (_, metrics) = get(&format!("{}/metrics", served.url));
    assert!(metrics.contains("hotlist_request_bytes 0\n"), "{metrics}");
}

#[test]
fn slow_readers_do_not_keep_others_waiting() {
    let served = serve();
    assert_eq!(post(&format!("{}/api/v1/profiles?service=x", served.url), &file(&cpu(&[("a", 1)]))).0, 200);
    let path = format!("/api/v1/query?q={}", cpu_query("{}"));
    // They ask, and never read.
    let slow: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", served.port).unwrap();
            stream
        })
        .collect();
    let start = Instant::now();
    let (status, body) = get_with(&format!("{}{path}", served.url), &[]);
    assert_eq!((status, read(&body).totals()), (200, vec![1]));
    assert!(start.elapsed() < Duration::from_secs(30));
    drop(slow);
}

#[test]
fn wrong_questions_are_explained() {
    let served = serve();
    for (path, status) in [
        ("/api/v1/query", 400),
        ("/api/v1/query?q=nonsense", 400),
        ("/api/v1/query?q=a:b:c:d:e{&from=-1h", 400),
        ("/api/v1/labels?from=now&to=-1h", 400),
        ("/api/v1/labels?from=yesterday", 400),
        ("/api/v1/labels?match={a=~\"(\"}", 400),
        ("/api/v1/nothing", 404),
        ("/view/q%3Dx/ui/top", 400),
        ("/view/x", 404),
    ] {
        let path = path.replace('{', "%7B").replace('"', "%22");
        let (got, body) = get(&format!("{}{path}", served.url));
        assert_eq!(got, status, "{path}: {body}");
        if path.starts_with("/api/v1/query") {
            // For programs that fetch profiles.
            assert!(body.ends_with('\n') && body.len() > 10 && !body.starts_with('{'), "{body}");
        } else {
            assert!(serde_json::from_str::<serde_json::Value>(&body).unwrap()["error"].is_string(), "{body}");
        }
    }
    assert_eq!(get(&format!("{}/api/v1/profiles", served.url)).0, 405);
    assert_eq!(post(&format!("{}/api/v1/types", served.url), b"").0, 405);
    let mut nothing = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
    nothing.write_all(b"DELETE / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut start = [0; 12];
    nothing.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 405");
}
