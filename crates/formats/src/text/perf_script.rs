//! What `perf script` prints, for people without the binaries that a `perf.data` was taken of.
//!
//! ```text
//! busy-fp  9201/9264 [001]  1183.878598:    2004008 cpu-clock:
//!         16e0ba __memset_avx512+0x7a (/usr/lib/x86_64-linux-gnu/libc.so.6)
//!           1155 [unknown] (/opt/busy-fp)
//! ```
//! A sample is a line with the command, the thread, the time, perhaps the period and the event, then its frames, the leaf
//! first, and an empty line. Sources: Linux, `tools/perf/builtin-script.c`; `stackcollapse-perf.pl` of FlameGraph.

use std::collections::HashMap;

use hotlist_profile::{Label, LabelValue, LocationId, Profile, StringId};

use super::lines::Lines;
use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::input::Input;
use crate::named_stacks::{Frame, NamedStacks};
use crate::read::Limits;
use crate::sniff::{Claim, Head, Sniff};

pub(crate) const FORMAT: Format = Format {
    name: "perf-script",
    title: "perf script",
    writers: "perf script",
    lost: "addresses, processors, arguments of tracepoints",
    sniff: Sniff::Head(claim),
    reader: Reader::Stream(read),
};

/// More kinds of events are not told apart.
const MOST_EVENTS: usize = 64;

/// A sample and one of its frames have to be there.
fn claim(head: &Head<'_>) -> Claim {
    if !head.is_text || head.json.is_some() {
        return Claim::No;
    }
    let mut lines = head.bytes.split(|&byte| byte == b'\n').filter(|line| !line.starts_with(b"#"));
    let is_sample = |line: &[u8]| std::str::from_utf8(line).is_ok_and(|line| Sample::parse(line).is_some());
    let is_frame = |line: &[u8]| std::str::from_utf8(line).is_ok_and(|line| frame(line).is_some());
    let first = lines.by_ref().find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let second = lines.next().unwrap_or_default();
    (is_sample(first) && is_frame(second)).into()
}

/// The first line of a sample.
#[derive(Debug, PartialEq)]
struct Sample<'a> {
    command: &'a str,
    /// 0 where only the thread is printed.
    pid: i64,
    tid: i64,
    /// In nanoseconds, where it is printed.
    time: Option<i64>,
    /// How much of the event the sample stands for.
    period: Option<i64>,
    event: &'a str,
}

impl<'a> Sample<'a> {
    /// Takes a line apart from the first field that looks like the number of a thread: commands may hold blanks.
    fn parse(line: &'a str) -> Option<Self> {
        if line.starts_with([' ', '\t'])
            && !line.trim_start().contains(": ")
            && !line.trim_end().ends_with(':')
        {
            return None;
        }
        let words: Vec<(usize, &str)> = words(line).collect();
        for (row, &(at, word)) in words.iter().enumerate().skip(1) {
            let (pid, tid) = match word.split_once('/') {
                Some((pid, tid)) => (pid.parse::<i64>().ok(), tid.parse::<i64>().ok()),
                None => (Some(0), word.parse::<i64>().ok()),
            };
            let (Some(pid), Some(tid)) = (pid, tid) else { continue };
            let command = line[..at].trim();
            if let Some(sample) = Self::behind_thread(&words[row + 1..]) {
                return Some(Sample { command, pid, tid, ..sample });
            }
        }
        None
    }

    /// The fields behind the thread: `[cpu]`, time, period, event.
    fn behind_thread(words: &[(usize, &'a str)]) -> Option<Self> {
        let mut words = words.iter().map(|(_, word)| *word).peekable();
        words.next_if(|word| word.starts_with('[') && word.ends_with(']'));
        // Flags of interrupts and scheduling.
        words.next_if(|word| {
            word.len() >= 4
                && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
                && word.contains('.')
                && !word.ends_with(':')
        });
        let time = words.next_if(|word| word.strip_suffix(':').is_some_and(|time| seconds(time).is_some()));
        let time = time.and_then(|time| seconds(time.trim_end_matches(':')));
        let period = words.next_if(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
        let period = period.and_then(|period| period.parse().ok());
        let event = words.next()?.strip_suffix(':')?;
        // Without a time the event is all that tells a sample from other lines.
        let is_event = event.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        is_event.then_some(Sample { command: "", pid: 0, tid: 0, time, period, event })
    }
}

/// The words of a line and where they begin.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = line.as_ptr() as usize;
    line.split_ascii_whitespace().map(move |word| (word.as_ptr() as usize - start, word))
}

/// Nanoseconds of `1183.878598`.
fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.')?;
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
    whole.parse::<i64>().ok().filter(|&whole| whole >= 0)?.checked_mul(1_000_000_000)?.checked_add(nanos)
}

/// A frame: its function, without the distance from its start, and its module. A function that is not known is called
/// by its address.
fn frame(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start();
    if rest.len() == line.len() {
        return None;
    }
    let (address, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    if address.is_empty() || !address.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let rest = rest.trim();
    let (name, module) = symbol_and_module(rest);
    let name = if name.is_empty() || name == "[unknown]" { address } else { name };
    Some((name, module))
}

/// Splits `name+0x7a (module)`, where functions and modules may hold blanks and parentheses.
fn symbol_and_module(text: &str) -> (&str, &str) {
    let inside = |rest: &'_ str| -> Option<(usize, usize)> {
        (rest.starts_with(" (") && rest.ends_with(')')).then(|| (2, rest.len() - 1))
    };
    for (at, sign) in text.match_indices("+0x") {
        let rest = &text[at + sign.len()..];
        let behind = rest.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        if let Some((start, end)) = inside(behind) {
            return (&text[..at], &behind[start..end]);
        }
        if behind.is_empty() {
            return (&text[..at], "");
        }
    }
    if let Some(rest) = text.strip_prefix("[unknown]")
        && let Some((start, end)) = inside(rest)
    {
        return ("[unknown]", &rest[start..end]);
    }
    match text.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
        Some(parts) => parts,
        None => match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(module) => ("", module),
            None => (text, ""),
        },
    }
}

fn read(input: &mut Input<'_>, limits: Limits) -> Result<Profile, Malformed> {
    let mut importer = Importer::new(limits);
    let mut lines = Lines::new(input);
    loop {
        let place = Position::Line(lines.number + 1);
        let fail = |reason: String| Malformed::new(place, reason);
        let Some(line) = lines.next().map_err(fail)? else { break };
        let line = String::from_utf8_lossy(line);
        if line.is_empty() {
            importer.finish_sample().map_err(fail)?;
        } else if line.starts_with('#') {
            continue;
        } else if let Some((name, module)) = frame(&line).filter(|_| importer.current.is_some()) {
            importer.frame(name, module);
        } else if let Some(sample) = Sample::parse(&line) {
            importer.finish_sample().map_err(fail)?;
            importer.sample(&sample).map_err(fail)?;
        }
    }
    let place = Position::Line(lines.number);
    importer.finish_sample().map_err(|reason| Malformed::new(place, reason))?;
    importer.finish().map_err(|reason| Malformed::new(place, reason))
}

/// A sample whose frames are being read.
struct Current {
    labels: Vec<Label>,
    time: Option<i64>,
    /// A row of the events.
    event: usize,
    period: i64,
    stack: Vec<LocationId>,
}

struct Importer {
    stacks: NamedStacks,
    /// Names of events, in the order in which they were met.
    events: Vec<String>,
    current: Option<Current>,
    /// By function and module.
    places: HashMap<(String, String), LocationId>,
    first_time: Option<i64>,
    last_time: i64,
    has_periods: bool,
}

impl Importer {
    fn new(limits: Limits) -> Self {
        // Which events there are is known at the end; columns that none has are left out then.
        let mut types = vec![("samples", "count")];
        types.resize(1 + MOST_EVENTS, ("event", "count"));
        Importer {
            stacks: NamedStacks::new(&types).limited(limits),
            events: Vec::new(),
            current: None,
            places: HashMap::new(),
            first_time: None,
            last_time: 0,
            has_periods: false,
        }
    }

    fn sample(&mut self, sample: &Sample<'_>) -> Result<(), String> {
        let event = match self.events.iter().position(|known| known == sample.event) {
            Some(row) => row,
            None if self.events.len() == MOST_EVENTS => {
                return Err(format!("more than {MOST_EVENTS} kinds of events"));
            }
            None => {
                self.events.push(sample.event.to_owned());
                self.events.len() - 1
            }
        };
        let builder = &mut self.stacks.builder;
        let mut labels = Vec::new();
        let (key, name) = (builder.string("thread"), builder.string(sample.command));
        labels.push(Label { key, value: LabelValue::Text(name) });
        for (key, value) in [("tid", sample.tid), ("pid", sample.pid)] {
            if value > 0 {
                let key = builder.string(key);
                labels.push(Label { key, value: LabelValue::Number { value, unit: StringId::EMPTY } });
            }
        }
        if let Some(time) = sample.time {
            self.first_time.get_or_insert(time);
            self.last_time = self.last_time.max(time);
        }
        self.has_periods |= sample.period.is_some();
        let time = sample.time.map(|time| time.saturating_sub(self.first_time.unwrap_or(time)));
        let period = sample.period.unwrap_or(0);
        self.current = Some(Current { labels, time, event, period, stack: Vec::new() });
        Ok(())
    }

    fn frame(&mut self, name: &str, module: &str) {
        let key = (name.to_owned(), module.to_owned());
        let location = match self.places.get(&key) {
            Some(&known) => known,
            None => {
                let frame =
                    Frame { function: name.as_bytes(), module: module.as_bytes(), ..Frame::default() };
                let location = self.stacks.location(&frame);
                self.places.insert(key, location);
                location
            }
        };
        if let Some(current) = &mut self.current {
            current.stack.push(location);
        }
    }

    fn finish_sample(&mut self) -> Result<(), String> {
        let Some(Current { labels, time, event, period, stack }) = self.current.take() else { return Ok(()) };
        let mut values = [0i64; 1 + MOST_EVENTS];
        values[0] = 1;
        values[1 + event] = period;
        self.stacks.add_at(time, &stack, &labels, &values)
    }

    fn finish(mut self) -> Result<Profile, String> {
        if self.events.is_empty() {
            return Err("there is no sample".to_owned());
        }
        let kept: Vec<usize> = (0..=if self.has_periods { self.events.len() } else { 0 }).collect();
        let profile = &mut self.stacks.builder.profile;
        profile.duration_nanos = self.last_time.saturating_sub(self.first_time.unwrap_or(self.last_time));
        profile.samples.select_columns(&kept);
        profile.sample_types.truncate(kept.len());
        let is_clock = |event: &str| event.contains("cpu-clock") || event.contains("task-clock");
        for (row, event) in self.events.iter().enumerate().take(kept.len() - 1) {
            let unit = if is_clock(event) { "nanoseconds" } else { "count" };
            let (kind, unit) = (self.stacks.builder.string(event), self.stacks.builder.string(unit));
            self.stacks.builder.profile.sample_types[1 + row] = hotlist_profile::ValueType { kind, unit };
        }
        let default = self.events.iter().position(|event| is_clock(event)).unwrap_or(0);
        let default = if self.has_periods { &*self.events[default] } else { "samples" };
        self.stacks.builder.profile.default_sample_type = self.stacks.builder.string(default);
        Ok(self.stacks.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_told_from_frames() {
        #[expect(clippy::type_complexity, reason = "the fields of a sample")]
        let check = |line: &str, expected: Option<(&str, i64, i64, Option<i64>, Option<i64>, &str)>| {
            let found = Sample::parse(line).map(|Sample { command, pid, tid, time, period, event }| {
                (command, pid, tid, time, period, event)
            });
            assert_eq!(found, expected, "{line}");
        };
        let time = Some(1_183_878_598_000);
        check(
            "busy-fp  9201  1183.878598:    2004008 cpu-clock: ",
            Some(("busy-fp", 0, 9201, time, Some(2_004_008), "cpu-clock")),
        );
        check(
            "Chrome_IO 2 10/11 [003]  1183.878598: cycles:u: ",
            Some(("Chrome_IO 2", 10, 11, time, None, "cycles:u")),
        );
        check(
            "swapper     0 [000]  1183.878598: 1 sched:sched_switch: prev_comm=x",
            Some(("swapper", 0, 0, time, Some(1), "sched:sched_switch")),
        );
        check("java 27 1183.878598: cpu-clock: ", Some(("java", 0, 27, time, None, "cpu-clock")));
        check("\t    1155 [unknown] (/opt/demo)", None);
        check("main;a 3", None);
        let frame = |line: &'static str| frame(line);
        assert_eq!(
            frame("\t 16e0ba mem set+0x7a (/usr/lib/libc.so.6)"),
            Some(("mem set", "/usr/lib/libc.so.6"))
        );
        assert_eq!(frame("\t 1155 [unknown] (/opt/demo)"), Some(("1155", "/opt/demo")));
        assert_eq!(frame("  ffff0 f(int) (inlined)"), Some(("f(int)", "inlined")));
        assert_eq!(
            frame("\t 1155 bake(int, char)+0x7a (/opt/my bakery (old)/b)"),
            Some(("bake(int, char)", "/opt/my bakery (old)/b"))
        );
        assert_eq!(frame("\t 1155 bake+0x7a"), Some(("bake", "")));
        assert_eq!(frame("x y"), None);
    }
}
