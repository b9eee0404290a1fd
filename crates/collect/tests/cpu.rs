//! CPU profiles of a program of which everything is known.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::io::Read;
use std::time::{Duration, Instant};

use hotlist_collect::{Error, write_cpu};
use hotlist_profile::{Profile, decode};

fn cpu_seconds() -> f64 {
    // SAFETY: the call fills in the structure.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
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

fn capture(time: Duration, hertz: u32) -> Profile {
    let mut bytes = Vec::new();
    write_cpu(time, hertz, &mut bytes).unwrap();
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
    decode(&plain).unwrap()
}

/// Samples whose leaf is in the function.
fn of_leaf(profile: &Profile, function: *const ()) -> i64 {
    let samples = profile.samples.ids().filter(|&sample| {
        let stack = profile.stacks.get(profile.samples.stack(sample));
        let leaf = profile.locations.get(stack[0]).address;
        leaf.wrapping_sub(function as u64) < 256
    });
    samples.map(|sample| profile.samples.value(sample, 0)).sum()
}

fn check_total(hertz: u32, threads: usize) {
    let time = Duration::from_millis(2500);
    let before = cpu_seconds();
    let end = Instant::now() + time + Duration::from_millis(200);
    let (profile, real) = std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while Instant::now() < end {
                    std::hint::black_box(burn(100_000));
                }
            });
        }
        let profile = capture(time, hertz);
        (profile, cpu_seconds() - before)
    });
    let total = profile.totals()[1] as f64 / 1e9;
    let ratio = total / real;
    // An expiry more or less for each thread is chance, and the kernel looks at the timers of a thread
    // once in a tick of 4 ms: the last one is cut off.
    let chance = threads as f64 * (1.0 / f64::from(hertz) + 0.004) / real;
    assert!((ratio - 1.0).abs() < 0.02 + chance, "{hertz} Hz, {threads} threads: {ratio}");
    let hot = of_leaf(&profile, burn as *const ());
    assert!(i128::from(hot) * 10 > profile.totals()[0] * 9, "{hot} of {}", profile.totals()[0]);
}

/// One test, because two captures cannot overlap.
#[test]
fn totals_shares_and_leaves_are_right() {
    check_total(100, 1);
    check_total(1000, 1);
    check_total(1000, 2);
    check_total(1000, 16);

    let profile = std::thread::scope(|scope| {
        let end = Instant::now() + Duration::from_millis(2600);
        scope.spawn(move || {
            while Instant::now() < end {
                std::hint::black_box(burn(100_000));
                std::hint::black_box(burn_three_times_as_much(100_000));
            }
        });
        let other = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            write_cpu(Duration::from_millis(1), 100, &mut Vec::new())
        });
        let profile = capture(Duration::from_millis(2500), 1000);
        assert!(matches!(other.join().unwrap(), Err(Error::CpuBusy)));
        profile
    });
    let (one, three) =
        (of_leaf(&profile, burn as *const ()), of_leaf(&profile, burn_three_times_as_much as *const ()));
    let all = (one + three) as f64;
    let deviation = (all * 0.25 * 0.75).sqrt();
    assert!((one as f64 - all / 4.0).abs() < 4.0 * deviation, "{one} : {three}");

    for _ in 0..50 {
        write_cpu(Duration::ZERO, 1000, &mut Vec::new()).unwrap();
    }
}
