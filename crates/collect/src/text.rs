//! Profiles as text: the forms that `debug=1` and `debug=2` ask for in Go.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::heap::snapshot::Snapshot;
use crate::maps::{CodeMap, CodeRange};
use crate::source::{ProfileKind, Taken};
use crate::sums::Sums;
use crate::symbols::Symbols;
use crate::sync::contention::mutex_fraction;
use crate::threads::thread_stack::ThreadStack;
use crate::{labels, libraries, marks};

/// A profile as the legacy text that pprof still reads (`debug=1`).
pub(crate) fn text(kind: ProfileKind, taken: &Taken) -> String {
    let mut places = Describer::new();
    match taken {
        Taken::Heap { snapshot, .. } => heap(snapshot, &mut places),
        Taken::Sums(sums) => match kind {
            ProfileKind::Mutex | ProfileKind::Block => contention(kind, sums, &mut places),
            _ => counts(kind, sums, &mut places),
        },
    }
}

/// All threads as Go's runtime prints goroutines when it panics (`debug=2`).
pub(crate) fn thread_dump(threads: &[ThreadStack]) -> String {
    let mut places = Describer::new();
    let mut text = String::new();
    for thread in threads {
        let ThreadStack { number, name, .. } = thread;
        _ = writeln!(text, "goroutine {number} [{}, thread {name:?}]:", state(thread.state));
        for &frame in &thread.frames {
            for place in places.of(frame) {
                let at = if place.at.is_empty() { "?" } else { &place.at };
                _ = writeln!(text, "{}(...)\n\t{at} +{:#x}", place.name, place.offset);
            }
        }
        text.push('\n');
    }
    text
}

/// What the letter of `proc_pid_stat(5)` says, in Go's words where there are some.
fn state(letter: char) -> &'static str {
    match letter {
        'R' => "running",
        'S' => "sleeping",
        'D' => "disk sleep",
        'T' | 't' => "stopped",
        _ => "other",
    }
}

/// Go's rows are raw samples that the reader scales by the rate; these figures are scaled already, sample
/// by sample, so the number after `heap/` is 2, which means a rate of 1 and is left alone.
fn heap(snapshot: &Snapshot, places: &mut Describer) -> String {
    let mut rows: Vec<_> = snapshot.rows.iter().filter(|row| row.values != [0; 4]).collect();
    rows.sort_by_key(|row| row.values[3]);
    let mut total = [0_i64; 4];
    for row in &rows {
        for (sum, value) in total.iter_mut().zip(row.values) {
            *sum = sum.saturating_add(value);
        }
    }
    let figures = |[allocated, allocated_bytes, used, used_bytes]: [i64; 4]| {
        format!("{used}: {used_bytes} [{allocated}: {allocated_bytes}]")
    };
    let mut text = format!("heap profile: {} @ heap/2\n", figures(total));
    for row in rows {
        text.push_str(&figures(row.values));
        places.stack(&mut text, &row.frames, row.labels);
    }
    places.mappings("MAPPED_LIBRARIES:", &mut text);
    text
}

fn contention(kind: ProfileKind, sums: &Sums, places: &mut Describer) -> String {
    let mut text = match kind {
        ProfileKind::Mutex => {
            format!("--- mutex:\ncycles/second=1000000000\nsampling period={}\n", mutex_fraction())
        }
        _ => "--- contention:\ncycles/second=1000000000\n".to_owned(),
    };
    let mut rows: Vec<_> = sums.rows.iter().collect();
    rows.sort_by_key(|(_, values)| std::cmp::Reverse(values[1]));
    for ((frames, labels), values) in rows {
        _ = write!(text, "{} {}", values[1], values[0]);
        places.stack(&mut text, frames, *labels);
    }
    // Of the two headings that readers know this form knows only one.
    places.mappings("--- Memory map: ---", &mut text);
    text
}

fn counts(kind: ProfileKind, sums: &Sums, places: &mut Describer) -> String {
    let total: i64 = sums.rows.values().map(|values| values[0]).sum();
    let mut text = format!("{} profile: total {total}\n", kind.name());
    let mut rows: Vec<_> = sums.rows.iter().collect();
    rows.sort_by_key(|(_, values)| std::cmp::Reverse(values[0]));
    for ((frames, labels), values) in rows {
        _ = write!(text, "{}", values[0]);
        places.stack(&mut text, frames, *labels);
    }
    places.mappings("--- Memory map: ---", &mut text);
    text
}

/// What a text says of one address.
#[derive(Clone, Debug)]
struct SourcePlace {
    /// The function, or the file where functions are not known.
    name: String,
    /// How far into it the address is.
    offset: u64,
    /// Source file and line; empty when unknown.
    at: String,
}

/// Describes addresses.
struct Describer {
    code: CodeMap,
    symbols: Option<Symbols>,
    known: BTreeMap<u64, Vec<SourcePlace>>,
}

impl Describer {
    fn new() -> Self {
        Describer { code: CodeMap::now(), symbols: Symbols::open(), known: BTreeMap::new() }
    }

    /// The rest of a row, after its figures: addresses, labels, and a line for each frame.
    fn stack(&mut self, text: &mut String, frames: &[u64], labels: u32) {
        text.push_str(" @");
        for frame in frames {
            // The form holds return addresses, from which readers subtract one.
            _ = write!(text, " {:#x}", self.shown(*frame).wrapping_add(1));
        }
        text.push('\n');
        let pairs = labels::of_number(labels).pairs();
        if !pairs.is_empty() {
            let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key:?}:{value:?}")).collect();
            _ = writeln!(text, "# labels: {{{}}}", pairs.join(", "));
        }
        let lines: Vec<(u64, String, String)> = frames
            .iter()
            .flat_map(|&frame| {
                let places = self.of(frame);
                places.into_iter().map(move |place| {
                    (libraries::address(frame), format!("{}+{:#x}", place.name, place.offset), place.at)
                })
            })
            .collect();
        // Columns end at multiples of eight, at least one tab after the longest name.
        let width = lines.iter().map(|(_, name, _)| name.chars().count() + 1).max().unwrap_or(0).div_ceil(8);
        for (address, name, at) in lines {
            let tabs = (width * 8 - name.chars().count()).div_ceil(8);
            let tabs = if at.is_empty() { String::new() } else { "\t".repeat(tabs) };
            _ = writeln!(text, "#\t{address:#x}\t{name}{tabs}{at}");
        }
        text.push('\n');
    }

    /// The address of a frame. In this form a mapping is known by its addresses alone, so those of an unloaded
    /// library are told as if it had been where no code can be: they keep the number of the library.
    fn shown(&mut self, frame: u64) -> u64 {
        if self.code.of_unloaded(frame).is_some() { frame } else { libraries::address(frame) }
    }

    fn of(&mut self, frame: u64) -> Vec<SourcePlace> {
        if let Some(known) = self.known.get(&frame) {
            return known.clone();
        }
        let places = self.find(frame);
        self.known.insert(frame, places.clone());
        places
    }

    fn find(&mut self, frame: u64) -> Vec<SourcePlace> {
        let address = libraries::address(frame);
        let place =
            |name: &str, offset| vec![SourcePlace { name: name.to_owned(), offset, at: String::new() }];
        if let Some(name) = marks::name(address) {
            return place(name, 0);
        }
        let range = self.code.find(frame).map(|at| &self.code.ranges()[at]);
        let in_file = range.map_or(address, |range| address - range.start + range.offset);
        let lines = self.symbols.as_mut().map(|symbols| symbols.lines(frame)).unwrap_or_default();
        if lines.is_empty() {
            let file = range.map_or("?", |range| range.file.rsplit('/').next().unwrap_or_default());
            return place(file, in_file);
        }
        lines
            .into_iter()
            .map(|line| {
                let at =
                    if line.file.is_empty() { String::new() } else { format!("{}:{}", line.file, line.line) };
                SourcePlace { name: line.name, offset: in_file, at }
            })
            .collect()
    }

    /// Lets readers find the names themselves.
    fn mappings(&self, heading: &str, text: &mut String) {
        _ = writeln!(text, "\n{heading}");
        let mut line = |shift: u64, range: &CodeRange| {
            let CodeRange { start, limit, offset, file, .. } = range;
            let (start, limit) = (start | shift, limit | shift);
            _ = writeln!(text, "{start:08x}-{limit:08x} r-xp {offset:08x} 00:00 0 {file}");
        };
        self.code.loaded().iter().for_each(|range| line(0, range));
        for (number, ranges) in self.code.unloaded() {
            ranges.iter().for_each(|range| line(number, range));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn counts_are_written_as_go_writes_them() {
        let sums = Sums {
            types: &[("goroutine", "count")],
            period: ("goroutine", "count"),
            time: SystemTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            rows: [((vec![1, 0x10], 0), vec![1]), ((vec![0x20], 0), vec![3])].into(),
        };
        let text = counts(
            ProfileKind::Goroutine,
            &sums,
            &mut Describer { code: CodeMap::empty(), symbols: None, known: BTreeMap::new() },
        );
        let expected = "goroutine profile: total 4\n3 @ 0x21\n#\t0x20\t?+0x20\n\n\
                        1 @ 0x2 0x11\n#\t0x1\t[truncated]+0x0\n#\t0x10\t?+0x10\n\n\n--- Memory map: ---\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn columns_are_aligned_with_tabs() {
        let mut places = Describer { code: CodeMap::empty(), symbols: None, known: BTreeMap::new() };
        let place =
            |name: &str, at: &str| SourcePlace { name: name.to_owned(), offset: 0x5e, at: at.to_owned() };
        places.known.insert(0x10, vec![place("sync.(*Mutex).Lock", "sync/mutex.go:46")]);
        places.known.insert(0x20, vec![place("main.hog", "fixtures/main.go:45")]);
        let mut text = String::new();
        places.stack(&mut text, &[0x10, 0x20], 0);
        let expected = " @ 0x11 0x21\n#\t0x10\tsync.(*Mutex).Lock+0x5e\tsync/mutex.go:46\n\
                        #\t0x20\tmain.hog+0x5e\t\tfixtures/main.go:45\n\n";
        assert_eq!(text, expected);
    }
}
