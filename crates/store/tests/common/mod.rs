//! What tests of a store have in common.
#![allow(dead_code, reason = "each test file uses a part")]

use bytes::Bytes;
use hotlist_profile::{Builder, Profile, encode_to_vec};
use hotlist_store::{Labels, Push, Settings};

pub const CPU: &str = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
/// The beginning of 2026-11-30.
pub const START: i64 = 1_795_996_800_000_000_000;
pub const SECOND: i64 = 1_000_000_000;

/// A profile with one stack, `main` called by `_start`, and two sample types.
pub fn profile(time: i64, value: i64) -> Profile {
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    builder.period("cpu", "nanoseconds", 10_000_000);
    builder.profile.time_nanos = time;
    builder.profile.duration_nanos = 10_000_000_000;
    let main = builder.named_function("main", "main.rs");
    let start = builder.named_function("_start", "start.s");
    let stack = [builder.source_location(main, 3), builder.source_location(start, 1)];
    builder.sample(&stack, &[], &[1, value]).unwrap();
    builder.finish()
}

pub fn labels(service: &str, zone: &str) -> Labels {
    [("service", service), ("zone", zone)].into_iter().collect()
}

pub fn push<'a>(labels: Labels, profile: &Profile) -> Push<'a> {
    Push { labels, name: None, time: Some(profile.time_nanos), body: Bytes::from(encode_to_vec(profile)) }
}

pub fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.retention = None;
    settings
}
