//! `hotlist mcp` as clients start it: a program at the other end of two pipes.

#![cfg(feature = "mcp")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotlist_testkit::{Program, testdata};
use serde_json::{Value, json};

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("profiles"))
}

/// What a client sends first, and then these calls of tools, with ids from 2 on.
fn lines(calls: &[(&str, Value)]) -> Vec<u8> {
    let begin = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
        },
    });
    let begun = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let mut text = format!("{begin}\n{begun}\n");
    for (row, (tool, arguments)) in calls.iter().enumerate() {
        let params = json!({ "name": tool, "arguments": arguments });
        let call = json!({ "jsonrpc": "2.0", "id": row + 2, "method": "tools/call", "params": params });
        text += &format!("{call}\n");
    }
    text.into_bytes()
}

/// The results of the calls, by their ids.
fn results(stdout: &str) -> Vec<Value> {
    let mut messages: Vec<Value> =
        stdout.lines().map(|line| serde_json::from_str(line).expect("each line is a message")).collect();
    messages.sort_by_key(|message| message["id"].as_u64());
    messages.into_iter().map(|mut message| message["result"].take()).collect()
}

#[test]
fn a_client_is_answered_and_may_go_away() {
    let program = program();
    let calls = [("top", json!({ "nodecount": 1 })), ("top", json!({ "profile": "p7" }))];
    let outcome = program.run_with(&["mcp", "wake.cpu.pb.gz"], &lines(&calls));
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    let results = results(outcome.text());
    assert_eq!(results[0]["serverInfo"]["name"], json!("hotlist"));
    let instructions = results[0]["instructions"].as_str().expect("instructions");
    assert!(instructions.len() < 2000 && instructions.contains("branch"), "{instructions}");
    let row = &results[1]["structuredContent"]["rows"][0];
    assert_eq!(row["function"], json!("runtime.memclrNoHeapPointers"));
    assert_eq!(results[2]["isError"], json!(true));
    // A client that has nothing to say.
    let outcome = program.run_with(&["mcp"], b"");
    assert_eq!((outcome.code, outcome.stderr.as_str(), outcome.text()), (Some(0), "", ""));
}

#[test]
fn wrong_command_lines_are_told() {
    let program = program();
    for (words, expected) in [
        (&["mcp", "-root", "none"][..], "-root: none is no folder"),
        (&["mcp", "-url", "http://"], "-url: http://: "),
        (&["mcp", "-"], "standard input is for the protocol"),
        (&["mcp", "-focus=x"], "-focus is not for hotlist mcp"),
    ] {
        let outcome = program.run_with(words, b"");
        assert_eq!(outcome.code, Some(2), "{words:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(expected), "{words:?}: {}", outcome.stderr);
    }
}

/// A server of one profile, and how often it was asked.
fn profile_server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let profile = std::fs::read(testdata("profiles/wake.cpu.pb.gz")).expect("the profile is there");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            let Ok(mut stream) = stream else { continue };
            let _ = stream.read(&mut [0; 4096]);
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", profile.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&profile));
        }
    });
    (address, asked)
}

#[test]
fn servers_are_asked_where_a_flag_allows_it() {
    let (address, asked) = profile_server();
    let call = [("open", json!({ "source": format!("{address}/debug/pprof/profile") }))];
    let program = program();
    let outcome = program.run_with(&["mcp"], &lines(&call));
    let refused = results(outcome.text());
    assert_eq!(refused[1]["isError"], json!(true), "{refused:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 0, "nothing was asked");
    let outcome = program.run_with(&["mcp", "-url", &address], &lines(&call));
    let opened = results(outcome.text());
    assert_eq!(opened[1]["structuredContent"]["profile"]["samples"], json!(153), "{opened:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // No copy is left behind.
    let left: Vec<_> = std::fs::read_dir(program.folder()).expect("the home can be listed").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_skill_is_a_page() {
    let outcome = program().run(&["skill"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    assert!(outcome.text().starts_with("---\nname: hotlist\ndescription: "));
}
