//! Programs are asked for profiles, and those that are gone do no harm.

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use hotlist_profile::{Builder, Profile};
use hotlist_serve::scrape::ScrapeConfig;
use support::{cpu, cpu_query, encode, file, get_with, read, serve_with};

/// A heap profile whose allocations grow from scrape to scrape.
fn heap(scrape: i64) -> Profile {
    let mut builder = Builder::new(&[("alloc_space", "bytes"), ("inuse_space", "bytes")]);
    builder.period("space", "bytes", 524_288);
    let function = builder.named_function("alloc", "main.go");
    let location = builder.source_location(function, 1);
    builder.sample(&[location], &[], &[1_000_000 + 1000 * scrape, 77]).unwrap();
    let mut profile = builder.finish();
    profile.time_nanos = hotlist_serve::moment::now();
    profile
}

/// A program with Go's addresses of a CPU and a heap profile.
fn program() -> (u16, Arc<AtomicI64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let scrapes = Arc::new(AtomicI64::new(0));
    let count = Arc::clone(&scrapes);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let length = stream.read(&mut head).unwrap();
            let head = String::from_utf8_lossy(&head[..length]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let body = match path.as_str() {
                "/debug/pprof/profile?seconds=1" => file(&cpu(&[("work", 10)])),
                "/debug/pprof/allocs" => file(&heap(count.fetch_add(1, Ordering::SeqCst))),
                _ => Vec::new(),
            };
            let status = if body.is_empty() { "404 Not Found" } else { "200 OK" };
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(&body);
        }
    });
    (port, scrapes)
}

#[test]
fn profiles_are_scraped_and_growing_values_become_changes() {
    let (port, scrapes) = program();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scrape.yml");
    // Nobody listens at the second target.
    let text = format!(
        "scrape_configs:
  - job_name: go
    scrape_interval: 1s
    static_configs: [{{targets: ['127.0.0.1:{port}', '127.0.0.1:1'], labels: {{service: api}}}}]
"
    );
    std::fs::write(&path, text).unwrap();
    let config = ScrapeConfig::read(&path).unwrap();
    let served = serve_with(|site| site.scrape = Some(config));
    let total = |query: &str| {
        let (status, body) = get_with(&format!("{}/api/v1/query?q={query}", served.url), &[]);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        read(&body).totals().first().copied().unwrap_or(0)
    };
    let memory = |kind: &str| encode(&format!("memory:{kind}:bytes:space:bytes{{service=\"api\"}}"));
    let start = Instant::now();
    while scrapes.load(Ordering::SeqCst) < 4 || total(&memory("alloc_space")) < 2000 {
        assert!(start.elapsed() < Duration::from_secs(60), "{} scrapes", scrapes.load(Ordering::SeqCst));
        std::thread::sleep(Duration::from_millis(100));
    }
    // A thousand bytes from scrape to scrape, and never the million from before the first.
    let grown = total(&memory("alloc_space"));
    assert!(grown % 1000 == 0 && grown <= 1000 * i128::from(scrapes.load(Ordering::SeqCst)), "{grown}");
    assert!(total(&memory("inuse_space")) >= 77 * 3);
    assert!(total(&cpu_query(r#"{service="api",job="go"}"#)) >= 10);
    let (_, metrics) = get_with(&format!("{}/metrics", served.url), &[]);
    let metrics = String::from_utf8_lossy(&metrics).into_owned();
    assert!(metrics.contains("hotlist_scrape_targets 2\n"), "{metrics}");
}
