//! Reading a stack without ever touching memory that is not there.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

use crate::sys::is_readable;

/// Pages are at least this large everywhere, so what is readable is so for this many bytes around.
const PAGE: u64 = 4096;

/// How far above the first stack pointer an unknown stack is read.
const PROBED: u64 = 1 << 20;

/// No stack is larger than this.
const LARGEST_STACK: u64 = 1 << 30;

/// The memory that is the stack of one thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct StackBounds {
    /// The lowest address the stack may grow to.
    pub(crate) low: u64,
    /// One past the highest address.
    pub(crate) high: u64,
}

impl StackBounds {
    /// Those of the calling thread; empty when the system does not say.
    ///
    /// Not to be called from a signal handler.
    #[cfg(target_os = "linux")]
    pub(crate) fn of_this_thread() -> StackBounds {
        if crate::sys::thread_id() == std::process::id() as i32 { main_thread() } else { other_thread() }
    }

    /// Unknown on this system; stacks are probed.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn of_this_thread() -> StackBounds {
        StackBounds::default()
    }
}

/// The kernel puts the random bytes of the program above its first frame, and keeps the range below it
/// free as far as the resource limit goes. The C library would find out by reading `/proc/self/maps`.
#[cfg(target_os = "linux")]
fn main_thread() -> StackBounds {
    const AT_MOST: u64 = 64 << 20;
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls only write the structure they are given or answer a number.
    let high = unsafe {
        libc::getrlimit(libc::RLIMIT_STACK, &raw mut limit);
        libc::getauxval(libc::AT_RANDOM)
    };
    StackBounds { low: high.saturating_sub(limit.rlim_cur.min(AT_MOST)), high: high & !7 }
}

#[cfg(target_os = "linux")]
fn other_thread() -> StackBounds {
    let mut bounds = StackBounds::default();
    // SAFETY: the attributes are initialised by the first call when it succeeds, and destroyed then.
    unsafe {
        let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return bounds;
        }
        let (mut start, mut size) = (std::ptr::null_mut(), 0);
        if libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut start, &raw mut size) == 0 {
            // glibc counts the guard page, which cannot be read, as part of the stack.
            let mut guard = 0;
            libc::pthread_attr_getguardsize(attributes.as_ptr(), &raw mut guard);
            bounds = StackBounds { low: (start as u64) + guard as u64, high: start as u64 + size as u64 };
        }
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
    }
    bounds
}

/// Where the stack with this pointer ends, as far as a signal handler can tell. The C library keeps what belongs
/// to a thread right above its stack, where the thread pointer leads; the stack of the first thread ends where the
/// kernel has put the arguments.
fn end_of_stack(stack_pointer: u64) -> u64 {
    let is_near = |end: &u64| (1..LARGEST_STACK).contains(&end.wrapping_sub(stack_pointer));
    let ends = [thread_pointer(), MAIN_END.load(Ordering::Relaxed)];
    ends.into_iter().filter(is_near).min().unwrap_or(stack_pointer.saturating_add(PROBED))
}

/// Where the stack of the first thread ends; 0 until it is known.
static MAIN_END: AtomicU64 = AtomicU64::new(0);

/// Finds out where the stack of the first thread ends. Not for signal handlers.
pub(super) fn note_main_stack() {
    #[cfg(target_os = "linux")]
    // SAFETY: only answers a number.
    MAIN_END.store(unsafe { libc::getauxval(libc::AT_RANDOM) } & !7, Ordering::Relaxed);
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn thread_pointer() -> u64 {
    let pointer: u64;
    // SAFETY: the first word of what belongs to a thread is its own address (x86-64 ABI for TLS, 6.4.6).
    unsafe {
        std::arch::asm!("mov {}, fs:0", out(reg) pointer, options(nostack, readonly, preserves_flags));
    }
    pointer
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
fn thread_pointer() -> u64 {
    let pointer: u64;
    // SAFETY: only reads a register.
    unsafe {
        std::arch::asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
fn thread_pointer() -> u64 {
    0
}

/// The stack of one walk.
#[derive(Debug)]
pub(crate) struct Stack {
    /// Readable without asking; empty when the stack pointer is elsewhere.
    known: StackBounds,
    /// What may be probed.
    probed: StackBounds,
    /// The page that was found readable last.
    readable_page: u64,
}

impl Stack {
    /// The stack above `stack_pointer`. Outside `bounds` (the stack of a coroutine, an alternate signal
    /// stack, a thread that is not known) every page is probed before it is read.
    pub(crate) fn above(stack_pointer: u64, bounds: StackBounds) -> Stack {
        let is_known = (bounds.low..bounds.high).contains(&stack_pointer);
        let nothing = StackBounds::default();
        Stack {
            known: if is_known { StackBounds { low: stack_pointer, high: bounds.high } } else { nothing },
            probed: if is_known {
                nothing
            } else {
                StackBounds { low: stack_pointer, high: end_of_stack(stack_pointer) }
            },
            readable_page: u64::MAX,
        }
    }

    /// The word at `address`, or `None` when that is not on this stack.
    #[inline]
    pub(crate) fn read(&mut self, address: u64) -> Option<u64> {
        if !address.is_multiple_of(8) {
            return None;
        }
        let is_known = address >= self.known.low && address < self.known.high;
        if !is_known && !self.probe(address) {
            return None;
        }
        // SAFETY: the address is aligned, so its eight bytes are on one page, and that page is part of
        // this thread's stack or was just found readable.
        Some(unsafe { (address as *const u64).read_volatile() })
    }

    #[cold]
    fn probe(&mut self, address: u64) -> bool {
        if !(self.probed.low..self.probed.high).contains(&address) {
            return false;
        }
        let page = address & !(PAGE - 1);
        if page != self.readable_page {
            if !is_readable(address) {
                return false;
            }
            self.readable_page = page;
        }
        true
    }
}
