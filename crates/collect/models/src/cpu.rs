//! The rings and slots of the sampler.

#[path = "../../src/cpu/ring.rs"]
pub(crate) mod ring;
#[path = "../../src/cpu/slot.rs"]
pub(crate) mod slot;

pub(crate) mod limits {
    /// So few that the third record of a model is at the start again.
    pub(crate) const RING_WORDS: usize = 17;
}
