//! Following the rules from frame to frame.

use super::cache;
use super::eh_frame;
use super::module;
use super::registers::Registers;
use super::rescue;
use super::rule::{Cfa, FrameRule, Rule, Saved};
use super::stack::{Stack, StackBounds};

/// Whether a walk reached the outermost frame it could.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Depth {
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
/// The first is `registers.instruction` itself. All others lie inside the call instruction (one byte
/// before the return address), which is what names the right line and the right inlined function.
pub(crate) fn walk(registers: Registers, bounds: StackBounds, frames: &mut [u64]) -> (usize, Depth) {
    let mut stack = Stack::above(registers.stack_pointer, bounds);
    let mut at = registers;
    let mut is_exact = true;
    for (count, frame) in frames.iter_mut().enumerate() {
        let address = if is_exact { at.instruction } else { at.instruction - 1 };
        *frame = address;
        let rule = rule_at(address);
        match step(rule, at, &mut stack, count == 0) {
            Step::Caller(caller) => at = caller,
            Step::Root => return (count + 1, Depth::Whole),
            Step::Lost => return (count + 1, Depth::Lost),
        }
        is_exact = rule == Rule::SignalFrame;
    }
    (frames.len(), Depth::Cut)
}

fn rule_at(address: u64) -> Rule {
    if let Some(rule) = cache::lookup(address) {
        return rule;
    }
    let found = module::unwind_table(address)
        .and_then(|(section, header)| eh_frame::rule(section, header, address))
        .unwrap_or(Rule::FramePointer);
    cache::remember(address, found);
    found
}

fn step(rule: Rule, at: Registers, stack: &mut Stack, is_first: bool) -> Step {
    let caller = match rule {
        Rule::End => return Step::Root,
        Rule::Frame(rule) => step_by_table(rule, at, stack),
        // Start-up code clears the frame pointer, to mark the outermost frame (System V ABI, 3.4.1).
        Rule::FramePointer if at.frame_pointer == 0 && !is_first => return Step::Root,
        Rule::FramePointer => rescue::step(at, stack, is_first).or_else(|| step_by_frame_pointer(at, stack)),
        Rule::SignalFrame => step_over_signal(at, stack),
    };
    let Some(caller) = caller else { return Step::Lost };
    // The outermost frame of a thread often returns to zero.
    if caller.instruction == 0 {
        return Step::Root;
    }
    // Only the leaf may have no frame at all, where return addresses come in a register.
    let is_further = caller.stack_pointer > at.stack_pointer
        || is_first && caller.stack_pointer == at.stack_pointer && cfg!(target_arch = "aarch64");
    if is_further && is_code(caller.instruction) { Step::Caller(caller) } else { Step::Lost }
}

fn step_by_table(rule: FrameRule, at: Registers, stack: &mut Stack) -> Option<Registers> {
    let plus = |base: u64, offset: i32| base.wrapping_add(i64::from(offset) as u64);
    let cfa = match rule.cfa {
        Cfa::StackPointer(offset) => plus(at.stack_pointer, offset),
        Cfa::FramePointer(offset) => plus(at.frame_pointer, offset),
        Cfa::AtFramePointer(offset) => stack.read(plus(at.frame_pointer, offset))?,
        Cfa::LinkageStub(from) => {
            let is_pushed = at.instruction & 15 >= from as u64;
            at.stack_pointer.wrapping_add(if is_pushed { 16 } else { 8 })
        }
    };
    let mut value = |saved, register| match saved {
        Saved::InRegister => Some(register),
        Saved::AtCfa(offset) => stack.read(plus(cfa, offset)),
        Saved::AtFramePointer(offset) => stack.read(plus(at.frame_pointer, offset)),
    };
    // In an epilogue the table still names the place of a register that was already popped; the place
    // is then below the stack pointer, and the register holds the caller's value again.
    let is_popped =
        matches!(rule.frame_pointer, Saved::AtCfa(offset) if plus(cfa, offset) < at.stack_pointer);
    let frame_pointer = if is_popped { Saved::InRegister } else { rule.frame_pointer };
    Some(Registers {
        instruction: without_signature(value(rule.return_address, at.link)?),
        stack_pointer: cfa,
        frame_pointer: value(frame_pointer, at.frame_pointer)?,
        link: 0,
    })
}

/// Both architectures keep the caller's frame pointer and the return address side by side.
fn step_by_frame_pointer(at: Registers, stack: &mut Stack) -> Option<Registers> {
    let frame = at.frame_pointer;
    if frame < at.stack_pointer {
        return None;
    }
    Some(Registers {
        frame_pointer: stack.read(frame)?,
        instruction: without_signature(stack.read(frame.wrapping_add(8))?),
        stack_pointer: frame.wrapping_add(16),
        link: 0,
    })
}

/// The kernel's frame holds the interrupted registers: on x86-64 a `ucontext` right at the stack
/// pointer, on aarch64 one after the 128 bytes of a `siginfo`.
fn step_over_signal(at: Registers, stack: &mut Stack) -> Option<Registers> {
    let mut word = |offset: u64| stack.read(at.stack_pointer.wrapping_add(offset));
    if cfg!(target_arch = "x86_64") {
        // uc_flags, uc_link, uc_stack (40 bytes in all), then r8..r15, rdi, rsi, rbp, rbx, rdx, rax,
        // rcx, rsp, rip.
        Some(Registers {
            frame_pointer: word(40 + 10 * 8)?,
            stack_pointer: word(40 + 15 * 8)?,
            instruction: word(40 + 16 * 8)?,
            link: 0,
        })
    } else {
        // uc_flags, uc_link, uc_stack, uc_sigmask with padding to 128 bytes, alignment to 16, then
        // fault_address, x0..x30, sp, pc.
        let registers = 128 + 176 + 8;
        Some(Registers {
            frame_pointer: word(registers + 29 * 8)?,
            link: word(registers + 30 * 8)?,
            stack_pointer: word(registers + 31 * 8)?,
            instruction: word(registers + 32 * 8)?,
        })
    }
}

/// Return addresses of aarch64 may carry a signature in their upper bits (pointer authentication).
fn without_signature(address: u64) -> u64 {
    if cfg!(target_arch = "aarch64") { address & 0x0000_ffff_ffff_ffff } else { address }
}

/// Whether user code may be at `address`. The first page never holds any.
fn is_code(address: u64) -> bool {
    (4096..1 << 48).contains(&address)
}
