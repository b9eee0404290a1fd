//! System calls that a signal handler or an allocator may make: straight to the kernel, so that `errno`
//! of the interrupted code is left alone and nothing of the C library is entered.
#![allow(unsafe_code)]

use std::sync::atomic::AtomicU32;

/// How often a taken lock is looked at before the thread goes to sleep. Sections are well below a
/// microsecond, so the wait is usually over by then.
pub(crate) const SPINS: u32 = 100;

/// Sleeps until somebody calls [`futex_wake`], unless the word is not `expected` any more.
#[cfg(target_os = "linux")]
pub(crate) fn futex_wait(word: &AtomicU32, expected: u32) {
    let operation = (libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG) as u64;
    // SAFETY: the word outlives the call; the kernel checks that it still has the expected value. No time
    // limit is passed.
    unsafe {
        raw_call(libc::SYS_futex as u64, [word.as_ptr() as u64, operation, u64::from(expected), 0, 0, 0]);
    }
}

/// Wakes one thread that waits in [`futex_wait`].
#[cfg(target_os = "linux")]
pub(crate) fn futex_wake(word: &AtomicU32) {
    let operation = (libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG) as u64;
    // SAFETY: only the address of the word is used.
    unsafe { raw_call(libc::SYS_futex as u64, [word.as_ptr() as u64, operation, 1, 0, 0, 0]) };
}

/// Lets others run; there is nothing to wait on here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn futex_wait(_word: &AtomicU32, _expected: u32) {
    std::thread::yield_now();
}

/// Nobody sleeps here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn futex_wake(_word: &AtomicU32) {}

/// Whether the eight bytes at `address` can be read. `address` must be a multiple of eight.
///
/// Asks the kernel to read a signal mask from there for an operation that does not exist: it answers
/// `EFAULT` when it cannot and `EINVAL` when it can, and changes nothing either way. Sandboxes that
/// refuse `process_vm_readv` allow this call, which every program needs.
#[cfg(target_os = "linux")]
pub(crate) fn is_readable(address: u64) -> bool {
    const NO_SUCH_OPERATION: u64 = -1_i64 as u64;
    const MASK_SIZE: u64 = 8;
    // SAFETY: the kernel checks the address; nothing is written because no old mask is asked for.
    let result = unsafe {
        raw_call(libc::SYS_rt_sigprocmask as u64, [NO_SUCH_OPERATION, address, 0, MASK_SIZE, 0, 0])
    };
    result == -i64::from(libc::EINVAL)
}

/// Nothing can be asked here, so nothing is read.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_readable(_address: u64) -> bool {
    false
}

/// The kernel's number of the calling thread.
#[cfg(target_os = "linux")]
pub(crate) fn thread_id() -> i32 {
    // SAFETY: takes no arguments and always succeeds.
    unsafe { raw_call(libc::SYS_gettid as u64, [0; 6]) as i32 }
}

/// Threads are not numbered here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn thread_id() -> i32 {
    0
}

/// The name of the calling thread, at most 15 bytes and zeros.
#[cfg(target_os = "linux")]
pub(crate) fn thread_name() -> [u64; 2] {
    let mut name = [0_u64; 2];
    // SAFETY: the kernel writes 16 bytes, which is the size of the array.
    unsafe {
        raw_call(libc::SYS_prctl as u64, [libc::PR_GET_NAME as u64, name.as_mut_ptr() as u64, 0, 0, 0, 0])
    };
    name
}

/// Nanoseconds of CPU time that `clock` counts; `None` when the system refuses, or there is no such
/// thread.
#[cfg(target_os = "linux")]
pub(crate) fn clock_nanos(clock: Clock) -> Option<u64> {
    let id = match clock {
        Clock::ThisThread => libc::CLOCK_THREAD_CPUTIME_ID,
        Clock::Process => libc::CLOCK_PROCESS_CPUTIME_ID,
        Clock::Thread(thread) => thread_clock(thread),
    };
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel fills in the structure, which outlives the call.
    let result =
        unsafe { raw_call(libc::SYS_clock_gettime as u64, [id as u64, (&raw mut time) as u64, 0, 0, 0, 0]) };
    (result == 0).then(|| (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64))
}

/// Which CPU time is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg(target_os = "linux")]
pub(crate) enum Clock {
    /// That of the calling thread.
    ThisThread,
    /// That of all threads together.
    Process,
    /// That of the thread with this number.
    Thread(i32),
}

/// The clock of the CPU time of another thread, as the kernel encodes it (`clock_getcpuclockid(3)`).
#[cfg(target_os = "linux")]
pub(crate) fn thread_clock(thread: i32) -> libc::clockid_t {
    (!thread << 3) | 6
}

/// `si_code` of a queued signal (Linux, `asm-generic/siginfo.h`); older versions of libc do not name it.
#[cfg(target_os = "linux")]
pub(crate) const SI_QUEUE: i32 = -1;
/// `si_code` of a signal that a timer sent.
#[cfg(target_os = "linux")]
pub(crate) const SI_TIMER: i32 = -2;

/// Queues `signal` with `value` for one thread of this process; says whether that worked.
#[cfg(target_os = "linux")]
pub(crate) fn send_signal(thread: i32, signal: i32, value: usize) -> bool {
    // The layout of `siginfo_t` for queued signals: number, errno, code, then (aligned to eight) sender,
    // user and value, in 128 bytes.
    #[repr(C)]
    struct Queued {
        signal: i32,
        errno: i32,
        code: i32,
        padding: i32,
        process: i32,
        user: u32,
        value: usize,
        rest: [u64; 12],
    }
    const { assert!(size_of::<Queued>() == size_of::<libc::siginfo_t>()) };
    // SAFETY: these two calls only answer numbers.
    let (process, user) = unsafe {
        (raw_call(libc::SYS_getpid as u64, [0; 6]) as i32, raw_call(libc::SYS_getuid as u64, [0; 6]) as u32)
    };
    let queued = Queued { signal, errno: 0, code: SI_QUEUE, padding: 0, process, user, value, rest: [0; 12] };
    // SAFETY: the kernel copies the structure, which has the size of a `siginfo_t`.
    let result = unsafe {
        raw_call(
            libc::SYS_rt_tgsigqueueinfo as u64,
            [process as u64, thread as u64, signal as u64, (&raw const queued) as u64, 0, 0],
        )
    };
    result == 0
}

/// Makes a system call; the answer is its result, or the negative number of an error.
///
/// # Safety
/// The arguments are what the call expects: it may write wherever they point.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
unsafe fn raw_call(number: u64, arguments: [u64; 6]) -> i64 {
    let result: i64;
    // SAFETY: the system call convention of Linux on x86-64; the caller vouches for the call itself.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    result
}

/// Makes a system call; the answer is its result, or the negative number of an error.
///
/// # Safety
/// The arguments are what the call expects: it may write wherever they point.
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
unsafe fn raw_call(number: u64, arguments: [u64; 6]) -> i64 {
    let result: i64;
    // SAFETY: the system call convention of Linux on aarch64; the caller vouches for the call itself.
    unsafe {
        std::arch::asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") arguments[0] => result,
            in("x1") arguments[1],
            in("x2") arguments[2],
            in("x3") arguments[3],
            in("x4") arguments[4],
            in("x5") arguments[5],
            options(nostack)
        );
    }
    result
}

/// On other architectures the C library makes the call, and `errno` is put back.
///
/// # Safety
/// The arguments are what the call expects: it may write wherever they point.
#[cfg(all(target_os = "linux", not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
unsafe fn raw_call(number: u64, arguments: [u64; 6]) -> i64 {
    let [a, b, c, d, e, f] = arguments.map(|argument| argument as usize);
    // SAFETY: the caller vouches for the call; `errno` belongs to this thread.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        let result = libc::syscall(number as _, a, b, c, d, e, f) as i64;
        let answer = if result == -1 { -i64::from(*errno) } else { result };
        *errno = before;
        answer
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn readable_is_what_can_be_read() {
        let word = 7_u64;
        assert!(is_readable(&raw const word as u64));
        assert!(!is_readable(0));
        assert!(!is_readable(0x10));
        assert!(!is_readable(0xffff_ffff_ffff_f000), "kernel memory");
    }

    #[test]
    fn clocks_run_and_unknown_threads_have_none() {
        let this = clock_nanos(Clock::ThisThread).unwrap();
        let same = clock_nanos(Clock::Thread(thread_id())).unwrap();
        assert!(same >= this);
        assert!(clock_nanos(Clock::Process).unwrap() >= this);
        assert_eq!(clock_nanos(Clock::Thread(i32::MAX / 16)), None);
    }

    #[test]
    fn errno_is_left_alone() {
        // SAFETY: `errno` of this thread.
        unsafe { *libc::__errno_location() = 77 };
        futex_wait(&AtomicU32::new(1), 0);
        assert!(!is_readable(0));
        assert!(!send_signal(i32::MAX / 16, libc::SIGURG, 0));
        assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(77));
    }
}
