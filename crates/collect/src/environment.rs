//! What the environment asks for.
#![allow(unsafe_code)]

use std::ffi::CStr;

/// `HOTLIST_HEAP_RATE`: the mean number of allocated bytes between two samples; 0 when `HOTLIST_OFF` is
/// set. Does not allocate.
pub(crate) fn heap_rate() -> Option<u64> {
    if is_off() {
        return Some(0);
    }
    variable(c"HOTLIST_HEAP_RATE")?.parse().ok()
}

/// `HOTLIST_HEAP_SEED`: what decides which allocations are samples. Does not allocate.
pub(crate) fn heap_seed() -> Option<u64> {
    variable(c"HOTLIST_HEAP_SEED")?.parse().ok()
}

/// Whether `HOTLIST_OFF` is set to something other than 0 or nothing: then nothing is sampled, served or
/// written because the environment asks for it. Does not allocate.
pub(crate) fn is_off() -> bool {
    variable(c"HOTLIST_OFF").is_some_and(|value| value != "0")
}

/// `HOTLIST_HTTP`: the address to serve on.
pub(crate) fn http() -> Option<&'static str> {
    variable(c"HOTLIST_HTTP")
}

/// `HOTLIST_HEAP_FILE`: where the heap profile goes when the program exits.
pub(crate) fn heap_file() -> Option<&'static str> {
    variable(c"HOTLIST_HEAP_FILE")
}

/// `HOTLIST_CPU_FILE`: where the CPU profile of the whole run goes when the program exits.
pub(crate) fn cpu_file() -> Option<&'static str> {
    variable(c"HOTLIST_CPU_FILE")
}

/// `HOTLIST_CPU_RATE`: samples per second of CPU time for that file.
pub(crate) fn cpu_rate() -> Option<u32> {
    variable(c"HOTLIST_CPU_RATE")?.parse().ok()
}

/// `HOTLIST_SIGNAL`: the signal that interrupts threads.
#[cfg(target_os = "linux")]
pub(crate) fn signal() -> Option<&'static str> {
    variable(c"HOTLIST_SIGNAL")
}

/// `HOTLIST_DUMP_SIGNAL`: the signal on which the heap profile is written.
#[cfg(target_os = "linux")]
pub(crate) fn dump_signal() -> Option<&'static str> {
    variable(c"HOTLIST_DUMP_SIGNAL")
}

/// `HOTLIST_DUMP_IN_USE`: the number of bytes in use at which it is written.
#[cfg(target_os = "linux")]
pub(crate) fn dump_in_use() -> Option<&'static str> {
    variable(c"HOTLIST_DUMP_IN_USE")
}

/// `HOTLIST_PUSH`: the server that profiles are sent to; with `pyroscope+` in front when it is one of those.
#[cfg(target_os = "linux")]
pub(crate) fn push() -> Option<&'static str> {
    variable(c"HOTLIST_PUSH")
}

/// `HOTLIST_SERVICE`: the name that they are sent under.
#[cfg(target_os = "linux")]
pub(crate) fn service() -> Option<&'static str> {
    variable(c"HOTLIST_SERVICE")
}

/// `HOTLIST_STACK_DEPTH`: how many frames a stack has at most. Does not allocate.
pub(crate) fn stack_depth() -> Option<usize> {
    variable(c"HOTLIST_STACK_DEPTH")?.parse().ok()
}

/// The value of a variable, if it is text. Does not allocate.
fn variable(name: &CStr) -> Option<&'static str> {
    // SAFETY: this is called while the program starts, before it could have changed its environment from
    // another thread; the value is used at once.
    let text = unsafe {
        let text = libc::getenv(name.as_ptr());
        if text.is_null() {
            return None;
        }
        CStr::from_ptr(text)
    };
    text.to_str().ok().filter(|text| !text.is_empty())
}
