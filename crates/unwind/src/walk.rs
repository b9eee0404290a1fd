//! Following the rules from frame to frame.

use crate::architecture::Architecture;
use crate::registers::Registers;
use crate::rescue;
use crate::rule::{Cfa, FrameRule, PackedRule, Rule, Saved};

/// What is known about the code of a program.
pub trait Code {
    /// How to get from a frame with the instruction at `address` to its caller. For frames that called another one,
    /// the address lies inside the call.
    fn rule(&mut self, address: u64) -> PackedRule;

    /// The code around `address` with the address of its first byte, for code without tables; `None` when its callers
    /// are better found by the frame pointer.
    fn machine_code(&mut self, address: u64) -> Option<(u64, &[u8])> {
        let _ = address;
        None
    }
}

/// The memory that stacks are in.
pub trait Memory {
    /// The word at `address`, or `None` when it cannot be read.
    fn word(&mut self, address: u64) -> Option<u64>;
}

/// Whether a walk reached the outermost frame it could.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Depth {
    /// It did.
    Whole,
    /// There was no room for more frames.
    Cut,
    /// The caller of the last frame could not be found, although there must be one.
    Lost,
}

/// One step towards the root.
enum Step {
    Caller(Registers),
    /// There is no caller.
    Root,
    /// There is one, but where it is cannot be told.
    Lost,
}

/// Writes the code addresses of the frames, leaf first, and says how many there are.
///
/// The first is `registers.instruction` itself. All others lie inside the call instruction (one byte before the return
/// address), which is what names the right line and the right inlined function; only where a signal handler
/// interrupted something, the address is that of the interrupted instruction.
pub fn walk<A: Architecture>(
    registers: Registers,
    code: &mut impl Code,
    memory: &mut impl Memory,
    frames: &mut [u64],
) -> (usize, Depth) {
    let mut at = registers;
    let mut is_exact = true;
    for (count, frame) in frames.iter_mut().enumerate() {
        let address = if is_exact { at.instruction } else { at.instruction - 1 };
        *frame = address;
        let rule = code.rule(address).unpack();
        match step::<A>(rule, at, code, memory, count == 0) {
            Step::Caller(caller) => at = caller,
            Step::Root => return (count + 1, Depth::Whole),
            Step::Lost => return (count + 1, Depth::Lost),
        }
        is_exact = rule == Rule::SignalFrame;
    }
    (frames.len(), Depth::Cut)
}

#[inline(always)]
fn step<A: Architecture>(
    rule: Rule,
    at: Registers,
    code: &mut impl Code,
    memory: &mut impl Memory,
    is_first: bool,
) -> Step {
    let caller = match rule {
        Rule::End => return Step::Root,
        Rule::Frame(rule) => step_by_table::<A>(rule, at, memory),
        // Start-up code clears the frame pointer, to mark the outermost frame (System V ABI, 3.4.1).
        Rule::FramePointer if at.frame_pointer == 0 && !is_first => return Step::Root,
        Rule::FramePointer => {
            rescue::step::<A>(at, code, memory, is_first).or_else(|| step_by_frame_pointer::<A>(at, memory))
        }
        Rule::SignalFrame => step_over_signal::<A>(at, memory),
    };
    let Some(caller) = caller else { return Step::Lost };
    // The outermost frame of a thread often returns to zero.
    if caller.instruction == 0 {
        return Step::Root;
    }
    // Only the leaf may have no frame at all, where return addresses come in a register.
    let is_further = caller.stack_pointer > at.stack_pointer
        || is_first && caller.stack_pointer == at.stack_pointer && A::HAS_LINK;
    if is_further && is_code(caller.instruction) { Step::Caller(caller) } else { Step::Lost }
}

#[inline(always)]
fn step_by_table<A: Architecture>(
    rule: FrameRule,
    at: Registers,
    memory: &mut impl Memory,
) -> Option<Registers> {
    let plus = |base: u64, offset: i32| base.wrapping_add(i64::from(offset) as u64);
    let cfa = match rule.cfa {
        Cfa::StackPointer(offset) => plus(at.stack_pointer, offset),
        Cfa::FramePointer(offset) => plus(at.frame_pointer, offset),
        Cfa::AtFramePointer(offset) => memory.word(plus(at.frame_pointer, offset))?,
        Cfa::LinkageStub(from) => {
            let is_pushed = at.instruction & 15 >= from as u64;
            at.stack_pointer.wrapping_add(if is_pushed { 16 } else { 8 })
        }
    };
    let mut value = |saved, register| match saved {
        Saved::InRegister => Some(register),
        Saved::AtCfa(offset) => memory.word(plus(cfa, offset)),
        Saved::AtFramePointer(offset) => memory.word(plus(at.frame_pointer, offset)),
    };
    // In an epilogue the table still names the place of a register that was already popped; the place
    // is then below the stack pointer, and the register holds the caller's value again.
    let is_popped =
        matches!(rule.frame_pointer, Saved::AtCfa(offset) if plus(cfa, offset) < at.stack_pointer);
    let frame_pointer = if is_popped { Saved::InRegister } else { rule.frame_pointer };
    Some(Registers {
        instruction: A::plain(value(rule.return_address, at.link)?),
        stack_pointer: cfa,
        frame_pointer: value(frame_pointer, at.frame_pointer)?,
        link: 0,
    })
}

/// Both architectures keep the caller's frame pointer and the return address side by side.
fn step_by_frame_pointer<A: Architecture>(at: Registers, memory: &mut impl Memory) -> Option<Registers> {
    let frame = at.frame_pointer;
    if frame < at.stack_pointer {
        return None;
    }
    Some(Registers {
        frame_pointer: memory.word(frame)?,
        instruction: A::plain(memory.word(frame.wrapping_add(8))?),
        stack_pointer: frame.wrapping_add(16),
        link: 0,
    })
}

/// The kernel's frame holds the interrupted registers.
fn step_over_signal<A: Architecture>(at: Registers, memory: &mut impl Memory) -> Option<Registers> {
    let mut word = |offset: u64| memory.word(at.stack_pointer.wrapping_add(offset));
    let place = A::SIGNAL_FRAME;
    Some(Registers {
        frame_pointer: word(place.frame_pointer)?,
        link: match place.link {
            Some(link) => word(link)?,
            None => 0,
        },
        stack_pointer: word(place.stack_pointer)?,
        instruction: word(place.instruction)?,
    })
}

/// Whether user code may be at `address`. The first page never holds any.
#[inline]
fn is_code(address: u64) -> bool {
    (4096..1 << 48).contains(&address)
}
