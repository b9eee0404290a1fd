//! System calls. Those made from a signal handler go to the kernel directly and leave `errno` alone.
#![allow(unsafe_code)]

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
    let result =
        unsafe { raw_call(libc::SYS_rt_sigprocmask as u64, [NO_SUCH_OPERATION, address, 0, MASK_SIZE]) };
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
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// Threads are not numbered here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn thread_id() -> i32 {
    0
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
unsafe fn raw_call(number: u64, arguments: [u64; 4]) -> i64 {
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
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    result
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
unsafe fn raw_call(number: u64, arguments: [u64; 4]) -> i64 {
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
            options(nostack)
        );
    }
    result
}

/// Other architectures have no unwinder, so nobody asks; everything counts as unreadable.
#[cfg(all(target_os = "linux", not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
unsafe fn raw_call(_number: u64, _arguments: [u64; 4]) -> i64 {
    0
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
}
