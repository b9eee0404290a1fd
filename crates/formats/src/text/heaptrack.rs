//! Recordings of heaptrack, as `heaptrack` leaves them (packed by zstd or gzip).
//!
//! ```text
//! v 10400 3                        heaptrack's version and that of the format; all numbers are hexadecimal
//! s 9 alloc_big                    a string and its length
//! i 55b8cd88a4ed 1 16 15 13        an instruction: address, module, and function, file, line of each inlined call
//! t 9 8                            a stack: an instruction and the stack of its callers
//! a 186a0 9                        a kind of allocation: bytes and stack
//! + 1                              one of this kind
//! - 1                              one less
//! c 3a                             milliseconds since the start
//! ```
//! Strings, instructions and stacks count from 1, where 0 is none, and kinds of allocations from 0. The innermost of
//! inlined functions comes first. Source: heaptrack, `src/analyze/accumulatedtracedata.cpp` and
//! `src/interpret/heaptrack_interpret.cpp`.

use hotlist_profile::{LocationId, Profile};

use super::lines::Lines;
use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::input::Input;
use crate::named_stacks::{Frame, NamedStacks};
use crate::read::Limits;
use crate::sniff::{Claim, Head, Sniff};

pub(crate) const FORMAT: Format = Format {
    name: "heaptrack",
    title: "heaptrack",
    writers: "heaptrack",
    lost: "addresses, times of allocations, resident memory",
    sniff: Sniff::Head(claim),
    reader: Reader::Stream(read),
};

/// The versions of the format that are read.
const VERSIONS: std::ops::RangeInclusive<u64> = 1..=3;
/// The version from which on strings have lengths.
const SIZED_STRINGS: u64 = 3;
/// Stacks may be as deep as this; heaptrack's own end at 64 frames.
const DEEPEST: u32 = 4096;
/// Memory is looked at once in this number of lines.
const LINES_BETWEEN_CHECKS: u64 = 1 << 16;

/// The heading, and a record behind it.
fn claim(head: &Head<'_>) -> Claim {
    let mut lines = head.bytes.split(|&byte| byte == b'\n');
    let is_heading = lines.next().is_some_and(|line| heading(line).is_some());
    let is_record =
        |line: &[u8]| matches!(line, [b'X' | b'x' | b'I' | b'A' | b's' | b'S' | b'#' | b'c', b' ', ..]);
    (is_heading && lines.next().is_some_and(is_record)).into()
}

/// The version of the format of `v 10400 3`.
fn heading(line: &[u8]) -> Option<u64> {
    let mut fields = Fields(line.trim_ascii_end().strip_prefix(b"v ")?);
    let _program = fields.number()?;
    if fields.0.is_empty() { Some(0) } else { fields.number().filter(|_| fields.0.is_empty()) }
}

/// What of a line has not been read.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// The next number, and the blank behind it.
    fn number(&mut self) -> Option<u64> {
        let mut value = 0u64;
        let mut length = 0;
        for &byte in self.0 {
            let Some(digit) = char::from(byte).to_digit(16) else { break };
            value = value.checked_mul(16)? | u64::from(digit);
            length += 1;
        }
        let rest = &self.0[length..];
        self.0 = match rest {
            [] => rest,
            [b' ', rest @ ..] => rest,
            _ => return None,
        };
        (length > 0).then_some(value)
    }

    fn index(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }
}

/// A stack: its leaf and the stack of the callers.
struct Trace {
    /// 0 when unknown.
    instruction: u32,
    /// 0 when there are no callers.
    parent: u32,
    depth: u32,
}

/// Allocations of the same size from the same stack.
struct Kind {
    bytes: i64,
    trace: u32,
    allocated: i64,
    temporary: i64,
    live: i64,
    /// How many were alive at the peak that was the last one when `live` changed.
    at_peak: i64,
    /// Which peak that was.
    peak: u64,
}

/// A place in the code.
struct Instruction {
    location: LocationId,
    /// Whether it is in the function that allocates.
    is_allocator: bool,
}

struct Importer {
    stacks: NamedStacks,
    version: u64,
    strings: Vec<Box<[u8]>>,
    string_bytes: usize,
    instructions: Vec<Instruction>,
    traces: Vec<Trace>,
    kinds: Vec<Kind>,
    /// The kind of the allocation that is the last event.
    newest: Option<u32>,
    /// Bytes that are alive, and the most that ever were.
    live: i64,
    most: i64,
    /// The number of the last peak.
    peak: u64,
    milliseconds: u64,
}

fn read(input: &mut Input<'_>, limits: Limits) -> Result<Profile, Malformed> {
    let mut lines = Lines::new(input);
    let first = lines.next().map_err(|reason| Malformed::new(Position::Line(1), reason))?;
    let version = first.and_then(heading);
    let version = version.ok_or_else(|| Malformed::unlike(Position::Line(1), "no heading of heaptrack"))?;
    if !VERSIONS.contains(&version) {
        return Err(Malformed::new(
            Position::Line(1),
            format!("version {version} of the format is not read"),
        ));
    }
    let mut importer = Importer::new(version, limits);
    loop {
        let place = Position::Line(lines.number + 1);
        let fail = |reason: String| Malformed::new(place, reason);
        let Some(line) = lines.next_whole().map_err(fail)? else { break };
        importer.record(line).map_err(|reason| {
            fail(reason.unwrap_or_else(|| format!("{} is no record", crate::legacy::excerpt(line))))
        })?;
        if lines.number.is_multiple_of(LINES_BETWEEN_CHECKS) {
            importer.check_memory(limits).map_err(fail)?;
        }
    }
    let place = Position::Line(lines.number);
    importer.finish().map_err(|reason| Malformed::new(place, reason))
}

/// Why a record cannot be used; `None` when it is none.
type Refusal = Option<String>;

impl Importer {
    fn new(version: u64, limits: Limits) -> Self {
        let types = [
            ("alloc_objects", "count"),
            ("alloc_space", "bytes"),
            ("temporary_objects", "count"),
            ("peak_objects", "count"),
            ("peak_space", "bytes"),
            ("inuse_objects", "count"),
            ("inuse_space", "bytes"),
        ];
        let mut stacks = NamedStacks::new(&types).limited(limits);
        stacks.builder.profile.default_sample_type = stacks.builder.string("peak_space");
        Importer {
            stacks,
            version,
            strings: Vec::new(),
            string_bytes: 0,
            instructions: Vec::new(),
            traces: Vec::new(),
            kinds: Vec::new(),
            newest: None,
            live: 0,
            most: 0,
            peak: 0,
            milliseconds: 0,
        }
    }

    fn record(&mut self, line: &[u8]) -> Result<(), Refusal> {
        let (&kind, rest) = line.split_first().unwrap_or((&b'#', &[]));
        let mut fields = Fields(rest.strip_prefix(b" ").unwrap_or(rest));
        match kind {
            b'+' => self.allocated(fields.index().ok_or(None)?),
            b'-' => self.freed(fields.index().ok_or(None)?),
            b'a' => self.kind(&mut fields),
            b't' => self.trace(&mut fields),
            b'i' => self.instruction(&mut fields),
            b's' => self.string(&mut fields),
            b'c' => {
                self.milliseconds = self.milliseconds.max(fields.number().ok_or(None)?);
                Ok(())
            }
            b'm' | b'x' => {
                let reason = "a recording that heaptrack_interpret has not been through yet";
                Err(Some(reason.to_owned()))
            }
            // The command, the machine, resident memory, suppressions, and what versions to come may add.
            _ => Ok(()),
        }
    }

    fn string(&mut self, fields: &mut Fields<'_>) -> Result<(), Refusal> {
        let mut text = fields.0;
        if self.version >= SIZED_STRINGS {
            let length = fields.number().and_then(|length| usize::try_from(length).ok()).ok_or(None)?;
            text = fields
                .0
                .get(..length)
                .ok_or_else(|| Some(format!("a string of {length} bytes is cut off")))?;
        }
        self.string_bytes += text.len();
        self.strings.push(text.into());
        Ok(())
    }

    fn text(&self, index: u64) -> Result<&[u8], Refusal> {
        let row = usize::try_from(index).ok().and_then(|index| index.checked_sub(1));
        match row {
            None => Ok(b""),
            Some(row) => self
                .strings
                .get(row)
                .map(|text| &**text)
                .ok_or_else(|| Some(format!("string {index} of {}", self.strings.len()))),
        }
    }

    fn instruction(&mut self, fields: &mut Fields<'_>) -> Result<(), Refusal> {
        let (address, module) = (fields.number().ok_or(None)?, fields.number().ok_or(None)?);
        let module = self.text(module)?.to_vec();
        let (mut lines, mut mapping, mut is_allocator) = (Vec::new(), None, true);
        while lines.is_empty() || !fields.0.is_empty() {
            let mut next = || if fields.0.is_empty() { Some(0) } else { fields.number() };
            let (function, file, line) = (next().ok_or(None)?, next().ok_or(None)?, next().ok_or(None)?);
            let (function, file) = (self.text(function)?.to_vec(), self.text(file)?.to_vec());
            is_allocator &= function.starts_with(b"operator new");
            let function = if function.is_empty() { format!("{address:#x}").into_bytes() } else { function };
            let line = i64::try_from(line).map_err(|_| None)?;
            let frame = Frame { function: &function, file: &file, line, module: &module };
            let (place, line) = self.stacks.place(&frame);
            mapping = place;
            lines.push(line);
        }
        let location = self.stacks.location_of(mapping, &lines);
        self.instructions.push(Instruction { location, is_allocator });
        Ok(())
    }

    fn trace(&mut self, fields: &mut Fields<'_>) -> Result<(), Refusal> {
        let (instruction, parent) = (fields.index().ok_or(None)?, fields.index().ok_or(None)?);
        if instruction as usize > self.instructions.len() {
            return Err(Some(format!("instruction {instruction} of {}", self.instructions.len())));
        }
        let depth = match parent.checked_sub(1) {
            None => 1,
            Some(row) => match self.traces.get(row as usize) {
                Some(parent) => parent.depth + 1,
                None => return Err(Some(format!("stack {parent} of {}", self.traces.len()))),
            },
        };
        if depth > DEEPEST {
            return Err(Some(format!("a stack of more than {DEEPEST} frames")));
        }
        self.traces.push(Trace { instruction, parent, depth });
        Ok(())
    }

    fn kind(&mut self, fields: &mut Fields<'_>) -> Result<(), Refusal> {
        let (bytes, trace) = (fields.number().ok_or(None)?, fields.index().ok_or(None)?);
        if trace as usize > self.traces.len() {
            return Err(Some(format!("stack {trace} of {}", self.traces.len())));
        }
        let bytes = i64::try_from(bytes).map_err(|_| Some(format!("{bytes} bytes are too many")))?;
        let none = Kind { bytes, trace, allocated: 0, temporary: 0, live: 0, at_peak: 0, peak: self.peak };
        self.kinds.push(none);
        Ok(())
    }

    fn of_kind(&mut self, index: u32) -> Result<&mut Kind, Refusal> {
        let all = self.kinds.len();
        self.kinds.get_mut(index as usize).ok_or_else(|| Some(format!("allocation {index} of {all}")))
    }

    fn allocated(&mut self, index: u32) -> Result<(), Refusal> {
        let peak = self.peak;
        let kind = self.of_kind(index)?;
        kind.keep_peak(peak);
        kind.allocated += 1;
        kind.live += 1;
        let bytes = kind.bytes;
        self.newest = Some(index);
        self.live = self.live.checked_add(bytes).ok_or_else(|| Some("too many bytes".to_owned()))?;
        if self.live > self.most {
            self.most = self.live;
            self.peak += 1;
        }
        Ok(())
    }

    fn freed(&mut self, index: u32) -> Result<(), Refusal> {
        let peak = self.peak;
        let is_temporary = self.newest.take() == Some(index);
        let kind = self.of_kind(index)?;
        if kind.live == 0 {
            return Err(Some(format!("allocation {index} is freed more often than made")));
        }
        kind.keep_peak(peak);
        kind.live -= 1;
        kind.temporary += i64::from(is_temporary);
        self.live -= kind.bytes;
        Ok(())
    }

    fn check_memory(&self, limits: Limits) -> Result<(), String> {
        let tables = size_of_val(&*self.strings)
            + self.string_bytes
            + size_of_val(&*self.instructions)
            + size_of_val(&*self.traces)
            + size_of_val(&*self.kinds);
        if tables > limits.memory() {
            return Err(format!(
                "needs more than {} bytes of memory; -max_size raises this limit",
                limits.memory()
            ));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Profile, String> {
        let mut stack = Vec::new();
        for kind in &self.kinds {
            let at_peak = kind.at_peak(self.peak);
            let counts =
                [kind.allocated, kind.allocated, kind.temporary, at_peak, at_peak, kind.live, kind.live];
            let sizes = [1, kind.bytes, 1, 1, kind.bytes, 1, kind.bytes];
            let mut values = [0; 7];
            for ((value, count), size) in values.iter_mut().zip(counts).zip(sizes) {
                *value = count.checked_mul(size).ok_or("too many bytes were allocated")?;
            }
            stack.clear();
            let mut next = kind.trace;
            while let Some(row) = next.checked_sub(1) {
                let trace = &self.traces[row as usize];
                next = trace.parent;
                let Some(row) = trace.instruction.checked_sub(1) else { continue };
                let instruction = &self.instructions[row as usize];
                // The allocator itself says nothing.
                if !(stack.is_empty() && instruction.is_allocator && next != 0) {
                    stack.push(instruction.location);
                }
            }
            self.stacks.add(&stack, &[], &values)?;
        }
        let nanos = self.milliseconds.checked_mul(1_000_000).and_then(|nanos| i64::try_from(nanos).ok());
        self.stacks.builder.profile.duration_nanos = nanos.unwrap_or(0);
        Ok(self.stacks.finish())
    }
}

impl Kind {
    /// Before `live` changes: what it was at the last peak, unless it has changed since then.
    fn keep_peak(&mut self, peak: u64) {
        self.at_peak = self.at_peak(peak);
        self.peak = peak;
    }

    fn at_peak(&self, peak: u64) -> i64 {
        if self.peak == peak { self.at_peak } else { self.live }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_what_was_alive_when_most_bytes_were() {
        let read = |events: &str| {
            let text = format!("v 10400 3\nX x\ns 1 f\ni 1 0 1 0 0\nt 1 0\na a 1\na 1 1\n{events}");
            crate::read_bytes(text.as_bytes(), Limits::default()).map(|profile| profile.totals())
        };
        // alloc, temporary, peak, inuse
        assert_eq!(read("+ 0\n+ 1\n- 0\n+ 1\n").unwrap(), [3, 12, 0, 2, 11, 2, 2]);
        assert_eq!(read("+ 1\n+ 0\n- 0\n- 1\n+ 0\n").unwrap(), [3, 21, 1, 2, 11, 1, 10]);
        assert_eq!(read("+ 1\n").unwrap(), [1, 1, 0, 1, 1, 1, 1]);
        assert!(read("- 1\n").unwrap_err().to_string().contains("line 8: allocation 1 is freed"));
        assert!(read("+ 2\n").unwrap_err().to_string().contains("allocation 2 of 2"));
    }

    #[test]
    fn headings_are_recognized() {
        assert_eq!(heading(b"v 10400 3"), Some(3));
        assert_eq!(heading(b"v 10000"), Some(0));
        assert_eq!(heading(b"v x"), None);
        assert_eq!(heading(b"v 10400 3 x"), None);
        assert_eq!(heading(b"version 1"), None);
    }
}
