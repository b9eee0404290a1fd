//! Finding the caller of code without unwind tables, such as that of musl.
//!
//! Such code keeps no frame pointer either, so the frame pointer is that of some caller, and following it leaves
//! out the next one. But the return address is on the stack, and it is known by the call in front of it: that
//! call leads to the function that is running.

use super::module::code_of_published;
use super::registers::Registers;
use super::stack::Stack;

/// How many words above the stack pointer are looked at.
const SEARCHED: u64 = 64;

/// A function is no larger than this.
const LARGEST_FUNCTION: u64 = 64 << 10;

/// The registers of the caller, if a call of the running function is found.
pub(super) fn step(at: Registers, stack: &mut Stack, is_first: bool) -> Option<Registers> {
    code_of_published(at.instruction)?;
    if cfg!(target_arch = "aarch64") && is_first && calls(at.link, at.instruction, true) {
        return Some(Registers { instruction: at.link, link: 0, ..at });
    }
    (0..SEARCHED).find_map(|word| {
        let place = at.stack_pointer.checked_add(word * 8)?;
        let address = stack.read(place)?;
        // Right at the stack pointer, as in a function without a frame, it may also be a call by address.
        let is_leaf = is_first && word == 0;
        calls(address, at.instruction, is_leaf).then_some(Registers {
            instruction: address,
            stack_pointer: place + 8,
            link: 0,
            ..at
        })
    })
}

/// Whether the instruction before `after` calls the function that `inside` is in.
fn calls(after: u64, inside: u64, may_be_indirect: bool) -> bool {
    let Some((start, code)) = code_of_published(after.wrapping_sub(1)) else { return false };
    let Some(before) = after.checked_sub(start).and_then(|end| code.get(..end as usize)) else {
        return false;
    };
    match target(before, after) {
        Some(target) => target <= inside && inside - target < LARGEST_FUNCTION,
        None => may_be_indirect && is_indirect(before),
    }
}

/// Where the direct call at the end of `code` leads.
fn target(code: &[u8], after: u64) -> Option<u64> {
    if cfg!(target_arch = "x86_64") {
        let [0xe8, distance @ ..] = code.last_chunk::<5>()? else { return None };
        return Some(after.wrapping_add(i64::from(i32::from_le_bytes(*distance)) as u64));
    }
    let word = u32::from_le_bytes(*code.last_chunk()?);
    // `bl`: 100101 and 26 bits of words.
    (word >> 26 == 0b10_0101).then(|| {
        let distance = i64::from((word << 6) as i32 >> 6) * 4;
        after.wrapping_sub(4).wrapping_add(distance as u64)
    })
}

/// Whether `code` ends with a call of what a register or memory says.
fn is_indirect(code: &[u8]) -> bool {
    if cfg!(target_arch = "x86_64") {
        // `ff /2`, with two to seven bytes in all.
        return (2..=7).any(|size| {
            code.len() >= size
                && matches!(code[code.len() - size..], [0xff, operand, ..] if operand >> 3 & 7 == 2)
        });
    }
    // `blr`.
    code.last_chunk().is_some_and(|word| u32::from_le_bytes(*word) & 0xffff_fc1f == 0xd63f_0000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn calls_are_told_from_other_code() {
        assert_eq!(target(&[0x90, 0xe8, 0xfb, 0xff, 0xff, 0xff], 0x1000), Some(0xffb));
        assert_eq!(target(&[0x90, 0x48, 0x89, 0xc7, 0x90, 0x90], 0x1000), None);
        assert!(is_indirect(&[0x90, 0xff, 0xd0]), "call rax");
        assert!(is_indirect(&[0xff, 0x15, 1, 0, 0, 0]), "call [rip + 1]");
        assert!(!is_indirect(&[0xff, 0xe0]), "jmp rax");
    }
}
