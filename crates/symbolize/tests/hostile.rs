//! Damaged object files: any answer or none, but no panic and no endless work.

#![allow(clippy::disallowed_methods, reason = "tests build programs and read them")]

mod support;

use std::sync::Arc;

use hotlist_symbolize::{Binary, Detail, ObjectFile};
use support::{Files, has, run, skip};

const PROGRAM: &str = "
static inline int twice(int x) { return x * 2; }
__attribute__((noinline)) int work(int n) { int t = 0; for (int i = 0; i < n; i++) t += twice(i) ^ n; return t; }
int main(int count, char **words) { return work(count) + twice(count); }
";

/// Asks a file for everything that can be asked.
fn use_all(bytes: Vec<u8>) {
    let Ok(file) = ObjectFile::parse(Arc::new(bytes)) else { return };
    let ranges = file.code_ranges();
    let mut addresses: Vec<u64> = ranges
        .iter()
        .take(8)
        .flat_map(|range| (0..64).map(|step| range.start.saturating_add(step * 7)))
        .collect();
    addresses.extend([0, 1, u64::MAX / 2, u64::MAX]);
    addresses.sort_unstable();
    let binary = Binary::new("damaged", Arc::new(file));
    binary.functions();
    binary.positions(&addresses, Detail::Lines, &Files, 1);
}

#[test]
fn damage_is_no_panic() {
    if !has("gcc") {
        return skip("damage_is_no_panic", "gcc");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("program.c"), PROGRAM).unwrap();
    run(folder.path(), "gcc", &["-O2", "-g", "program.c", "-o", "program"]);
    let good = std::fs::read(folder.path().join("program")).unwrap();
    use_all(good.clone());
    for cut in 0..64 {
        use_all(good[..good.len() * cut / 64].to_vec());
    }
    // A walk over all places and several kinds of damage, the same in every run.
    let mut place = 1usize;
    for round in 0..3000usize {
        let mut bytes = good.clone();
        for _ in 0..1 + round % 4 {
            place = (place * 48271 + 11) % bytes.len();
            bytes[place] = match round % 3 {
                0 => bytes[place] ^ (1 << (round % 8)),
                1 => 0xff,
                _ => bytes[place].wrapping_add(1),
            };
        }
        use_all(bytes);
    }
}
