//! The processors whose stacks are walked.

use core::fmt::Debug;

/// What differs between processors.
pub trait Architecture: Copy + Debug + 'static {
    /// The number of the frame pointer in tables.
    const FRAME_POINTER: u64;
    /// The number of the stack pointer in tables.
    const STACK_POINTER: u64;
    /// The number of the column of the return address in tables.
    const RETURN_ADDRESS: u64;
    /// Whether a call leaves the return address in a register, so that the leaf may have no frame at all.
    const HAS_LINK: bool;
    /// What the kernel pushes for a signal handler.
    const SIGNAL_FRAME: SignalFrame;

    /// A return address without what the processor keeps in its upper bits.
    fn plain(address: u64) -> u64;

    /// Where the direct call leads that `code` ends with; `after` is the address behind it.
    fn call_target(code: &[u8], after: u64) -> Option<u64>;

    /// Whether `code` ends with a call of what a register or memory says.
    fn is_indirect_call(code: &[u8]) -> bool;
}

/// Where the interrupted registers are, as distances from the stack pointer of the frame that the kernel pushed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignalFrame {
    /// The instruction.
    pub instruction: u64,
    /// The stack pointer.
    pub stack_pointer: u64,
    /// The frame pointer.
    pub frame_pointer: u64,
    /// The link register, where there is one.
    pub link: Option<u64>,
}

/// 64-bit x86; numbers as in the System V ABI for it, figure 3.36.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum X86_64 {}

/// 64-bit Arm; numbers as in "DWARF for the Arm 64-bit Architecture", 4.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aarch64 {}

/// The processor that this code is built for.
#[cfg(target_arch = "aarch64")]
pub type Native = Aarch64;

/// The processor that this code is built for, or one as good as any where stacks are not walked.
#[cfg(not(target_arch = "aarch64"))]
pub type Native = X86_64;

impl Architecture for X86_64 {
    const FRAME_POINTER: u64 = 6;
    const STACK_POINTER: u64 = 7;
    const RETURN_ADDRESS: u64 = 16;
    const HAS_LINK: bool = false;
    /// A `ucontext` right at the stack pointer: uc_flags, uc_link, uc_stack (40 bytes in all), then r8..r15, rdi, rsi,
    /// rbp, rbx, rdx, rax, rcx, rsp, rip.
    const SIGNAL_FRAME: SignalFrame = SignalFrame {
        instruction: 40 + 16 * 8,
        stack_pointer: 40 + 15 * 8,
        frame_pointer: 40 + 10 * 8,
        link: None,
    };

    #[inline(always)]
    fn plain(address: u64) -> u64 {
        address
    }

    fn call_target(code: &[u8], after: u64) -> Option<u64> {
        let [0xe8, distance @ ..] = code.last_chunk::<5>()? else { return None };
        Some(after.wrapping_add(i64::from(i32::from_le_bytes(*distance)) as u64))
    }

    fn is_indirect_call(code: &[u8]) -> bool {
        // `ff /2`, with two to seven bytes in all.
        (2..=7).any(|size| {
            code.len() >= size
                && matches!(code[code.len() - size..], [0xff, operand, ..] if operand >> 3 & 7 == 2)
        })
    }
}

impl Architecture for Aarch64 {
    const FRAME_POINTER: u64 = 29;
    const STACK_POINTER: u64 = 31;
    const RETURN_ADDRESS: u64 = 30;
    const HAS_LINK: bool = true;
    /// A `ucontext` after the 128 bytes of a `siginfo`: uc_flags, uc_link, uc_stack, uc_sigmask with padding to 128
    /// bytes, alignment to 16, then fault_address, x0..x30, sp, pc.
    const SIGNAL_FRAME: SignalFrame = {
        let registers = 128 + 176 + 8;
        SignalFrame {
            instruction: registers + 32 * 8,
            stack_pointer: registers + 31 * 8,
            frame_pointer: registers + 29 * 8,
            link: Some(registers + 30 * 8),
        }
    };

    /// Return addresses may carry a signature in their upper bits (pointer authentication).
    #[inline(always)]
    fn plain(address: u64) -> u64 {
        address & 0x0000_ffff_ffff_ffff
    }

    fn call_target(code: &[u8], after: u64) -> Option<u64> {
        let word = u32::from_le_bytes(*code.last_chunk()?);
        // `bl`: 100101 and 26 bits of words.
        (word >> 26 == 0b10_0101).then(|| {
            let distance = i64::from((word << 6) as i32 >> 6) * 4;
            after.wrapping_sub(4).wrapping_add(distance as u64)
        })
    }

    fn is_indirect_call(code: &[u8]) -> bool {
        // `blr`.
        code.last_chunk().is_some_and(|word| u32::from_le_bytes(*word) & 0xffff_fc1f == 0xd63f_0000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_x86_64_are_told_from_other_code() {
        assert_eq!(X86_64::call_target(&[0x90, 0xe8, 0xfb, 0xff, 0xff, 0xff], 0x1000), Some(0xffb));
        assert_eq!(X86_64::call_target(&[0x90, 0x48, 0x89, 0xc7, 0x90, 0x90], 0x1000), None);
        assert!(X86_64::is_indirect_call(&[0x90, 0xff, 0xd0]), "call rax");
        assert!(X86_64::is_indirect_call(&[0xff, 0x15, 1, 0, 0, 0]), "call [rip + 1]");
        assert!(!X86_64::is_indirect_call(&[0xff, 0xe0]), "jmp rax");
    }

    #[test]
    fn calls_of_aarch64_are_told_from_other_code() {
        let target = |word: u32| Aarch64::call_target(&word.to_le_bytes(), 0x1004);
        assert_eq!(target(0x9400_0002), Some(0x1008), "bl .+8");
        assert_eq!(target(0x97ff_ffff), Some(0xffc), "bl .-4");
        assert_eq!(target(0x1400_0002), None, "b .+8");
        assert!(Aarch64::is_indirect_call(&0xd63f_0100_u32.to_le_bytes()), "blr x8");
        assert!(!Aarch64::is_indirect_call(&0xd61f_0100_u32.to_le_bytes()), "br x8");
    }
}
