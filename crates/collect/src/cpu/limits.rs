//! Sizes that models choose differently.

/// Words in the ring of a thread, 64 KiB: room for 60 of the deepest stacks, which is more than one thread
/// makes between two rounds of the collector where the kernel looks at timers 1000 times a second.
pub(crate) const RING_WORDS: usize = 8192;
