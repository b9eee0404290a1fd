//! The programs: a parser of source code, one of data, a server under load, and nothing but allocation.

use std::hint::black_box;
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// One program.
pub struct Work {
    /// Its name.
    pub name: &'static str,
    /// What it does, for the table.
    pub what: &'static str,
    /// How often it is done in one run, so that a run takes some tenths of a second.
    pub size: usize,
    /// Makes ready; the answer does the work this often.
    pub prepare: fn() -> Box<dyn FnMut(usize)>,
}

/// All of them.
pub const ALL: &[Work] = &[
    Work { name: "syn", what: "parsing the sources of a crate with syn", size: 3, prepare: syn },
    Work { name: "json", what: "parsing JSON into a serde_json::Value", size: 30, prepare: json },
    Work { name: "axum", what: "an axum server that answers 8 clients", size: 12, prepare: axum },
    Work { name: "trees", what: "binary trees, nothing but small blocks", size: 48, prepare: trees },
];

fn syn() -> Box<dyn FnMut(usize)> {
    let mut sources = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates");
    let mut folders = vec![root.join("collect/src"), root.join("render/src"), root.join("session/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the sources are there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                sources.push(std::fs::read_to_string(path).expect("a readable file"));
            }
        }
    }
    Box::new(move |times| {
        for source in (0..times).flat_map(|_| &sources) {
            _ = black_box(::syn::parse_file(source).expect("Rust"));
        }
    })
}

fn json() -> Box<dyn FnMut(usize)> {
    let rows: Vec<serde_json::Value> = (0..10_000)
        .map(|number| {
            let words: Vec<String> = (0..number % 7).map(|word| format!("word {word} of {number}")).collect();
            serde_json::json!({
                "id": number, "name": format!("row number {number}"), "score": number as f64 / 7.0,
                "tags": words, "place": { "x": number % 640, "y": number / 640, "is_free": number % 3 == 0 },
            })
        })
        .collect();
    let text = serde_json::to_string(&rows).expect("plain data");
    Box::new(move |times| {
        for _ in 0..times {
            _ = black_box(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"));
        }
    })
}

#[derive(serde::Serialize)]
struct Item {
    number: usize,
    name: String,
    tags: Vec<String>,
}

async fn items() -> ::axum::Json<Vec<Item>> {
    let item = |number| Item {
        number,
        name: format!("item {number}"),
        tags: (0..3).map(|tag| format!("tag {tag}")).collect(),
    };
    ::axum::Json((0..20).map(item).collect())
}

/// The clients are in the same process, on the same two threads, and do as little as they can.
fn axum() -> Box<dyn FnMut(usize)> {
    const REQUESTS: usize = 250;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_io().build();
    let runtime = runtime.expect("a runtime");
    let address = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = ::axum::Router::new().route("/items", ::axum::routing::get(items));
        tokio::spawn(async move { ::axum::serve(listener, router).await });
        address
    });
    Box::new(move |times| {
        runtime.block_on(async {
            let client = || async move {
                let mut stream = tokio::net::TcpStream::connect(address).await.expect("a server");
                let mut answer = vec![0; 16 * 1024];
                for _ in 0..times * REQUESTS {
                    stream.write_all(b"GET /items HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("a server");
                    let mut length = 0;
                    // The body is a list and has no other bracket pair of its kind followed by nothing.
                    while !answer[..length].ends_with(b"}]") {
                        let count = stream.read(&mut answer[length..]).await.expect("an answer");
                        assert!(count > 0, "the server has left");
                        length += count;
                    }
                }
            };
            let clients: Vec<_> = (0..8).map(|_| tokio::spawn(client())).collect();
            for client in clients {
                client.await.expect("a client that gets its answers");
            }
        });
    })
}

struct Tree {
    branches: Option<Box<[Tree; 2]>>,
}

impl Tree {
    fn of(depth: u32) -> Tree {
        Tree { branches: (depth > 0).then(|| Box::new([Tree::of(depth - 1), Tree::of(depth - 1)])) }
    }

    fn count(&self) -> usize {
        1 + self.branches.as_ref().map_or(0, |both| both.iter().map(Tree::count).sum())
    }
}

fn trees() -> Box<dyn FnMut(usize)> {
    Box::new(|times| {
        for _ in 0..times {
            let long_lived = Tree::of(16);
            let count: usize = (0..64).map(|_| Tree::of(black_box(12)).count()).sum();
            assert_eq!(black_box(count + long_lived.count()), 64 * 8191 + 131_071);
        }
    })
}
