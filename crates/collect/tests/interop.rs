//! Every endpoint as its readers see it: `go tool pprof` (with `HOTLIST_GO`, or `go` in the path) and
//! hotlist (where this workspace's binary was built). Skipped where one is missing.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hotlist_collect::sync::{Mutex, set_block_rate, set_mutex_fraction};
use hotlist_collect::{Heap, Server, serve, set_heap_rate, with_labels};
use hotlist_testkit::skip;

#[global_allocator]
static ALLOC: Heap = Heap::system();

const PROFILES: [&str; 7] = ["allocs", "heap", "mutex", "block", "goroutine", "threadcreate", "profile"];

fn go() -> Option<PathBuf> {
    let go = std::env::var_os("HOTLIST_GO").map_or_else(|| "go".into(), PathBuf::from);
    Command::new(&go).arg("version").output().ok().filter(|output| output.status.success()).map(|_| go)
}

/// The binary of this workspace, beside the folder of the test.
fn hotlist() -> Option<PathBuf> {
    let folder = std::env::current_exe().ok()?.parent()?.parent()?.to_owned();
    Some(folder.join("hotlist")).filter(|path| path.exists())
}

/// Where files of this run go, also those that readers keep.
fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("hotlist-collect-interop-{}", std::process::id()))
}

/// The output of a reader, which must succeed.
fn run(command: &mut Command) -> String {
    let output = command.env("PPROF_TMPDIR", folder()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn get(server: &Server, target: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(stream, "GET /debug/pprof/{target} HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer[..end]));
    answer.split_off(end + 4)
}

/// Ends the threads.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What is below the line that says when the profile was taken.
fn table(text: &str) -> &str {
    text.split_once("Showing nodes").unwrap_or_else(|| panic!("{text}")).1
}

#[test]
fn readers_agree() {
    let (go, hotlist) = (go(), hotlist());
    if go.is_none() {
        skip("go tool pprof is not asked: HOTLIST_GO names no go command");
    }
    if hotlist.is_none() {
        skip("hotlist is not asked: it is not built");
    }
    let server = serve("127.0.0.1:0").unwrap();
    set_heap_rate(1000);
    set_mutex_fraction(1);
    set_block_rate(1);
    let is_over = AtomicBool::new(false);
    let lock = Mutex::new(0_u64);
    let folder = folder();
    std::fs::create_dir_all(&folder).unwrap();
    std::thread::scope(|scope| {
        // Also when a check fails.
        let _over = Over(&is_over);
        for _ in 0..2 {
            scope.spawn(|| {
                let mut kept: Vec<Vec<u8>> = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    with_labels(&[("tenant", "acme")], || kept.push(vec![1; 3000]));
                    kept.truncate(50);
                    let mut held = lock.lock().unwrap();
                    *held += (0..20_000_u64).fold(1, |sum, number| sum ^ std::hint::black_box(number));
                    if held.is_multiple_of(64) {
                        std::thread::sleep(Duration::from_micros(100));
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_millis(200));
        for name in PROFILES {
            let target = if name == "profile" { "profile?seconds=1" } else { name };
            let path = folder.join(format!("{name}.pb.gz"));
            std::fs::write(&path, get(&server, target)).unwrap();
            check_file(&path, go.as_deref(), hotlist.as_deref());

            check_url(
                &format!("http://{}/debug/pprof/{target}", server.address()),
                go.as_deref(),
                hotlist.as_deref(),
            );
            // The text forms are read too, by what understands them.
            if name != "profile" {
                let path = folder.join(format!("{name}.txt"));
                std::fs::write(&path, get(&server, &format!("{name}?debug=1"))).unwrap();
                check_file(&path, go.as_deref(), hotlist.as_deref());
            }
        }
    });
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What both readers fetch themselves is not the same profile, because the program goes on; so each one's copy of
/// what it got is read by the other, and must show the same table.
fn check_url(url: &str, go: Option<&Path>, hotlist: Option<&Path>) {
    let readers =
        go.map(|go| (go, &["tool", "pprof"][..])).into_iter().chain(hotlist.map(|path| (path, &[][..])));
    for (number, (reader, arguments)) in readers.enumerate() {
        let top = run(Command::new(reader).args(arguments).args(["-top", "-symbolize=none", url]));
        assert!(table(&top).contains("100%"), "{url}: {top}");
        let copy = folder().join(format!("fetched-{number}.pb.gz"));
        let output = format!("-output={}", copy.display());
        run(Command::new(reader).args(arguments).args(["-proto", "-symbolize=none", &output, url]));
        check_file(&copy, go, hotlist);
    }
}

/// Both readers must show the same table, of which every value is a part. In the text forms only hotlist reads the
/// names, which stand in comments.
fn check_file(path: &Path, go: Option<&Path>, hotlist: Option<&Path>) {
    let arguments = ["-top", "-addresses", "-nodefraction=0", "-nodecount=50", "-symbolize=none"];
    let by_go = go.map(|go| run(Command::new(go).args(["tool", "pprof"]).args(arguments).arg(path)));
    let by_us = hotlist.map(|hotlist| run(Command::new(hotlist).args(arguments).arg(path)));
    for text in by_go.iter().chain(&by_us) {
        assert!(!table(text).contains("0 total"), "{path:?}: {text}");
    }
    if let (Some(go), Some(us)) = (by_go, by_us) {
        if path.extension().is_some_and(|extension| extension == "txt") {
            let sums = |text: &str| table(text).lines().next().unwrap_or_default().to_owned();
            assert_eq!(sums(&go), sums(&us), "{path:?}");
        } else {
            assert_eq!(table(&go), table(&us), "{path:?}");
        }
    }
}
