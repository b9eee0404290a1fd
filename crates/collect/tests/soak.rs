//! A service with 200 threads and everything at once: captures, heap profiles, stacks, requests, panics, libraries that
//! come and go, threads that come and go. For ten seconds, or as many as `HOTLIST_SOAK_SECONDS` says: nothing grows and
//! nothing breaks.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(unsafe_code)]
#![expect(clippy::print_stderr, reason = "says what there was, to whoever lets it run for long")]

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hotlist_collect::{Heap, allocs, cpu, heap, mutex, set_heap_rate, sync, threads, with_labels};

mod support;
use support::{alone, burn, unpack};

#[global_allocator]
static ALLOC: Heap = Heap::system();

const WORKERS: usize = 200;

/// What a process has of the things that leak.
#[derive(Debug)]
struct Holdings {
    resident_megabytes: u64,
    mappings: usize,
    files: usize,
    timers: usize,
    threads: usize,
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
            resident_megabytes: number("VmRSS:") / 1024,
            mappings: lines("/proc/self/maps", ""),
            files: std::fs::read_dir("/proc/self/fd").unwrap().count(),
            timers: lines("/proc/self/timers", "ID:"),
            threads: number("Threads:") as usize,
        }
    }
}

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
        let time = Duration::from_secs(seconds.unwrap_or(10));
        set_heap_rate(50_000);
        sync::set_mutex_fraction(10);
        sync::set_block_rate(10_000);
        std::panic::set_hook(Box::new(|_| {}));
        let server = hotlist_collect::serve("127.0.0.1:0").unwrap();
        let address = server.address();
        let is_over = AtomicBool::new(false);
        let counts: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];
        let until_over = |count: &AtomicU64, body: &dyn Fn(usize)| {
            for round in 0.. {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                body(round);
                count.fetch_add(1, Ordering::Relaxed);
            }
        };
        let (warm, hot) = std::thread::scope(|scope| {
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
                    get(address, &format!("/debug/pprof/{}", targets[round % targets.len()]));
                });
            });
            scope.spawn(|| {
                until_over(&counts[3], &|round| {
                    load_and_unload(round);
                    let short: Vec<_> =
                        (0..5).map(|_| std::thread::spawn(move || work(round, round))).collect();
                    short.into_iter().for_each(|thread| thread.join().unwrap());
                    std::thread::sleep(Duration::from_millis(5));
                });
            });
            std::thread::sleep(time / 2);
            let warm = Holdings::now();
            std::thread::sleep(time / 2);
            let hot = Holdings::now();
            is_over.store(true, Ordering::Relaxed);
            (warm, hot)
        });
        let counts = counts.map(AtomicU64::into_inner);
        eprintln!("rounds of work, captures, profiles, libraries: {counts:?}\n{warm:?}\n{hot:?}");
        assert!(counts.iter().all(|&count| count >= 3), "{counts:?}");
        assert!(hot.resident_megabytes <= warm.resident_megabytes * 5 / 4 + 16, "{warm:?}, then {hot:?}");
        assert!(hot.mappings <= warm.mappings + 150, "{warm:?}, then {hot:?}");
        assert!(hot.files <= warm.files + 20, "{warm:?}, then {hot:?}");
        assert!(hot.threads <= WORKERS + 40 && hot.timers <= WORKERS + 40, "{warm:?}, then {hot:?}");
        drop(server);
        assert_eq!(Holdings::now().timers, 0, "no timer is left");
    });
}
