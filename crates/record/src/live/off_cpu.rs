//! Time in which threads wait: from when the kernel took the processor away from a thread that had no use for it, until
//! it gave it back. The stack is looked at while the thread waits, from outside.

use std::collections::HashMap;

use hotlist_formats::perf::{Event, kind, sample_type};

use super::layout::{REGISTERS, word};
use super::ring::HEADER;
use super::sorter::Batch;
use super::sys;

/// The number of the event in its records; those of the kernel are counted from 1.
const EVENT: u64 = u64::MAX - 1;

/// Threads that wait for less are not looked at.
const SHORTEST: u64 = 1_000_000;

/// How much of a stack is looked at.
const MOST_STACK: usize = 16 << 10;

/// Flags of records of switches (`linux/perf_event.h`).
const OUT: u16 = 1 << 13;
const PREEMPTED: u16 = 1 << 14;

/// The event of the samples that are made here.
pub(super) fn event() -> Event {
    /// `PERF_TYPE_SOFTWARE` and `PERF_COUNT_SW_TASK_CLOCK`, so that it is known to count nanoseconds.
    const CLOCK: (u32, u64) = (1, 1);
    Event {
        name: "off_cpu".to_owned(),
        kind: CLOCK.0,
        config: CLOCK.1,
        sample_type: sample_type::IDENTIFIER
            | sample_type::TID
            | sample_type::TIME
            | sample_type::PERIOD
            | sample_type::REGS_USER
            | sample_type::STACK_USER,
        has_trailers: true,
        user_registers: REGISTERS,
        ids: vec![EVENT],
        ..Event::default()
    }
}

/// What the threads do.
#[derive(Debug, Default)]
pub(super) struct OffCpu {
    /// Switches that were read in this round; those of different processors are not in the order of time.
    switches: Vec<Switch>,
    waiting: HashMap<u32, Wait>,
    /// When each thread was last given a processor.
    running_since: HashMap<u32, u64>,
}

#[derive(Clone, Copy, Debug)]
struct Switch {
    time: u64,
    process: u32,
    thread: u32,
    flags: u16,
}

/// A thread that waits.
#[derive(Debug)]
struct Wait {
    process: u32,
    since: u64,
    /// Looked at once for each wait; `None` until then, or where it cannot be.
    stack: Option<Stack>,
    was_looked_at: bool,
}

#[derive(Debug)]
struct Stack {
    instruction: u64,
    pointer: u64,
    bytes: Vec<u8>,
}

impl OffCpu {
    /// Takes the record of a switch.
    pub(super) fn switch(&mut self, record: &[u8]) {
        let Some(trailer) = record.len().checked_sub(3 * 8) else { return };
        let ids = word(record, trailer);
        let time = word(record, trailer + 8);
        let flags = (word(record, 0) >> 32) as u16;
        self.switches.push(Switch { time, process: ids as u32, thread: (ids >> 32) as u32, flags });
    }

    /// A thread that waits from before the recording.
    pub(super) fn waits_already(&mut self, process: u32, thread: u32, since: u64) {
        self.waiting.insert(thread, Wait { process, since, stack: None, was_looked_at: false });
    }

    /// The rings were read, from `began` on: adds samples for those that have ended to wait, and looks at those that
    /// wait. Of what came while they were read something may be missing, so that waits for the next round.
    pub(super) fn round(&mut self, began: u64, batch: &mut Batch) {
        self.switches.sort_by_key(|switch| switch.time);
        let late = self.switches.split_off(self.switches.partition_point(|switch| switch.time < began));
        for switch in std::mem::replace(&mut self.switches, late) {
            let Switch { time, process, thread, flags } = switch;
            if flags & OUT == 0 {
                self.running_since.insert(thread, time);
                if let Some(wait) = self.waiting.remove(&thread) {
                    wait.push(thread, time, batch);
                }
            } else if flags & PREEMPTED == 0 && self.running_since.get(&thread).is_none_or(|&it| it <= time) {
                self.waiting.insert(thread, Wait { process, since: time, stack: None, was_looked_at: false });
            }
        }
        for (thread, wait) in &mut self.waiting {
            if !wait.was_looked_at && began.saturating_sub(wait.since) >= SHORTEST {
                wait.was_looked_at = true;
                wait.stack = Stack::of(wait.process, *thread);
            }
        }
    }

    /// A thread has ended.
    pub(super) fn exit(&mut self, thread: u32) {
        self.waiting.remove(&thread);
        self.running_since.remove(&thread);
    }

    /// The recording ends: what still waits has waited until now.
    pub(super) fn finish(&mut self, now: u64, batch: &mut Batch) {
        for (thread, wait) in self.waiting.drain() {
            wait.push(thread, now, batch);
        }
    }
}

impl Wait {
    /// Adds the sample of a wait that has ended at `time`.
    fn push(self, thread: u32, time: u64, batch: &mut Batch) {
        const USER: u16 = 2;
        const IS_64: u64 = 2;
        let waited = time.saturating_sub(self.since);
        let ids = u64::from(self.process) | u64::from(thread) << 32;
        let mut words = vec![0, EVENT, ids, time, waited];
        let bytes = match &self.stack {
            Some(Stack { instruction, pointer, bytes }) => {
                let frame = frame_pointer(*pointer, bytes);
                words.extend([IS_64, frame]);
                // The link register is behind the frame pointer; it was saved before the kernel was called.
                words.extend((REGISTERS.count_ones() == 4).then_some(0));
                words.extend([*pointer, *instruction, bytes.len() as u64]);
                &bytes[..]
            }
            None => {
                words.extend([0, 0]);
                &[]
            }
        };
        let mut record: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        record.extend_from_slice(bytes);
        if !bytes.is_empty() {
            record.extend_from_slice(&(bytes.len() as u64).to_ne_bytes());
        }
        let header = u64::from(kind::SAMPLE) | u64::from(USER) << 32 | (record.len() as u64) << 48;
        record[..HEADER].copy_from_slice(&header.to_ne_bytes());
        batch.push_at(time, &record);
    }
}

impl Stack {
    /// The stack of a thread that waits; `None` when it runs again, or may not be looked at.
    fn of(process: u32, thread: u32) -> Option<Stack> {
        let text = std::fs::read_to_string(format!("/proc/{process}/task/{thread}/syscall")).ok()?;
        // The number of the call, its arguments, stack pointer and instruction; or "running".
        let mut words = text.split_whitespace().rev();
        let mut word = || u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
        let (instruction, pointer) = (word()?, word()?);
        let mut bytes = vec![0; MOST_STACK];
        // At the end of a stack there is less.
        let count = [MOST_STACK, 4096 - (pointer as usize & 4095)].into_iter().find_map(|size| {
            sys::read_memory(process, pointer, &mut bytes[..size]).ok().filter(|&count| count >= 8)
        })?;
        bytes.truncate(count & !7);
        Some(Stack { instruction, pointer, bytes })
    }
}

/// The frame pointer of a thread that waits, which the system does not tell. Code that waits for the kernel rarely uses
/// that register, so it is still that of the innermost function with a frame pointer: where the stack holds the next one
/// and, behind it, a return address. 0 where there is nothing like it.
fn frame_pointer(pointer: u64, bytes: &[u8]) -> u64 {
    /// Functions with larger frames are rare.
    const LARGEST_FRAME: u64 = 1 << 16;
    let word = |address: u64| -> Option<u64> {
        let place = usize::try_from(address.checked_sub(pointer)?).ok()?;
        Some(u64::from_ne_bytes(*bytes.get(place..)?.first_chunk()?))
    };
    let is_frame = |frame: u64| -> Option<u64> {
        let (next, caller) = (word(frame)?, word(frame + 8)?);
        let is_further = next > frame + 8 && next - frame < LARGEST_FRAME && next % 8 == 0;
        let is_code = (1 << 16..1 << 47).contains(&caller) && caller.abs_diff(frame) > LARGEST_FRAME;
        (is_further && is_code).then_some(next)
    };
    let places = (0..bytes.len() as u64 / 8).map(|place| pointer + place * 8);
    places
        .into_iter()
        .find(|&frame| {
            is_frame(frame)
                .is_some_and(|next| is_frame(next).is_some() || word(next).is_none() || word(next) == Some(0))
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_pointers_are_found_on_stacks() {
        let code = 0x40_0000_u64;
        let words = [7, 0x7018, code, 0x7030, code + 8, 1, 0x7048, code + 16, 2, 0, code + 24];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        assert_eq!(frame_pointer(0x7000, &bytes), 0x7008);
        assert_eq!(frame_pointer(0x7000, &bytes[..8]), 0);
    }
}
