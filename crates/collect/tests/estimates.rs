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

use hotlist_collect::{Heap, Labels, allocs, set_heap_rate, with_labels};
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

/// What is made on one thread at one rate, and what is known of it.
struct Maker {
    rate: u64,
    made: Truth,
    kept: Truth,
}

impl Maker {
    /// On the calling thread, at this rate from now on.
    fn at(rate: u64) -> Maker {
        set_heap_rate(rate);
        Maker { rate, made: Truth::default(), kept: Truth::default() }
    }

    fn make(&mut self, size: usize) -> (usize, usize) {
        self.made.add(size, self.rate as f64);
        made(size)
    }

    /// The block stays in use.
    fn keep(&mut self, (_, size): (usize, usize)) {
        self.kept.add(size, self.rate as f64);
    }

    fn resize(&mut self, (address, old): (usize, usize), size: usize) -> (usize, usize) {
        self.made.add(size, self.rate as f64);
        (resized(address, old, size), size)
    }

    fn join(mut self, other: &Maker) -> Maker {
        self.made.join(other.made);
        self.kept.join(other.kept);
        self
    }
}

#[inline(never)]
fn resized(address: usize, old: usize, size: usize) -> usize {
    let block = std::ptr::with_exposed_provenance_mut(address);
    // SAFETY: the block was made with this layout, and the new size is not zero.
    unsafe { ALLOC.realloc(block, layout(old), size) }.expose_provenance()
}

/// All of one size, at once freed again.
fn uniform(_seed: u64) -> Maker {
    let mut maker = Maker::at(64 * 1024);
    for number in 0..30_000 {
        let block = maker.make(1000);
        if number % 10 == 0 { maker.keep(block) } else { free(block) }
    }
    maker
}

fn mixed_sizes(mut seed: u64) -> Maker {
    let mut maker = Maker::at(8 * 1024);
    for number in 0..12_000 {
        let size = size(&mut seed);
        let block = maker.make(size);
        if number % 10 == 0 { maker.keep(block) } else { free(block) }
    }
    maker
}

/// As a `Vec` grows: in place or not, every step is a block that is freed and one that is made.
fn doubling(_seed: u64) -> Maker {
    let mut maker = Maker::at(16 * 1024);
    for number in 0..1000 {
        let mut block = maker.make(64);
        for bits in 7..15 {
            block = maker.resize(block, 1 << bits);
        }
        if number % 10 == 0 { maker.keep(block) } else { free(block) }
    }
    maker
}

/// Few blocks stay, between many that do not.
fn leak(mut seed: u64) -> Maker {
    let mut maker = Maker::at(8 * 1024);
    for _ in 0..4000 {
        let leaked = maker.make(200);
        maker.keep(leaked);
        for _ in 0..4 {
            let block = maker.make(size(&mut seed) / 4 + 64);
            free(block);
        }
    }
    maker
}

/// Three threads make blocks, a fourth one frees half of them.
fn freed_by_others(seed: u64) -> Maker {
    let (sender, receiver) = mpsc::channel();
    let make = |thread: u64| {
        let mut state = seed * 10 + thread;
        let mut maker = Maker::at(8 * 1024);
        for number in 0..4000 {
            let size = size(&mut state);
            let block = maker.make(size);
            if number % 2 == 0 { sender.send(block).unwrap() } else { maker.keep(block) }
        }
        maker
    };
    // One after the other, so that every run is the same.
    let labels = Labels::current();
    let mut threads = (0..3).map(|thread| {
        let make = || {
            let _labels = labels.enter();
            make(thread)
        };
        std::thread::scope(|scope| scope.spawn(make).join().unwrap())
    });
    let first = threads.next().unwrap();
    let all = threads.fold(first, |all, maker| all.join(&maker));
    drop(sender);
    std::thread::spawn(move || receiver.into_iter().for_each(free)).join().unwrap();
    all
}

/// The rate changes while blocks are made, and before they are freed.
fn rate_changes(mut seed: u64) -> Maker {
    let mut all = Maker::at(8 * 1024);
    let mut freed_later = Vec::new();
    for rate in [8 * 1024, 2 * 1024, 32 * 1024] {
        let mut maker = Maker::at(rate);
        for number in 0..4000 {
            let size = size(&mut seed);
            let block = maker.make(size);
            if number % 2 == 0 { freed_later.push(block) } else { maker.keep(block) }
        }
        all = all.join(&maker);
    }
    freed_later.into_iter().for_each(free);
    all
}

/// Makes blocks as a seed says.
type Mix = fn(u64) -> Maker;

const MIXES: [(&str, Mix); 6] = [
    ("one size", uniform),
    ("mixed sizes from one stack", mixed_sizes),
    ("doubling", doubling),
    ("a leak", leak),
    ("freed by other threads", freed_by_others),
    ("rate changed midway", rate_changes),
];

#[test]
fn estimates_of_every_mix() {
    // SAFETY: no other thread looks at the environment, and the profiler has not done so yet.
    unsafe { std::env::set_var("HOTLIST_HEAP_SEED", "1") };
    let name = |mix: &str, seed: u64| format!("{mix} {seed}");
    let mut makers = Vec::new();
    for (mix, make) in MIXES {
        for seed in 1..=SEEDS {
            makers.push(with_labels(&[("round", &name(mix, seed))], || make(seed * 1000)));
        }
    }
    let profile = profile();
    let mut too_far = Vec::new();
    eprintln!("| z-scores of 20 seeds | objects | bytes | objects in use | bytes in use | squares |");
    for (&(mix, _), makers) in MIXES.iter().zip(makers.chunks(SEEDS as usize)) {
        let (mut squares, mut largest) = (0.0, [0.0_f64; 4]);
        for (seed, maker) in (1..=SEEDS).zip(makers) {
            let estimate = labelled(&profile, &name(mix, seed));
            let z = [maker.made.z(&estimate[..2]), maker.kept.z(&estimate[2..])].concat();
            if z.iter().any(|z| z.abs() > 4.0) {
                too_far.push(format!("{mix}, seed {seed}: {z:.2?}"));
            }
            squares += z[1] * z[1];
            for (largest, z) in largest.iter_mut().zip(z) {
                *largest = largest.max(z.abs());
            }
        }
        let [objects, bytes, objects_used, bytes_used] = largest;
        eprintln!(
            "| {mix} | {objects:.2} | {bytes:.2} | {objects_used:.2} | {bytes_used:.2} | {squares:.1} |"
        );
        // The sum of 20 squares has mean 20 and standard deviation 6.3: neither biased, nor too good to be true.
        assert!((4.0..55.0).contains(&squares), "{mix}: the sum of the squares is {squares}");
    }
    assert!(too_far.is_empty(), "{too_far:#?}");
}
