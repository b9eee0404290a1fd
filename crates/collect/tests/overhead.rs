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

/// Instructions of a child that makes so many pairs; `None` without valgrind.
fn instructions(allocator: &str, count: usize) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args(["a_pair_costs_a_few_instructions", "--exact", "--test-threads=1"])
        .env(PAIRS, format!("{allocator} {count}"))
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find_map(|line| line.split_once("Collected :"));
    Some(line.unwrap_or_else(|| panic!("{text}")).1.trim().parse().unwrap())
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
        let (few, many) = (instructions(allocator, 10_000)?, instructions(allocator, 210_000)?);
        Some((many as f64 - few as f64) / 200_000.0)
    };
    let (Some(plain), Some(sampled)) = (cost("plain"), cost("sampled")) else {
        return eprintln!("skipped: valgrind is not installed");
    };
    eprintln!(
        "instructions per pair: {plain:.2} passed through, {sampled:.2} sampled, {:+.2}",
        sampled - plain
    );
    assert!(sampled - plain <= MOST, "{plain} and {sampled}");
}
