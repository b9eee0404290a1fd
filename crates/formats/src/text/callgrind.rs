//! What callgrind writes: how much each line of each function cost, and which function called which at what cost.
//!
//! ```text
//! events: Ir
//! fl=(1) busy.c
//! fn=(2) main
//! 21 9
//! cfn=(3) heavy
//! calls=50 13
//! * 5400012
//! ```
//! The file has calls, not stacks: what a function costs is divided among its callers in the ratio of what their calls
//! cost, which gives stacks of two frames. Deeper ones are not known. Names are numbered when they come first, and
//! lines are given by their distance from the one before. Source: valgrind, "Callgrind Format Specification",
//! <https://valgrind.org/docs/manual/cl-format.html>.

use std::collections::{BTreeMap, HashMap};

use hotlist_profile::{LocationId, Profile};

use super::lines::Lines;
use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::input::Input;
use crate::named_stacks::{Frame, NamedStacks};
use crate::read::Limits;
use crate::sniff::{Claim, Head, Sniff};

pub(crate) const FORMAT: Format = Format {
    name: "callgrind",
    title: "callgrind",
    writers: "valgrind --tool=callgrind, xdebug, pprof -callgrind",
    lost: "instructions, jumps; there are no stacks in it, so there are two frames for each call",
    sniff: Sniff::Head(claim),
    reader: Reader::Stream(read),
};

/// More events are refused.
const MOST_EVENTS: usize = 64;
/// More distinct lines and calls are refused, so that numbers stay within memory.
const ENTRY: usize = 128;

/// Its first line, or a line of events before any costs.
fn claim(head: &Head<'_>) -> Claim {
    let text = head.bytes;
    if !head.is_text || head.json.is_some() {
        return Claim::No;
    }
    let begins = |line: &[u8], word: &str| line.starts_with(word.as_bytes());
    let mut lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end);
    let first = lines.clone().find(|line| !line.is_empty()).unwrap_or_default();
    if begins(first, "# callgrind format") {
        return Claim::Yes;
    }
    let headers = ["version:", "creator:", "pid:", "cmd:", "part:", "desc:", "positions:", "events:"];
    let is_header = headers.iter().any(|header| begins(first, header));
    (is_header && lines.any(|line| begins(line, "events:"))).into()
}

/// A function by the numbers of its file, its object and its name.
type Function = (u32, u32, u32);

/// A callee, its caller, and the file and the line of the call.
type Arc = (Function, Function, u32, i64);
/// The place of a call, how often it was made, and at what cost.
type Caller<'a> = (LocationId, i64, &'a Vec<i64>);

/// Names that are given once with a number, and by the number alone later.
#[derive(Default)]
struct Names {
    rows: HashMap<Vec<u8>, u32>,
    texts: Vec<Vec<u8>>,
    by_number: HashMap<u64, u32>,
}

impl Names {
    /// The row of `(12) name`, `(12)` or `name`.
    fn row(&mut self, text: &str) -> Result<u32, String> {
        let text = text.trim();
        let Some((number, name)) = text.strip_prefix('(').and_then(|rest| rest.split_once(')')) else {
            return Ok(self.add(text.as_bytes()));
        };
        let Ok(number) = number.parse::<u64>() else { return Ok(self.add(text.as_bytes())) };
        let name = name.trim();
        if name.is_empty() {
            return self
                .by_number
                .get(&number)
                .copied()
                .ok_or_else(|| format!("no name has the number {number}"));
        }
        let row = self.add(name.as_bytes());
        self.by_number.insert(number, row);
        Ok(row)
    }

    fn add(&mut self, name: &[u8]) -> u32 {
        if let Some(&row) = self.rows.get(name) {
            return row;
        }
        let row = self.texts.len() as u32;
        self.texts.push(name.to_vec());
        self.rows.insert(name.to_vec(), row);
        row
    }
}

/// What a line of a function cost: by file, since functions are inlined, and line.
type Costs = BTreeMap<(u32, i64), Vec<i64>>;

#[derive(Default)]
struct Importer {
    events: Vec<String>,
    /// Where lines stand among the positions, and how many these are.
    positions: usize,
    line_position: Option<usize>,
    files: Names,
    objects: Names,
    functions: Names,
    file: u32,
    /// The file of the function, to which `fe` returns only by its name.
    function_file: u32,
    object: u32,
    function: Option<u32>,
    called_file: Option<u32>,
    called_object: Option<u32>,
    called: Option<u32>,
    /// The number of calls, where the next line holds their cost.
    calls: Option<i64>,
    /// The positions of the line before.
    last: Vec<i64>,
    costs: HashMap<Function, Costs>,
    /// By callee and caller with the place of the call: how often, and at what cost.
    arcs: HashMap<Arc, (i64, Vec<i64>)>,
    entries: usize,
}

fn read(input: &mut Input<'_>, limits: Limits) -> Result<Profile, Malformed> {
    let mut importer =
        Importer { positions: 1, line_position: Some(0), last: vec![0], ..Importer::default() };
    let mut lines = Lines::new(input);
    loop {
        let place = Position::Line(lines.number + 1);
        let fail = |reason: String| Malformed::new(place, reason);
        let Some(line) = lines.next().map_err(fail)? else { break };
        importer.line(&String::from_utf8_lossy(line)).map_err(fail)?;
        if importer.entries > limits.memory() / ENTRY {
            return Err(fail("the costs take too much memory; -max_size raises this limit".to_owned()));
        }
    }
    let place = Position::Line(lines.number);
    importer.finish(limits).map_err(|reason| Malformed::new(place, reason))
}

impl Importer {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let line = line.trim_start();
        let Some(first) = line.bytes().next() else { return Ok(()) };
        if first == b'#' {
            return Ok(());
        }
        if first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'*') {
            return self.cost(line);
        }
        if let Some((key, value)) = line.split_once('=').filter(|(key, _)| !key.contains([':', ' '])) {
            return self.assign(key, value);
        }
        match line.split_once(':') {
            Some(("events", names)) => {
                let events: Vec<String> = names.split_ascii_whitespace().map(str::to_owned).collect();
                if events.len() > MOST_EVENTS {
                    return Err(format!("more than {MOST_EVENTS} events"));
                }
                // Each part of a file repeats the line.
                if !self.events.is_empty() && events != self.events {
                    return Err("other events than in a part before".to_owned());
                }
                self.events = events;
                Ok(())
            }
            Some(("positions", names)) => {
                let names: Vec<&str> = names.split_ascii_whitespace().collect();
                if names.is_empty() || names.len() > 4 {
                    return Err("positions are instr, bb and line".to_owned());
                }
                self.line_position = names.iter().position(|name| *name == "line");
                self.positions = names.len();
                self.last = vec![0; names.len()];
                Ok(())
            }
            // Other headers say nothing about costs.
            _ => Ok(()),
        }
    }

    fn assign(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "fl" => {
                self.file = self.files.row(value)?;
                self.function_file = self.file;
            }
            "fi" | "fe" => self.file = self.files.row(value)?,
            "ob" => self.object = self.objects.row(value)?,
            "fn" => {
                self.function = Some(self.functions.row(value)?);
                (self.called, self.called_file, self.called_object) = (None, None, None);
            }
            "cfi" | "cfl" => self.called_file = Some(self.files.row(value)?),
            "cob" => self.called_object = Some(self.objects.row(value)?),
            "cfn" => self.called = Some(self.functions.row(value)?),
            "calls" => {
                let count = value.split_ascii_whitespace().next().unwrap_or_default();
                let count = number(count).and_then(|count| i64::try_from(count).ok());
                self.calls = Some(count.ok_or("calls= has no number")?);
            }
            // Jumps and what later versions may add.
            _ => {}
        }
        Ok(())
    }

    fn own(&self) -> Result<Function, String> {
        let function = self.function.ok_or("costs before the first function")?;
        Ok((self.function_file, self.object, function))
    }

    /// Positions and costs.
    fn cost(&mut self, line: &str) -> Result<(), String> {
        let mut words = line.split_ascii_whitespace();
        for position in 0..self.positions {
            let word = words.next().ok_or("positions are missing")?;
            let last = self.last[position];
            let distance = |text: &str| number(text).and_then(|number| i64::try_from(number).ok());
            let now = match word.split_at_checked(1) {
                Some(("*", "")) => Some(last),
                Some(("+", rest)) => distance(rest).and_then(|distance| last.checked_add(distance)),
                Some(("-", rest)) => distance(rest).and_then(|distance| last.checked_sub(distance)),
                // Addresses may use all 64 bits.
                _ => number(word).map(|number| number as i64),
            };
            self.last[position] = now.ok_or_else(|| format!("{word:?} is no position"))?;
        }
        if self.events.is_empty() {
            return Err("costs before the line of events".to_owned());
        }
        let mut costs = vec![0i64; self.events.len()];
        for (slot, word) in costs.iter_mut().zip(words) {
            let cost = number(word).and_then(|cost| i64::try_from(cost).ok());
            *slot = cost.ok_or_else(|| format!("{word:?} is no cost"))?;
        }
        let line = self.line_position.map_or(0, |position| self.last[position]);
        let own = self.own()?;
        if let Some(calls) = self.calls.take() {
            let called = self.called.ok_or("calls of no function")?;
            // Without a file or object the callee is in those of the caller.
            let file = self.called_file.unwrap_or(self.function_file);
            let callee = (file, self.called_object.unwrap_or(self.object), called);
            (self.called, self.called_file, self.called_object) = (None, None, None);
            let entries = &mut self.entries;
            let events = self.events.len();
            let arc = self.arcs.entry((callee, own, self.file, line)).or_insert_with(|| {
                *entries += 1 + events / 8;
                (0, vec![0; events])
            });
            arc.0 = arc.0.checked_add(calls).ok_or("the number of calls is too large")?;
            return add(&mut arc.1, &costs);
        }
        let entries = &mut self.entries;
        let events = self.events.len();
        let known = self.costs.entry(own).or_default().entry((self.file, line)).or_insert_with(|| {
            *entries += 1 + events / 8;
            vec![0; events]
        });
        add(known, &costs)
    }

    fn finish(self, limits: Limits) -> Result<Profile, String> {
        let mut types: Vec<(&str, &str)> = self.events.iter().map(|event| (&**event, unit(event))).collect();
        types.push(("calls", "count"));
        if self.events.is_empty() {
            return Err("there is no line of events".to_owned());
        }
        let mut stacks = NamedStacks::new(&types).limited(limits);
        let default = stacks.builder.string(&self.events[0]);
        stacks.builder.profile.default_sample_type = default;
        let text = "from a file of calls: stacks have two frames, and deeper ones are not known";
        let comment = stacks.builder.string(text);
        stacks.builder.profile.comments.push(comment);
        let mut callers: HashMap<Function, Vec<Caller<'_>>> = HashMap::new();
        let mut arcs: Vec<_> = self.arcs.iter().collect();
        arcs.sort_unstable_by_key(|(key, _)| **key);
        for (&(callee, caller, file, line), (calls, costs)) in arcs {
            let place = self.place(&mut stacks, caller, file, line);
            callers.entry(callee).or_default().push((place, *calls, costs));
        }
        let mut functions: Vec<Function> =
            self.costs.keys().copied().chain(callers.keys().copied()).collect();
        functions.sort_unstable();
        functions.dedup();
        let nothing = Costs::new();
        for function in functions {
            let callers = callers.get(&function).map(Vec::as_slice).unwrap_or_default();
            let costs = self.costs.get(&function).unwrap_or(&nothing);
            for (&(file, line), costs) in costs {
                let leaf = self.place(&mut stacks, function, file, line);
                self.divide(&mut stacks, leaf, callers, costs)?;
            }
            // Calls belong to the first line of the callee that is known.
            let (file, line) = costs.keys().next().copied().unwrap_or((function.0, 0));
            let leaf = self.place(&mut stacks, function, file, line);
            for (caller, calls, _) in callers.iter().filter(|(_, calls, _)| *calls > 0) {
                let mut values = vec![0; types.len()];
                values[types.len() - 1] = *calls;
                stacks.add(&[leaf, *caller], &[], &values)?;
            }
        }
        Ok(stacks.finish())
    }

    /// Gives each caller its part of the costs of a line, by what its calls cost.
    fn divide(
        &self,
        stacks: &mut NamedStacks,
        leaf: LocationId,
        callers: &[Caller<'_>],
        costs: &[i64],
    ) -> Result<(), String> {
        let mut left = costs.to_vec();
        let mut parts = vec![vec![0i64; costs.len()]; callers.len()];
        for event in 0..costs.len() {
            let total: i128 = callers.iter().map(|(.., of_calls)| i128::from(of_calls[event])).sum();
            // The last one takes what rounding leaves.
            let mut before = 0i128;
            for (part, (.., of_calls)) in parts.iter_mut().zip(callers).filter(|_| total > 0) {
                let until = before + i128::from(of_calls[event]);
                let share = |sum: i128| i128::from(costs[event]) * sum / total;
                let value = i64::try_from(share(until) - share(before)).unwrap_or(0);
                part[event] = value;
                left[event] -= value;
                before = until;
            }
        }
        for (part, (caller, ..)) in parts.iter_mut().zip(callers) {
            if part.iter().any(|&value| value != 0) {
                part.push(0);
                stacks.add(&[leaf, *caller], &[], part)?;
            }
        }
        if left.iter().any(|&value| value != 0) {
            left.push(0);
            stacks.add(&[leaf], &[], &left)?;
        }
        Ok(())
    }

    fn place(
        &self,
        stacks: &mut NamedStacks,
        (_, object, name): Function,
        file: u32,
        line: i64,
    ) -> LocationId {
        let text = |names: &Names, row: u32| names.texts.get(row as usize).cloned().unwrap_or_default();
        let file = text(&self.files, file);
        let file = if file == b"???" { Vec::new() } else { file };
        stacks.location(&Frame {
            function: &text(&self.functions, name),
            file: &file,
            line: line.max(0),
            module: &text(&self.objects, object),
        })
    }
}

fn add(sums: &mut [i64], values: &[i64]) -> Result<(), String> {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum = sum.checked_add(*value).ok_or("the costs are too large")?;
    }
    Ok(())
}

/// A number, also a hexadecimal one.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The unit of an event, where its name says it.
fn unit(event: &str) -> &'static str {
    match event {
        // Of pprof -callgrind and xdebug.
        event if event.contains("(ns)") || event == "nanoseconds" => "nanoseconds",
        event if event.contains("bytes") || event.starts_with("Memory") => "bytes",
        _ => "count",
    }
}
