//! What tests of collectors have in common.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

use std::hint::black_box;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hotlist_collect::cpu;
use hotlist_profile::{Profile, SampleId, decode};

/// A process of a test that runs longer hangs. Longer with `HOTLIST_SOAK_SECONDS`.
fn time_limit() -> Duration {
    let longer = std::env::var("HOTLIST_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(90 + 2 * longer.unwrap_or(0))
}

/// Set in the processes of tests that run alone.
pub const IS_CHILD: &str = "HOTLIST_NEIGHBOUR_CHILD";

/// Runs `body` in a process of its own, with these variables, and fails when it fails or hangs.
#[track_caller]
pub fn alone(name: &str, variables: &[(&str, &str)], body: impl FnOnce()) {
    if std::env::var_os(IS_CHILD).is_some() {
        return body();
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(IS_CHILD, "1")
        .envs(variables.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + time_limit();
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("{name} with {variables:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} with {variables:?}: {}: {errors}", output.status);
}

pub fn unpack(bytes: &[u8]) -> Profile {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    decode(&plain).unwrap()
}

/// A CPU profile of what `body` does.
pub fn profile_of(hertz: u32, body: impl FnOnce()) -> Profile {
    let capture = cpu().hertz(hertz).start().unwrap();
    body();
    let mut bytes = Vec::new();
    capture.finish(&mut bytes).unwrap();
    unpack(&bytes)
}

pub fn comments(profile: &Profile) -> String {
    let texts: Vec<_> = profile.comments.iter().map(|&text| profile.lossy(text).into_owned()).collect();
    texts.join("\n")
}

/// Nanoseconds of the samples that have a frame with this name, or in the function.
pub fn named(profile: &Profile, name: &str) -> i64 {
    let has = |sample: &SampleId| {
        let mut stack = profile.stacks.get(profile.samples.stack(*sample)).iter();
        stack.any(|&at| {
            profile
                .locations
                .lines(at)
                .iter()
                .any(|line| profile.lossy(profile.functions[line.function.index()].name) == name)
        })
    };
    profile.samples.ids().filter(has).map(|sample| profile.samples.value(sample, 1)).sum()
}

pub fn through(profile: &Profile, function: *const ()) -> i64 {
    let has = |sample: &SampleId| {
        let mut stack = profile.stacks.get(profile.samples.stack(*sample)).iter();
        stack.any(|&at| profile.locations.get(at).address.wrapping_sub(function as u64) < 2048)
    };
    profile.samples.ids().filter(has).map(|sample| profile.samples.value(sample, 1)).sum()
}

pub fn clock() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills in the structure.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Uses so much CPU time.
#[inline(never)]
pub fn burn(milliseconds: u64) -> u64 {
    black_box(burn_nanos(milliseconds * 1_000_000))
}

#[inline(never)]
pub fn burn_nanos(nanos: u64) -> u64 {
    let end = clock() + nanos;
    let mut sum = 1_u64;
    while clock() < end {
        sum = black_box((0..2000_u64).fold(sum, |sum, number| sum.wrapping_mul(31) ^ number));
    }
    sum
}
