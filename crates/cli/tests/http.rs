//! `-http` from the outside: the command serves until it is interrupted.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hotlist_testkit::testdata;

#[test]
fn the_page_is_served_until_an_interrupt() {
    let home = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_hotlist"))
        .args(["-http=:", "-no_browser", "-focus=json"])
        .arg(testdata("profiles/encoding_json.cpu.pb.gz"))
        .env("HOME", home.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let host = line.trim().strip_prefix("Serving web UI on http://").expect(&line).to_owned();

    let mut stream = TcpStream::connect(&host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET /ui/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("location: flamegraph?f=json"), "{answer}");

    // An open connection does not keep the program.
    let _open = TcpStream::connect(&host).unwrap();
    let signal = if interrupts_are_ignored() { "-TERM" } else { "-INT" };
    Command::new("kill").args([signal, &program.id().to_string()]).status().unwrap();
    let start = Instant::now();
    while program.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(10) {
            program.kill().unwrap();
            panic!("the program did not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether this process, and so its children, was started in the background by a script: then Ctrl-C is
/// not meant for it.
fn interrupts_are_ignored() -> bool {
    const INTERRUPT: u64 = 1 << 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & INTERRUPT != 0)
}

#[test]
fn addresses_that_are_none_are_refused_before_any_work() {
    for (address, expected) in
        [("8080", "missing port in address"), (":http", "invalid port number"), ("a/b:1", "invalid host")]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_hotlist"))
            .args([&format!("-http={address}"), "-no_browser", "/no/such/file"])
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(expected), "{address}: {error}");
        assert_eq!(output.status.code(), Some(2), "{address}");
    }
}
