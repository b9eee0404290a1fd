//! The server without a browser: what routes answer, and what is refused.

mod support;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use hotlist_profile::Profile;
use hotlist_session::{Options, SourceFiles};
use hotlist_testkit::hostile_profile;
use serde_json::Value;
use support::{client, get, load_files, response, serve, serve_profile};

fn fixtures() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(hotlist_testkit::testdata("profiles"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".pb.gz"))
        .collect();
    files.sort();
    files
}

fn json(url: &str) -> Value {
    let (status, body) = get(url);
    assert_eq!(status, 200, "{url}: {body}");
    serde_json::from_str(&body).unwrap()
}

fn sum(values: &Value) -> i64 {
    values.as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).sum()
}

/// Every report as JSON, with what it says about the total compared to `top`.
fn check_profile(profile: Profile, name: &str, query: &str) {
    let served = serve_profile(profile, name);
    let api = format!("{}/api/v1", served.url);
    let top = json(&format!("{api}/top?n=-2&nf=0&{query}"));
    let total = top["header"]["total"].as_i64().unwrap();
    let rows = top["rows"].as_array().unwrap();
    let rows_by_key: HashMap<String, &Value> =
        rows.iter().map(|row| (row["place"]["key"].to_string(), row)).collect();
    let mut compared = 0;
    let flat: i64 = rows.iter().map(|row| row["flat"].as_i64().unwrap()).sum();
    for report in json(&format!("{api}/"))["reports"].as_array().unwrap() {
        let report = report["name"].as_str().unwrap();
        let (status, body) = get(&format!("{api}/{report}?q=.&n=-2&nf=0&ef=0&{query}"));
        if status == 422 || status == 400 {
            // There is nothing to list.
            continue;
        }
        assert_eq!(status, 200, "{name} {report}: {body}");
        let answer: Value = serde_json::from_str(&body).unwrap();
        let shape = answer["shape"].as_str().unwrap();
        if let Some(other) = answer["header"]["total"].as_i64() {
            assert_eq!(other, total, "{name} {report}: the total");
        }
        let place = |label: &str| rows.iter().find(|row| row["place"]["label"] == label);
        match shape {
            "table" if report == "top" => {}
            "flame" => {
                let frames = &answer["frames"];
                let base = frames.get("base_flat").map_or(0, sum);
                assert_eq!(sum(&frames["flat"]) - base, flat, "{name} {report}: own weights");
                // What cards and sandwiches tell of a place, and searches in files.
                for place in answer["places"].as_array().unwrap() {
                    let told = (&place["flat"], &place["cum"]);
                    let Some(row) = rows_by_key.get(&place["key"].to_string()) else {
                        assert_eq!(told, (&Value::from(0), &Value::from(0)), "{name} {report}");
                        continue;
                    };
                    assert_eq!(told, (&row["flat"], &row["cum"]), "{name} {report}: {}", place["label"]);
                    if !row["compared"].is_null() {
                        assert_eq!(place["compared"], row["compared"], "{name} {report}");
                    }
                }
            }
            "listing" => {
                // A function of several files has a listing for each.
                let routines = answer["routines"].as_array().unwrap();
                for routine in routines {
                    let same: Vec<&Value> =
                        rows.iter().filter(|row| row["place"]["label"] == routine["name"]).collect();
                    let count = routines.iter().filter(|other| other["name"] == routine["name"]).count();
                    let (&[row], 1) = (&same[..], count) else { continue };
                    assert_eq!(
                        (&routine["flat"], &routine["cum"]),
                        (&row["flat"], &row["cum"]),
                        "{name} {report}: {}",
                        routine["name"]
                    );
                }
            }
            "neighbours" => {
                for entry in answer["entries"].as_array().unwrap() {
                    let row = place(entry["place"]["label"].as_str().unwrap()).expect("a row of top");
                    assert_eq!(
                        (&entry["flat"], &entry["cum"]),
                        (&row["flat"], &row["cum"]),
                        "{name} {report}"
                    );
                }
            }
            "graph" if report == "dot" => {
                let shown = answer["showing"]["nodes"].as_u64().unwrap() as usize;
                for node in answer["nodes"].as_array().unwrap().iter().take(shown) {
                    let label = node["place"]["label"].as_str().unwrap();
                    let same: Vec<&Value> = rows.iter().filter(|row| row["place"] == node["place"]).collect();
                    let &[row] = &same[..] else { continue };
                    compared += 1;
                    assert_eq!(
                        (&node["flat"], &node["cum"]),
                        (&row["flat"], &row["cum"]),
                        "{name} {report}: {label}"
                    );
                }
            }
            "stacks" => {
                let values: i64 = answer["samples"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| row["value"].as_i64().unwrap())
                    .sum();
                assert_eq!(values, flat, "{name} {report}: the sum of the samples");
            }
            _ => {}
        }
    }
    assert!(compared > 0, "{name}: nothing of the graph is in top");
    let found = json(&format!("{api}/search?q=.&{query}"));
    assert_eq!(found["flat"].as_i64(), Some(flat), "{name}: everything matches");
    for row in rows.iter().take(3) {
        let label = row["place"]["label"].as_str().unwrap();
        let pattern: String = label
            .chars()
            .map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("\\x{{{:x}}}", u32::from(c)) })
            .collect();
        let pattern = percent(&format!("^(?-i:{pattern})$"));
        let found = json(&format!("{api}/search?q={pattern}&{query}"));
        assert_eq!((&found["flat"], &found["cum"]), (&row["flat"], &row["cum"]), "{name}: search {label}");
        let pivot = percent(label);
        for inverted in ["", "&inverted=t"] {
            let half = json(&format!("{api}/flamegraph?pivot={pivot}{inverted}&{query}"));
            let base = half["frames"]["base_cum"][0].as_i64().unwrap_or(0);
            assert_eq!(
                half["frames"]["cum"][0].as_i64().unwrap() - base,
                row["cum"].as_i64().unwrap(),
                "{name}: {label}"
            );
        }
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn all_routes_agree_with_top_for_all_fixtures() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 20);
    std::thread::scope(|scope| {
        for part in fixtures.chunks(fixtures.len().div_ceil(2)) {
            scope.spawn(move || {
                for path in part {
                    let profile = load_files(&[path], &Options::default());
                    check_profile(profile, &path.display().to_string(), "");
                }
            });
        }
    });
}

#[test]
fn a_comparison_and_filters_agree_too() {
    let folder = hotlist_testkit::testdata("profiles");
    let (one, other) = (folder.join("wake.cpu.pb.gz"), folder.join("encoding_json.cpu.pb.gz"));
    let mut options = Options::default();
    options.source.diff_base = vec![one.into()];
    check_profile(load_files(&[&other], &options), "comparison", "");
    check_profile(load_files(&[&other], &Options::default()), "filtered", "f=json&h=runtime&noinlines=t");
    check_profile(load_files(&[&other], &Options::default()), "lines", "g=lines");
    check_profile(hostile_profile(), "hostile", "");
}

#[test]
fn deeper_frames_come_when_asked_for() {
    let profile =
        load_files(&[&hotlist_testkit::testdata("profiles/encoding_json.cpu.pb.gz")], &Options::default());
    let served = serve_profile(profile, "x");
    let api = format!("{}/api/v1/flamegraph", served.url);
    let whole = json(&api);
    let small = json(&format!("{api}?n=5"));
    let place = small["frames"]["place"].as_array().unwrap();
    assert!(place.iter().any(|place| place.as_i64() < Some(-1)), "something is summed up");
    let first = small["places"][place[1].as_i64().unwrap() as usize]["id"].as_i64().unwrap();
    let deeper = json(&format!("{api}?n=5&path={first}"));
    assert_eq!(deeper["frames"]["cum"][1], small["frames"]["cum"][1]);
    for answer in [&small, &deeper] {
        assert_eq!(answer["frames"]["cum"][0], whole["frames"]["cum"][0]);
    }
}

#[test]
fn addresses_of_pprof_work() {
    let served = serve_profile(hostile_profile(), "x");
    let place = |path: &str| {
        let response = response(&format!("{}{path}", served.url));
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), location.unwrap_or_default())
    };
    assert_eq!(place("/"), (307, "ui/".into()));
    assert_eq!(place("/?f=x"), (307, "ui/?f=x".into()));
    assert_eq!(place("/ui/?f=x"), (302, "flamegraph?f=x".into()));
    assert_eq!(place("/ui/flamegraph2?si=cpu"), (301, "flamegraph?si=cpu".into()));
    for view in ["flamegraph", "graph", "top", "peek", "source", "disasm", "sandwich", "tags", "details"] {
        assert_eq!(place(&format!("/ui/{view}?f=x&g=lines")).0, 200, "{view}");
    }
    assert_eq!(place("/ui/nothing").0, 404);
    assert_eq!(place("/download"), (307, "/ui/".into()));
    assert_eq!(place("/a/b?f=x"), (307, "/ui/?f=x".into()));
    let mut download = response(&format!("{}/ui/download", served.url));
    let bytes = download.body_mut().read_to_vec().unwrap();
    let read = hotlist_formats::read(&bytes[..], hotlist_formats::Limits::default());
    assert_eq!(read.map(|profile| profile.samples.len()).ok(), Some(hostile_profile().samples.len()));
}

#[test]
fn what_the_command_line_says_is_where_the_page_begins() {
    let mut options = Options::default();
    options.view.focus = Some(hotlist_pattern::Pattern::new("a b").unwrap());
    hotlist_session::find("divide_by").unwrap().set(&mut options, "2").unwrap();
    let source = SourceFiles::new(&[], &[], &PathBuf::from("."), |_| None).only_below_roots();
    let served = serve(hostile_profile(), "x", &options, source);
    for (path, expected) in [("/ui/", "flamegraph?f=a%20b"), ("/ui/top", "top?f=a%20b")] {
        let response = response(&format!("{}{path}", served.url));
        assert_eq!(response.headers()["location"], expected);
    }
    // What has no key in addresses holds for all of them.
    let top = json(&format!("{}/api/v1/top", served.url));
    assert_eq!(top["header"]["format"]["ratio"], 0.5);
}

/// Sends bytes and returns what comes back until the server closes or a second passes.
fn raw(url: &str, bytes: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..count]);
        if answer.windows(4).any(|end| end == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn only_requests_for_this_server_are_answered() {
    let served = serve_profile(hostile_profile(), "x");
    let port = served.url.rsplit(':').next().unwrap();
    let status = |head: &str| {
        raw(&served.url, &format!("{head}\r\n\r\n")).split(' ').nth(1).unwrap_or("none").to_owned()
    };
    for (host, expected) in [
        (format!("localhost:{port}"), "200"),
        (format!("127.0.0.1:{port}"), "200"),
        (format!("[::1]:{port}"), "200"),
        ("localhost".into(), "403"),
        (format!("evil.example:{port}"), "403"),
        (format!("localhost.evil.example:{port}"), "403"),
        ("localhost:1".into(), "403"),
    ] {
        assert_eq!(status(&format!("GET /api/v1/ HTTP/1.1\r\nHost: {host}")), expected, "{host}");
    }
    assert_eq!(status("GET /api/v1/ HTTP/1.0"), "403");
    let own = format!("Host: localhost:{port}");
    assert_eq!(status(&format!("GET /api/v1/ HTTP/1.1\r\n{own}\r\nHost: evil.example")), "403");
    assert_eq!(status(&format!("GET http://evil.example/api/v1/ HTTP/1.1\r\n{own}")), "403");
    assert_eq!(
        status(&format!(
            "GET /api/v1/ HTTP/1.1\r\n{own}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors"
        )),
        "403"
    );
    assert_eq!(
        status(&format!(
            "GET /ui/top HTTP/1.1\r\n{own}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate"
        )),
        "200"
    );
    assert_eq!(status(&format!("DELETE /api/v1/ HTTP/1.1\r\n{own}")), "405");
}

#[test]
fn every_answer_has_the_headers_of_safety() {
    let served = serve_profile(hostile_profile(), "x");
    for path in
        ["/", "/ui/top", "/assets/app.js", "/api/v1/top", "/api/v1/top/csv", "/nothing", "/ui/download"]
    {
        let response = response(&format!("{}{path}", served.url));
        let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap());
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(
            (header("x-content-type-options"), header("referrer-policy")),
            ("nosniff", "no-referrer"),
            "{path}"
        );
    }
    let (_, page) = get(&format!("{}/ui/top", served.url));
    assert!(!page.contains("<style") && !page.contains("onload") && page.matches("<script").count() == 1);
}

#[test]
fn files_of_the_page_are_compressed_and_kept() {
    let served = serve_profile(hostile_profile(), "x");
    let host = served.url.trim_start_matches("http://");
    let head = |extra: &str| {
        raw(&served.url, &format!("GET /assets/app.js HTTP/1.1\r\nHost: {host}\r\n{extra}\r\n"))
            .to_lowercase()
    };
    let first = head("Accept-Encoding: br, gzip;q=0.5\r\n");
    assert!(first.contains("content-encoding: gzip"), "{first}");
    assert!(!head("").contains("content-encoding"));
    let etag = first.split("etag: ").nth(1).unwrap().lines().next().unwrap();
    assert!(head(&format!("If-None-Match: {etag}\r\n")).starts_with("http/1.1 304"));
    assert_eq!(get(&format!("{}/assets/../Cargo.toml", served.url)).0, 404);
    assert_eq!(get(&format!("{}/assets/index.html", served.url)).0, 404);
}

#[test]
fn a_file_that_is_sent_becomes_one_of_the_profiles() {
    let served = serve_profile(Profile::default(), "first");
    let page = get(&format!("{}/ui/flamegraph", served.url)).1;
    let token = page.split("hotlist-token\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    let send = |name: &str, data: &[u8], token: &str| {
        let request = client().post(format!("{}/api/v1/profiles?name={name}", served.url));
        let mut response = request.header("x-hotlist-token", token).send(data).unwrap();
        let body = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str::<Value>(&body).unwrap())
    };
    let facts = |query: &str| json(&format!("{}/api/v1/profile{query}", served.url))["profile"].clone();
    assert_eq!(facts("")["profiles"], serde_json::json!([]));
    let folded = b"main;bake 3\nmain;clean 4\n";
    assert_eq!(send("a.folded", folded, "").0, 403);
    assert_eq!(send("a.folded", folded, token).1["profile"], 2);
    assert_eq!(
        send("a.folded", b"[{\"ph\": \"X\", \"name\": \"a\", \"ts\": 1, \"dur\": 2}]", token).1["profile"],
        3
    );
    assert_eq!(facts("")["profiles"], serde_json::json!(["first", "a.folded", "a.folded (2)"]));
    assert_eq!(facts("?profile=2")["name"], "a.folded");
    let top = json(&format!("{}/api/v1/top?profile=2", served.url));
    assert_eq!(top["header"]["total"], 7);
    // What is no profile says why, and changes nothing.
    let (status, refusal) = send("x.html", b"<html>", token);
    assert_eq!(status, 422);
    let why = "x.html: unrecognized profile format: this looks like an HTML page";
    assert_eq!(refusal["error"], why);
    assert_eq!(facts("")["profiles"].as_array().unwrap().len(), 3);
    assert_eq!(get(&format!("{}/api/v1/profiles", served.url)).0, 404);
}

#[test]
fn a_file_that_is_too_large_is_refused_before_it_comes() {
    let served = serve_profile(Profile::default(), "first");
    let page = get(&format!("{}/ui/flamegraph", served.url)).1;
    let token = page.split("hotlist-token\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    let address = served.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /api/v1/profiles HTTP/1.1\r\nHost: {address}\r\nx-hotlist-token: {token}\r\nContent-Length: 900000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[test]
fn settings_change_only_with_the_token() {
    let served = serve_profile(hostile_profile(), "x");
    let save = format!("{}/ui/saveconfig?config=mine&f=abc", served.url);
    assert_eq!(get(&save).0, 405);
    let post = |url: &str, headers: &[(&str, &str)]| {
        let mut request = client().post(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send_empty().unwrap().status().as_u16()
    };
    assert_eq!(post(&save, &[]), 403);
    assert_eq!(post(&save, &[("x-hotlist-token", "0123456789abcdef0123456789abcdef")]), 403);
    let (_, page) = get(&format!("{}/ui/top", served.url));
    let token = page.split("hotlist-token\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(token.len(), 32);
    assert_eq!(post(&save, &[("x-hotlist-token", token), ("origin", "http://evil.example")]), 403);
    assert!(!served.settings.path().join("settings.json").exists());
    assert_eq!(post(&save, &[("x-hotlist-token", token)]), 200);
    let configs = json(&format!("{}/api/v1/configs", served.url));
    assert_eq!(configs["configs"][0]["name"], "mine");
    assert_eq!(configs["configs"][0]["parameters"]["f"], "abc");
    let delete = format!("{}/ui/deleteconfig?config=mine", served.url);
    assert_eq!(post(&delete, &[]), 403);
    assert_eq!(post(&delete, &[("x-hotlist-token", token)]), 200);
    assert_eq!(post(&delete, &[("x-hotlist-token", token)]), 400);
    assert_eq!(post(&format!("{}/api/v1/top", served.url), &[("x-hotlist-token", token)]), 405);
}

#[test]
fn too_long_or_wrong_parameters_are_refused() {
    let served = serve_profile(hostile_profile(), "x");
    let long = "x".repeat(5000);
    let longest = "x".repeat(40_000);
    for query in [
        &format!("f={long}") as &str,
        &format!("q={long}{long}"),
        &format!("a={longest}"),
        &"a=1&".repeat(70),
        "f=(",
        "f=%ff",
        "tf=99999999999999999999kb",
        "n=x",
        "g=inches",
        "path=1,x",
        "si=nothing",
        "si=99",
        "f=((((((a{100}){100}){100}){100}){100}){100})",
    ] {
        let (status, body) = get(&format!("{}/api/v1/flamegraph?{query}", served.url));
        assert!(matches!(status, 400 | 422), "{status} for {}: {body}", &query[..query.len().min(60)]);
        assert!(serde_json::from_str::<Value>(&body).unwrap()["error"].is_string());
    }
    for query in [format!("f={long}"), format!("a={longest}"), "a=1&".repeat(70)] {
        assert_eq!(get(&format!("{}/api/v1/top?{query}", served.url)).0, 400);
    }
    assert_eq!(get(&format!("{}/api/v1/peek", served.url)).0, 400);
    assert_eq!(get(&format!("{}/api/v1/peek?q=no_such_thing", served.url)).0, 422);
    assert_eq!(get(&format!("{}/api/v1/flamegraph?pivot=no_such_thing", served.url)).0, 422);
    assert_eq!(get(&format!("{}/api/v1/top/svg", served.url)).0, 400);
    assert_eq!(get(&format!("{}/api/v1/nothing", served.url)).0, 404);
    assert_eq!(get(&format!("{}/api/v1/top/nothing", served.url)).0, 404);
}

#[test]
fn profiles_cannot_show_files_of_the_user() {
    let served = serve_profile(hostile_profile(), "x");
    let (status, body) = get(&format!("{}/api/v1/list?q=.", served.url));
    assert_eq!(status, 200);
    let listing: Value = serde_json::from_str(&body).unwrap();
    for routine in listing["routines"].as_array().unwrap() {
        // Lines have weights, and no text.
        for line in routine["lines"].as_array().unwrap() {
            assert_eq!(line["text"].as_str().unwrap_or_default(), "", "{}", routine["file"]);
        }
    }
    let secret = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    assert!(secret.trim().is_empty() || !body.contains(secret.trim()));
}

#[test]
fn source_comes_from_below_the_roots_only() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    std::fs::create_dir(&root).unwrap();
    let outside = folder.path().join("outside.rs");
    std::fs::write(root.join("inside.rs"), "the allowed text\n").unwrap();
    std::fs::write(root.join("unnamed.rs"), "the unnamed text\n").unwrap();
    std::fs::write(&outside, "the secret text\n").unwrap();
    let mut builder = hotlist_profile::Builder::new(&[("samples", "count")]);
    let outside = outside.display().to_string();
    for (name, file) in [("in", "inside.rs"), ("out", &outside), ("up", "../outside.rs")] {
        let function = builder.named_function(name, file);
        let at = builder.source_location(function, 1);
        builder.sample(&[at], &[], &[1]).unwrap();
    }
    let source = SourceFiles::new(&[], &[], &root, |_| None).only_below_roots();
    let served = serve(builder.finish(), "x", &Options::default(), source);
    let (status, listing) = get(&format!("{}/api/v1/list?q=.", served.url));
    assert_eq!(status, 200);
    assert!(listing.contains("the allowed text"), "{listing}");
    assert!(!listing.contains("secret text") && !listing.contains("unnamed text"), "{listing}");
}

#[test]
fn slow_and_silent_clients_do_not_hold_others_up() {
    let served = serve_profile(hostile_profile(), "x");
    let address = served.url.trim_start_matches("http://");
    let silent: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /api/v1/top HTTP/1.1\r\nHost: loc").unwrap();
            stream
        })
        .collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                for path in ["ui/flamegraph", "api/v1/flamegraph", "api/v1/top", "api/v1/tags"] {
                    assert_eq!(get(&format!("{}/{path}", served.url)).0, 200);
                }
            });
        }
    });
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    drop(silent);
}
