//! Events of the kernel, one for each processor and thread, and the ring of each processor.

use std::collections::HashSet;
use std::io;

use hotlist_formats::perf::Event;

use super::gates::{self, Whom};
use super::layout::Layout;
use super::ring::Ring;
use super::sys::{self, Attributes, EventFile, FORMAT_LOST, RingMemory, Waiting, flag};
use crate::error::{Error, Gate};
use crate::request::Stacks;

/// `PERF_TYPE_SOFTWARE` and `PERF_COUNT_SW_CPU_CLOCK`: a clock that every machine has, virtual ones too.
const CPU_CLOCK: (u32, u64) = (1, 0);

/// Rings of all processors together have no more bytes than this, if they have no less than [`USUAL_RING`] each.
const ALL_RINGS: usize = 32 << 20;
/// With 16 KiB a sample, so much comes in half a second at 999 samples a second.
const LARGEST_RING: usize = 8 << 20;
/// What users may lock by default for each processor.
const USUAL_RING: usize = 512 << 10;
/// Below this a ring holds too little.
const SMALLEST_RING: usize = 32 << 10;
/// When so much is in a ring, the recorder is woken.
const WAKEUP: u32 = 256 << 10;

/// So much of a stack is handed out by the kernel, at most and as a rule.
const WHOLE_STACK: u32 = 65_528;
const PART_OF_STACK: u32 = 16 << 10;

/// Open events and their rings.
#[derive(Debug)]
pub(super) struct Events {
    files: Vec<EventFile>,
    pub(super) rings: Vec<Ring>,
    /// The processor of each ring, and the row of the file that it belongs to.
    owners: Vec<(i32, usize)>,
    pub(super) layout: Layout,
    attributes: Attributes,
    ring_size: usize,
}

/// What is left out where a kernel cannot or may not.
#[derive(Clone, Copy, Debug)]
struct Wishes {
    kernel: bool,
    lost: bool,
    build_ids: bool,
}

/// How samples are to be taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sampling {
    pub(super) frequency: u32,
    pub(super) stacks: Stacks,
    /// Whether it is told when a thread gets a processor, and when it is taken away.
    pub(super) switches: bool,
    /// Whether mappings of data are told too: perf looks for tables of callers in them.
    pub(super) data_mappings: bool,
}

impl Sampling {
    fn layout(self, wishes: Wishes) -> Layout {
        let by_kernel = self.stacks == Stacks::FramePointers;
        let has_chain = by_kernel || wishes.kernel || self.has_both();
        Layout { has_chain, has_stack: !by_kernel }
    }

    /// Whether the kernel follows frame pointers beside, for callers that lie on another stack. What perf is to read has
    /// one of both only.
    fn has_both(self) -> bool {
        self.stacks != Stacks::FramePointers && !self.data_mappings
    }

    fn attributes(self, whom: Whom, wishes: Wishes) -> Attributes {
        let layout = self.layout(wishes);
        let mut flags = flag::MMAP
            | flag::MMAP2
            | flag::COMM
            | flag::COMM_EXEC
            | flag::TASK
            | flag::FREQUENCY
            | flag::WATERMARK
            | flag::TRAILERS
            | flag::CLOCK
            | flag::EXCLUDE_HYPERVISOR
            | flag::EXCLUDE_IDLE;
        let mut set = |condition: bool, bit: u64| {
            if condition {
                flags |= bit;
            }
        };
        set(whom == Whom::OwnChild, flag::DISABLED | flag::ENABLE_ON_EXEC);
        set(whom != Whom::Everyone, flag::INHERIT);
        set(!wishes.kernel, flag::EXCLUDE_KERNEL);
        set(wishes.build_ids, flag::BUILD_ID);
        set(self.switches, flag::CONTEXT_SWITCH);
        set(self.data_mappings, flag::MMAP_DATA);
        set(layout.has_stack && layout.has_chain && !self.has_both(), flag::EXCLUDE_USER_CHAIN);
        let user_stack = match self.stacks {
            Stacks::FramePointers => 0,
            Stacks::Auto => PART_OF_STACK,
            Stacks::Dwarf => WHOLE_STACK,
        };
        Attributes {
            kind: CPU_CLOCK.0,
            config: CPU_CLOCK.1,
            frequency: self.frequency.into(),
            sample_type: layout.sample_type(),
            read_format: if wishes.lost { FORMAT_LOST } else { 0 },
            flags,
            wakeup: WAKEUP,
            user_registers: layout.registers(),
            user_stack,
            clock: libc::CLOCK_MONOTONIC,
            ..Attributes::default()
        }
    }
}

impl Events {
    /// Opens them for the only thread of a child that has not begun, or for everyone.
    pub(super) fn open(sampling: Sampling, whom: Whom, thread: i32) -> Result<Events, Error> {
        let mut events = Events::none(sampling, whom, thread)?;
        events.first(whom, thread)?;
        events.checked(whom)
    }

    /// Opens them for all threads of a process. `forked` empties rings and returns the threads that were started
    /// meanwhile.
    pub(super) fn attach(
        sampling: Sampling,
        process: u32,
        forked: &mut dyn FnMut(&mut Events) -> HashSet<i32>,
    ) -> Result<Events, Error> {
        let whom = Whom::Process(process);
        let first = i32::try_from(process).map_err(|_| Gate::NoProcess { process })?;
        sys::raise_open_files();
        let mut events = Events::none(sampling, whom, first)?;
        let processors = processors();
        // A thread has the events of the one that started it, if that had them by then, which the kernel tells. Others
        // are found by looking again.
        let mut known = HashSet::from([first]);
        events.first(whom, first)?;
        loop {
            let mut new = threads(process);
            known.extend(forked(&mut events));
            new.retain(|thread| known.insert(*thread));
            if new.is_empty() {
                return events.checked(whom);
            }
            for thread in new {
                for &processor in &processors {
                    events.add(whom, thread, processor)?;
                }
            }
        }
    }

    /// Finds out what the kernel can and allows.
    fn none(sampling: Sampling, whom: Whom, thread: i32) -> Result<Events, Error> {
        gates::check_frequency(sampling.frequency)?;
        let processor = processors().first().copied().unwrap_or(0);
        let mut wishes = Wishes { kernel: true, lost: true, build_ids: true };
        loop {
            let attributes = sampling.attributes(whom, wishes);
            let error = match EventFile::open(&attributes, thread, processor) {
                Ok(_) => {
                    return Ok(Events {
                        files: Vec::new(),
                        rings: Vec::new(),
                        owners: Vec::new(),
                        layout: sampling.layout(wishes),
                        attributes,
                        ring_size: largest_ring(),
                    });
                }
                Err(error) => error,
            };
            match error.raw_os_error() {
                Some(libc::EACCES | libc::EPERM) if wishes.kernel => wishes.kernel = false,
                // Linux before 6.0 does not count what was lost, and before 5.12 knows no build ids.
                Some(libc::EINVAL) if wishes.lost => wishes.lost = false,
                Some(libc::EINVAL) if wishes.build_ids => wishes.build_ids = false,
                _ => return Err(gates::of_open(&error, whom, 1).into()),
            }
        }
    }

    fn add(&mut self, whom: Whom, thread: i32, processor: i32) -> Result<(), Error> {
        let file = match EventFile::open(&self.attributes, thread, processor) {
            Ok(file) => file,
            Err(error) => {
                return match error.raw_os_error() {
                    // A processor was switched off, or a thread has ended.
                    Some(libc::ENODEV) => Ok(()),
                    Some(libc::ESRCH) if matches!(whom, Whom::Process(_)) => Ok(()),
                    _ => Err(gates::of_open(&error, whom, self.files.len() + 1).into()),
                };
            }
        };
        self.place(file, processor)
    }

    /// Gives an event the ring of its processor.
    fn place(&mut self, file: EventFile, processor: i32) -> Result<(), Error> {
        if let Some((_, owner)) = self.owners.iter().find(|(of, _)| *of == processor) {
            file.write_to(&self.files[*owner]).map_err(failed("cannot share the ring of a processor"))?;
        } else {
            let memory = RingMemory::map(&file, self.ring_size).map_err(|error| gates::of_map(&error))?;
            self.owners.push((processor, self.files.len()));
            self.rings.push(Ring::new(memory));
        }
        self.files.push(file);
        Ok(())
    }

    /// Opens the events of the first thread, with rings that are equally large for all processors.
    fn first(&mut self, whom: Whom, thread: i32) -> Result<(), Error> {
        loop {
            let mut all = processors().into_iter();
            match all.try_for_each(|processor| self.add(whom, thread, processor)) {
                Err(Error::Refused(Gate::LockedMemory { .. })) if self.ring_size / 2 >= SMALLEST_RING => {
                    self.ring_size /= 2;
                    self.rings.clear();
                    self.owners.clear();
                    self.files.clear();
                }
                outcome => return outcome,
            }
        }
    }

    fn checked(self, whom: Whom) -> Result<Events, Error> {
        match whom {
            Whom::Process(process) if self.rings.is_empty() => Err(Gate::NoProcess { process }.into()),
            _ if self.rings.is_empty() => {
                Err(Gate::Other { error: "no processor is there".to_owned() }.into())
            }
            _ => Ok(self),
        }
    }

    /// Bytes of all rings.
    pub(super) fn ring_bytes(&self) -> usize {
        self.rings.len() * self.ring_size
    }

    /// Whether the kernel's own work is left out.
    pub(super) fn excludes_kernel(&self) -> bool {
        self.attributes.flags & flag::EXCLUDE_KERNEL != 0
    }

    /// The event of the samples.
    pub(super) fn event(&self) -> Event {
        let ids = self.files.iter().filter_map(|file| file.id().ok()).collect();
        self.layout.event(&self.attributes, ids)
    }

    /// The same as the kernel reads it.
    pub(super) fn attributes(&self) -> Vec<u8> {
        self.attributes.bytes()
    }

    /// Waits for records.
    pub(super) fn wait_for(&self, waiting: &mut Waiting) {
        for &(_, owner) in &self.owners {
            waiting.add(&self.files[owner]);
        }
    }

    /// Ends the counting.
    pub(super) fn disable(&self) {
        for file in &self.files {
            // A thread that has ended counts nothing anyway.
            let _ = file.disable();
        }
    }

    /// How many records had no room, where the kernel counts that by event.
    pub(super) fn lost(&self) -> u64 {
        match self.attributes.read_format {
            0 => 0,
            _ => self.files.iter().map(EventFile::lost).sum(),
        }
    }
}

/// How large a ring is where nothing limits it.
fn largest_ring() -> usize {
    let size = (ALL_RINGS / processors().len().max(1)).clamp(USUAL_RING, LARGEST_RING);
    1 << size.ilog2()
}

/// The processors that are at work.
fn processors() -> Vec<i32> {
    let list = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    let processors = numbers(list.trim());
    if processors.is_empty() {
        let count = std::thread::available_parallelism().map_or(1, |count| count.get() as i32);
        return (0..count).collect();
    }
    processors
}

/// The numbers of a list such as `0-3,5`.
fn numbers(list: &str) -> Vec<i32> {
    let mut numbers = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<i32>(), last.parse::<i32>()) {
            numbers.extend(first..=last);
        }
    }
    numbers
}

/// The threads of a process; none when it has ended.
pub(super) fn threads(process: u32) -> Vec<i32> {
    let entries = std::fs::read_dir(format!("/proc/{process}/task"));
    let names = entries.into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.parse().ok()).collect()
}

/// What failed, for the system's own words.
pub(crate) fn failed(what: &'static str) -> impl Fn(io::Error) -> Error {
    move |error| Error::Io { what, error }
}

#[cfg(test)]
mod tests {
    #[test]
    fn lists_of_processors() {
        assert_eq!(super::numbers("0-3,5"), [0, 1, 2, 3, 5]);
        assert_eq!(super::numbers("0"), [0]);
        assert_eq!(super::numbers(""), Vec::<i32>::new());
    }
}
