//! The first answers a reader gets name functions of the program, and not what they call in the standard library,
//! however much debug information there is. Skipped where hotlist was not built.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What a manifest may say; `0` is what a release build has without a word.
const LEVELS: [&str; 4] = ["0", "\"line-tables-only\"", "1", "2"];

/// Memory by way of all that stands between a program and its allocator.
const CONTAINERS: &str = r#"
use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::sync::Arc;

#[global_allocator]
static ALLOC: hotlist_collect::Heap = hotlist_collect::Heap::system();

/// Whoever calls another function last has no frame while that one runs, in an optimized build.
fn kept<T>(made: T) -> T {
    black_box(&made);
    made
}

#[inline(never)]
fn make_strings() -> Vec<String> {
    kept((0..200_000).map(|number| format!("request number {number}")).collect())
}
#[inline(never)]
fn make_map() -> HashMap<u64, Box<[u8; 256]>> {
    kept((0..50_000).map(|number| (number, Box::new([number as u8; 256]))).collect())
}
#[inline(never)]
fn make_buffer() -> Vec<u8> {
    kept(vec![1; 20_000_000])
}
#[inline(never)]
fn make_shared() -> Vec<Arc<[u8; 100]>> {
    kept((0..100_000).map(|number| Arc::new([number as u8; 100])).collect())
}
#[inline(never)]
fn make_tree() -> BTreeMap<u64, [u8; 64]> {
    kept((0..100_000).map(|number| (number * 7 % 100_003, [0; 64])).collect())
}

fn main() {
    let all = (make_strings(), make_map(), make_buffer(), make_shared(), make_tree());
    let path = std::env::args().nth(1).unwrap();
    hotlist_collect::heap().write_to(&mut std::fs::File::create(path).unwrap()).unwrap();
    println!("{}", all.0.len() + all.1.len() + all.2.len() + all.3.len() + all.4.len());
}
"#;

/// The bytes that each of these keeps, at least.
const MAKERS: [(&str, f64); 5] = [
    ("make_strings", 8e6),
    ("make_map", 12e6),
    ("make_buffer", 20e6),
    ("make_shared", 11e6),
    ("make_tree", 7e6),
];

/// The binary of this workspace, beside the folder of the test.
fn hotlist() -> Option<PathBuf> {
    let binary = std::env::current_exe().unwrap().parent()?.parent()?.join("hotlist");
    if !binary.exists() {
        hotlist_testkit::skip("hotlist is not built");
        return None;
    }
    Some(binary)
}

/// The program of the guide, on a port of the system's choice.
fn guide() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/collect.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, rest) = page.split_once("```rust,no_run\n").unwrap();
    let (program, _) = rest.split_once("```").unwrap();
    assert!(program.contains("127.0.0.1:6060"));
    program.replace("127.0.0.1:6060", "127.0.0.1:0")
}

/// Builds both programs with that much debug information, and says where they are.
fn build(level: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("names");
    std::fs::create_dir_all(folder.join("src/bin")).unwrap();
    // What compresses and parses is built once for all levels: its functions are in no stack.
    let manifest = format!(
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         hotlist-collect = {{ path = {here:?} }}\n[profile.release]\ndebug = {level}\n\
         [profile.release.package.\"*\"]\ndebug = 0\n\
         [profile.release.package.hotlist-collect]\ndebug = {level}\n"
    );
    for (file, text) in
        [("Cargo.toml", &*manifest), ("src/main.rs", &*guide()), ("src/bin/containers.rs", CONTAINERS)]
    {
        std::fs::write(folder.join(file), text).unwrap();
    }
    // The versions that the workspace has, so that nothing has to be looked up.
    std::fs::copy(here.join("../../Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--quiet"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .unwrap();
    assert!(output.status.success(), "debug = {level}: {}", String::from_utf8_lossy(&output.stderr));
    folder.join("target/release")
}

/// A row of `-top`: bytes in the function itself, and with what it calls.
struct Row {
    name: String,
    flat: f64,
    cum: f64,
}

fn top(hotlist: &Path, profile: &Path) -> Vec<Row> {
    let output = Command::new(hotlist).args(["-top", "-unit=B"]).arg(profile).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let rows = shown.lines().skip_while(|line| !line.contains("flat%")).skip(1);
    let bytes = |text: &str| text.trim_end_matches('B').parse::<f64>().unwrap_or_else(|_| panic!("{shown}"));
    let row = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        Row { name: words[5..].join(" "), flat: bytes(words[0]), cum: bytes(words[3]) }
    };
    let rows: Vec<Row> = rows.map(row).collect();
    assert!(!rows.is_empty(), "{shown}{}", String::from_utf8_lossy(&output.stderr));
    rows
}

/// Lets the program of the guide run for a moment and ends it, as whoever tries it does.
fn run_guide(binary: &Path, profile: &Path) {
    // Longer where the machine is so busy that the program has not begun.
    for milliseconds in [500, 2000, 8000] {
        let mut child = Command::new(binary)
            .env("HOTLIST_HEAP_RATE", "1")
            .env("HOTLIST_HEAP_FILE", profile)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        // SAFETY: a signal for the child.
        unsafe { libc::kill(child.id() as i32, libc::SIGTERM) };
        child.wait().unwrap();
        if profile.exists() {
            return;
        }
    }
    panic!("the program leaves no file");
}

#[test]
fn functions_of_the_program_are_at_the_top_at_every_debug_level() {
    let Some(hotlist) = hotlist() else { return };
    for level in LEVELS {
        let built = build(level);
        let profile = built.join("profile.pb.gz");
        drop(std::fs::remove_file(&profile));
        run_guide(&built.join("shop"), &profile);
        let rows = top(&hotlist, &profile);
        let total: f64 = rows.iter().map(|row| row.flat).sum();
        let first = &rows[0];
        assert!(matches!(&*first.name, "shop::main" | "main"), "{} at debug = {level}", first.name);
        assert!(
            first.flat >= 100_000.0 && first.flat > 0.8 * total,
            "{} of {total} at debug = {level}",
            first.flat
        );

        std::fs::remove_file(&profile).unwrap();
        let run =
            Command::new(built.join("containers")).arg(&profile).env("HOTLIST_HEAP_RATE", "10000").output();
        assert!(run.unwrap().status.success());
        let rows = top(&hotlist, &profile);
        let total: f64 = rows.iter().map(|row| row.flat).sum();
        // With line tables only, a closure has no other name.
        let plain =
            |name: &str| name.trim_start_matches("containers::").trim_end_matches(" (inline)").to_owned();
        let is_own = |row: &&Row| {
            let name = plain(&row.name);
            name == "{closure#0}" || MAKERS.iter().any(|(maker, _)| name.starts_with(maker))
        };
        let own: f64 = rows.iter().filter(is_own).map(|row| row.flat).sum();
        let others = rows.iter().filter(|row| !is_own(row)).map(|row| format!("{} {}", row.flat, row.name));
        assert!(own > 0.98 * total, "debug = {level}: {:?}", others.collect::<Vec<_>>());
        for (maker, least) in MAKERS {
            let cum: f64 = rows.iter().filter(|row| plain(&row.name) == maker).map(|row| row.cum).sum();
            assert!(cum > 0.8 * least, "{maker} has {cum} at debug = {level}");
        }
    }
}
