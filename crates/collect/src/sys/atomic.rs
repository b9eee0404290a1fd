//! The atomics of what works without locks. The models in `models/` put others in their place, which try
//! every order that the hardware could choose.

pub(crate) use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};
