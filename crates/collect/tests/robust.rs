//! Storms: everything at the same time, for a second each, or longer with `HOTLIST_STORM_SECONDS`. Each
//! runs in a process of its own, which must end well within its time.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(unsafe_code)]
#![expect(clippy::print_stderr, reason = "says how many there were, to whoever runs one storm by itself")]

use std::alloc::System;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use hotlist_collect::{Heap, Source, allocs, cpu, heap, set_heap_rate, threads};
use hotlist_profile::{Profile, decode};

#[global_allocator]
static ALLOC: Heap<System> = Heap::new(System);

const IS_CHILD: &str = "HOTLIST_STORM_CHILD";

fn storm_time() -> Duration {
    let seconds = std::env::var("HOTLIST_STORM_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs_f64(seconds.unwrap_or(1.0))
}

/// Runs `body` in a process of its own, with these variables, and fails when it fails or hangs.
#[track_caller]
fn alone(name: &str, variables: &[(&str, &str)], body: impl FnOnce()) {
    if std::env::var_os(IS_CHILD).is_some() {
        return body();
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(IS_CHILD, "1")
        .envs(variables.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Ample, since the machine may be busy; a hang is a hang.
    let end = Instant::now() + storm_time() * 10 + Duration::from_secs(60);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("{name} hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(status.success(), "{name}: {status}; run with {IS_CHILD}=1 to see why");
}

fn unpack(bytes: &[u8]) -> Profile {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    decode(&plain).unwrap()
}

fn profile(source: Source) -> Profile {
    let mut bytes = Vec::new();
    source.write_to(&mut bytes).unwrap();
    unpack(&bytes)
}

/// Sums of the samples through a function.
fn through(profile: &Profile, function: *const ()) -> Vec<i64> {
    let mut sums = vec![0; profile.sample_types.len()];
    for sample in profile.samples.ids() {
        let mut stack = profile.stacks.get(profile.samples.stack(sample)).iter();
        if stack.any(|&at| profile.locations.get(at).address.wrapping_sub(function as u64) < 2048) {
            for (sum, value) in sums.iter_mut().zip(profile.samples.values(sample)) {
                *sum += value;
            }
        }
    }
    sums
}

fn burn(nanos: u64) {
    let clock = || {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the call fills in the structure.
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
        time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
    };
    let end = clock() + nanos;
    while clock() < end {
        std::hint::black_box((0..1000_u64).fold(1, |sum: u64, number| sum.wrapping_mul(31) ^ number));
    }
}

#[inline(never)]
fn blocks_of_many_sizes(thread: usize, round: usize) -> Vec<Vec<u8>> {
    let mut blocks: Vec<Vec<u8>> =
        (0..8).map(|n| vec![1; 17 + (round * 31 + thread * 7 + n * 997) % 90_000]).collect();
    blocks[0].resize(round % 200_000 + 1, 2);
    blocks[1].shrink_to_fit();
    blocks
}

/// 64 threads allocate, and free what others have allocated, while the profile is read every 10 ms.
#[test]
fn allocation_storm() {
    alone("allocation_storm", &[], || {
        set_heap_rate(4096);
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (senders, receivers): (Vec<_>, Vec<_>) =
                (0..64).map(|_| mpsc::sync_channel::<Vec<Vec<u8>>>(4)).unzip();
            for (thread, receiver) in receivers.into_iter().enumerate() {
                let next = senders[(thread + 1) % 64].clone();
                let is_over = &is_over;
                scope.spawn(move || {
                    for round in 0.. {
                        drop(next.try_send(blocks_of_many_sizes(thread, round)));
                        receiver.try_iter().for_each(drop);
                        if is_over.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                });
            }
            drop(senders);
            let end = Instant::now() + storm_time();
            while Instant::now() < end {
                std::thread::sleep(Duration::from_millis(10));
                profile(allocs());
            }
            is_over.store(true, Ordering::Relaxed);
        });
        let sums = through(&profile(heap()), blocks_of_many_sizes as *const ());
        assert!(sums[0] > 100 && sums[1] > 100_000, "{sums:?}");
        assert_eq!(sums[2..], [0, 0], "everything was freed");
    });
}

/// Signals at 10 kHz while threads do all that unwinders and loaders trip over.
#[test]
fn signal_storm() {
    alone("signal_storm", &[("HOTLIST_SIGNAL", "SIGPROF")], || {
        set_heap_rate(10_000);
        std::panic::set_hook(Box::new(|_| {}));
        let is_over = AtomicBool::new(false);
        let work: [&(dyn Fn() + Sync); 5] = [
            &|| drop(std::panic::catch_unwind(|| panic!("on purpose {}", std::hint::black_box(1)))),
            &|| _ = std::hint::black_box(std::backtrace::Backtrace::force_capture()),
            // SAFETY: a library without code of its own that runs when it is loaded.
            &|| unsafe {
                let library = libc::dlopen(c"libutil.so.1".as_ptr(), libc::RTLD_NOW);
                if !library.is_null() {
                    libc::dlclose(library);
                }
            },
            &|| _ = std::hint::black_box(format!("{:?} {:e}", vec![1.5; 30], std::hint::black_box(7.0))),
            &|| std::thread::sleep(Duration::from_micros(50)),
        ];
        let capture = cpu().hertz(10_000).start().unwrap();
        std::thread::scope(|scope| {
            for work in work {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        work();
                    }
                });
            }
            scope.spawn(|| {
                // The signal of the profiler, but not from it: nothing may come of it.
                while !is_over.load(Ordering::Relaxed) {
                    // SAFETY: a signal for a process that handles it.
                    unsafe { libc::kill(libc::getpid(), libc::SIGPROF) };
                    std::thread::sleep(Duration::from_micros(100));
                }
            });
            let end = Instant::now() + storm_time();
            while Instant::now() < end {
                assert!(profile(threads()).totals()[0] >= 6);
            }
            is_over.store(true, Ordering::Relaxed);
        });
        let mut bytes = Vec::new();
        capture.finish(&mut bytes).unwrap();
        assert!(unpack(&bytes).totals()[1] > 0);
    });
}

/// Children of a program that is being profiled in every way can do the same.
#[test]
fn fork_storm() {
    alone("fork_storm", &[], || {
        set_heap_rate(1000);
        let is_over = AtomicBool::new(false);
        let capture = cpu().hertz(1000).start().unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let is_over = &is_over;
                scope.spawn(move || {
                    for round in 0.. {
                        drop(blocks_of_many_sizes(thread, round));
                        hotlist_collect::with_labels(&[("round", ["a", "b"][round % 2])], || burn(1000));
                        if is_over.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                });
            }
            let end = Instant::now() + storm_time();
            let mut forks = 0;
            while Instant::now() < end || forks < 5 {
                forks += 1;
                // SAFETY: the child only does what is to be shown to work, and leaves by `_exit`.
                let child = unsafe { libc::fork() };
                if child == 0 {
                    let is_right = std::panic::catch_unwind(|| {
                        drop(blocks_of_many_sizes(1, 2));
                        assert!(profile(heap()).totals()[0] > 0);
                        let capture = cpu().hertz(1000).start().unwrap();
                        burn(10_000_000);
                        let mut bytes = Vec::new();
                        capture.finish(&mut bytes).unwrap();
                        assert!(unpack(&bytes).totals()[1] >= 8_000_000);
                        assert_eq!(profile(threads()).totals(), [1]);
                    });
                    // SAFETY: ends the child at once.
                    unsafe { libc::_exit(i32::from(is_right.is_err())) };
                }
                let mut status = -1;
                // SAFETY: waits for the child that was just made.
                assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
                assert_eq!(status, 0);
                assert!(Command::new("true").status().is_ok_and(|status| status.success()));
            }
            is_over.store(true, Ordering::Relaxed);
        });
        let mut bytes = Vec::new();
        capture.finish(&mut bytes).unwrap();
        assert!(unpack(&bytes).totals()[1] > 0);
    });
}

/// Whatever other threads are in the middle of, the child of a fork finds everything free.
#[test]
fn forks_at_any_moment() {
    alone("forks_at_any_moment", &[], || {
        set_heap_rate(1000);
        let is_over = AtomicBool::new(false);
        let work: [&(dyn Fn() + Sync); 4] =
            [&|| _ = profile(heap()), &|| _ = profile(threads()), &|| drop(cpu().start().unwrap()), &|| {
                _ = hotlist_collect::Labels::none().with(&[("a", "b")]);
            }];
        std::thread::scope(|scope| {
            for work in work {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        work();
                    }
                });
            }
            let end = Instant::now() + storm_time();
            while Instant::now() < end {
                // SAFETY: the child only does what is to be shown to work, and leaves by `_exit`.
                let child = unsafe { libc::fork() };
                if child == 0 {
                    let is_right = std::panic::catch_unwind(|| {
                        profile(heap());
                        assert_eq!(profile(threads()).totals(), [1]);
                        cpu().start().unwrap().finish(&mut Vec::new()).unwrap();
                    });
                    // SAFETY: ends the child at once.
                    unsafe { libc::_exit(i32::from(is_right.is_err())) };
                }
                let mut status = -1;
                // SAFETY: waits for the child that was just made.
                assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
                assert_eq!(status, 0);
            }
            is_over.store(true, Ordering::Relaxed);
        });
    });
}

fn lines_of(path: &str) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

/// Thousands of captures, some of them at the same time, leave nothing behind.
#[test]
fn start_and_stop_storm() {
    alone("start_and_stop_storm", &[], || {
        let is_over = AtomicBool::new(false);
        let captures = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        burn(100_000);
                    }
                });
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let capture = cpu().hertz(1000).start().unwrap();
                        if captures.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
                            drop(capture);
                        } else {
                            capture.finish(&mut Vec::new()).unwrap();
                        }
                    }
                });
            }
            std::thread::sleep(storm_time());
            is_over.store(true, Ordering::Relaxed);
        });
        let captures = captures.load(Ordering::Relaxed);
        eprintln!("{captures} captures");
        assert!(captures > 10);
        assert_eq!(lines_of("/proc/self/timers"), 0, "no timer is left");
    });
}

/// Makes threads that live for a moment until the time is over; says how many.
fn short_threads(time: Duration) -> u64 {
    let end = Instant::now() + time;
    let mut count = 0;
    while Instant::now() < end {
        let small = |name: usize| {
            let builder = std::thread::Builder::new().stack_size(16 * 1024).name(format!("small {name}"));
            builder.spawn(move || {
                drop(std::hint::black_box(vec![1_u8; 5000]));
                burn(20_000);
            })
        };
        let all: Vec<_> = (0..20).map(small).collect();
        for thread in all {
            thread.unwrap().join().unwrap();
            count += 1;
        }
    }
    count
}

/// Threads that live for a moment, thousands in a second, with hardly any stack: about as many as without a
/// profiler, and none is left out.
#[test]
fn short_and_small_threads() {
    alone("short_and_small_threads", &[], || {
        let turn = storm_time() / 10;
        let (mut without, mut with) = (0, 0);
        // In turns, because the machine may be busy.
        for _ in 0..5 {
            set_heap_rate(0);
            without += short_threads(turn);
            set_heap_rate(1000);
            let capture = cpu().hertz(1000).start().unwrap();
            let count = short_threads(turn);
            with += count;
            let mut bytes = Vec::new();
            capture.finish(&mut bytes).unwrap();
            let total = unpack(&bytes).totals()[1] as u64;
            assert!(total > count * 20_000 * 8 / 10, "{total} of {count} threads");
        }
        let seconds = storm_time().as_secs_f64() / 2.0;
        eprintln!(
            "{:.0} threads a second, {:.0} without a profiler",
            with as f64 / seconds,
            without as f64 / seconds
        );
        assert!(with * 2 > without, "{with} with a profiler, {without} without");
        assert_eq!(lines_of("/proc/self/timers"), 0, "no timer is left");
    });
}

/// Recursion far deeper than stacks are remembered.
#[test]
fn deep_recursion() {
    #[inline(never)]
    fn deeper(depth: u32) -> u64 {
        if depth == 0 {
            burn(50_000_000);
            return profile(heap()).totals()[0] as u64;
        }
        let block = std::hint::black_box(vec![depth; 10]);
        deeper(depth - 1) + u64::from(std::hint::black_box(&block)[3])
    }
    alone("deep_recursion", &[], || {
        set_heap_rate(2000);
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(|| {
            let capture = cpu().hertz(1000).start().unwrap();
            deeper(50_000);
            let mut bytes = Vec::new();
            capture.finish(&mut bytes).unwrap();
            let profile = unpack(&bytes);
            assert!(profile.totals()[1] >= 40_000_000);
            assert!(profile.strings.iter().any(|text| text == b"[truncated]"));
        });
        thread.unwrap().join().unwrap();
    });
}

/// A program with a handler of its own keeps it.
#[test]
fn the_previous_handler_is_called() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    extern "C" fn own(_signal: i32) {
        CALLS.fetch_add(1, Ordering::Relaxed);
    }
    alone("the_previous_handler_is_called", &[("HOTLIST_SIGNAL", "SIGPROF")], || {
        // SAFETY: installs a handler of the kind that `signal` asks for, and raises its signal.
        unsafe {
            libc::signal(libc::SIGPROF, own as *const () as usize);
            let capture = cpu().start().unwrap();
            libc::raise(libc::SIGPROF);
            drop(capture);
            libc::raise(libc::SIGPROF);
        }
        assert_eq!(CALLS.load(Ordering::Relaxed), 2);
    });
}

/// In a sandbox that refuses timers, threads are asked from outside instead.
#[test]
fn timers_may_be_refused() {
    alone("timers_may_be_refused", &[], || {
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            // SAFETY: a filter that refuses one system call and allows all others.
            unsafe {
                let statement = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
                let mut filter = [
                    statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0),
                    libc::sock_filter {
                        code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
                        jt: 0,
                        jf: 1,
                        k: libc::SYS_timer_create as u32,
                    },
                    statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
                    statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW),
                ];
                let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
                assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
                assert_eq!(
                    libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program),
                    0
                );
            }
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        burn(1_000_000);
                    }
                });
            }
            let capture = cpu().hertz(1000).start().unwrap();
            burn(300_000_000);
            let mut bytes = Vec::new();
            capture.finish(&mut bytes).unwrap();
            is_over.store(true, Ordering::Relaxed);
            let profile = unpack(&bytes);
            let sampled = through(&profile, burn as *const ())[1];
            assert!(sampled > 250_000_000, "{sampled} of {:?}", profile.totals());
        });
    });
}

/// What the environment asks for comes without a word in the program.
#[test]
fn files_at_exit() {
    let folder = std::env::temp_dir().join(format!("hotlist-collect-{}", std::process::id()));
    if std::env::var_os(IS_CHILD).is_none() {
        std::fs::create_dir_all(&folder).unwrap();
    }
    let path = |name: &str| folder.join(name).into_os_string().into_string().unwrap();
    let (heap, cpu) = (path("heap.pb.gz"), path("cpu.%p.pb.gz"));
    let variables = [
        ("HOTLIST_HEAP_RATE", "1"),
        ("HOTLIST_HEAP_FILE", &*heap),
        ("HOTLIST_CPU_FILE", &*cpu),
        ("HOTLIST_CPU_RATE", "1000"),
        ("HOTLIST_HTTP", "127.0.0.1:0"),
    ];
    alone("files_at_exit", &variables, || {
        std::mem::forget(std::hint::black_box(vec![1_u8; 12_345]));
        burn(50_000_000);
    });
    if std::env::var_os(IS_CHILD).is_some() {
        return;
    }
    let profile = unpack(&std::fs::read(&heap).unwrap());
    assert!(profile.totals()[3] >= 12_345);
    let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let of_cpu = names.iter().find(|name| name.to_string_lossy().contains("cpu.")).unwrap();
    assert!(!of_cpu.to_string_lossy().contains('%'));
    assert!(unpack(&std::fs::read(of_cpu).unwrap()).totals()[1] >= 40_000_000);

    // And nothing of it when all is off.
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    let off = [&variables[..], &[("HOTLIST_OFF", "1")]].concat();
    alone("files_at_exit", &off, || ());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    std::fs::remove_dir_all(&folder).unwrap();
}
