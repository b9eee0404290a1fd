//! What is recorded has the stacks that `perf script` prints of the same samples.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use hotlist_fetch::Environment;
use hotlist_profile::{LabelValue, Profile};
use hotlist_record::{Machine, Request, Stacks, Target, record};
use hotlist_session::{ObjectFiles, StackFiles};
use hotlist_testkit::{installed, skip};

/// Calls, recursion, the allocator, a library that calls back, and a thread.
const SOURCE: &str = "
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
static volatile unsigned long sink;
static double cpu(void) { struct timespec t; clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
__attribute__((noinline)) static void spin(int n) { for (int i = 0; i < n * 1000; i++) sink += i * 7; }
__attribute__((noinline)) static int deeper(int n) { if (n == 0) { spin(20); return 1; } int r = deeper(n - 1); sink++; return r + 1; }
static int compare(const void *a, const void *b) { sink++; return *(const int *)a - *(const int *)b; }
__attribute__((noinline)) static void sorts(void) {
    int n = 5000, *numbers = malloc(n * sizeof *numbers);
    for (int i = 0; i < n; i++) numbers[i] = i * 7919 % 4999;
    qsort(numbers, n, sizeof *numbers, compare);
    free(numbers);
}
static void *work(void *unused) { while (cpu() < 0.3) deeper(9); return unused; }
int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    while (cpu() < 0.3) { sorts(); deeper(30); }
    pthread_join(thread, NULL);
    return 0;
}
";

/// A file of perf with these records, the first of which is that of the event.
fn perf_file(records: &[u8]) -> Vec<u8> {
    const HEADER: usize = 104;
    let size = usize::from(u16::from_ne_bytes([records[6], records[7]]));
    let (event, records) = (&records[8..size], &records[size..]);
    /// Where the numbers of the event are: there are none.
    const NO_IDS: [u8; 16] = [0; 16];
    let entry = [event, &NO_IDS].concat();
    let numbers =
        [HEADER, entry.len(), HEADER, entry.len(), HEADER + entry.len(), records.len(), 0, 0, 0, 0, 0, 0];
    let numbers: Vec<u8> = numbers.iter().flat_map(|&number| (number as u64).to_ne_bytes()).collect();
    [b"PERFILE2", &numbers[..], &entry, records].concat()
}

/// How often there is a stack of a thread, by its addresses in the files.
type Counted = BTreeMap<(i64, Vec<u64>), i64>;

const KERNEL: u64 = 1 << 63;

fn of_perf(file: &Path, callers_are_in_calls: bool) -> Counted {
    let output = Command::new("perf")
        .args(["script", "--no-inline", "-F", "tid,ip", "-i"])
        .arg(file)
        .stderr(Stdio::null())
        .output()
        .expect("perf can be started");
    let text = String::from_utf8(output.stdout).expect("numbers and names of files");
    let mut counted = Counted::new();
    for sample in text.split("\n\n").filter(|sample| !sample.trim().is_empty()) {
        let mut lines = sample.lines();
        let thread = lines.next().and_then(|line| line.trim().parse().ok()).expect("a thread");
        let mut addresses: Vec<u64> = Vec::new();
        let mut last = KERNEL;
        for line in lines {
            let word = line.split_whitespace().next().expect("an address");
            let address = u64::from_str_radix(word, 16).expect("an address");
            // What a part of the stack begins with was interrupted there.
            let is_exact = addresses.is_empty() || last >= KERNEL && address < KERNEL;
            let is_as_stored = is_exact || callers_are_in_calls && address < KERNEL;
            addresses.push(if is_as_stored { address } else { address.saturating_sub(1) });
            last = address;
        }
        *counted.entry((thread, addresses)).or_default() += 1;
    }
    counted
}

fn of_profile(profile: &Profile) -> Counted {
    let mut counted = Counted::new();
    for id in profile.samples.ids() {
        let labels = profile.labels.get(profile.samples.labels(id));
        let thread = labels.iter().find_map(|label| match label.value {
            LabelValue::Number { value, .. } if &*profile.lossy(label.key) == "tid" => Some(value),
            _ => None,
        });
        let stack = profile.stacks.get(profile.samples.stack(id)).iter().map(|&id| profile.locations.get(id));
        let addresses = stack.map(|location| match location.mapping {
            Some(mapping) if location.address < KERNEL => {
                let mapping = profile.mapping(mapping);
                location.address - mapping.start + mapping.offset
            }
            _ => location.address,
        });
        let key = (thread.expect("a thread"), addresses.collect());
        *counted.entry(key).or_default() += profile.samples.values(id)[0];
    }
    counted
}

#[test]
fn stacks_are_those_that_perf_finds_in_the_same_samples() {
    if !installed(&["perf", "gcc"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("busy.c"), SOURCE).expect("it can be written");
    for (name, flag, stacks) in [
        ("tables", "-fomit-frame-pointer", Stacks::Auto),
        ("pointers", "-fno-omit-frame-pointer", Stacks::FramePointers),
    ] {
        let mut gcc = Command::new("gcc");
        gcc.args(["-O2", "-g", flag, "-o"]).arg(path(name)).arg(path("busy.c")).arg("-lpthread");
        assert!(gcc.status().expect("gcc can be started").success());
        let objects = ObjectFiles::new(&Environment::default());
        let mut unwinder = StackFiles::new(&objects);
        let mut records = Vec::new();
        let request = Request {
            target: Target::Command(Command::new(path(name))),
            frequency: 997,
            stacks,
            duration: None,
            off_cpu: false,
        };
        let machine = Machine {
            unwinder: &mut unwinder,
            keep: &|path, build_id, file| objects.keep(path, build_id, &file),
            see: Some(&mut |record| records.extend_from_slice(record)),
        };
        let recording = match record(request, machine, &mut |_| ()) {
            Ok(recording) => recording,
            Err(error) => return skip(&error.to_string()),
        };
        let summary = recording.happened.summary;
        assert!(recording.program.expect("a program").wait().expect("it ended").success());
        assert!(summary.samples > 100 && summary.lost == 0, "{name}: {summary:?}");
        assert!(summary.broken * 50 < summary.samples, "{name}: {summary:?}");
        std::fs::write(path("perf.data"), perf_file(&records)).expect("it can be written");
        let (ours, theirs) =
            (of_profile(&recording.profile), of_perf(&path("perf.data"), stacks == Stacks::Auto));
        let differing: Vec<_> =
            theirs.iter().filter(|(stack, count)| ours.get(stack) != Some(count)).collect();
        assert!(ours == theirs, "{name}: {} of {} differ: {differing:x?}", differing.len(), theirs.len());
    }
}
