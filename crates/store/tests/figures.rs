//! What a store costs; it measures, so it runs alone: `cargo test --release -p hotlist-store --test figures -- --ignored`.
#![allow(clippy::disallowed_methods, reason = "it measures")]

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use bytes::Bytes;
use hotlist_profile::Builder;
use hotlist_store::{Labels, Push, Range, Selector, Settings, Store, Tenant};

const TARGETS: usize = 60;
const SCRAPES: usize = 200;
/// So many of the scrapes are different; the others repeat them.
const DIFFERENT: usize = 40;
const SERVICES: usize = 5;
const STACKS: usize = 4000;
const ROWS: usize = 450;

/// Draws that are the same in each run (xorshift64*).
struct Lots(u64);

impl Lots {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 11) as usize % limit
    }

    /// A row of `limit`, the first ones far likelier: about Zipf's law with exponent 0.9.
    fn zipf(&mut self, limit: usize) -> usize {
        let share = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((limit as f64).powf(0.1) * share + (1.0 - share)).powf(10.0) as usize % limit
    }
}

/// A CPU profile of a service.
fn profile(service: usize, lots: &mut Lots) -> Bytes {
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    builder.period("cpu", "nanoseconds", 10_000_000);
    let mut rows: Vec<usize> = (0..4 * ROWS).map(|_| lots.zipf(STACKS)).collect();
    rows.sort_unstable();
    rows.dedup();
    rows.truncate(ROWS);
    for row in rows {
        // A stack is the same whenever its row is drawn.
        let mut own = Lots((service * STACKS + row + 1) as u64 * 0x9e37_79b9_7f4a_7c15);
        let depth = 10 + own.below(30);
        let stack: Vec<_> = (0..depth)
            .map(|level| {
                let number = own.below(4 + 2 * level);
                let function = builder.named_function(
                    &format!("github.com/example/service{service}/pkg{level}.(*Type).Method{number}"),
                    &format!("/src/service{service}/pkg{level}/file.go"),
                );
                builder.source_location(function, (number % 300) as i64 + 1)
            })
            .rev()
            .collect();
        let count = 1 + own.below(3) as i64;
        builder.sample(&stack, &[], &[count, count * 10_000_000]).expect("there is room");
    }
    let mut file = Vec::new();
    hotlist_formats::write(&builder.finish(), &mut file).expect("memory can be written");
    file.into()
}

/// Processor time of the process so far (proc(5), in ticks of which there are a hundred a second).
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn say(text: &str) {
    // Past the capture of the test runner: these are figures to read.
    writeln!(std::io::stderr(), "{text}").expect("standard error");
}

fn labels(target: usize) -> Labels {
    let (service, instance) = (format!("service{}", target % SERVICES), format!("10.0.0.{target}:6060"));
    [("service", &*service), ("instance", &*instance)].into_iter().collect()
}

#[test]
#[ignore = "measures"]
fn what_a_store_costs() {
    let mut lots = Lots(1);
    let bodies: Vec<Bytes> =
        (0..TARGETS * DIFFERENT).map(|row| profile(row % TARGETS % SERVICES, &mut lots)).collect();
    let packed: usize = bodies.iter().map(Bytes::len).sum();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let store = Store::open(folder.path(), Settings::default()).expect("a store can be made");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_nanos()
        as i64;
    let begin = now - 6 * 3_600_000_000_000;
    let push = |target: usize, scrape: usize| {
        let body = bodies[scrape % DIFFERENT * TARGETS + target].clone();
        let time = Some(begin + scrape as i64 * 10_000_000_000);
        let push = Push { labels: labels(target), name: None, time, body };
        store.push(&Tenant::default(), push).expect("a profile can be kept").samples
    };

    // Sixty-four writers at once: how long they wait.
    let (start, before) = (Instant::now(), processor_seconds());
    let next = AtomicUsize::new(0);
    let (mut waits, samples) = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..64)
            .map(|_| {
                scope.spawn(|| {
                    let (mut waits, mut samples) = (Vec::new(), 0);
                    loop {
                        let row = next.fetch_add(1, Ordering::Relaxed);
                        if row >= TARGETS * SCRAPES {
                            return (waits, samples);
                        }
                        let begun = Instant::now();
                        samples += push(row % TARGETS, row / TARGETS);
                        waits.push(begun.elapsed());
                    }
                })
            })
            .collect();
        threads.into_iter().fold((Vec::new(), 0), |(mut all, sum), thread| {
            let (waits, samples) = thread.join().expect("no writer panics");
            all.extend(waits);
            (all, sum + samples)
        })
    });
    let pushed = start.elapsed();
    store.flush().expect("files can be written");
    let used = processor_seconds() - before;
    waits.sort_unstable();
    let wait = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let megabytes = packed as f64 / 1e6 * (SCRAPES / DIFFERENT) as f64;
    say(&format!(
        "ingest: {} profiles, {samples} samples, {megabytes:.0} MB packed in {:.1} s with 64 writers; {used:.1} s of \
         processor time with writing to files: {:.0} thousand samples and {:.1} MB a second of it",
        TARGETS * SCRAPES,
        pushed.as_secs_f64(),
        samples as f64 / used / 1e3,
        megabytes / used
    ));
    say(&format!("a push waits {:.1} ms (median), {:.1} ms (99 %)", wait(0.5), wait(0.99)));

    let before = processor_seconds();
    store.compact().expect("files can be put together");
    say(&format!("compaction: {:.1} s of processor time", processor_seconds() - before));
    let stats = store.stats();
    let (mut bytes, mut rows) = (0, 0);
    for table in stats.tenants.iter().flat_map(|tenant| &tenant.tables) {
        bytes += table.bytes;
        rows += if table.table == "samples" { table.rows } else { 0 };
        say(&format!(
            "  {:<12} {:>4} files {:>10} rows {:>10} bytes",
            table.table, table.files, table.rows, table.bytes
        ));
    }
    say(&format!("{:.2} bytes a row with all tables", bytes as f64 / rows as f64));

    for selector in [
        "process_cpu:cpu:nanoseconds:cpu:nanoseconds",
        "process_cpu:cpu:nanoseconds:cpu:nanoseconds{service=\"service1\"}",
    ] {
        let selector = Selector::parse(selector).expect("a selector");
        let mut times: Vec<f64> = (0..5)
            .map(|_| {
                let before = processor_seconds();
                for _ in 0..5 {
                    let merged =
                        store.merge(&Tenant::default(), &selector, Range::ALL).expect("it can be merged");
                    assert!(!merged.samples.is_empty());
                }
                (processor_seconds() - before) / 5.0 * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        say(&format!("merge: {:.0} ms of processor time, the middle of five", times[2]));
    }
    let memory = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned();
    say(&format!(
        "peak of this process, which holds {:.0} MB of profiles to push: {peak}",
        packed as f64 / 1e6
    ));
}
