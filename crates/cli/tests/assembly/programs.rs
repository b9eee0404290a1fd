//! The programs, their profiles, and pprof.

use std::path::{Path, PathBuf};
use std::process::Command;

use hotlist_testkit::skip;
use tempfile::TempDir;

const CPP: &str = include_str!("program.cpp");

const RUST: &str = r#"
#[inline(never)]
fn heavy(table: &[u64], count: u64) -> u64 {
    (0..count).map(|row| table[row as usize % table.len()].rotate_left(5) ^ row).sum()
}
#[inline(never)]
fn light(table: &mut Vec<u64>, count: u64) -> u64 {
    table.extend((0..count).map(|row| row * 31));
    heavy(table, count) + heavy(table, count / 2)
}
fn main() {
    let count = std::env::args().count() as u64;
    println!("{}", light(&mut Vec::new(), 1000 * count));
}
"#;

const GO: &str = r#"package main

import (
	"os"
	"runtime/pprof"
	"time"
)

//go:noinline
func heavy(table []int, count int) (sum int) {
	for row := 0; row < count; row++ {
		sum += table[row%len(table)]*31 ^ row
	}
	return sum
}

//go:noinline
func light(count int) int {
	table := make([]int, 0, 8)
	for row := 0; row < 1000; row++ {
		table = append(table, row)
	}
	return heavy(table, count)
}

func main() {
	file, _ := os.Create(os.Args[1])
	pprof.StartCPUProfile(file)
	for start := time.Now(); time.Since(start) < 500*time.Millisecond; {
		light(100000)
	}
	pprof.StopCPUProfile()
	file.Close()
}
"#;

/// A folder with programs, and what is needed to ask pprof about them.
pub struct World {
    pub folder: TempDir,
    /// pprof with the tools of binutils instead of the built-in disassembler.
    pub pprof: PathBuf,
    /// A folder that has these tools only.
    pub tools: PathBuf,
}

/// Builds everything, or says what is missing.
pub fn world() -> Option<World> {
    let tools = ["g++", "objdump", "nm", "addr2line", "readelf", "rustc"];
    let missing = tools.iter().find(|tool| which(tool).is_none());
    let (Ok(go), None) = (std::env::var("HOTLIST_GO"), missing) else {
        let missing = missing.unwrap_or(&"HOTLIST_GO, the path of a go command,");
        skip(&format!("{missing} is not here"));
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_owned();
    std::fs::write(at.join("program.cpp"), CPP).unwrap();
    std::fs::write(at.join("program.rs"), RUST).unwrap();
    std::fs::write(at.join("program.go"), GO).unwrap();
    // The files of DWARF 5 are not what addr2line 2.40 takes them for.
    run(&at, "g++", &["-O2", "-gdwarf-4", "-no-pie", "program.cpp", "-o", "fixed"]);
    run(&at, "g++", &["-O2", "-gdwarf-4", "program.cpp", "-o", "pie"]);
    run(&at, "rustc", &["-O", "-Cdebuginfo=1", "program.rs", "-o", "rust"]);
    run(&at, &go, &["build", "-o", "go", "program.go"]);
    run(&at, at.join("go").to_str().unwrap(), &["go.prof"]);
    let pprof = build_pprof(&go, &at);
    let tools = at.join("tools");
    std::fs::create_dir(&tools).unwrap();
    for tool in ["objdump", "nm", "addr2line"] {
        std::os::unix::fs::symlink(which(tool).unwrap(), tools.join(tool)).unwrap();
    }
    Some(World { folder, pprof, tools })
}

/// Go brings pprof's source. What it changes there is the tool that reads binaries; here it is put back.
fn build_pprof(go: &str, folder: &Path) -> PathBuf {
    let root = Command::new(go).args(["env", "GOROOT"]).output().unwrap().stdout;
    let source = PathBuf::from(String::from_utf8(root).unwrap().trim()).join("src/cmd/pprof/pprof.go");
    let text = std::fs::read_to_string(&source).unwrap();
    let (before, after) = text.split_once("Obj:").expect("the options name the tool");
    let changed = folder.join("pprof.go");
    std::fs::write(&changed, format!("{before}{}", after.split_once(',').unwrap().1)).unwrap();
    let overlay = serde_json::json!({ "Replace": { source.to_str().unwrap(): changed.to_str().unwrap() } });
    std::fs::write(folder.join("overlay.json"), overlay.to_string()).unwrap();
    run(folder, go, &["build", "-overlay", "overlay.json", "-o", "pprof", "cmd/pprof"]);
    folder.join("pprof")
}

/// The first address and the size of a function whose name has `part` in it.
pub fn symbol(path: &Path, part: &str) -> (u64, u64) {
    let text = Command::new("nm").args(["-S", "--defined-only"]).arg(path).output().unwrap().stdout;
    let text = String::from_utf8_lossy(&text).into_owned();
    let hex = |text: &str| u64::from_str_radix(text, 16).unwrap();
    let function = |line: &str| match line.split(' ').collect::<Vec<_>>()[..] {
        [start, size, "t" | "T", name] if name.contains(part) && !name.contains("cold") => {
            Some((hex(start), hex(size)))
        }
        _ => None,
    };
    text.lines().find_map(function).unwrap_or_else(|| panic!("{part} in {}", path.display()))
}

/// Writes a CPU profile, in the form of gperftools, with samples all over `heavy` and `light`; its name.
pub fn profile_of(world: &World, name: &str) -> String {
    let path = world.folder.path().join(name);
    let text = Command::new("readelf").args(["-lW"]).arg(&path).output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    let header = text.lines().find(|line| line.contains("LOAD") && line.contains("R E")).unwrap();
    let number = |word: &str| u64::from_str_radix(word.trim_start_matches("0x"), 16).unwrap();
    let words: Vec<&str> = header.split_whitespace().collect();
    let (offset, address, size) = (number(words[1]), number(words[2]), number(words[5]));
    let base = if address < 0x400000 { 0x5555_5555_4000 } else { 0 };
    let (heavy, light) = (symbol(&path, "heavy"), symbol(&path, "light"));
    let mut profile: Vec<u64> = vec![0, 3, 0, 10_000, 0];
    for (row, step) in (0..heavy.1).step_by(3).enumerate() {
        profile.extend([1 + row as u64 % 5, 2, base + heavy.0 + step, base + light.0 + light.1 / 2 + 7]);
    }
    for (row, step) in (0..light.1).step_by(7).enumerate() {
        profile.extend([1 + row as u64 % 3, 1, base + light.0 + step]);
    }
    profile.extend([0, 1, 0]);
    let mut bytes: Vec<u8> = profile.iter().flat_map(|word| word.to_le_bytes()).collect();
    // Whole pages are mapped.
    let (begin, shift) = (address & !0xfff, address & 0xfff);
    let (begin, end) = (base + begin, base + (address + size).next_multiple_of(0x1000));
    let maps = format!("{begin:x}-{end:x} r-xp {:08x} 00:00 0 {}\n", offset - shift, path.display());
    bytes.extend(maps.bytes());
    std::fs::write(world.folder.path().join(format!("{name}.prof")), bytes).unwrap();
    format!("{}.prof", path.display())
}

fn which(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

fn run(folder: &Path, program: &str, words: &[&str]) {
    let output = Command::new(program).args(words).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}
