//! Takes every kind of profile of itself and says "all right" when each shows what the program did.

use std::io::Read;
use std::sync::atomic::{AtomicU32, Ordering};

use hotlist_collect::{Heap, Source, allocs, cpu, heap, set_heap_rate, threads};
use hotlist_profile::{LabelValue, Profile, decode};

#[global_allocator]
static ALLOC: Heap = Heap::system();

/// The size of the blocks that are looked for.
const SIZE: usize = 12_345;

fn unpack(bytes: &[u8]) -> Profile {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).expect("a compressed profile");
    decode(&plain).expect("a profile")
}

fn profile(source: Source) -> Profile {
    let mut bytes = Vec::new();
    source.write_to(&mut bytes).expect("a profile can be taken");
    unpack(&bytes)
}

/// Sums of the samples through a function, or with its code as the leaf. Functions are told apart by where they
/// begin, and neighbours may be small; blocks are also told apart by their size.
fn of(profile: &Profile, function: *const (), is_leaf: bool) -> Vec<i64> {
    let mut sums = vec![0; profile.sample_types.len()];
    for sample in profile.samples.ids() {
        let labels = profile.labels.get(profile.samples.labels(sample));
        let is_other_size = labels
            .iter()
            .any(|label| matches!(label.value, LabelValue::Number { value, .. } if value != SIZE as i64));
        if is_other_size {
            continue;
        }
        let stack = profile.stacks.get(profile.samples.stack(sample));
        let looked_at = if is_leaf { &stack[..stack.len().min(1)] } else { stack };
        let is_in = |address: u64| address.wrapping_sub(function as u64) < 512;
        if looked_at.iter().any(|&at| is_in(profile.locations.get(at).address)) {
            for (sum, value) in sums.iter_mut().zip(profile.samples.values(sample)) {
                *sum += value;
            }
        }
    }
    sums
}

#[inline(never)]
fn remember(kept: &mut Vec<Vec<u8>>) {
    kept.push(std::hint::black_box(vec![1; SIZE]));
    std::hint::black_box(());
}

#[inline(never)]
fn burn(rounds: u64) -> u64 {
    let mut sum = 1_u64;
    for number in 0..rounds {
        sum ^= std::hint::black_box((sum << 3) ^ number);
    }
    sum
}

#[inline(never)]
fn copy(rounds: usize) -> u8 {
    let (from, mut to) = (vec![1_u8; 1 << 20], vec![0; 1 << 20]);
    for _ in 0..rounds {
        to.copy_from_slice(std::hint::black_box(&from));
        std::hint::black_box(&mut to);
    }
    to[5]
}

#[inline(never)]
fn wait(gate: &std::sync::Barrier) {
    gate.wait();
    gate.wait();
    std::hint::black_box(());
}

fn main() {
    set_heap_rate(1);
    let mut kept = Vec::with_capacity(10);
    for _ in 0..10 {
        remember(&mut kept);
    }
    let seen = of(&profile(heap()), remember as *const (), false);
    assert_eq!(seen, [10, 123_450, 10, 123_450], "the heap");
    drop(kept);
    let seen = of(&profile(allocs()), remember as *const (), false);
    assert_eq!(seen, [10, 123_450, 0, 0], "the heap after everything was freed");
    set_heap_rate(512 * 1024);

    let capture = cpu().hertz(1000).start().expect("CPU profiles");
    std::hint::black_box(burn(300_000_000));
    let mut bytes = Vec::new();
    capture.finish(&mut bytes).expect("a CPU profile");
    let seen = unpack(&bytes);
    let (own, total) = (of(&seen, burn as *const (), true)[1], seen.totals()[1] as i64);
    assert!(
        own * 10 > total * 9 && own > 10_000_000,
        "CPU time: {own} of {total} in the function that burns"
    );

    // Most of this time is spent in a function of the C library, which with musl has no unwind tables.
    let capture = cpu().hertz(1000).start().expect("CPU profiles");
    std::hint::black_box(copy(3000));
    let mut bytes = Vec::new();
    capture.finish(&mut bytes).expect("a CPU profile");
    let seen = unpack(&bytes);
    let (below, total) = (of(&seen, copy as *const (), false)[1], seen.totals()[1] as i64);
    assert!(
        below * 10 > total * 9 && below > 10_000_000,
        "CPU time: {below} of {total} below the function that copies"
    );

    let gate = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| wait(&gate));
        gate.wait();
        // It may be on its way to sleep. The stack of this thread may have a neighbour of that function in it.
        let is_seen = (0..50).any(|_| of(&profile(threads()), wait as *const (), false)[0] >= 1);
        gate.wait();
        // Without unwind tables in the C library a stack may end in it, which is where this thread waits.
        assert!(is_seen || cfg!(target_env = "musl"), "the stack of the other thread");
    });

    beside_another_profiler();

    // The emulator itself may break when the child of a fork starts a thread.
    if std::env::var_os("HOTLIST_EMULATED").is_none() {
        fork();
    }
    println!("all right");
}

/// Another profiler has a timer of CPU time as well, which expires at the same ticks, and a handler that needs more stack
/// than there is on the alternate one, for which it has not asked.
fn beside_another_profiler() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn on_signal(_signal: i32) {
        std::hint::black_box(&mut [0_u8; 64 << 10]);
        CALLS.fetch_add(1, Ordering::Relaxed);
    }
    let every = |microseconds| {
        let time = libc::timeval { tv_sec: 0, tv_usec: microseconds };
        let timer = libc::itimerval { it_interval: time, it_value: time };
        // SAFETY: the structure lives through the call.
        assert_eq!(unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const timer, std::ptr::null_mut()) }, 0);
    };
    // SAFETY: the handler does what handlers may do.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGPROF, &raw const action, std::ptr::null_mut()), 0);
    }
    let capture = cpu().hertz(1000).start().expect("CPU profiles");
    every(1000);
    let burning = std::thread::spawn(|| std::hint::black_box(burn(500_000_000)));
    burning.join().expect("it goes on");
    every(0);
    let mut bytes = Vec::new();
    capture.finish(&mut bytes).expect("a CPU profile");
    let seen = of(&unpack(&bytes), burn as *const (), true)[1];
    let calls = CALLS.load(Ordering::Relaxed);
    assert!(
        calls > 5 && seen > 10_000_000,
        "beside another profiler: {calls} calls of its handler, {seen} ns"
    );
}

/// Profiles in the child of a fork.
fn fork() {
    // SAFETY: the child does what is to be shown to work, and leaves at once.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            let capture = cpu().start().expect("CPU profiles in the child of a fork");
            std::hint::black_box(burn(1_000_000));
            capture.finish(&mut std::io::sink()).expect("a CPU profile in the child");
            profile(heap());
            libc::_exit(0);
        }
        let mut status = 1;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        assert_eq!(status, 0, "the child of a fork");
    }
}
