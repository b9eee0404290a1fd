//! Servers for tests, and clients of them.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use hotlist_fetch::{Environment, Fetcher, TlsOptions};
use hotlist_profile::{Builder, Profile};
use hotlist_serve::{Server, Site, Tell, Tenants};
use hotlist_store::{Settings, Store};

/// A server that runs until the process ends.
pub struct Served {
    pub url: String,
    pub port: u16,
    pub store: Store,
    folder: tempfile::TempDir,
}

/// The largest profile that test servers take.
pub const LARGEST: u64 = 1 << 20;

/// Serves an empty store, with changes to what the server is told.
pub fn serve_with(change: impl FnOnce(&mut Site)) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::default();
    settings.max_series = 20;
    let store = Store::open(folder.path(), settings).unwrap();
    let fetcher = Fetcher::new(TlsOptions::default(), Environment::from_lookup(|_| None)).unwrap();
    let mut site = Site {
        store: store.clone(),
        address: "127.0.0.1:".parse().unwrap(),
        names: Vec::new(),
        tenants: Tenants::default(),
        tls: None,
        scrape: None,
        authorities: fetcher.tls().unwrap(),
        max_profile: LARGEST,
        request_memory: 16 << 20,
        tell: Tell::default(),
    };
    change(&mut site);
    let server = Server::bind(site).unwrap();
    let (url, port) = (server.url(), server.bound().port());
    std::thread::spawn(move || server.run());
    Served { url, port, store, folder }
}

/// Serves an empty store.
pub fn serve() -> Served {
    serve_with(|_| {})
}

/// A client that takes every status as an answer.
pub fn client() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}

/// Status and body of a GET with headers.
pub fn get_with(url: &str, headers: &[(&str, &str)]) -> (u16, Vec<u8>) {
    let mut request = client().get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_vec().unwrap())
}

/// Status and body of a GET.
pub fn get(url: &str) -> (u16, String) {
    let (status, body) = get_with(url, &[]);
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// The JSON of a GET that must succeed.
pub fn json(url: &str) -> serde_json::Value {
    let (status, body) = get(url);
    assert_eq!(status, 200, "{url}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// Status and body of a POST with headers.
pub fn post_with(url: &str, body: &[u8], headers: &[(&str, &str)]) -> (u16, Vec<u8>) {
    let mut request = client().post(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.send(body).unwrap();
    (response.status().as_u16(), response.body_mut().read_to_vec().unwrap())
}

/// Status and body of a POST.
pub fn post(url: &str, body: &[u8]) -> (u16, String) {
    let (status, body) = post_with(url, body, &[]);
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// What comes back for these bytes, and when the server has closed the connection.
pub fn raw(port: u16, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // The server may end the connection before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A CPU profile with one stack below `main` for each name.
pub fn cpu(stacks: &[(&str, i64)]) -> Profile {
    let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
    builder.period("cpu", "nanoseconds", 10_000_000);
    let main = builder.named_function("main", "main.go");
    let main = builder.source_location(main, 1);
    for (name, value) in stacks {
        let leaf = builder.named_function(name, "main.go");
        let leaf = builder.source_location(leaf, 2);
        builder.sample(&[leaf, main], &[], &[*value]).unwrap();
    }
    let mut profile = builder.finish();
    profile.time_nanos = hotlist_serve::moment::now() - 60_000_000_000;
    profile
}

/// The same as a file.
pub fn file(profile: &Profile) -> Vec<u8> {
    let mut file = Vec::new();
    hotlist_formats::write(profile, &mut file).unwrap();
    file
}

/// The profile of a file.
pub fn read(file: &[u8]) -> Profile {
    hotlist_formats::read_bytes(file, hotlist_formats::Limits::default()).unwrap()
}

/// What a query for the CPU type of these labels is, encoded.
pub fn cpu_query(labels: &str) -> String {
    encode(&format!("process_cpu:cpu:nanoseconds:cpu:nanoseconds{labels}"))
}

/// A text as a part of an address.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
