//! The bounds of the server. In a program of their own, because all servers of a program share them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use hotlist_collect::{Server, serve};

fn get(server: &Server, target: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut answer = Vec::new();
    // Where there is no place for it, a request may be answered and its connection closed before it was sent.
    drop(stream.write_all(format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes()));
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// Waits until an answer has this status; others that are still on their way may be in between.
fn wait_for(server: &Server, target: &str, status: &str) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = get(server, target);
        if answer.starts_with(&format!("HTTP/1.1 {status} ")) {
            return;
        }
        assert!(Instant::now() < end, "{answer}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn captures_are_bounded_and_end_with_their_clients() {
    let server = serve("127.0.0.1:0").unwrap();
    let waiting: Vec<TcpStream> = (0..8)
        .map(|number| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            let name = ["profile", "heap"][number % 2];
            write!(stream, "GET /debug/pprof/{name}?seconds=300 HTTP/1.1\r\n\r\n").unwrap();
            stream
        })
        .collect();
    // They have half a second to begin. What is asked for now finds no place, however often it asks.
    std::thread::sleep(Duration::from_millis(500));
    for _ in 0..20 {
        wait_for(&server, "/debug/pprof/profile?seconds=1", "429");
    }
    assert!(get(&server, "/debug/pprof/heap").starts_with("HTTP/1.1 200 OK"), "those that need not wait");
    // Connections that ask for nothing take the rest of the places.
    let idle: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    wait_for(&server, "/debug/pprof/heap", "503");
    drop((waiting, idle));
    wait_for(&server, "/debug/pprof/profile?seconds=1", "200");
}
