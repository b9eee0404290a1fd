//! What clients do wrong: one line that says what to do, and the server goes on.

#[expect(dead_code, reason = "each file of tests uses a part")]
mod support;

use std::fs;

use rmcp::ServiceExt;
use serde_json::{Value, json};
use support::{Client, LARGEST, Stacks};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let root = folder.path().join("root");
    fs::create_dir(&root).expect("a folder can be made");
    for path in [root.join("cpu.pb.gz"), folder.path().join("secret.pb.gz")] {
        let mut stacks = Stacks::cpu();
        stacks.samples("main;work", 1000).samples("main;rest", 10);
        stacks.write(&path);
    }
    folder
}

#[test]
fn mistakes_are_told_in_a_line() {
    let folder = folder();
    let root = folder.path().join("root");
    let client = Client::of(&root, &[]);
    let check = |tool: &str, arguments: Value, expected: &[&str]| {
        let refusal = client.refusal(tool, arguments.clone());
        for expected in expected {
            assert!(refusal.contains(expected), "{tool} {arguments}: {refusal}");
        }
    };
    check("top", json!({}), &["no profile is open", "call open"]);
    client.answer("open", json!({ "source": "cpu.pb.gz" }));
    check("top", json!({ "profile": "p9" }), &["no profile \"p9\"", "open are p1"]);
    check("tree", json!({ "branch": "b99" }), &["no branch \"b99\"", "call tree"]);
    check("tree", json!({ "branch": "x" }), &["no branch \"x\""]);
    check("top", json!({ "focus": "(" }), &["focus: ", "missing closing )"]);
    check("search", json!({ "pattern": "(" }), &["pattern: ", "missing closing )"]);
    check("callers_and_callees", json!({ "function": "(" }), &["missing closing )"]);
    check("callers_and_callees", json!({ "function": "nope" }), &["no matches found", "search"]);
    check("source", json!({ "function": "nope" }), &["no matches found", "search"]);
    check("source", json!({}), &["missing field `function`"]);
    check("top", json!({ "focsu": "x" }), &["top has no parameter \"focsu\"", "focus"]);
    check("top", json!({ "granularity": "inches" }), &["granularity: must be one of functions"]);
    check("top", json!({ "nodecount": "many" }), &["nodecount: ", "not a whole number"]);
    check("top", json!({ "focus": ["a"] }), &["focus: must be one value"]);
    check("top", json!({ "sample_index": "heap" }), &["sample_index", "samples cpu"]);
    check("compare", json!({ "base": ["p1"], "new": ["p7"] }), &["no profile \"p7\""]);
    check("compare", json!({ "base": [], "new": ["p1"] }), &["there are no base runs"]);
    check("top", json!({ "max_bytes": 100 }), &["max_bytes: this answer needs at least"]);
    check("top", json!({ "max_bytes": -1 }), &["max_bytes: must be a whole number"]);
    let whole = folder.path().join("secret.pb.gz").display().to_string();
    for outside in ["../secret.pb.gz", &whole, "/etc/passwd", "nothing.pb.gz", "."] {
        check("open", json!({ "source": outside }), &["no such file below", "-root"]);
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&whole, root.join("link.pb.gz")).expect("a link can be made");
        check("open", json!({ "source": "link.pb.gz" }), &["no such file below"]);
    }
    check(
        "open",
        json!({ "source": "http://localhost:1/debug/pprof/heap" }),
        &["may not be asked", "-url http://localhost:1"],
    );
    fs::write(root.join("text"), "hello\n").expect("a file can be written");
    check("open", json!({ "source": "text" }), &["text"]);
    fs::write(root.join("torn.pb.gz"), [0x1f, 0x8b, 8, 0, 0]).expect("a file can be written");
    check("open", json!({ "source": "torn.pb.gz" }), &["torn.pb.gz"]);
    // A file that has no bytes and says that it has four thousand million.
    let sparse = fs::File::create(root.join("sparse.pb")).expect("a file can be made");
    sparse.set_len(4 << 30).expect("files can have holes");
    check("open", json!({ "source": "sparse.pb" }), &["sparse.pb has 4GB", "at most 64MB", "-max_size"]);
    const { assert!(LARGEST < 4 << 30) };
    // After all of that the server answers as before.
    let reply = client.answer("top", json!({ "nodecount": 1 }));
    assert_eq!(reply.value["rows"][0]["function"], json!("work"));
    // What was no profile is not open.
    assert_eq!(
        client.answer("open", json!({})).value["open"],
        json!([{ "profile": "p1", "name": "cpu.pb.gz" }])
    );
}

#[test]
fn a_bomb_is_refused_by_the_limit() {
    let folder = folder();
    let root = folder.path().join("root");
    let mut options = hotlist_session::Options::default();
    options.source.max_size = hotlist_session::Size(100);
    let site = hotlist_mcp::McpSite { options, ..support::site(&root, &[]) };
    let client = Client::with(site);
    let refusal = client.refusal("open", json!({ "source": "cpu.pb.gz" }));
    assert!(refusal.contains("100"), "{refusal}");
}

#[test]
fn tools_that_are_none_are_errors_of_the_protocol() {
    let folder = folder();
    let client = Client::of(folder.path(), &[]);
    let error = client.try_call("rm", json!({})).expect_err("there is no such tool").to_string();
    assert!(error.contains("there is no tool \"rm\"; there are open, top"), "{error}");
    client.answer("open", json!({}));
}

#[test]
fn closed_profiles_are_told_from_unknown_ones() {
    let folder = folder();
    let client = Client::of(&folder.path().join("root"), &[]);
    for _ in 0..17 {
        client.answer("open", json!({ "source": "cpu.pb.gz" }));
    }
    let refusal = client.refusal("top", json!({ "profile": "p1" }));
    assert!(refusal.contains("p1 was closed") && refusal.contains("cpu.pb.gz again"), "{refusal}");
    client.answer("top", json!({ "profile": "p2" }));
}

#[test]
fn two_requests_at_once_are_both_answered() {
    let folder = folder();
    let client = Client::of(&folder.path().join("root"), &[]);
    let open = || ("open", json!({ "source": "cpu.pb.gz" }));
    let replies = client.both([open(), open()]);
    assert!(replies.iter().all(|reply| !reply.is_error), "{replies:?}");
    let [tree, wrong] =
        client.both([("tree", json!({ "profile": "p1" })), ("top", json!({ "profile": "p3" }))]);
    assert!(!tree.is_error && wrong.is_error, "{tree:?} {wrong:?}");
    // Branches of trees that grow at once are told apart.
    let few = || ("tree", json!({ "profile": "p1", "nodecount": 1 }));
    let handles = client.both([few(), few()]).map(|reply| reply.value["rows"][0]["more"]["branch"].clone());
    assert!(handles[0] != handles[1] && handles[0].is_string(), "{handles:?}");
}

#[test]
fn a_client_that_goes_away_ends_the_server() {
    let folder = folder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = hotlist_mcp::McpServer::new(support::site(folder.path(), &[]));
    runtime.block_on(async {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let running = tokio::spawn(async move {
            server.serve(theirs).await?.waiting().await.map_err(|error| ended(&error))
        });
        let client = ().serve(ours).await.expect("the server answers");
        drop(client.cancel().await);
        let outcome = tokio::time::timeout(std::time::Duration::from_secs(20), running).await;
        assert!(outcome.expect("the server ends").expect("without a panic").is_ok());
    });
}

fn ended(error: &tokio::task::JoinError) -> rmcp::service::ServerInitializeError {
    rmcp::service::ServerInitializeError::ConnectionClosed(error.to_string())
}
