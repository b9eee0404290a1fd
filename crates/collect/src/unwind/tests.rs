//! Walks compared with the unwinder of the compiler's runtime, and at every single instruction.
#![allow(unsafe_code)]

use hotlist_unwind::Depth;

use super::code::walk;
use super::*;

unsafe extern "C" {
    fn _Unwind_Backtrace(
        each: extern "C" fn(*mut libc::c_void, *mut libc::c_void) -> i32,
        argument: *mut libc::c_void,
    ) -> i32;
    fn _Unwind_GetIP(context: *mut libc::c_void) -> usize;
}

/// What the runtime's unwinder says, as call addresses.
#[inline(never)]
fn runtime_frames() -> Vec<u64> {
    extern "C" fn each(context: *mut libc::c_void, frames: *mut libc::c_void) -> i32 {
        // SAFETY: called back with the vector passed below and a valid context.
        unsafe { (*frames.cast::<Vec<u64>>()).push((_Unwind_GetIP(context) as u64).wrapping_sub(1)) };
        0
    }
    let mut frames = Vec::with_capacity(128);
    // SAFETY: the callback has the expected signature and the vector outlives the call.
    unsafe { _Unwind_Backtrace(each, (&raw mut frames).cast()) };
    frames
}

#[inline(never)]
fn our_frames(bounds: StackBounds) -> Vec<u64> {
    let mut frames = [0; 128];
    let (count, _) = walk(registers_here(), bounds, &mut frames);
    frames[..count].to_vec()
}

/// Both walks from one place; the first frames differ because two functions were called.
#[inline(never)]
fn compare(bounds: StackBounds) {
    let theirs = runtime_frames();
    let ours = our_frames(bounds);
    assert!(ours.len() > 5, "{ours:x?}");
    // Theirs goes on to an address of zero or beyond `_start` on some systems.
    let common = ours.len().min(theirs.len());
    assert!(theirs.len() - common <= 1, "{theirs:x?} {ours:x?}");
    assert_eq!(theirs[2..common], ours[2..common]);
}

#[inline(never)]
fn recurse(depth: u32, bounds: StackBounds) -> u64 {
    let room = std::hint::black_box([u64::from(depth); 5]);
    if depth == 0 {
        compare(bounds);
        return room[0];
    }
    // Frames of several shapes: a dynamic call, a closure, a sorted callback from the library.
    let call: Box<dyn Fn() -> u64> = Box::new(move || recurse(depth - 1, bounds) + room[1]);
    if depth.is_multiple_of(3) {
        let mut done = false;
        let mut numbers = [3, 1, 2];
        numbers.sort_by(|one, other| {
            if !done {
                done = true;
                call();
            }
            one.cmp(other)
        });
        return numbers[0];
    }
    call() + room[2]
}

#[test]
fn agrees_with_the_runtime_on_a_known_stack() {
    recurse(10, StackBounds::of_this_thread());
}

#[test]
fn agrees_with_the_runtime_on_a_probed_stack() {
    recurse(10, StackBounds::default());
}

#[test]
fn the_main_thread_has_bounds() {
    let word = 0_u64;
    let here = &raw const word as u64;
    let bounds = StackBounds::of_this_thread();
    assert!((bounds.low..bounds.high).contains(&here), "{bounds:x?} {here:x}");
}

#[test]
fn a_deep_stack_is_cut() {
    #[inline(never)]
    fn deep(depth: u32, bounds: StackBounds) -> (usize, Depth) {
        if depth == 0 {
            let mut frames = [0; 128];
            return walk(registers_here(), bounds, &mut frames);
        }
        let found = deep(depth - 1, bounds);
        std::hint::black_box(found)
    }
    let bounds = StackBounds::of_this_thread();
    assert_eq!(deep(300, bounds), (128, Depth::Cut));
    assert_eq!(deep(3, bounds).1, Depth::Whole);
}

#[test]
fn nonsense_registers_end_the_walk() {
    let mut frames = [0; 128];
    let bounds = StackBounds::of_this_thread();
    for stack_pointer in [0, 1, 8, bounds.low, bounds.high, bounds.high - 8, u64::MAX, u64::MAX - 7] {
        for frame_pointer in [0, 8, bounds.low, bounds.high - 8, bounds.high - 16, u64::MAX - 7] {
            for instruction in [4096, agrees_with_the_runtime_on_a_known_stack as *const () as u64 + 20] {
                let registers = Registers { instruction, stack_pointer, frame_pointer, link: 0 };
                let (count, _) = walk(registers, bounds, &mut frames);
                assert!(count >= 1);
                walk(registers, StackBounds::default(), &mut frames);
            }
        }
    }
}

/// Single-steps through code with the trap flag and walks at every instruction, prologues, epilogues,
/// linkage stubs and the C library included: all but one walk in a thousand must find the function that
/// began. The few that may not are hand-written stubs of the runtime.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod every_instruction {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const TRAP_FLAG: i64 = 0x100;
    static STEPS: AtomicU64 = AtomicU64::new(0);
    static BROKEN: AtomicU64 = AtomicU64::new(0);
    static BROKEN_AT: AtomicU64 = AtomicU64::new(0);
    static ROOT: AtomicU64 = AtomicU64::new(0);
    static BOUNDS: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];

    extern "C" fn on_step(_signal: i32, _info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: installed with SA_SIGINFO.
        let registers = unsafe { registers_interrupted(context) };
        let bounds =
            StackBounds { low: BOUNDS[0].load(Ordering::Relaxed), high: BOUNDS[1].load(Ordering::Relaxed) };
        let mut frames = [0; 128];
        let (count, _) = walk(registers, bounds, &mut frames);
        STEPS.fetch_add(1, Ordering::Relaxed);
        let root = ROOT.load(Ordering::Relaxed);
        let is_found = frames[..count].contains(&root) && frames[0] == registers.instruction;
        // The pushes around the flag are not in the unwind table: they are written by hand.
        let own = set_trap_flag as *const () as u64;
        if !is_found && root != 0 && !(own..own + 64).contains(&registers.instruction) {
            BROKEN.fetch_add(1, Ordering::Relaxed);
            BROKEN_AT.store(registers.instruction, Ordering::Relaxed);
        }
    }

    #[inline(never)]
    fn set_trap_flag(on: bool) {
        // SAFETY: changes the trap flag only; the stack pointer is restored, and the red zone is skipped.
        unsafe {
            if on {
                std::arch::asm!("pushfq", "or qword ptr [rsp], {}", "popfq", const TRAP_FLAG);
            } else {
                std::arch::asm!("pushfq", "and qword ptr [rsp], {}", "popfq", const !TRAP_FLAG);
            }
        }
    }

    #[inline(never)]
    fn work() -> usize {
        let mut words: Vec<String> = (0..6).map(|n| format!("{n:03} {:?}", f64::from(n) / 7.0)).collect();
        words.sort_by(|one, other| other.cmp(one));
        let total: usize = words.iter().map(String::len).sum();
        let caught = std::panic::catch_unwind(|| std::hint::black_box(17));
        total + caught.unwrap_or(0) + usize::from(std::time::Instant::now().elapsed().as_secs() > 0)
    }

    #[inline(never)]
    fn stepped() -> usize {
        set_trap_flag(true);
        let result = std::hint::black_box(work());
        set_trap_flag(false);
        result
    }

    /// The frame below `stepped` is the root every walk must find: its call address is learnt from an
    /// ordinary walk of the same call.
    #[inline(never)]
    fn root_of(call: fn() -> usize) -> usize {
        std::hint::black_box(call())
    }

    #[inline(never)]
    fn learn() -> usize {
        let bounds =
            StackBounds { low: BOUNDS[0].load(Ordering::Relaxed), high: BOUNDS[1].load(Ordering::Relaxed) };
        let mut frames = [0; 128];
        walk(registers_here(), bounds, &mut frames);
        frames[1] as usize
    }

    #[test]
    fn every_walk_finds_the_root() {
        let bounds = StackBounds::of_this_thread();
        BOUNDS[0].store(bounds.low, Ordering::Relaxed);
        BOUNDS[1].store(bounds.high, Ordering::Relaxed);
        // SAFETY: installs a handler with the signature that SA_SIGINFO asks for.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_step as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO;
            assert_eq!(libc::sigaction(libc::SIGTRAP, &raw const action, std::ptr::null_mut()), 0);
        }
        work();
        ROOT.store(root_of(learn) as u64, Ordering::Relaxed);
        root_of(stepped);
        let steps = STEPS.load(Ordering::Relaxed);
        let broken = BROKEN.load(Ordering::Relaxed);
        assert!(steps > 5_000, "{steps} steps");
        let at = BROKEN_AT.load(Ordering::Relaxed);
        assert!(
            broken * 1000 <= steps,
            "{broken} of {steps} steps, the last at {at:x}; work is at {:x}",
            work as *const () as u64
        );
    }
}
