//! The allocator as the global one of this test program, at rate 1, where every figure is exact.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Read;

use hotlist_collect::{Heap, allocs, set_heap_rate};
use hotlist_profile::{Profile, decode};

#[global_allocator]
static ALLOC: Heap<System> = Heap::new(System);

fn profile() -> Profile {
    let mut bytes = Vec::new();
    allocs().write_to(&mut bytes).unwrap();
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
    decode(&plain).unwrap()
}

/// Sums of the blocks of exactly this size: objects and bytes allocated, then in use.
fn of_size(size: i64) -> [i64; 4] {
    let profile = profile();
    let mut sums = [0; 4];
    for sample in profile.samples.ids() {
        let labels = profile.labels.get(profile.samples.labels(sample));
        let is_it = labels.iter().any(
            |label| matches!(label.value, hotlist_profile::LabelValue::Number { value, .. } if value == size),
        );
        if is_it {
            for (sum, value) in sums.iter_mut().zip(profile.samples.values(sample)) {
                *sum += value;
            }
        }
    }
    sums
}

/// One test, because the rate and the profile belong to the whole program.
#[test]
fn every_kind_of_allocation_is_exact() {
    set_heap_rate(1);
    let layout = |size, align| Layout::from_size_align(size, align).unwrap();
    // SAFETY: every block is used within its size and given back with its layout.
    unsafe {
        let plain = ALLOC.alloc(layout(1237, 1));
        plain.write_bytes(7, 1237);
        assert_eq!(of_size(1237), [1, 1237, 1, 1237]);

        let grown = ALLOC.realloc(plain, layout(1237, 1), 90_001);
        assert!(std::slice::from_raw_parts(grown, 1237).iter().all(|&byte| byte == 7));
        assert_eq!(of_size(1237), [1, 1237, 0, 0]);
        assert_eq!(of_size(90_001), [1, 90_001, 1, 90_001]);
        let larger = ALLOC.realloc(grown, layout(90_001, 1), 190_003);
        let shrunk = ALLOC.realloc(larger, layout(190_003, 1), 1239);
        assert!(std::slice::from_raw_parts(shrunk, 1237).iter().all(|&byte| byte == 7));
        assert_eq!(of_size(190_003), [1, 190_003, 0, 0]);
        assert_eq!(of_size(1239), [1, 1239, 1, 1239]);
        let address = shrunk.addr();
        std::thread::spawn(move || {
            ALLOC.dealloc(std::ptr::with_exposed_provenance_mut(address), layout(1239, 1));
        })
        .join()
        .unwrap();
        assert_eq!(of_size(1239), [1, 1239, 0, 0]);

        let aligned = ALLOC.alloc(layout(1241, 8192));
        assert_eq!(aligned.addr() % 8192, 0);
        assert_eq!(of_size(1241), [1, 1241, 1, 1241]);
        ALLOC.dealloc(aligned, layout(1241, 8192));
        let zeroed = ALLOC.alloc_zeroed(layout(1243, 16));
        assert!(std::slice::from_raw_parts(zeroed, 1243).iter().all(|&byte| byte == 0));
        ALLOC.dealloc(zeroed, layout(1243, 16));
        assert_eq!(of_size(1241), [1, 1241, 0, 0]);
        assert_eq!(of_size(1243), [1, 1243, 0, 0]);

        // A fork while the lock is busy elsewhere: the child can still allocate.
        let child = libc::fork();
        if child == 0 {
            let block = ALLOC.alloc(layout(1247, 1));
            ALLOC.dealloc(block, layout(1247, 1));
            libc::_exit(0);
        }
        let mut status = 1;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        assert_eq!(status, 0);
    }

    // Off, then on again: nothing is counted in between.
    set_heap_rate(0);
    drop(std::hint::black_box(vec![0_u8; 1249]));
    set_heap_rate(1);
    drop(std::hint::black_box(vec![0_u8; 1259]));
    assert_eq!(of_size(1249), [0; 4]);
    assert_eq!(of_size(1259), [1, 1259, 0, 0]);

    // Threads that free each other's blocks while the profile is read.
    set_heap_rate(64 * 1024);
    let (sender, receiver) = std::sync::mpsc::channel::<Vec<u8>>();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let sender = sender.clone();
            scope.spawn(move || {
                for round in 0..4000_usize {
                    sender.send(vec![1; 17 + (round * 31 + thread) % 100_000]).unwrap();
                }
            });
        }
        drop(sender);
        scope.spawn(|| receiver.into_iter().for_each(drop));
        for _ in 0..20 {
            profile();
        }
    });
    set_heap_rate(512 * 1024);
    assert!(profile().totals()[0] > 0);
}
