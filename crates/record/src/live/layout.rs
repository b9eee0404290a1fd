//! Which fields the kernel's records have, as they are asked for.

use hotlist_formats::perf::{Event, kind, sample_type};

use super::ring::HEADER;
use super::sys::Attributes;

/// Fields that all samples have, in this order: the number of the event, the instruction, the thread, the time, the
/// period. Other records end with the thread, the time and the number.
const ALWAYS: u64 =
    sample_type::IDENTIFIER | sample_type::IP | sample_type::TID | sample_type::TIME | sample_type::PERIOD;

/// How many bytes these fields have.
const ALWAYS_BYTES: usize = 5 * 8;

/// Records beyond those that a decoder knows (`linux/perf_event.h`).
pub(super) const EXIT: u32 = 4;
pub(super) const THROTTLE: u32 = 5;

/// Registers that lead to the caller: frame pointer, stack pointer, instruction; on aarch64 the link too
/// (`arch/*/include/uapi/asm/perf_regs.h`).
pub(super) const REGISTERS: u64 = if cfg!(target_arch = "x86_64") {
    1 << 6 | 1 << 7 | 1 << 8
} else {
    1 << 29 | 1 << 30 | 1 << 31 | 1 << 32
};

/// The fields of samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    pub(super) has_chain: bool,
    pub(super) has_stack: bool,
}

/// The kind of a record with its header.
pub(super) fn kind_of(record: &[u8]) -> u32 {
    word(record, 0) as u32
}

/// The word at `place`; 0 where there is none.
pub(super) fn word(record: &[u8], place: usize) -> u64 {
    let bytes = record.get(place..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
}

/// When a record was written.
pub(super) fn time_of(record: &[u8]) -> u64 {
    match kind_of(record) {
        kind::SAMPLE => word(record, HEADER + 3 * 8),
        _ => word(record, record.len().saturating_sub(2 * 8)),
    }
}

impl Layout {
    pub(super) fn sample_type(self) -> u64 {
        let chain = if self.has_chain { sample_type::CALLCHAIN } else { 0 };
        let stack = if self.has_stack { sample_type::REGS_USER | sample_type::STACK_USER } else { 0 };
        ALWAYS | chain | stack
    }

    pub(super) fn registers(self) -> u64 {
        if self.has_stack { REGISTERS } else { 0 }
    }

    /// The event as a decoder knows it.
    pub(super) fn event(self, attributes: &Attributes, ids: Vec<u64>) -> Event {
        Event {
            name: "cpu".to_owned(),
            kind: attributes.kind,
            config: attributes.config,
            frequency: Some(attributes.frequency),
            sample_type: attributes.sample_type,
            has_trailers: true,
            user_registers: attributes.user_registers,
            ids,
            ..Event::default()
        }
    }

    /// Appends a record to `bytes`, of a stack only what there was of it: the kernel hands out as much as was asked
    /// for, and says behind it how much of that it has written.
    pub(super) fn append(self, record: &[u8], bytes: &mut Vec<u8>) {
        let Some(stack) = self.stack_place(record) else {
            bytes.extend_from_slice(record);
            return;
        };
        let size = word(record, stack) as usize;
        let used = word(record, record.len() - 8).min(size as u64).next_multiple_of(8) as usize;
        let start = bytes.len();
        let content = stack + 8;
        bytes.extend_from_slice(&record[..stack]);
        bytes.extend_from_slice(&(used as u64).to_ne_bytes());
        bytes.extend_from_slice(&record[content..content + used]);
        if used > 0 {
            bytes.extend_from_slice(&record[record.len() - 8..]);
        }
        let length = (bytes.len() - start) as u16;
        bytes[start + 6..start + HEADER].copy_from_slice(&length.to_ne_bytes());
    }

    /// Where the size of the stack stands in a sample with one.
    fn stack_place(self, record: &[u8]) -> Option<usize> {
        if !self.has_stack || kind_of(record) != kind::SAMPLE {
            return None;
        }
        let mut place = HEADER + ALWAYS_BYTES;
        if self.has_chain {
            let count = usize::try_from(word(record, place)).ok()?;
            place = place.checked_add(count.checked_mul(8)?)?.checked_add(8)?;
        }
        let has_registers = word(record, place) != 0;
        place = place.checked_add(8)?;
        if has_registers {
            place += REGISTERS.count_ones() as usize * 8;
        }
        let size = usize::try_from(word(record, place)).ok()?;
        // The size, the content, how much of it was written.
        let is_whole = size % 8 == 0 && place.checked_add(size)?.checked_add(16)? == record.len();
        (size > 0 && is_whole).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(words: &[u64]) -> Vec<u8> {
        let size = HEADER + words.len() * 8;
        let header = u64::from(kind::SAMPLE) | (size as u64) << 48;
        [&[header], words].concat().iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    #[test]
    fn stacks_are_kept_as_far_as_they_were_written() {
        let layout = Layout { has_chain: true, has_stack: true };
        let registers = [7; REGISTERS.count_ones() as usize];
        let front = [&[1, 2, 3, 4, 5, 2, 100, 200, 2][..], &registers].concat();
        let check = |stack: &[u64], expected: &[u64]| {
            let mut bytes = vec![9];
            layout.append(&sample(&[&front[..], stack].concat()), &mut bytes);
            assert_eq!(bytes[1..], sample(&[&front[..], expected].concat()), "{stack:?}");
        };
        check(&[24, 10, 20, 30, 24], &[24, 10, 20, 30, 24]);
        check(&[24, 10, 20, 0, 16], &[16, 10, 20, 16]);
        check(&[24, 10, 0, 0, 3], &[8, 10, 3]);
        check(&[24, 0, 0, 0, 0], &[0]);
        check(&[0], &[0]);
        // What makes no sense is left as it is.
        check(&[32, 10, 20, 30, 24], &[32, 10, 20, 30, 24]);
        assert_eq!(time_of(&sample(&front)), 4);
    }
}
