//! Damaged recordings of perf are read or refused, in little time and memory, with stacks that are unwound by real
//! binaries.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Command, Stdio};

use hotlist_fetch::Environment;
use hotlist_formats::{Limits, read_with};
use hotlist_session::{ObjectFiles, StackFiles};
use hotlist_testkit::{installed, skip, with_memory};

const SOURCE: &str = "
#include <stdlib.h>
#include <unistd.h>
static volatile unsigned long sink;
__attribute__((noinline)) static int deeper(int n) { if (n == 0) { for (int i = 0; i < 20000; i++) sink += i * 7; return 1; } int r = deeper(n - 1); sink++; return r + 1; }
int main(int count, char **words) { if (count == 1 && fork() == 0) execl(words[0], words[0], \"again\", NULL); for (int i = 0; i < 1500; i++) deeper(i % 20); return 0; }
";

/// Recordings with tables, with frame pointers, as a stream, and compressed where perf can.
fn recordings(folder: &Path) -> Vec<Vec<u8>> {
    let program = folder.join("busy");
    std::fs::write(folder.join("busy.c"), SOURCE).expect("it can be written");
    let mut gcc = Command::new("gcc");
    gcc.args(["-O1", "-g", "-o"]).arg(&program).arg(folder.join("busy.c"));
    assert!(gcc.status().expect("gcc can be started").success());
    let mut all = Vec::new();
    for (name, words) in [
        ("tables", &["--call-graph", "dwarf,4096"][..]),
        ("pointers", &["-g"]),
        ("stream", &["--call-graph", "dwarf,4096", "-o", "-"]),
        ("compressed", &["-g", "-z"]),
    ] {
        let path = folder.join(name);
        let mut perf = Command::new("perf");
        perf.args(["record", "-q", "-e", "cpu-clock:u", "-F", "499"]);
        if words.contains(&"-o") {
            perf.stdout(std::fs::File::create(&path).expect("it can be written"));
        } else {
            perf.arg("-o").arg(&path);
        }
        let done = perf.args(words).arg("--").arg(&program).stderr(Stdio::null()).status();
        if done.is_ok_and(|status| status.success()) {
            all.push(std::fs::read(&path).expect("perf has written it"));
        }
    }
    all
}

/// Numbers that are absurd in one place or another.
const CLAIMS: [u64; 8] = [0, 1, 8, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 40, u64::MAX];

/// Reads `count` recordings with some of their bytes changed; how many were read as well.
fn mutate(count: usize) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let originals = recordings(folder.path());
    let objects = ObjectFiles::new(&Environment::default());
    let mut unwinder = StackFiles::new(&objects);
    let mut read = |data: &[u8]| read_with(None, data, Limits::default(), &mut unwinder).is_ok();
    for original in &originals {
        assert!(read(original), "what perf has written is read");
    }
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below.max(1)
    };
    let mut good = 0;
    for round in 0..count {
        let Some(original) = originals.get(round % originals.len().max(1)) else { return 0 };
        let mut data = original.clone();
        for _ in 0..1 + random(6) {
            // The head is where sizes and places are.
            let reach = if random(3) == 0 { 600 } else { data.len() }.min(data.len());
            let at = random(reach);
            match random(5) {
                0 => data[at] ^= 1 << random(8),
                1 => data[at] = random(256) as u8,
                2 => {
                    let claim = CLAIMS[random(CLAIMS.len())].to_le_bytes();
                    let size = [1, 2, 4, 8][random(4)].min(data.len() - at);
                    data[at..at + size].copy_from_slice(&claim[..size]);
                }
                3 if random(4) == 0 => data.truncate(at.max(1)),
                3 => {
                    let end = (at + random(64)).min(data.len());
                    data.drain(at..end);
                }
                _ => {
                    let from = random(data.len());
                    let size = random(200).min(data.len() - from).min(data.len() - at);
                    data.copy_within(from..from + size, at);
                }
            }
            if data.is_empty() {
                break;
            }
        }
        good += usize::from(read(&data));
    }
    good
}

fn check(count: usize, name: &str) {
    if !installed(&["perf", "gcc"]) {
        return;
    }
    let works =
        Command::new("perf").args(["record", "-q", "-e", "cpu-clock:u", "-o", "/dev/null", "true"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        return skip("perf may record nothing here");
    }
    // What perf's own library of symbols, the binaries and the limit on tables need.
    with_memory(1024, name, || {
        let good = mutate(count);
        assert!(good > count / 20, "some of {count} are still read: {good}");
    });
}

#[test]
fn damaged_recordings_are_read_or_refused() {
    check(400, "damaged_recordings_are_read_or_refused");
}

#[test]
#[ignore = "takes minutes"]
fn ten_thousand_damaged_recordings_are_read_or_refused() {
    check(10_000, "ten_thousand_damaged_recordings_are_read_or_refused");
}
