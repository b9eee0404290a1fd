//! The allocator's functions with sampling in front of them, for `LD_PRELOAD`.
//!
//! Freestanding: what it needs of the C library are four functions that each one has. It takes no lock, never waits, and
//! allocates nothing from the heap that it looks at, so it may be interrupted, forked or killed anywhere.
#![no_std]

mod exports;
mod file;
mod live;
mod maps;
mod math;
mod next;
mod objects;
mod samples;
mod start;
mod sys;
mod thread;
mod walk;

#[path = "../src/layout.rs"]
mod layout;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    sys::end()
}

// `core` is built for programs that unwind, and its tables name this function. It is never called.
core::arch::global_asm!(
    ".globl rust_eh_personality",
    ".hidden rust_eh_personality",
    "rust_eh_personality:",
    "ret",
);
