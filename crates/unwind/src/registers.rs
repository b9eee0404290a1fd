//! The registers a walk starts from.

/// The registers that lead from frame to frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Registers {
    /// The instruction: exact for an interrupted frame, a return address for all others.
    pub instruction: u64,
    /// The stack pointer.
    pub stack_pointer: u64,
    /// `rbp` on x86-64, `x29` on aarch64.
    pub frame_pointer: u64,
    /// The link register of aarch64; unused on x86-64.
    pub link: u64,
}
