//! A service with 200 threads and everything at once: captures, heap profiles, stacks, requests, panics, libraries that
//! come and go, threads that come and go. For ten seconds, or as many as `HOTLIST_SOAK_SECONDS` says: nothing grows and
//! nothing breaks.
//!
//! The time is cut into legs, and what the process holds is looked at between them, when all its threads have ended. While
//! they run it says little: how many blocks 200 threads have at a time depends on how busy the machine is, and what they
//! leave in pieces stays with glibc's arenas.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(unsafe_code)]
#![expect(clippy::print_stderr, reason = "says what there was, to whoever lets it run for long")]

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hotlist_collect::{Heap, allocs, cpu, heap, mutex, set_heap_rate, sync, threads, with_labels};

mod support;
use support::{alone, burn, unpack};

#[global_allocator]
static ALLOC: Heap = Heap::system();

const WORKERS: usize = 200;

/// The first leg is there to touch what is touched once.
const LEGS: u32 = 5;

/// What a process has of the things that leak.
#[derive(Debug)]
struct Holdings {
    /// What the allocator has given away, to the profiler too.
    heap_kilobytes: u64,
    resident_kilobytes: u64,
    mappings: usize,
    files: usize,
    timers: usize,
    threads: u64,
}

impl Holdings {
    fn now() -> Holdings {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let number = |key: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        let lines = |path, start: &str| {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            text.lines().filter(|line| line.starts_with(start)).count()
        };
        Holdings {
            heap_kilobytes: heap_bytes() / 1024,
            resident_kilobytes: number("VmRSS:"),
            mappings: lines("/proc/self/maps", ""),
            files: std::fs::read_dir("/proc/self/fd").unwrap().count(),
            timers: lines("/proc/self/timers", "ID:"),
            threads: number("Threads:"),
        }
    }

    /// Once the threads of the profiler that belong to the leg have ended as well.
    fn between_legs() -> Holdings {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            trim();
            let now = Holdings::now();
            // The test and its harness, and the server.
            if now.timers == 0 && now.threads <= 3 || Instant::now() > end {
                return now;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[cfg(target_env = "gnu")]
fn heap_bytes() -> u64 {
    // SAFETY: the call fills in a structure.
    let all = unsafe { libc::mallinfo2() };
    (all.uordblks + all.hblkhd) as u64
}

/// Gives free pages back to the kernel, so that those that are left are in use.
#[cfg(target_env = "gnu")]
fn trim() {
    // SAFETY: it may be called at any time.
    unsafe { libc::malloc_trim(0) };
}

/// Other C libraries do not say.
#[cfg(not(target_env = "gnu"))]
fn heap_bytes() -> u64 {
    0
}

#[cfg(not(target_env = "gnu"))]
fn trim() {}

static LOCK: sync::Mutex<Vec<u64>> = sync::Mutex::new(Vec::new());

/// A bit of everything that programs do.
fn work(worker: usize, round: usize) {
    with_labels(&[("tenant", ["acme", "globex", "initech"][worker % 3])], || {
        let mut blocks: Vec<Vec<u8>> =
            (0..6).map(|n| vec![1; 20 + (round * 31 + worker * 7 + n * 997) % 50_000]).collect();
        blocks[0].resize(round % 100_000 + 1, 2);
        black_box(format!("{blocks:p} {round}", blocks = blocks.as_ptr()));
        let mut shared = LOCK.lock().unwrap();
        shared.push(round as u64);
        if shared.len() > 1000 {
            shared.clear();
        }
    });
    if round % 50 == worker % 50 {
        drop(std::panic::catch_unwind(|| panic!("on purpose {}", black_box(round))));
    }
    if round % 20 == worker % 20 {
        burn(1);
    }
}

fn load_and_unload(round: usize) {
    let libraries = [c"libutil.so.1", c"libresolv.so.2", c"libanl.so.1", c"librt.so.1"];
    // SAFETY: libraries of the C library, without code of their own that runs when they are loaded.
    unsafe {
        let library = libc::dlopen(libraries[round % libraries.len()].as_ptr(), libc::RTLD_NOW);
        if !library.is_null() {
            libc::dlclose(library);
        }
    }
}

fn get(server: SocketAddr, target: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&answer[..answer.len().min(200)])
    );
    answer
}

#[test]
fn nothing_grows_and_nothing_breaks() {
    alone("nothing_grows_and_nothing_breaks", &[], || {
        let seconds = std::env::var("HOTLIST_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
        let time = Duration::from_secs(seconds.unwrap_or(10)) / LEGS;
        set_heap_rate(50_000);
        sync::set_mutex_fraction(10);
        sync::set_block_rate(10_000);
        std::panic::set_hook(Box::new(|_| {}));
        let server = hotlist_collect::serve("127.0.0.1:0").unwrap();
        let mut legs = Vec::new();
        for _ in 0..LEGS {
            let (counts, most_timers) = leg(time, server.address());
            legs.push(Holdings::between_legs());
            eprintln!("rounds of work, captures, profiles, libraries: {counts:?}; {:?}", legs.last());
            assert!(counts.iter().all(|&count| count >= 1), "{counts:?}");
            assert!(most_timers <= WORKERS + 40, "{most_timers} timers");
        }
        let [_, warm, .., last] = &legs[..] else { unreachable!("there are that many") };
        // What leaks grows in each leg. Tables of stacks and labels grow in some, to twice their size, and the rooms for the
        // samples of threads are touched bit by bit.
        let least_growth = |kilobytes: fn(&Holdings) -> u64| {
            let growths =
                legs[1..].windows(2).map(|two| kilobytes(&two[1]).saturating_sub(kilobytes(&two[0])));
            growths.min().unwrap_or(0)
        };
        assert!(least_growth(|leg| leg.heap_kilobytes) <= 40, "{legs:#?}");
        assert!(last.heap_kilobytes <= warm.heap_kilobytes + 1024, "{legs:#?}");
        assert!(least_growth(|leg| leg.resident_kilobytes) <= 5_000, "{legs:#?}");
        assert!(last.resident_kilobytes <= warm.resident_kilobytes + 50_000, "{legs:#?}");
        assert!(last.mappings <= warm.mappings + 20, "{legs:#?}");
        assert!(last.files <= warm.files, "{legs:#?}");
        assert!(last.threads <= warm.threads, "{legs:#?}");
        drop(server);
        assert_eq!(Holdings::between_legs().timers, 0, "no timer is left");
    });
}

/// All of it for a while: how many rounds of each there were, and the timers in the middle.
fn leg(time: Duration, server: SocketAddr) -> ([u64; 4], usize) {
    let is_over = AtomicBool::new(false);
    let counts: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];
    let until_over = |count: &AtomicU64, body: &dyn Fn(usize)| {
        for round in 0.. {
            body(round);
            count.fetch_add(1, Ordering::Relaxed);
            if is_over.load(Ordering::Relaxed) {
                return;
            }
        }
    };
    let timers = std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (until_over, counts) = (&until_over, &counts);
            scope.spawn(move || {
                until_over(&counts[0], &|round| {
                    work(worker, round);
                    std::thread::sleep(Duration::from_millis(20));
                });
            });
        }
        scope.spawn(|| {
            until_over(&counts[1], &|_| {
                let capture = cpu().hertz(250).start().unwrap();
                std::thread::sleep(Duration::from_millis(300));
                let mut bytes = Vec::new();
                capture.finish(&mut bytes).unwrap();
                assert!(unpack(&bytes).totals()[1] > 0);
            });
        });
        scope.spawn(|| {
            until_over(&counts[2], &|round| {
                for source in [heap(), allocs(), mutex(), threads()] {
                    let mut bytes = Vec::new();
                    source.write_to(&mut bytes).unwrap();
                    black_box(unpack(&bytes));
                }
                let targets = ["heap?debug=1", "profile?seconds=1", "goroutine?debug=2", "block"];
                get(server, &format!("/debug/pprof/{}", targets[round % targets.len()]));
            });
        });
        scope.spawn(|| {
            until_over(&counts[3], &|round| {
                load_and_unload(round);
                let short: Vec<_> = (0..5).map(|_| std::thread::spawn(move || work(round, round))).collect();
                short.into_iter().for_each(|thread| thread.join().unwrap());
                std::thread::sleep(Duration::from_millis(5));
            });
        });
        std::thread::sleep(time);
        let timers = Holdings::now().timers;
        is_over.store(true, Ordering::Relaxed);
        timers
    });
    (counts.map(AtomicU64::into_inner), timers)
}
