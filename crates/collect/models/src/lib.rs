//! Models of what works without locks in `hotlist-collect`, and of its lock.
//!
//! The very files of the crate are built here, with atomics that try every order which the language allows: all
//! interleavings of threads up to a number of preemptions, and every older value that a load may still see. A
//! model fails where memory is used by two threads at a time, where an assertion does not hold, and where
//! all threads wait.
//!
//! The order of operations marked `SeqCst` is known to the checker for fences alone, which is why the crate
//! uses those.
#![allow(dead_code, reason = "a part of the crate is here, and not all of it is used")]

mod cpu;
mod heap;
mod labels;
mod store;
mod sys;
mod unwind;

pub mod live_table;
pub mod lock;
pub mod ring;
pub mod slot;

/// Tries all orders of `body` with at most this many preemptions, which is known to find nearly all mistakes
/// (M. Musuvathi and S. Qadeer, "Iterative context bounding", 2007, with two).
fn check(preemptions: usize, body: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(body);
}
