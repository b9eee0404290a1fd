//! `hotlist serve` and `hotlist store` from the outside.
#![cfg(all(unix, feature = "serve"))]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn hotlist() -> Command {
    Command::new(env!("CARGO_BIN_EXE_hotlist"))
}

fn run(words: &[&str]) -> Output {
    hotlist().args(words).output().unwrap()
}

/// A server that runs.
struct Served {
    process: Child,
    host: String,
}

impl Served {
    fn start(folder: &Path, more: &[&str]) -> Served {
        let mut process = hotlist()
            .args(["serve", "-listen", "127.0.0.1:0", "-data"])
            .arg(folder)
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut errors = BufReader::new(process.stderr.take().unwrap());
        errors.read_line(&mut line).unwrap();
        let host = line.trim().rsplit_once("http://").unwrap_or_else(|| panic!("{line}")).1.to_owned();
        // What it says later goes nowhere, and does not stop it.
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        Served { process, host }
    }

    fn signal(&self, name: &str) {
        Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap();
    }

    /// Waits for its end and returns its exit status.
    fn end(mut self) -> Option<i32> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            if start.elapsed() > Duration::from_secs(60) {
                self.process.kill().unwrap();
                panic!("the server did not end");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Sends a profile and returns the head and body of the answer; `None` when the server is gone.
fn push(host: &str, path: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// The merged folded stacks of all that was pushed, and their weights.
fn stacks(host: &str) -> BTreeMap<String, u64> {
    let output =
        run(&["-folded", &format!("http://{host}/api/v1/query?q=samples{{service=\"api\"}}&from=-1h")]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let line = |line: &str| {
        let (stack, weight) = line.rsplit_once(' ').unwrap();
        (stack.to_owned(), weight.parse().unwrap())
    };
    text.lines().map(line).collect()
}

#[test]
fn what_is_pushed_is_asked_for_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("d");
    let served = Served::start(&data, &[]);
    let answer =
        push(&served.host, "/api/v1/profiles?service=api&label.zone=z1", "main;work 3\nmain 1\n").unwrap();
    assert!(answer.ends_with("{\"durable\":true,\"samples\":2,\"series\":1}"), "{answer}");
    let answer = push(&served.host, "/api/v1/profiles?service=api", "").unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("empty input file"), "{answer}");
    assert_eq!(stacks(&served.host), BTreeMap::from([("main".to_owned(), 1), ("main;work".to_owned(), 3)]));

    // Wrong questions are told in words.
    let url = format!("http://{}/api/v1/query?q=heap", served.host);
    let output = run(&["-top", &url]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("400 Bad Request - \"heap\" is not a profile type; there are profile:samples:count"),
        "{error}"
    );

    // One server a folder.
    let second = hotlist().args(["serve", "-listen", "127.0.0.1:0", "-data"]).arg(&data).output().unwrap();
    let error = String::from_utf8_lossy(&second.stderr);
    assert!(error.ends_with("d: another process has this store open\n"), "{error}");
    assert_eq!(second.status.code(), Some(1));

    served.signal("-TERM");
    assert_eq!(served.end(), Some(0));
    let check = run(&["store", "check", data.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&check.stdout).ends_with("none is damaged\n"), "{check:?}");
    let again = Served::start(&data, &[]);
    assert_eq!(stacks(&again.host).len(), 2);
    again.signal("-KILL");
    again.end();

    // Everything is in files now, as the start has written what was in the inbox.
    let stats = run(&["store", "stats", "-json", data.to_str().unwrap()]);
    let text = String::from_utf8(stats.stdout).unwrap();
    assert!(text.contains("\"samples\": 2") && text.contains("\"series\": 1"), "{text}");
    let samples = data.join("tenants/default/samples");
    let file = find(&samples).expect("a file of samples");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let check = run(&["store", "check", data.to_str().unwrap()]);
    assert_eq!(check.status.code(), Some(1));
    let text = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(text.contains(&*file.to_string_lossy()) && text.contains("1 is damaged"), "{text}");
    assert_eq!(run(&["store", "check", "/no/such/store"]).status.code(), Some(2));
    assert_eq!(run(&["store", "mend", data.to_str().unwrap()]).status.code(), Some(2));
}

/// A file of a table below a folder.
fn find(folder: &Path) -> Option<std::path::PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() { find(&path) } else { path.extension()?.eq("parquet").then_some(path) }
    })
}

#[test]
fn senseless_settings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("d").to_str().unwrap().to_owned();
    for (words, code, expected) in [
        (&["serve"][..], 2, "-data is needed"),
        (&["serve", "-data", &data, "-listen", "4040"], 2, "missing port in address"),
        (&["serve", "-data", &data, "-retention", "1y"], 2, "is no duration such as"),
        (&["serve", "-data", &data, "-memory-limit", "1MB"], 2, "the least is 64MB"),
        (&["serve", "-data", &data, "-tls-cert", "x"], 2, "-tls-cert needs -tls-key"),
        (&["serve", "-data", &data, "-scrape", "/no/file"], 1, "/no/file: "),
        (&["serve", "-data", &data, "-token-file", "/no/file"], 1, "/no/file: "),
        (&["serve", "-data", &data, "-listen", "0.0.0.0:0"], 1, "give tokens with -token-file"),
        (&["serve", "-data", "/proc/x"], 1, "/proc/x: "),
    ] {
        let output = run(words);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.starts_with("hotlist: ") && error.contains(expected), "{words:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert_eq!(output.status.code(), Some(code), "{words:?}: {error}");
    }
}

/// Pushes profiles, each with a stack of its own, and kills the server at some moment, again and again. What was
/// acknowledged is there in the end, and nothing is there twice.
fn crash(rounds: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (next, acknowledged) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::new())));
    for round in 0..rounds {
        let served = Served::start(folder.path(), &["-memory-limit", "64MB"]);
        let is_over = Arc::new(AtomicBool::new(false));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (host, next, acknowledged, is_over) =
                    (served.host.clone(), next.clone(), acknowledged.clone(), is_over.clone());
                std::thread::spawn(move || {
                    while !is_over.load(Ordering::Relaxed) {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let answer =
                            push(&host, "/api/v1/profiles?service=api", &format!("main;f{number} 1\n"));
                        if answer.is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                            acknowledged.lock().unwrap().push(number);
                        }
                    }
                })
            })
            .collect();
        // Another moment in each round.
        std::thread::sleep(Duration::from_millis(100 + round * 137 % 400));
        served.signal("-KILL");
        served.end();
        is_over.store(true, Ordering::Relaxed);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
    let served = Served::start(folder.path(), &[]);
    let found = stacks(&served.host);
    let acknowledged = acknowledged.lock().unwrap();
    assert!(acknowledged.len() as u64 > rounds, "{} profiles were acknowledged", acknowledged.len());
    for number in &*acknowledged {
        assert_eq!(found.get(&format!("main;f{number}")), Some(&1), "profile {number}");
    }
    assert!(found.values().all(|&weight| weight == 1), "a profile is there twice");
    served.signal("-TERM");
    assert_eq!(served.end(), Some(0));
    let check = Command::new(env!("CARGO_BIN_EXE_hotlist"))
        .args(["store", "check"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
}

#[test]
fn a_kill_loses_nothing() {
    crash(4);
}

#[test]
#[ignore = "takes a minute"]
fn forty_kills_lose_nothing() {
    crash(40);
}
