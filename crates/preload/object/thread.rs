//! What a thread remembers. It lies in the static part of thread-local memory, where it is found without a call: what
//! `thread_local!` makes of it in a shared object may allocate.

use core::cell::Cell;

/// Nothing in it needs to be made or dropped. The order is known to the assembly below.
#[repr(C)]
pub(crate) struct Thread {
    /// Bytes until this thread has something to do; below zero when it is late. Zero at first, so that its first
    /// allocation is noticed.
    pub(crate) left: Cell<i64>,
    /// The state of its random numbers; zero when it has none.
    pub(crate) random: Cell<u64>,
}

core::arch::global_asm!(
    ".pushsection .tbss.hotlist_thread,\"awT\",@nobits",
    ".balign 16",
    ".hidden hotlist_thread",
    ".globl hotlist_thread",
    ".type hotlist_thread, @object",
    "hotlist_thread:",
    ".zero {size}",
    ".size hotlist_thread, {size}",
    ".popsection",
    size = const size_of::<Thread>(),
);

/// Counts `size` bytes; whether something is to be done now. The whole cost of an ordinary allocation: one subtraction
/// in memory and one jump.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn passes(size: usize) -> bool {
    let distance: usize;
    // SAFETY: reads the entry with the distance from the thread pointer, then counts in the first word of what belongs to
    // this thread alone.
    unsafe {
        core::arch::asm!(
            "mov {at}, qword ptr [rip + hotlist_thread@GOTTPOFF]",
            at = out(reg) distance,
            options(nostack, readonly, pure, preserves_flags)
        );
        core::arch::asm!(
            "sub qword ptr fs:[{at}], {size}",
            "js {passed}",
            at = in(reg) distance,
            size = in(reg) size,
            passed = label { return true },
            options(nostack)
        );
    }
    false
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
pub(crate) fn passes(size: usize) -> bool {
    let left = &this().left;
    let now = left.get().wrapping_sub(size as i64);
    left.set(now);
    now < 0
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn this() -> &'static Thread {
    let address: usize;
    // SAFETY: reads the entry with the distance from the thread pointer, and the first word behind that, which is the
    // thread pointer itself. No other thread gets the reference, and this one ends after its last use.
    unsafe {
        core::arch::asm!(
            "mov {at}, qword ptr fs:0",
            "add {at}, qword ptr [rip + hotlist_thread@GOTTPOFF]",
            at = out(reg) address,
            options(nostack, readonly, pure)
        );
        &*(address as *const Thread)
    }
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
pub(crate) fn this() -> &'static Thread {
    let address: usize;
    // SAFETY: reads the entry with the distance from the thread pointer, and that one. No other thread gets the
    // reference, and this one ends after its last use.
    unsafe {
        core::arch::asm!(
            "adrp {at}, :gottprel:hotlist_thread",
            "ldr {at}, [{at}, :gottprel_lo12:hotlist_thread]",
            "mrs {pointer}, tpidr_el0",
            "add {at}, {at}, {pointer}",
            at = out(reg) address,
            pointer = out(reg) _,
            options(nostack, readonly, pure, preserves_flags)
        );
        &*(address as *const Thread)
    }
}
