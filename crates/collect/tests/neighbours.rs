//! What else may happen to the signal, to threads and to stacks, each in a process of its own.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(unsafe_code)]

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hotlist_collect::{Heap, cpu, heap, set_heap_rate, threads};
use hotlist_profile::{LabelValue, Profile, SampleId};

mod support;
use support::{IS_CHILD, alone, burn, burn_nanos, comments, named, profile_of, through, unpack};

#[global_allocator]
static ALLOC: Heap = Heap::system();

/// The signals that can be chosen, as the environment names them, with their numbers.
fn signals() -> [(&'static str, i32); 3] {
    [("SIGURG", libc::SIGURG), ("SIGPROF", libc::SIGPROF), ("SIGRTMIN+4", libc::SIGRTMIN() + 4)]
}

/// The chosen signal of the child.
fn chosen() -> i32 {
    let name = std::env::var("HOTLIST_SIGNAL").unwrap_or_default();
    signals().into_iter().find(|(known, _)| *known == name).map_or(libc::SIGURG, |(_, number)| number)
}

fn with_each_signal(name: &str, body: impl Fn()) {
    for (signal, _) in signals() {
        alone(name, &[("HOTLIST_SIGNAL", signal)], &body);
        if std::env::var_os(IS_CHILD).is_some() {
            return;
        }
    }
}

fn set_handler(handler: usize, flags: i32) {
    // SAFETY: handlers of this file do only what handlers may do.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        libc::sigaddset(&raw mut action.sa_mask, libc::SIGUSR1);
        assert_eq!(libc::sigaction(chosen(), &raw const action, std::ptr::null_mut()), 0);
    }
}

fn raise() {
    // SAFETY: a signal with a handler.
    unsafe { libc::raise(chosen()) };
}

static CALLS: AtomicU64 = AtomicU64::new(0);
static WAS_MASKED: AtomicBool = AtomicBool::new(false);
static WAS_ON_OTHER_STACK: AtomicBool = AtomicBool::new(false);

/// Needs 64 KiB of stack where it is not on another stack, and notes what it finds.
extern "C" fn note(_signal: i32) {
    // SAFETY: both calls fill in the structures.
    unsafe {
        let mut stack: libc::stack_t = std::mem::zeroed();
        libc::sigaltstack(std::ptr::null(), &raw mut stack);
        let is_other = stack.ss_flags & libc::SS_ONSTACK != 0;
        WAS_ON_OTHER_STACK.store(is_other, Ordering::Relaxed);
        let mut mask: libc::sigset_t = std::mem::zeroed();
        libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut mask);
        WAS_MASKED.store(libc::sigismember(&raw const mask, libc::SIGUSR1) == 1, Ordering::Relaxed);
        if !is_other {
            large();
        }
    }
    CALLS.fetch_add(1, Ordering::Relaxed);
}

#[inline(never)]
fn large() {
    black_box(&mut [0_u8; 64 << 10]);
}

/// On its own stack or another one, with its mask, once or every time: as it was installed.
#[test]
fn a_handler_that_was_there_runs_as_it_was_installed() {
    with_each_signal("a_handler_that_was_there_runs_as_it_was_installed", || {
        for flags in [0, libc::SA_ONSTACK, libc::SA_RESTART, libc::SA_NODEFER] {
            set_handler(note as *const () as usize, flags);
            CALLS.store(0, Ordering::Relaxed);
            let check = || {
                WAS_MASKED.store(false, Ordering::Relaxed);
                // A thread of the standard library, which has a small stack for signals.
                std::thread::spawn(raise).join().unwrap();
                assert!(WAS_MASKED.load(Ordering::Relaxed));
                assert_eq!(WAS_ON_OTHER_STACK.load(Ordering::Relaxed), flags & libc::SA_ONSTACK != 0);
            };
            let capture = cpu().hertz(1000).start().unwrap();
            check();
            burn(50);
            capture.finish(&mut Vec::new()).unwrap();
            check();
            assert_eq!(CALLS.load(Ordering::Relaxed), 2, "flags {flags:#x}");
        }
        set_handler(note as *const () as usize, libc::SA_RESETHAND);
        CALLS.store(0, Ordering::Relaxed);
        drop(cpu().start().unwrap());
        (0..3).for_each(|_| raise());
        assert_eq!(CALLS.load(Ordering::Relaxed), 1, "it asked to be called once");
    });
}

/// A handler that comes during a capture gets its signals, and the capture its samples; the profile says so.
#[test]
fn a_handler_that_comes_later_shares_the_signal() {
    with_each_signal("a_handler_that_comes_later_shares_the_signal", || {
        let profile = profile_of(100, || {
            burn(100);
            set_handler(note as *const () as usize, 0);
            burn(400);
            let before = CALLS.load(Ordering::Relaxed);
            raise();
            assert_eq!(CALLS.load(Ordering::Relaxed), before + 1);
            burn(100);
        });
        assert!(through(&profile, burn as *const ()) > 500_000_000, "{:?}", profile.totals());
        assert!(comments(&profile).contains("was replaced during the capture"), "{}", comments(&profile));
    });
}

/// No signal of the profiler ends the program where its handler was taken away, and the samples go on: those of
/// threads that were there, of threads that came later, and of threads that are too short to be found.
#[test]
fn a_handler_that_was_taken_away_comes_back() {
    alone("a_handler_that_was_taken_away_comes_back", &[], || {
        for action in [libc::SIG_DFL, libc::SIG_IGN, libc::SIG_DFL, libc::SIG_IGN] {
            let is_gone = AtomicBool::new(false);
            let profile = profile_of(1000, || {
                std::thread::scope(|scope| {
                    scope.spawn(|| {
                        while !is_gone.load(Ordering::Relaxed) {
                            burn(5);
                        }
                        burn(300);
                    });
                    burn(100);
                    // What programs do to all signals when they begin anew, and to the one of other profilers.
                    set_handler(action, 0);
                    // SAFETY: sets an action, and no handler.
                    unsafe { libc::signal(libc::SIGPROF, action) };
                    is_gone.store(true, Ordering::Relaxed);
                    burn(300);
                    scope.spawn(|| burn(300));
                });
                (0..50).for_each(|_| _ = std::thread::spawn(|| burn(4)).join().unwrap());
            });
            let (total, found) = (profile.totals()[1] as i64, through(&profile, burn as *const ()));
            assert!(found > 1_000_000_000 && found * 10 > total * 8, "{found} of {total} after {action}");
            assert!(comments(&profile).contains("was replaced during the capture"), "{}", comments(&profile));
        }
        // And after a capture, with signals of its timers on their way.
        profile_of(10_000, || _ = burn(100));
        set_handler(libc::SIG_DFL, 0);
        burn(50);
    });
}

/// Nor do they stay away where nobody saw that the handler was gone.
#[test]
fn a_handler_that_is_away_for_a_moment_loses_no_timer() {
    alone("a_handler_that_is_away_for_a_moment_loses_no_timer", &[], || {
        for action in [libc::SIG_DFL, libc::SIG_IGN] {
            let profile = profile_of(1000, || {
                for _ in 0..5 {
                    // SAFETY: puts an action in place of a handler, and the handler back.
                    unsafe {
                        let mut handler: libc::sigaction = std::mem::zeroed();
                        assert_eq!(libc::sigaction(chosen(), std::ptr::null(), &raw mut handler), 0);
                        set_handler(action, 0);
                        burn(10);
                        assert_eq!(libc::sigaction(chosen(), &raw const handler, std::ptr::null_mut()), 0);
                    }
                    burn(300);
                }
            });
            let (total, found) = (profile.totals()[1] as i64, through(&profile, burn as *const ()));
            assert!(found > 1_400_000_000 && found * 10 > total * 9, "{found} of {total} after {action}");
        }
    });
}

/// Threads that block the signal have no samples, and the profile says how many.
#[test]
fn threads_that_block_the_signal_are_counted() {
    alone("threads_that_block_the_signal_are_counted", &[], || {
        let is_over = AtomicBool::new(false);
        let profile = std::thread::scope(|scope| {
            let profile = profile_of(100, || {
                let blocking = scope.spawn(|| {
                    // SAFETY: changes the mask of this thread.
                    unsafe {
                        let mut all: libc::sigset_t = std::mem::zeroed();
                        libc::sigfillset(&raw mut all);
                        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, std::ptr::null_mut());
                    }
                    burn(400);
                    while !is_over.load(Ordering::Relaxed) {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                });
                while !blocking.is_finished()
                    && blocking.thread().name().is_none()
                    && clock_of_process() < 400
                {
                    std::thread::sleep(Duration::from_millis(10));
                }
            });
            is_over.store(true, Ordering::Relaxed);
            profile
        });
        assert!(comments(&profile).contains("1 threads block SIGURG"), "{}", comments(&profile));
        let without = named(&profile, "[signals blocked]") + named(&profile, "[not sampled]");
        assert!(without > 200_000_000, "{:?}", profile.totals());
    });
}

/// CPU time of the process in milliseconds.
fn clock_of_process() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills in the structure.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as u64 * 1000 + time.tv_nsec as u64 / 1_000_000
}

/// Threads that end before they are found have samples all the same. What is missing is their start and their
/// end, when the C library blocks all signals.
#[test]
fn short_threads_are_sampled() {
    alone("short_threads_are_sampled", &[], || {
        let share_without = || {
            let profile = profile_of(100, || {
                for number in 0..500 {
                    // Two milliseconds on average, so that they do not keep step with the kernel's ticks.
                    let nanos = 1_000_000 + number * 611_953 % 2_000_000;
                    std::thread::spawn(move || burn_nanos(nanos)).join().unwrap();
                }
            });
            let (total, found) = (profile.totals()[1] as f64, through(&profile, burn_nanos as *const ()));
            assert!(found > 700_000_000 && found < 1_300_000_000, "{found} of {total}");
            named(&profile, "[not sampled]") as f64 / total
        };
        let mut shares: Vec<f64> = (0..5).map(|_| share_without()).collect();
        shares.sort_by(f64::total_cmp);
        assert!(shares[2] <= 0.1, "{shares:?} are not sampled");
    });
}

#[inline(never)]
fn large_frame() -> u64 {
    let mut room = [0_u8; 2 << 20];
    black_box(&mut room);
    burn(200) + u64::from(black_box(&mut room)[5])
}

#[inline(never)]
fn many_frames(depth: u32) -> u64 {
    let mut room = [0_u8; 64 << 10];
    black_box(&mut room);
    let sum = if depth == 0 { burn(200) } else { many_frames(depth - 1) };
    sum + u64::from(black_box(&mut room)[5])
}

#[inline(never)]
fn root_of_all(body: fn() -> u64) -> u64 {
    black_box(body()) + 1
}

/// However much stack is in use, all of it is walked.
#[test]
fn stacks_are_whole_whatever_their_size() {
    alone("stacks_are_whole_whatever_their_size", &[], || {
        for body in [large_frame as fn() -> u64, || many_frames(40)] {
            let profile = profile_of(100, || {
                let thread = std::thread::Builder::new().stack_size(256 << 20);
                thread.spawn(move || root_of_all(body)).unwrap().join().unwrap();
            });
            let (whole, total) = (through(&profile, root_of_all as *const ()), profile.totals()[1] as i64);
            assert!(whole * 10 >= total * 9, "{whole} of {total}");
            // A thread that starts or ends has no root yet, or none any more.
            let truncated = named(&profile, "[truncated]");
            assert!(truncated * 20 <= total, "{truncated} of {total}");
        }
    });
}

#[inline(never)]
fn deeper(depth: u32) -> u64 {
    if depth == 0 { burn(100) } else { black_box(deeper(depth - 1)) + 1 }
}

/// A limit that is reached is told, and can be moved.
#[test]
fn the_depth_of_stacks_can_be_chosen() {
    let check = || {
        let depth: u32 = std::env::var("HOTLIST_STACK_DEPTH").map_or(128, |text| text.parse().unwrap());
        let profile = profile_of(100, || _ = deeper(300));
        let is_whole = named(&profile, "[truncated]") == 0;
        assert_eq!(is_whole, depth > 300, "{}", comments(&profile));
        assert_eq!(comments(&profile).contains("whose root is missing"), !is_whole);
        let longest = profile.samples.ids().map(|id| profile.stacks.get(profile.samples.stack(id)).len());
        assert!(longest.max().unwrap() as u32 <= depth + 1);
        set_heap_rate(1);
        black_box(vec![1_u8; 100]);
        let mut bytes = Vec::new();
        heap().write_to(&mut bytes).unwrap();
        assert!(unpack(&bytes).totals()[0] > 0);
    };
    for depth in ["10", "128", "512"] {
        alone("the_depth_of_stacks_can_be_chosen", &[("HOTLIST_STACK_DEPTH", depth)], check);
        if std::env::var_os(IS_CHILD).is_some() {
            return;
        }
    }
}

/// Samples say which thread they are of, unless that is not wanted.
#[test]
fn threads_have_their_names() {
    alone("threads_have_their_names", &[], || {
        let work = |name: &str| {
            let thread = std::thread::Builder::new().name(name.to_owned());
            thread.spawn(|| burn(200)).unwrap().join().unwrap();
        };
        let of_thread = |profile: &Profile, name: &str| -> i64 {
            let is_it = |sample: &SampleId| {
                let labels = profile.labels.get(profile.samples.labels(*sample));
                labels.iter().any(|label| {
                    profile.lossy(label.key) == "thread"
                        && matches!(label.value, LabelValue::Text(text) if profile.lossy(text) == name)
                })
            };
            profile.samples.ids().filter(is_it).map(|sample| profile.samples.value(sample, 1)).sum()
        };
        let profile = profile_of(100, || ["first", "second"].into_iter().for_each(work));
        for name in ["first", "second"] {
            assert!(of_thread(&profile, name) > 150_000_000, "{name}");
        }
        let capture = cpu().thread_names(false).start().unwrap();
        work("first");
        let mut bytes = Vec::new();
        capture.finish(&mut bytes).unwrap();
        assert_eq!(of_thread(&unpack(&bytes), "first"), 0);
        // What the program says itself comes first.
        let profile = profile_of(100, || {
            hotlist_collect::with_labels(&[("thread", "of the program")], || _ = burn(200));
        });
        assert!(of_thread(&profile, "of the program") > 150_000_000);
    });
}

/// In an empty root there is no /proc: profiles have their mappings from the loader.
#[test]
fn without_proc_there_are_mappings_and_samples() {
    alone("without_proc_there_are_mappings_and_samples", &[], || {
        let folder = std::env::temp_dir().join(format!("hotlist-collect-empty-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = std::ffi::CString::new(folder.to_str().unwrap()).unwrap();
        // SAFETY: changes the root of this process.
        let is_empty = unsafe { libc::chroot(path.as_ptr()) } == 0;
        std::fs::remove_dir(if is_empty { std::path::Path::new("/") } else { &folder }).ok();
        if !is_empty {
            // Only root may; the same code is tested by `the_loader_knows_the_same_ranges`.
            return;
        }
        set_heap_rate(1);
        let kept = black_box(vec![1_u8; 10_000]);
        let mut bytes = Vec::new();
        heap().write_to(&mut bytes).unwrap();
        assert!(unpack(&bytes).mappings.len() > 1, "the heap has mappings");
        let profile = profile_of(100, || _ = burn(300));
        assert!(through(&profile, burn as *const ()) > 200_000_000, "{:?}", profile.totals());
        assert!(threads().write_to(&mut Vec::new()).is_err(), "threads cannot be listed");
        drop(kept);
    });
}
