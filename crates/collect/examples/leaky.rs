//! A program that leaks: `remember_forever` keeps 64 KiB every 10 ms, everything else is given back.
//!
//! Run it, then `hotlist -list=remember_forever http://127.0.0.1:6060/debug/pprof/heap`. With a number as argument
//! it stops after that many rounds and writes `leaky.pb.gz` to the path in the second argument.

use std::time::Duration;

#[global_allocator]
static ALLOC: hotlist_collect::Heap = hotlist_collect::Heap::system();

/// Has no code of its own, but is shown all the same.
#[inline(always)]
fn block() -> Vec<u8> {
    vec![1; 64 * 1024]
}

#[inline(never)]
fn remember_forever(kept: &mut Vec<Vec<u8>>) {
    kept.push(block());
}

#[inline(never)]
fn use_and_give_back() -> usize {
    let words: Vec<String> = (0..1000).map(|number| format!("word {number}")).collect();
    words.iter().map(String::len).sum()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().map(|text| text.parse()).transpose()?.unwrap_or(u64::MAX);
    let _server = hotlist_collect::serve("127.0.0.1:6060");
    let mut kept = Vec::new();
    for _ in 0..rounds {
        remember_forever(&mut kept);
        std::hint::black_box(use_and_give_back());
        std::thread::sleep(Duration::from_millis(10));
    }
    if let Some(path) = arguments.next() {
        let mut file = std::fs::File::create(path)?;
        hotlist_collect::heap().write_to(&mut file)?;
    }
    Ok(())
}
