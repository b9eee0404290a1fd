//! Estimates of the real allocator against the truth: each must lie within four standard deviations, which
//! are known in closed form, for 20 seeds.
//!
//! A block of `s` bytes is a sample with the chance `p = 1 - e^(-s / rate)` and then stands for `1 / p` blocks, so
//! the variance of the sum over all blocks is `sum (1 - p) / p` for objects and `sum s^2 (1 - p) / p` for bytes.
#![allow(unsafe_code)]
#![expect(clippy::print_stderr, reason = "says how far off estimates were")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Read;
use std::sync::mpsc;

use hotlist_collect::{Heap, allocs, set_heap_rate, with_labels};
use hotlist_profile::{LabelValue, Profile, decode};

/// Not the global one, so that nothing but the blocks of the test is in the profile.
static ALLOC: Heap<System> = Heap::new(System);

const SEEDS: u64 = 20;

fn profile() -> Profile {
    let mut bytes = Vec::new();
    allocs().write_to(&mut bytes).unwrap();
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
    decode(&plain).unwrap()
}

/// Objects and bytes allocated, then in use, of the samples with this label.
fn labelled(profile: &Profile, wanted: &str) -> [f64; 4] {
    let mut sums = [0.0; 4];
    for sample in profile.samples.ids() {
        let labels = profile.labels.get(profile.samples.labels(sample));
        let is_it = labels.iter().any(
            |label| matches!(label.value, LabelValue::Text(text) if profile.strings.get(text) == wanted.as_bytes()),
        );
        if is_it {
            for (sum, value) in sums.iter_mut().zip(profile.samples.values(sample)) {
                *sum += *value as f64;
            }
        }
    }
    sums
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 8).unwrap()
}

/// A block as a number, to be sent to another thread.
#[inline(never)]
fn made(size: usize) -> (usize, usize) {
    // SAFETY: the size is not zero.
    (unsafe { ALLOC.alloc(layout(size)) }.expose_provenance(), size)
}

fn free((address, size): (usize, usize)) {
    // SAFETY: the block was made with this layout, and is freed once.
    unsafe { ALLOC.dealloc(std::ptr::with_exposed_provenance_mut(address), layout(size)) };
}

/// What is known of the blocks that were made.
#[derive(Clone, Copy, Default)]
struct Truth {
    objects: f64,
    bytes: f64,
    objects_variance: f64,
    bytes_variance: f64,
}

impl Truth {
    fn add(&mut self, size: usize, rate: f64) {
        let size = size as f64;
        let chance = -(-size / rate).exp_m1();
        let odds = (1.0 - chance) / chance;
        self.objects += 1.0;
        self.bytes += size;
        self.objects_variance += odds;
        self.bytes_variance += size * size * odds;
    }

    fn join(&mut self, other: Truth) {
        self.objects += other.objects;
        self.bytes += other.bytes;
        self.objects_variance += other.objects_variance;
        self.bytes_variance += other.bytes_variance;
    }

    /// How many standard deviations the estimates are off.
    fn z(&self, estimate: &[f64]) -> [f64; 2] {
        [
            (estimate[0] - self.objects) / self.objects_variance.sqrt(),
            (estimate[1] - self.bytes) / self.bytes_variance.sqrt(),
        ]
    }
}

/// A number that depends on the seed and nothing else (SplitMix64).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut value = *state;
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Sizes from 64 bytes to 128 KiB, the small ones far more often, and all often enough for their samples to be
/// many: only then are sums normally distributed.
fn size(state: &mut u64) -> usize {
    let bits = 6 + (random(state) % 11).min(random(state) % 11);
    (1 << bits) + random(state) as usize % (1 << bits)
}

/// Threads make blocks, another one frees half of them; the rate changes twice.
fn round(seed: u64) -> (Truth, Truth) {
    let (mut made_all, mut kept_all) = (Truth::default(), Truth::default());
    let (sender, receiver) = mpsc::channel();
    for (part, rate) in [8 * 1024_u64, 2 * 1024, 32 * 1024].into_iter().enumerate() {
        set_heap_rate(rate);
        let make = |thread: u64| {
            let (mut made_here, mut kept_here) = (Truth::default(), Truth::default());
            let mut state = seed * 1000 + thread * 10 + part as u64;
            let sender = sender.clone();
            with_labels(&[("round", &seed.to_string())], || {
                for number in 0..4000 {
                    let size = size(&mut state);
                    let block = made(size);
                    made_here.add(size, rate as f64);
                    if number % 2 == 0 {
                        sender.send(block).unwrap();
                    } else {
                        kept_here.add(size, rate as f64);
                    }
                }
            });
            (made_here, kept_here)
        };
        // One after the other, so that every run is the same. This thread took its samples at the rate before, and
        // goes on with the new one.
        let others =
            (0..2).map(|thread| std::thread::scope(|scope| scope.spawn(|| make(thread)).join().unwrap()));
        let threads: Vec<(Truth, Truth)> = others.chain(std::iter::once_with(|| make(2))).collect();
        for (made_here, kept_here) in threads {
            made_all.join(made_here);
            kept_all.join(kept_here);
        }
    }
    drop(sender);
    std::thread::spawn(move || receiver.into_iter().for_each(free)).join().unwrap();
    (made_all, kept_all)
}

#[test]
fn blocks_of_other_threads_and_a_rate_that_changes() {
    // SAFETY: no other thread looks at the environment, and the profiler has not done so yet.
    unsafe { std::env::set_var("HOTLIST_HEAP_SEED", "1") };
    let rounds: Vec<(Truth, Truth)> = (1..=SEEDS).map(round).collect();
    let profile = profile();
    let (mut squares, mut largest) = (0.0, 0.0_f64);
    for (seed, (made, kept)) in (1..=SEEDS).zip(&rounds) {
        let estimate = labelled(&profile, &seed.to_string());
        let z = [made.z(&estimate[..2]), kept.z(&estimate[2..])].concat();
        assert!(z.iter().all(|z| z.abs() <= 4.0), "seed {seed}: {z:?}");
        squares += z[1] * z[1];
        largest = z.iter().fold(largest, |largest, z| largest.max(z.abs()));
    }
    eprintln!("the largest of 80 z-scores is {largest:.2}, the sum of the squares of 20 is {squares:.1}");
    // The sum of 20 squares has mean 20 and standard deviation 6.3: neither biased, nor too good to be true.
    assert!((4.0..55.0).contains(&squares), "the sum of the squares is {squares}");
}
