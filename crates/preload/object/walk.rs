//! The callers of an allocation.

use hotlist_unwind::{Cache, Code, Depth, Memory, Native, PackedRule, Registers, Rule, rule_by_header, walk};

use crate::layout::{ADDRESS_BITS, TRUNCATED};
use crate::live::Tables;
use crate::objects::{self, Found};
use crate::sys;

/// Frames of a stack at most; the rest, towards the root, is cut off.
const DEEPEST: usize = 256;

/// Words of a stack: frames, and the mark of one that was cut.
pub(crate) const WORDS: usize = DEEPEST + 1;

static CACHE: Cache = Cache::new();

/// Writes the frames of the caller of the allocator, the leaf first; says how many words that are.
#[inline(never)]
pub(crate) fn callers(tables: Tables, words: &mut [u64; WORDS]) -> usize {
    if tables.has_no_objects() {
        // Readers want to know it, whether frames are in it or not.
        if let Some(program) = objects::program() {
            program.number(tables, || ());
        }
    }
    let mut program = ThisProcess { tables, last: None, numbers: [0; DEEPEST], count: 0 };
    let (frames, last) = words.split_at_mut(DEEPEST);
    let registers = registers_here();
    let mut stack = Stack { low: registers.stack_pointer, readable_page: u64::MAX };
    let (count, depth) = walk::<Native>(registers, &mut program, &mut stack, frames);
    let own = objects::find(callers as *const () as u64);
    let is_own = |address: u64| own.is_some_and(|own| (own.start..own.end).contains(&address));
    let skipped = frames[..count].iter().take_while(|&&frame| is_own(frame)).count();
    // Without the loader's help these functions are told by the number of their frames.
    let skipped = if own.is_some() { skipped } else { count.min(3) };
    for (frame, &number) in frames[..count].iter_mut().zip(&program.numbers) {
        *frame = *frame & ((1 << ADDRESS_BITS) - 1) | u64::from(number) << ADDRESS_BITS;
    }
    if depth != Depth::Whole {
        match frames.get_mut(count) {
            Some(word) => *word = TRUNCATED,
            None => last[0] = TRUNCATED,
        }
    }
    let end = count + usize::from(depth != Depth::Whole);
    words.copy_within(skipped..end, 0);
    end - skipped
}

/// The code of this process, whose tables are in its memory.
struct ThisProcess {
    tables: Tables,
    /// The object that was asked for last, with its number.
    last: Option<(Found, u16)>,
    numbers: [u16; DEEPEST],
    count: usize,
}

impl Code for ThisProcess {
    fn rule(&mut self, address: u64) -> PackedRule {
        let is_last = |&(found, _): &(Found, u16)| (found.start..found.end).contains(&address);
        let object = self.last.filter(is_last).or_else(|| {
            let found = objects::find(address)?;
            // Where another library was, its rules are no longer true.
            let number = found.number(self.tables, || CACHE.forget());
            Some((found, number as u16))
        });
        self.last = object.or(self.last);
        if let Some(place) = self.numbers.get_mut(self.count) {
            *place = object.map_or(0, |(_, number)| number);
        }
        self.count += 1;
        if let Some(known) = CACHE.lookup(address) {
            return known;
        }
        // Code without an object is that of a just-in-time compiler, which may be replaced.
        let Some((object, _)) = object else { return Rule::FramePointer.into() };
        let rule = object
            .table()
            .and_then(|(section, header)| rule_by_header::<Native>(section, header, address))
            .unwrap_or(Rule::FramePointer)
            .into();
        CACHE.remember(address, rule);
        rule
    }
}

/// The stack of this thread, wherever that is. Each page is probed before it is read, as nothing is known about it.
struct Stack {
    low: u64,
    readable_page: u64,
}

impl Memory for Stack {
    fn word(&mut self, address: u64) -> Option<u64> {
        /// No stack is larger.
        const LARGEST: u64 = 1 << 30;
        const PAGE: u64 = 4096;
        if !address.is_multiple_of(8) || address < self.low || address - self.low > LARGEST {
            return None;
        }
        let page = address & !(PAGE - 1);
        if page != self.readable_page {
            if !sys::is_readable(address) {
                return None;
            }
            self.readable_page = page;
        }
        // SAFETY: the address is aligned, so its eight bytes are on one page, and that was just found readable.
        Some(unsafe { (address as *const u64).read_volatile() })
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn registers_here() -> Registers {
    let (instruction, stack_pointer, frame_pointer): (u64, u64, u64);
    // SAFETY: only reads registers.
    unsafe {
        core::arch::asm!(
            "lea {ip}, [rip]",
            "mov {sp}, rsp",
            "mov {fp}, rbp",
            ip = out(reg) instruction,
            sp = out(reg) stack_pointer,
            fp = out(reg) frame_pointer,
            options(nomem, nostack, preserves_flags)
        );
    }
    Registers { instruction, stack_pointer, frame_pointer, link: 0 }
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn registers_here() -> Registers {
    let (instruction, stack_pointer, frame_pointer, link): (u64, u64, u64, u64);
    // SAFETY: only reads registers.
    unsafe {
        core::arch::asm!(
            "adr {ip}, .",
            "mov {sp}, sp",
            "mov {fp}, x29",
            "mov {lr}, x30",
            ip = out(reg) instruction,
            sp = out(reg) stack_pointer,
            fp = out(reg) frame_pointer,
            lr = out(reg) link,
            options(nomem, nostack, preserves_flags)
        );
    }
    Registers { instruction, stack_pointer, frame_pointer, link }
}
