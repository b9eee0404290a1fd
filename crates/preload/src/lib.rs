//! The shared object with which `hotlist record -heap` samples the heap of a program, and the [`layout`] of what it
//! writes.
//!
//! The object is freestanding: it needs neither a C library nor `std`, finds the allocator of the program by itself,
//! takes no lock and allocates nothing from the heap that it looks at. Each process of a recording writes into a file of
//! its own that is mapped into memory, so that what was sampled outlives the process however it ends.

/// The layout of the file that a process writes.
pub mod layout;

#[cfg(test)]
#[path = "../object/math.rs"]
mod math;

/// The shared object, for the target that this crate is built for; `None` where there is none.
#[cfg(has_object)]
pub const OBJECT: Option<&[u8]> = Some(include_bytes!(concat!(env!("OUT_DIR"), "/preload.so")));

/// The shared object, for the target that this crate is built for; `None` where there is none.
#[cfg(not(has_object))]
pub const OBJECT: Option<&[u8]> = None;
