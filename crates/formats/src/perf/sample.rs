//! Samples and what other records end with, by the events they are of.

use super::event::{Event, sample_type};
use super::fields::{ByteOrder, Fields, Result, Words};

/// The events of a recording, and how their records are read.
#[derive(Debug)]
pub(super) struct Events {
    pub(super) all: Vec<Event>,
    by_id: std::collections::HashMap<u64, usize>,
    pub(super) order: ByteOrder,
}

/// A sample.
#[derive(Debug)]
pub(super) struct Sample<'a> {
    /// Its event.
    pub(super) event: usize,
    pub(super) instruction: Option<u64>,
    pub(super) pid: u32,
    pub(super) tid: u32,
    pub(super) time: u64,
    pub(super) cpu: Option<u32>,
    /// How much of the event it stands for.
    pub(super) period: u64,
    pub(super) call_chain: Option<Words<'a>>,
    pub(super) has_branches: bool,
    pub(super) registers: Option<SampledRegisters<'a>>,
    pub(super) stack: &'a [u8],
}

/// Registers of the interrupted user code.
#[derive(Clone, Copy, Debug)]
pub(super) struct SampledRegisters<'a> {
    /// Whether it is 64-bit code.
    pub(super) is_64: bool,
    pub(super) mask: u64,
    values: Words<'a>,
}

impl SampledRegisters<'_> {
    /// The register with this number, if it was sampled.
    pub(super) fn get(&self, number: u32) -> Option<u64> {
        let bit = 1_u64.checked_shl(number)?;
        if self.mask & bit == 0 {
            return None;
        }
        self.values.iter().nth((self.mask & (bit - 1)).count_ones() as usize)
    }
}

impl Events {
    pub(super) fn new(order: ByteOrder) -> Events {
        Events { all: Vec::new(), by_id: std::collections::HashMap::new(), order }
    }

    pub(super) fn push(&mut self, event: Event) {
        for &id in &event.ids {
            self.by_id.insert(id, self.all.len());
        }
        self.all.push(event);
    }

    /// The event of a sample; `None` when there is none with its number.
    fn of_sample(&self, body: &[u8]) -> Option<usize> {
        let [first, others @ ..] = &*self.all else { return None };
        if others.is_empty() {
            return Some(0);
        }
        let place = if first.has(sample_type::IDENTIFIER) {
            0
        } else if first.has(sample_type::ID) {
            let before = sample_type::IP | sample_type::TID | sample_type::TIME | sample_type::ADDR;
            (first.sample_type & before).count_ones() as usize * 8
        } else {
            return Some(0);
        };
        let id = self.order.u64(*body.get(place..)?.first_chunk()?);
        self.by_id.get(&id).copied()
    }

    /// When a record was written, by what it ends with; `None` when it does not tell.
    pub(super) fn time_of_other(&self, body: &[u8]) -> Option<u64> {
        let event = self.all.first().filter(|event| event.has_trailers)?;
        if !event.has(sample_type::TIME) {
            return None;
        }
        let behind = sample_type::ID | sample_type::STREAM_ID | sample_type::CPU | sample_type::IDENTIFIER;
        let from_end = 8 + (event.sample_type & behind).count_ones() as usize * 8;
        let place = body.len().checked_sub(from_end)?;
        Some(self.order.u64(*body[place..].first_chunk()?))
    }

    /// When a sample was taken.
    pub(super) fn time_of_sample(&self, body: &[u8]) -> Option<u64> {
        let event = &self.all[self.of_sample(body)?];
        if !event.has(sample_type::TIME) {
            return None;
        }
        let before = sample_type::IDENTIFIER | sample_type::IP | sample_type::TID;
        let place = (event.sample_type & before).count_ones() as usize * 8;
        Some(self.order.u64(*body.get(place..)?.first_chunk()?))
    }

    /// Reads a sample; `None` when it is of no event that is known.
    pub(super) fn sample<'a>(&self, body: &'a [u8]) -> Result<Option<Sample<'a>>> {
        let Some(row) = self.of_sample(body) else { return Ok(None) };
        let event = &self.all[row];
        let mut fields = Fields::new(body, self.order);
        let has = |bit| event.has(bit);
        let mut sample = Sample {
            event: row,
            instruction: None,
            pid: u32::MAX,
            tid: u32::MAX,
            time: 0,
            cpu: None,
            period: event.period.unwrap_or(1),
            call_chain: None,
            has_branches: false,
            registers: None,
            stack: &[],
        };
        if has(sample_type::IDENTIFIER) {
            fields.u64()?;
        }
        if has(sample_type::IP) {
            sample.instruction = Some(fields.u64()?);
        }
        if has(sample_type::TID) {
            (sample.pid, sample.tid) = (fields.u32()?, fields.u32()?);
        }
        if has(sample_type::TIME) {
            sample.time = fields.u64()?;
        }
        for bit in [sample_type::ADDR, sample_type::ID, sample_type::STREAM_ID] {
            if has(bit) {
                fields.u64()?;
            }
        }
        if has(sample_type::CPU) {
            sample.cpu = Some(fields.u32()?);
            fields.u32()?;
        }
        if has(sample_type::PERIOD) {
            sample.period = fields.u64()?;
        }
        if has(sample_type::READ) {
            skip_counts(event.read_format, &mut fields)?;
        }
        if has(sample_type::CALLCHAIN) {
            let count = fields.u64()?;
            sample.call_chain = Some(fields.words(count)?);
        }
        if has(sample_type::RAW) {
            let size = fields.u32()? as usize;
            fields.bytes(size)?;
        }
        if has(sample_type::BRANCH_STACK) {
            sample.has_branches = skip_branches(event.branch_fields, &mut fields)?;
        }
        if has(sample_type::REGS_USER) {
            const IS_64: u64 = 2;
            let kind = fields.u64()?;
            if kind != 0 {
                let mask = event.user_registers;
                let values = fields.words(mask.count_ones().into())?;
                sample.registers = Some(SampledRegisters { is_64: kind == IS_64, mask, values });
            }
        }
        if has(sample_type::STACK_USER) {
            let size = usize::try_from(fields.u64()?).map_err(|_| "a record ends too early")?;
            let stack = fields.bytes(size)?;
            if size > 0 {
                let used = usize::try_from(fields.u64()?).unwrap_or(usize::MAX);
                sample.stack = &stack[..used.min(size)];
            }
        }
        Ok(Some(sample))
    }
}

/// Passes over counts: one, or those of a group.
fn skip_counts(format: u64, fields: &mut Fields<'_>) -> Result<()> {
    const TIMES: u64 = 1 | 2;
    const ID: u64 = 4;
    const GROUP: u64 = 8;
    const LOST: u64 = 16;
    let times = u64::from((format & TIMES).count_ones());
    let each = 1 + u64::from((format & (ID | LOST)).count_ones());
    let words = match format & GROUP {
        0 => Some(times + each),
        _ => fields.u64()?.checked_mul(each).and_then(|words| words.checked_add(times)),
    };
    fields.words(words.ok_or("a record ends too early")?)?;
    Ok(())
}

/// Passes over what the processor knows of branches; says whether there are any.
fn skip_branches(branch_fields: u64, fields: &mut Fields<'_>) -> Result<bool> {
    const INDEX: u64 = 1 << 17;
    const COUNTERS: u64 = 1 << 19;
    /// From, to, flags.
    const WORDS: u64 = 3;
    let count = fields.u64()?;
    if branch_fields & INDEX != 0 {
        fields.u64()?;
    }
    fields.words(count.checked_mul(WORDS).ok_or("a record ends too early")?)?;
    if branch_fields & COUNTERS != 0 {
        fields.words(count)?;
    }
    Ok(count > 0)
}
