//! CPU profiles of a program of which everything is known. Compared with clocks of CPU time only, so that
//! other programs on the machine do not matter.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(unsafe_code)]

use std::fs::DirEntry;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hotlist_collect::{CpuProfile, cpu, with_labels};
use hotlist_profile::{LabelValue, Profile, SampleId, decode};

/// CPU time in nanoseconds.
fn clock(id: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills in the structure.
    assert_eq!(unsafe { libc::clock_gettime(id, &raw mut time) }, 0);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// CPU time of the whole process in nanoseconds, as `getrusage` counts it.
fn used() -> u64 {
    // SAFETY: the call fills in the structure.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    let nanos = |time: libc::timeval| time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1000;
    nanos(usage.ru_utime) + nanos(usage.ru_stime)
}

/// Plain operators, so that an unoptimized build calls nothing here.
#[inline(never)]
fn burn(rounds: u64) -> u64 {
    let mut sum = 1_u64;
    let mut number = 0_u64;
    while number < rounds {
        sum ^= (sum << 3) ^ number;
        number += 1;
    }
    sum
}

#[inline(never)]
fn burn_three_times_as_much(rounds: u64) -> u64 {
    let mut sum = 2_u64;
    let mut number = 0_u64;
    // Counted once, so that a turn of the loop is the same work as above.
    let rounds = 3 * rounds;
    while number < rounds {
        sum ^= (sum << 3) ^ number;
        number += 1;
    }
    sum
}

fn finish(capture: CpuProfile) -> Profile {
    let mut bytes = Vec::new();
    capture.finish(&mut bytes).unwrap();
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
    decode(&plain).unwrap()
}

fn leaf(profile: &Profile, sample: SampleId) -> u64 {
    let stack = profile.stacks.get(profile.samples.stack(sample));
    profile.locations.get(stack[0]).address
}

/// Nanoseconds of the samples whose leaf is in the function, or has an address at all.
fn of_leaf(profile: &Profile, function: Option<*const ()>) -> u64 {
    let is_in =
        |address: u64| function.map_or(address > 4096, |start| address.wrapping_sub(start as u64) < 256);
    let samples = profile.samples.ids().filter(|&sample| is_in(leaf(profile, sample)));
    samples.map(|sample| profile.samples.value(sample, 1) as u64).sum()
}

/// Runs `work` on this many threads until each has used `nanos` of CPU time, and says how much all used.
fn run(threads: usize, nanos: u64, work: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for number in 0..threads {
            let work = &work;
            scope.spawn(move || {
                while clock(libc::CLOCK_THREAD_CPUTIME_ID) < nanos {
                    work(number);
                }
            });
        }
    });
}

/// CPU time that the profiler's own thread has used, which is not part of profiles.
fn of_collector() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let read = |task: &Path, file: &str| std::fs::read_to_string(task.join(file)).unwrap_or_default();
    let its = |task: std::io::Result<DirEntry>| -> Option<u64> {
        let task = task.unwrap().path();
        let is_it = read(&task, "comm").trim() == "hotlist-cpu";
        is_it.then(|| read(&task, "schedstat").split(' ').next()?.parse().ok())?
    };
    tasks.filter_map(its).sum()
}

/// The total of a profile against the CPU time that the process used meanwhile: at least what was used between the
/// start and the end, at most what was used before and after them as well, however long these take on a busy machine.
#[track_caller]
fn check_total(hertz: u32, threads: usize, nanos_each: u64) {
    let is_over = AtomicBool::new(false);
    let (profile, least, most) = std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::black_box(burn(20_000));
                }
            });
        }
        let before = used();
        let capture = cpu().hertz(hertz).start().unwrap();
        let begun = used();
        while used() - begun < nanos_each * threads as u64 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let least = (used() - begun).saturating_sub(of_collector());
        let profile = finish(capture);
        let most = used() - before;
        is_over.store(true, Ordering::Relaxed);
        (profile, least as f64, most as f64)
    });
    let (sampled, total) = (of_leaf(&profile, None) as f64, profile.totals()[1] as f64);

    // Chance: one sample more or less for each thread, and the kernel takes them at its ticks, of which there are a
    // hundred in a second or more.
    let chance = (threads as f64).sqrt() * 2.0 * 1e9 / f64::from(hertz).min(100.0);
    let what = format!("{hertz} Hz, {threads} threads: {sampled} of {total}, used {least} to {most}");
    assert!(sampled > 0.98 * least - chance && total < 1.02 * most + chance, "{what}");
    let hot = of_leaf(&profile, Some(burn as *const ())) as f64;
    assert!(hot > 0.9 * sampled, "{hot} in the function: {what}");
    assert_eq!(profile.period, 1_000_000_000 / i64::from(hertz));
}

/// One test, because captures share what they see, and the process has one clock.
#[test]
fn totals_shares_and_leaves_are_right() {
    for hertz in [100, 1000] {
        for (threads, nanos_each) in [(1, 600_000_000), (2, 400_000_000), (16, 100_000_000)] {
            check_total(hertz, threads, nanos_each);
        }
    }

    // Work of 3:1, with labels, seen by two captures at different rates.
    let slow = cpu().hertz(100).start().unwrap();
    let fast = cpu().hertz(1000).start().unwrap();
    // Turns of many lengths, which do not keep step with the kernel's ticks.
    let turns = AtomicU64::new(1);
    run(1, 1_000_000_000, |_| {
        let turn = turns.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let rounds = 1_000 + turn % 8_000;
        with_labels(&[("work", "one")], || std::hint::black_box(burn(rounds)));
        std::hint::black_box(burn_three_times_as_much(rounds));
    });
    let (fast, slow) = (finish(fast), finish(slow));
    let one = of_leaf(&fast, Some(burn as *const ()));
    let three = of_leaf(&fast, Some(burn_three_times_as_much as *const ()));
    // The kernel looks at timers once in a tick, so there are at least 100 samples a second to count.
    let samples = ((one + three) as f64 / 1e7).max(1.0);
    let share = one as f64 / (one + three) as f64;
    assert!((share - 0.25).abs() < 4.0 * (0.25 * 0.75 / samples).sqrt(), "{one} : {three}");
    let labelled: u64 = fast
        .samples
        .ids()
        .filter(|&sample| {
            let labels = fast.labels.get(fast.samples.labels(sample));
            labels.iter().any(
                |label| matches!(label.value, LabelValue::Text(text) if fast.strings.get(text) == b"one"),
            )
        })
        .map(|sample| fast.samples.value(sample, 1) as u64)
        .sum();
    assert!(labelled >= one * 98 / 100 && labelled <= one + (one + three) / 50, "{labelled} of {one}");
    let [fast, slow] = [fast, slow].map(|profile| profile.totals()[1] as f64);
    assert!((fast / slow - 1.0).abs() < 0.05, "{fast} {slow}");

    // Threads that live shortly are not missed in sum.
    let before = used();
    let capture = cpu().hertz(1000).start().unwrap();
    for _ in 0..40 {
        run(4, 2_000_000, |_| _ = std::hint::black_box(burn(1000)));
    }
    let real = (used() - before).saturating_sub(of_collector()) as f64;
    let total = finish(capture).totals()[1] as f64;
    assert!((total / real - 1.0).abs() < 0.1, "{total} of {real}");

    // Captures may be given up.
    for _ in 0..50 {
        drop(cpu().start().unwrap());
        finish(cpu().hertz(1000).start().unwrap());
    }
}
