//! Events that were counted: `struct perf_event_attr` of `linux/perf_event.h`.

use super::fields::{Fields, Result};

/// Bits of [`Event::sample_type`] (`enum perf_event_sample_format`), in the order in which a sample has the fields.
pub mod sample_type {
    #![expect(missing_docs, reason = "named as in linux/perf_event.h")]
    pub const IP: u64 = 1 << 0;
    pub const TID: u64 = 1 << 1;
    pub const TIME: u64 = 1 << 2;
    pub const ADDR: u64 = 1 << 3;
    pub const READ: u64 = 1 << 4;
    pub const CALLCHAIN: u64 = 1 << 5;
    pub const ID: u64 = 1 << 6;
    pub const CPU: u64 = 1 << 7;
    pub const PERIOD: u64 = 1 << 8;
    pub const STREAM_ID: u64 = 1 << 9;
    pub const RAW: u64 = 1 << 10;
    pub const BRANCH_STACK: u64 = 1 << 11;
    pub const REGS_USER: u64 = 1 << 12;
    pub const STACK_USER: u64 = 1 << 13;
    pub const IDENTIFIER: u64 = 1 << 16;
}

/// `PERF_TYPE_SOFTWARE`.
const SOFTWARE: u32 = 1;
/// `PERF_COUNT_SW_DUMMY`.
const DUMMY: u64 = 9;

/// An event that samples were taken of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Event {
    /// Its name, such as `cycles`; empty where nobody gave it one.
    pub name: String,
    /// Which events there are (`PERF_TYPE_…`).
    pub kind: u32,
    /// Which one of these.
    pub config: u64,
    /// How much of it is between two samples, where that is fixed.
    pub period: Option<u64>,
    /// How often a second samples are to be taken, where that is fixed.
    pub frequency: Option<u64>,
    /// Which fields samples have, see [`sample_type`].
    pub sample_type: u64,
    /// Which fields counts have (`PERF_FORMAT_…`).
    pub read_format: u64,
    /// Whether records other than samples end with the fields that tell when and where they are from.
    pub has_trailers: bool,
    /// Which registers samples have, a bit for each.
    pub user_registers: u64,
    /// What else of branches samples have (`PERF_SAMPLE_BRANCH_…`).
    pub branch_fields: u64,
    /// The numbers by which its records name it.
    pub ids: Vec<u64>,
}

impl Event {
    /// Reads a `perf_event_attr`, which tells its own size.
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Event> {
        /// The size of its first version.
        const SMALLEST: usize = 64;
        let mut sizes = fields.clone();
        sizes.u32()?;
        let size = sizes.u32()? as usize;
        // Old writers left out its size.
        let size = if size == 0 { SMALLEST } else { size };
        if size < SMALLEST {
            return Err(format!("an event is described in {size} bytes"));
        }
        let mut fields = Fields::new(fields.bytes(size)?, fields.order());
        let (kind, _) = (fields.u32()?, fields.u32()?);
        let config = fields.u64()?;
        let period_or_frequency = fields.u64()?;
        let (sample_type, read_format) = (fields.u64()?, fields.u64()?);
        let flags = fields.flags()?;
        // wakeup, type of a breakpoint, two more words of configuration
        fields.bytes(4 + 4 + 8)?;
        // Later versions have more.
        fields.bytes(8.min(fields.rest().len()))?;
        let branch_fields = fields.u64().unwrap_or(0);
        let user_registers = fields.u64().unwrap_or(0);
        let (frequency, period) = match flags >> 10 & 1 {
            1 => (Some(period_or_frequency), None),
            _ => (None, Some(period_or_frequency)),
        };
        Ok(Event {
            name: String::new(),
            kind,
            config,
            period,
            frequency,
            sample_type,
            read_format,
            has_trailers: flags >> 18 & 1 == 1,
            user_registers,
            branch_fields,
            ids: Vec::new(),
        })
    }

    /// Whether samples have the fields of these bits.
    pub fn has(&self, fields: u64) -> bool {
        self.sample_type & fields == fields
    }

    /// Whether it counts nanoseconds: `cpu-clock` and `task-clock`.
    pub fn is_clock(&self) -> bool {
        self.kind == SOFTWARE && self.config <= 1
    }

    /// Whether it counts nothing: writers use it to learn of processes and mappings.
    pub fn is_dummy(&self) -> bool {
        self.kind == SOFTWARE && self.config == DUMMY
    }

    /// What people call it.
    pub fn title(&self) -> String {
        const HARDWARE: &[&str] = &[
            "cycles",
            "instructions",
            "cache-references",
            "cache-misses",
            "branches",
            "branch-misses",
            "bus-cycles",
            "stalled-cycles-frontend",
            "stalled-cycles-backend",
            "ref-cycles",
        ];
        const OF_SOFTWARE: &[&str] = &[
            "cpu-clock",
            "task-clock",
            "page-faults",
            "context-switches",
            "cpu-migrations",
            "minor-faults",
            "major-faults",
            "alignment-faults",
            "emulation-faults",
            "dummy",
            "bpf-output",
            "cgroup-switches",
        ];
        if !self.name.is_empty() {
            return self.name.clone();
        }
        let names = match self.kind {
            0 => HARDWARE,
            SOFTWARE => OF_SOFTWARE,
            _ => &[],
        };
        let name = usize::try_from(self.config).ok().and_then(|config| names.get(config));
        name.map_or_else(|| format!("event-{}-{:#x}", self.kind, self.config), |&name| name.to_owned())
    }
}
