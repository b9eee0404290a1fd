//! What is known about the code of this process.

use hotlist_unwind::{Cache, Code, Depth, Memory, Native, PackedRule, Registers, Rule, rule_by_header};

use super::module;
use super::stack::{Stack, StackBounds};

/// Rules that were looked up before.
pub(super) static CACHE: Cache = Cache::new();

/// The code of this process, whose tables are in its memory.
struct ThisProcess;

impl Code for ThisProcess {
    #[inline(always)]
    fn rule(&mut self, address: u64) -> PackedRule {
        match CACHE.lookup(address) {
            Some(rule) => rule,
            None => find_rule(address),
        }
    }

    fn machine_code(&mut self, address: u64) -> Option<(u64, &[u8])> {
        module::code_of_published(address)
    }
}

#[cold]
fn find_rule(address: u64) -> PackedRule {
    let found: PackedRule = module::unwind_table(address)
        .and_then(|(section, header)| rule_by_header::<Native>(section, header, address))
        .unwrap_or(Rule::FramePointer)
        .into();
    CACHE.remember(address, found);
    found
}

impl Memory for Stack {
    #[inline(always)]
    fn word(&mut self, address: u64) -> Option<u64> {
        self.read(address)
    }
}

/// Writes the code addresses of the frames, leaf first, and says how many there are; see [`hotlist_unwind::walk`].
pub(crate) fn walk(registers: Registers, bounds: StackBounds, frames: &mut [u64]) -> (usize, Depth) {
    let mut stack = Stack::above(registers.stack_pointer, bounds);
    hotlist_unwind::walk::<Native>(registers, &mut ThisProcess, &mut stack, frames)
}
