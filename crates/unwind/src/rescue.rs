//! Finding the caller of code without unwind tables, such as that of musl.
//!
//! Such code keeps no frame pointer either, so the frame pointer is that of some caller, and following it leaves
//! out the next one. But the return address is on the stack, and it is known by the call in front of it: that
//! call leads to the function that is running.

use crate::architecture::Architecture;
use crate::registers::Registers;
use crate::walk::{Code, Memory};

/// How many words above the stack pointer are looked at.
const SEARCHED: u64 = 64;

/// A function is no larger than this.
const LARGEST_FUNCTION: u64 = 64 << 10;

/// The registers of the caller, if a call of the running function is found.
pub(crate) fn step<A: Architecture>(
    at: Registers,
    code: &mut impl Code,
    memory: &mut impl Memory,
    is_first: bool,
) -> Option<Registers> {
    code.machine_code(at.instruction)?;
    if A::HAS_LINK && is_first && calls::<A>(code, at.link, at.instruction, true) {
        return Some(Registers { instruction: at.link, link: 0, ..at });
    }
    (0..SEARCHED).find_map(|word| {
        let place = at.stack_pointer.checked_add(word * 8)?;
        let address = memory.word(place)?;
        // Right at the stack pointer, as in a function without a frame, it may also be a call by address.
        let is_leaf = is_first && word == 0;
        calls::<A>(code, address, at.instruction, is_leaf).then_some(Registers {
            instruction: address,
            stack_pointer: place + 8,
            link: 0,
            ..at
        })
    })
}

/// Whether the instruction before `after` calls the function that `inside` is in.
fn calls<A: Architecture>(code: &mut impl Code, after: u64, inside: u64, may_be_indirect: bool) -> bool {
    let Some((start, bytes)) = code.machine_code(after.wrapping_sub(1)) else { return false };
    let Some(before) = after.checked_sub(start).and_then(|end| bytes.get(..end as usize)) else {
        return false;
    };
    match A::call_target(before, after) {
        Some(target) => target <= inside && inside - target < LARGEST_FUNCTION,
        None => may_be_indirect && A::is_indirect_call(before),
    }
}
