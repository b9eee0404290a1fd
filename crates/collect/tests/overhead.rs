//! What an allocation costs, in instructions, which are the same on every run. Skipped without valgrind.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(unsafe_code)]
#![expect(clippy::print_stderr, reason = "says what was measured, or why nothing was")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::Command;

use hotlist_collect::Heap;

/// How many pairs a child makes, and with which allocator.
const PAIRS: &str = "HOTLIST_PAIRS";

/// The most instructions that a pair of an allocation and its end may cost more than with an allocator
/// that only calls another one.
const MOST: f64 = 8.5;

struct PassThrough;

// SAFETY: everything is passed on.
unsafe impl GlobalAlloc for PassThrough {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

static PLAIN: PassThrough = PassThrough;
static SAMPLED: Heap<System> = Heap::new(System);

#[inline(never)]
fn pairs(allocator: &impl GlobalAlloc, count: usize) {
    let layout = Layout::new::<[u64; 3]>();
    for _ in 0..count {
        // SAFETY: the block is given back with its layout.
        unsafe {
            let block = std::hint::black_box(allocator.alloc(layout));
            allocator.dealloc(block, layout);
        }
    }
}

/// Instructions of a child that makes so many pairs, and its loads from memory; `None` without valgrind.
fn counted(allocator: &str, count: usize) -> Option<[f64; 2]> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--cache-sim=yes"])
        .arg(std::env::current_exe().unwrap())
        .args(["a_pair_costs_a_few_instructions", "--exact", "--test-threads=1"])
        .env(PAIRS, format!("{allocator} {count}"))
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find_map(|line| line.split_once("Collected :"));
    // Instructions, loads, stores, and what missed the caches.
    let counts = line.unwrap_or_else(|| panic!("{text}")).1.split_whitespace();
    let counts: Vec<f64> = counts.map(|count| count.parse().unwrap()).collect();
    Some([counts[0], counts[1]])
}

#[test]
fn a_pair_costs_a_few_instructions() {
    if let Ok(asked) = std::env::var(PAIRS) {
        let (allocator, count) = asked.split_once(' ').unwrap();
        let count = count.parse().unwrap();
        match allocator {
            "plain" => pairs(&PLAIN, count),
            _ => pairs(&SAMPLED, count),
        }
        return;
    }
    // The difference of two runs has no start-up in it.
    let cost = |allocator| {
        let (few, many) = (counted(allocator, 10_000)?, counted(allocator, 210_000)?);
        Some([0, 1].map(|place| (many[place] - few[place]) / 200_000.0))
    };
    let (Some([plain, plain_loads]), Some([sampled, loads])) = (cost("plain"), cost("sampled")) else {
        return hotlist_testkit::skip("valgrind is not installed");
    };
    let (more, loads) = (sampled - plain, loads - plain_loads);
    eprintln!("instructions per pair: {plain:.2} passed through, {sampled:.2} sampled, {more:+.2}");
    eprintln!("loads per pair: {loads:+.2}");
    assert!(more <= MOST, "{plain} and {sampled}");
    // The count of bytes is changed in place, which valgrind takes for a store; the end of a block loads nothing.
    assert!(loads <= 0.2, "{loads} more loads");
}
