//! What a reader of recordings asks for, because only files can tell.

use super::address_space::{AddressSpace, Mapped};

/// Knows the files of the machine that was recorded.
///
/// Everything comes in the order of time: a file is mapped before there are frames in it.
pub trait Unwinder {
    /// A file was mapped as code into the process.
    fn mapped(&mut self, pid: u32, mapped: &Mapped) {
        let _ = (pid, mapped);
    }

    /// Adds the addresses of the frames of a stack to `frames`, the leaf first: that of the leaf as it is, all others
    /// inside of the call instruction.
    fn unwind(&mut self, maps: &AddressSpace, stack: &SampledStack<'_>, frames: &mut Vec<u64>) -> StackEnd;

    /// Everything was read.
    fn summary(&mut self, summary: &Summary) {
        let _ = summary;
    }
}

/// Processors whose registers are understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Processor {
    /// 64-bit x86.
    X86_64,
    /// 64-bit Arm.
    Aarch64,
}

/// The lowest part of a stack with the registers of its leaf.
#[derive(Clone, Copy, Debug)]
pub struct SampledStack<'a> {
    /// What the registers are of.
    pub processor: Processor,
    /// The instruction.
    pub instruction: u64,
    /// The stack pointer, which is also the address of the first byte.
    pub stack_pointer: u64,
    /// `rbp` or `x29`.
    pub frame_pointer: u64,
    /// `x30`; 0 on x86-64.
    pub link: u64,
    /// The memory.
    pub bytes: &'a [u8],
}

/// How a stack ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StackEnd {
    /// At its root.
    Root,
    /// There is more of it than was sampled.
    Truncated,
    /// The next caller was not found.
    Lost,
}

/// Sees nothing but leaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct LeavesOnly;

impl Unwinder for LeavesOnly {
    fn unwind(&mut self, _: &AddressSpace, stack: &SampledStack<'_>, frames: &mut Vec<u64>) -> StackEnd {
        frames.push(stack.instruction);
        StackEnd::Lost
    }
}

/// What was in a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Samples.
    pub samples: u64,
    /// Records for which the kernel had no room.
    pub lost: u64,
    /// Stacks that were sampled as memory.
    pub unwound: u64,
    /// How many of these are longer than what was sampled.
    pub truncated: u64,
    /// How many of these end where no caller was found.
    pub broken: u64,
    /// Processes that have samples.
    pub processes: u64,
    /// Samples with a list of branches, which is not shown.
    pub with_branches: u64,
    /// Samples of no event that is known.
    pub unknown: u64,
    /// Whether the recording ends in the middle of a record.
    pub is_cut: bool,
}

impl Summary {
    /// What is missing, in words.
    pub fn warnings(&self) -> Vec<String> {
        let Summary { lost, unwound, truncated, broken, with_branches, unknown, .. } = *self;
        let mut warnings = Vec::new();
        let mut tell = |count: u64, text: String| {
            if count > 0 {
                warnings.push(text);
            }
        };
        tell(lost, format!("{lost} records were lost while recording"));
        tell(truncated, format!("{truncated} of {unwound} stacks are longer than what was sampled of them"));
        tell(broken, format!("{broken} of {unwound} stacks end before their root"));
        tell(with_branches, format!("{with_branches} samples have lists of branches, which are not shown"));
        tell(unknown, format!("{unknown} samples of unknown events are left out"));
        tell(u64::from(self.is_cut), "the recording ends in the middle of a record".to_owned());
        warnings
    }
}
