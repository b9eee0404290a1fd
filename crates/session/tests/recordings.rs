//! Recordings of perf have the stacks that `perf script` prints of them.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Stdio};

use hotlist_fetch::Environment;
use hotlist_formats::{Limits, read_with};
use hotlist_profile::{LabelValue, Profile};
use hotlist_session::{ObjectFiles, StackFiles};

/// Calls, recursion, a thread, the allocator and the kernel.
const SOURCE: &str = "
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
static volatile unsigned long sink;
static double until;
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
__attribute__((noinline)) static void heavy(int n) { for (int i = 0; i < n * 1000; i++) sink += i * 7; }
__attribute__((noinline)) static int rec(int n) { if (n == 0) { heavy(20); return 1; } int r = rec(n - 1); sink++; return r + 1; }
__attribute__((noinline)) static void blocks(void) {
    for (int i = 0; i < 50; i++) { char *b = malloc(100000 + i); memset(b, i, 100000); sink += b[i]; free(b); }
}
static void *work(void *unused) { (void)unused; while (now() < until) { rec(9); heavy(30); } return NULL; }
int main(int count, char **words) {
    pthread_t thread;
    until = now() + (count > 1 ? atof(words[1]) : 0.2);
    pthread_create(&thread, NULL, work, NULL);
    pthread_setname_np(thread, \"a worker\");
    while (now() < until) { blocks(); rec(5); }
    pthread_join(thread, NULL);
    return 0;
}
";

/// Samples: event, thread, number of the thread, addresses; and how much of the event they stand for.
type Stacks = BTreeMap<(String, String, i64, Vec<u64>), i64>;

const KERNEL: u64 = 1 << 63;

/// What `perf script` prints. `in_calls` is whether it prints addresses of callers as they are in the calls.
fn of_perf(file: &Path, in_calls: bool) -> Stacks {
    let output = Command::new("perf")
        .args(["script", "--no-inline", "-F", "comm,tid,time,event,period,ip", "-i"])
        .arg(file)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut stacks = Stacks::new();
    for sample in text.split("\n\n").filter(|sample| !sample.trim().is_empty()) {
        let mut lines = sample.lines();
        let words: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
        let [comm @ .., tid, _time, period, event] = &*words else { panic!("{sample}") };
        let mut addresses: Vec<u64> = Vec::new();
        let mut last = KERNEL;
        for line in lines {
            let address = u64::from_str_radix(line.split_whitespace().next().unwrap(), 16).unwrap();
            // What a part of the stack begins with was interrupted there.
            let is_exact = addresses.is_empty() || last >= KERNEL && address < KERNEL;
            let is_as_stored = is_exact || in_calls && address < KERNEL;
            addresses.push(if is_as_stored { address } else { address.saturating_sub(1) });
            last = address;
        }
        // Where code without frame pointers was interrupted, the next caller may be 0, which is no place.
        addresses.retain(|&address| address != 0);
        let event = event.trim_end_matches(':').to_owned();
        let key = (event, comm.join(" "), tid.parse().unwrap(), addresses);
        *stacks.entry(key).or_default() += period.parse::<i64>().unwrap();
    }
    stacks
}

/// What is in the profile, with addresses as they are in the files.
fn of_profile(profile: &Profile) -> Stacks {
    let mut stacks = Stacks::new();
    for id in profile.samples.ids() {
        let (mut thread, mut tid) = (String::new(), 0);
        for label in profile.labels.get(profile.samples.labels(id)) {
            match (&*profile.lossy(label.key), label.value) {
                ("thread", LabelValue::Text(name)) => thread = profile.lossy(name).into_owned(),
                ("tid", LabelValue::Number { value, .. }) => tid = value,
                _ => {}
            }
        }
        let addresses: Vec<u64> = profile
            .stacks
            .get(profile.samples.stack(id))
            .iter()
            .map(|&id| profile.locations.get(id))
            .filter(|location| location.address != 0 || location.mapping.is_some())
            .map(|location| match location.mapping {
                Some(mapping) if location.address < KERNEL => {
                    let mapping = profile.mapping(mapping);
                    location.address - mapping.start + mapping.offset
                }
                _ => location.address,
            })
            .collect();
        for (value, kind) in profile.samples.values(id).iter().zip(&profile.sample_types).skip(1) {
            if *value != 0 {
                let key = (profile.lossy(kind.kind).into_owned(), thread.clone(), tid, addresses.clone());
                *stacks.entry(key).or_default() += value;
            }
        }
    }
    stacks
}

#[test]
fn stacks_are_those_of_perf() {
    if !hotlist_testkit::installed(&["perf", "gcc"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("busy.c"), SOURCE).unwrap();
    let build = |flags: &[&str], name: &str| {
        let built = Command::new("gcc")
            .args(["-O2", "-g", "-o"])
            .arg(path(name))
            .args(flags)
            .arg(path("busy.c"))
            .arg("-lpthread")
            .status()
            .unwrap();
        assert!(built.success());
    };
    build(&["-fno-omit-frame-pointer"], "with");
    build(&["-fomit-frame-pointer"], "without");
    let with = path("with").display().to_string();
    let without = path("without").display().to_string();
    let clock = ["-e", "cpu-clock", "-F", "499"];
    let shell = format!("'{with}' 0.1; /bin/true; '{with}' 0.1");
    let recordings: &[(&str, &[&str], &[&str])] = &[
        ("frame pointers", &["-g"], &[&with]),
        ("memory", &["--call-graph", "dwarf,16384"], &[&without]),
        ("compressed", &["-z", "--call-graph", "dwarf,8192"], &[&without, "0.1"]),
        ("events", &["-e", "page-faults", "-g"], &[&with]),
        ("children", &["-g"], &["sh", "-c", &shell]),
    ];
    let environment = Environment::default();
    let objects = ObjectFiles::new(&environment);
    for (name, flags, command) in recordings {
        let file = path("perf.data");
        let recorded = Command::new("perf")
            .args(["record", "-q", "-o"])
            .arg(&file)
            .args(clock)
            .args(*flags)
            .args(*command)
            .output()
            .unwrap();
        if !recorded.status.success() {
            return hotlist_testkit::skip("perf may not record here");
        }
        let mut stacks = StackFiles::new(&objects);
        let bytes = std::fs::read(&file).unwrap();
        let profile = read_with(None, &bytes[..], Limits::default(), &mut stacks).unwrap();
        let summary = stacks.summary.unwrap();
        let (ours, theirs) = (of_profile(&profile), of_perf(&file, flags.contains(&"--call-graph")));
        assert!(summary.samples > 10, "{name}: {summary:?}");
        let differing: Vec<_> =
            theirs.iter().filter(|(stack, value)| ours.get(stack) != Some(value)).collect();
        assert!(ours == theirs, "{name}: {} of {} differ: {differing:x?}", differing.len(), theirs.len());
        assert!(NonZeroUsize::new(ours.len()).is_some());
    }
}
