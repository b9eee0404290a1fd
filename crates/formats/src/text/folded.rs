//! Folded stacks, as flame graphs are made of.
//!
//! ```text
//! main;bake;heat (oven.py:12) 42
//! ```
//! A line holds the frames, the root first, and a number behind the last blank; with two numbers (`difffolded.pl`) the
//! first one is that of a base. Sources: <https://github.com/brendangregg/FlameGraph>, its `flamegraph.pl` and
//! `stackcollapse-*.pl`; async-profiler's `docs/OutputFormats.md` for the marks `_[j]`, `_[i]`, `_[k]`, `_[0]`, `_[1]`.

use std::collections::HashMap;
use std::io::BufRead;

use hotlist_profile::{Line, LocationId, MappingId, Profile};
use rustc_hash::FxBuildHasher;

use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::input::Input;
use crate::named_stacks::{Frame, NamedStacks};
use crate::read::Limits;
use crate::sniff::{Claim, Head, Sniff};

pub(crate) const FORMAT: Format = Format {
    name: "folded",
    title: "folded",
    writers: "flame graph scripts, py-spy, async-profiler, inferno, bpftrace scripts",
    lost: "",
    sniff: Sniff::Head(claim),
    reader: Reader::Stream(read),
};

/// Lines longer than this are refused.
const LONGEST_LINE: usize = 16 << 20;
/// Memory is looked at once in this number of lines.
const LINES_BETWEEN_CHECKS: u64 = 4096;
/// As many frames are remembered by their text.
const MOST_KNOWN: usize = 1 << 20;
/// Most decimals that a number may have.
const MOST_DECIMALS: usize = 6;

/// Nine tenths of the lines must be stacks with numbers, and one of them must have several frames.
fn claim(head: &Head<'_>) -> Claim {
    let text;
    let bytes = match utf16(head.bytes) {
        Some(converted) => {
            text = converted;
            &text[..]
        }
        None if head.is_text && head.json.is_none() => head.bytes,
        None => return Claim::No,
    };
    let bytes = if head.is_whole { bytes } else { &bytes[..memchr::memrchr(b'\n', bytes).unwrap_or(0)] };
    let (mut fitting, mut all, mut is_stack) = (0, 0, false);
    for line in bytes.split(|&byte| byte == b'\n').map(trimmed).filter(|line| is_content(line)) {
        all += 1;
        if let Some((stack, _)) = split(line) {
            fitting += 1;
            is_stack |= stack.contains(&b';');
        }
    }
    (all > 0 && fitting * 10 >= all * 9 && (is_stack || (fitting == all && all > 1))).into()
}

/// The text of UTF-16 with a byte order mark, as PowerShell writes it.
fn utf16(data: &[u8]) -> Option<Vec<u8>> {
    let decode: fn([u8; 2]) -> u16 = match data {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = data[2..].chunks_exact(2).map(|pair| decode([pair[0], pair[1]]));
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(text.into_bytes())
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii_end()
}

fn is_content(line: &[u8]) -> bool {
    !line.is_empty() && !line.starts_with(b"#")
}

/// The numbers at the end of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Numbers<'a> {
    /// That of the base, where there are two.
    first: Option<&'a [u8]>,
    last: &'a [u8],
}

/// Splits a line into its stack and its numbers.
fn split(line: &[u8]) -> Option<(&[u8], Numbers<'_>)> {
    let cut = |text: &'_ [u8]| -> Option<usize> {
        let blank = memchr::memrchr2(b' ', b'\t', text)?;
        is_number(&text[blank + 1..]).then_some(blank)
    };
    let end = cut(line)?;
    let (stack, last) = (line[..end].trim_ascii_end(), &line[end + 1..]);
    match cut(stack) {
        Some(before) if !stack[..before].trim_ascii_end().is_empty() => {
            let first = Some(&stack[before + 1..]);
            Some((stack[..before].trim_ascii_end(), Numbers { first, last }))
        }
        _ => (!stack.is_empty()).then_some((stack, Numbers { first: None, last })),
    }
}

fn is_number(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, fraction) = match memchr::memchr(b'.', digits) {
        Some(dot) => (&digits[..dot], &digits[dot + 1..]),
        None => (digits, &b"0"[..]),
    };
    let are_digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    are_digits(whole) && are_digits(fraction)
}

/// `text` times 10 to the power of `decimals`; `None` when it does not fit or has more decimals.
fn scaled(text: &[u8], decimals: usize) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let dot = memchr::memchr(b'.', digits).unwrap_or(digits.len());
    let fraction = digits.get(dot + 1..).unwrap_or_default();
    if fraction.len() > decimals && fraction[decimals..].iter().any(|&digit| digit != b'0') {
        return None;
    }
    let padded = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(decimals);
    let mut value = 0i64;
    for digit in digits[..dot].iter().copied().chain(padded) {
        value = value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
    }
    Some(if negative { -value } else { value })
}

fn read(input: &mut Input<'_>, limits: Limits) -> Result<Profile, Malformed> {
    let (head, _) = input.peek(2).map_err(|_| Malformed::new(Position::Line(1), "the input has failed"))?;
    if matches!(head, [0xff, 0xfe] | [0xfe, 0xff]) {
        let all = input.rest().map_err(|_| Malformed::new(Position::Line(1), "the input has failed"))?;
        return read_lines(&mut &utf16(&all).unwrap_or_default()[..], limits);
    }
    read_lines(input, limits)
}

fn read_lines(input: &mut dyn BufRead, limits: Limits) -> Result<Profile, Malformed> {
    let (mut line, mut number) = (Vec::new(), 0u64);
    let mut importer: Option<Importer> = None;
    loop {
        let place = Position::Line(number + 1);
        let fail = |reason: String| Malformed::new(place, reason);
        let Some(text) = next_line(input, &mut line).map_err(fail)? else { break };
        number += 1;
        let consumed = text.consumed;
        {
            let text = trimmed(text.of(input, &line).map_err(fail)?);
            if is_content(text) {
                let (stack, numbers) = split(text).ok_or_else(|| {
                    fail(format!("{} has no number at its end", crate::legacy::excerpt(text)))
                })?;
                let with_first = text[..text.len() - numbers.last.len()].trim_ascii_end();
                let importer = importer.get_or_insert_with(|| Importer::new(numbers));
                importer.add(stack, with_first, numbers).map_err(fail)?;
            }
        }
        input.consume(consumed);
        if number % LINES_BETWEEN_CHECKS == 0
            && let Some(importer) = &importer
        {
            importer.stacks.check_memory(limits, place)?;
        }
    }
    let importer = importer.ok_or_else(|| Malformed::unlike(Position::Line(1), "no stack"))?;
    importer.finish().map_err(|reason| Malformed::new(Position::Line(number), reason))
}

/// Where the next line is.
struct NextLine {
    /// Whether it is in the buffer, since it was not at hand as a whole.
    is_buffered: bool,
    /// How many bytes of the input at hand it takes, its end included.
    consumed: usize,
}

impl NextLine {
    fn of<'a>(&self, input: &'a mut dyn BufRead, buffer: &'a [u8]) -> Result<&'a [u8], String> {
        if self.is_buffered {
            return Ok(buffer);
        }
        let at_hand = input.fill_buf().map_err(|error| error.to_string())?;
        Ok(&at_hand[..self.consumed.min(at_hand.len())])
    }
}

/// Finds the next line, without copying it where it is at hand.
fn next_line(input: &mut dyn BufRead, buffer: &mut Vec<u8>) -> Result<Option<NextLine>, String> {
    let at_hand = input.fill_buf().map_err(|error| error.to_string())?;
    if at_hand.is_empty() {
        return Ok(None);
    }
    if let Some(end) = memchr::memchr(b'\n', at_hand) {
        return Ok(Some(NextLine { is_buffered: false, consumed: end + 1 }));
    }
    buffer.clear();
    let limit = LONGEST_LINE as u64;
    std::io::Read::take(&mut *input, limit).read_until(b'\n', buffer).map_err(|error| error.to_string())?;
    if buffer.len() == LONGEST_LINE {
        return Err(format!("a line of more than {LONGEST_LINE} bytes"));
    }
    Ok(Some(NextLine { is_buffered: true, consumed: 0 }))
}

/// Makes samples of lines.
struct Importer {
    stacks: NamedStacks,
    has_base: bool,
    /// Values are stored times 10 to this power.
    decimals: usize,
    frames: Vec<LocationId>,
    lines: Vec<(Option<MappingId>, Line)>,
    /// The locations of frames into which nothing is inlined, by their text.
    known: HashMap<Vec<u8>, LocationId, FxBuildHasher>,
}

impl Importer {
    fn new(numbers: Numbers<'_>) -> Self {
        let types: &[(&str, &str)] = match numbers.first {
            Some(_) => &[("base", "count"), ("samples", "count")],
            None => &[("samples", "count")],
        };
        let stacks = NamedStacks::new(types);
        Importer {
            stacks,
            has_base: numbers.first.is_some(),
            decimals: 0,
            frames: Vec::new(),
            lines: Vec::new(),
            known: HashMap::default(),
        }
    }

    /// Adds the sample of a line, whose stack is given without and with the first of its numbers.
    fn add(&mut self, stack: &[u8], with_first: &[u8], numbers: Numbers<'_>) -> Result<(), String> {
        if self.has_base && numbers.first.is_none() {
            return Err("a line with one number behind lines with two".to_owned());
        }
        // Where the lines before have one number, another one belongs to the last frame, as in `main;sleep 5 1`.
        let (stack, numbers) = match numbers.first {
            Some(_) if !self.has_base => (with_first, Numbers { first: None, ..numbers }),
            _ => (stack, numbers),
        };
        let texts = [numbers.first, Some(numbers.last)];
        for text in texts.iter().flatten() {
            let fraction = memchr::memchr(b'.', text).map_or(0, |dot| text.len() - dot - 1);
            if fraction > self.decimals {
                self.rescale(fraction)?;
            }
        }
        let mut values = [0i64; 2];
        let mut count = 0;
        for text in texts.iter().flatten() {
            let too_large = || format!("{} is too large a number", String::from_utf8_lossy(text));
            values[count] = scaled(text, self.decimals).ok_or_else(too_large)?;
            if values[count] < 0 {
                return Err(format!("{} is negative", String::from_utf8_lossy(text)));
            }
            count += 1;
        }
        if values == [0, 0] {
            return Ok(());
        }
        self.set_frames(stack);
        self.stacks.add(&self.frames, &[], &values[..count])
    }

    /// Turns `stack` into locations, the leaf first.
    fn set_frames(&mut self, stack: &[u8]) {
        self.frames.clear();
        self.lines.clear();
        let mut end = stack.len();
        for start in memchr::memrchr_iter(b';', stack).map(|at| at + 1).chain([0]) {
            let text = &stack[start..end];
            end = start.saturating_sub(1);
            if self.lines.is_empty()
                && let Some(&known) = self.known.get(text)
            {
                self.frames.push(known);
                continue;
            }
            let (name, mark) = mark(text);
            let module: &[u8] = match mark {
                Mark::Kernel => b"[kernel]",
                Mark::Jit => b"[jit]",
                Mark::None | Mark::Inlined => b"",
            };
            let (function, file, line) = source(name).unwrap_or((name, b"", 0));
            let (mapping, line) = self.stacks.place(&Frame { function, file, line, module });
            self.lines.push((mapping, line));
            if mark != Mark::Inlined {
                let is_alone = self.lines.len() == 1;
                self.push_location();
                if let (true, Some(&location)) =
                    (is_alone && self.known.len() < MOST_KNOWN, self.frames.last())
                {
                    self.known.insert(text.to_vec(), location);
                }
            }
        }
        if !self.lines.is_empty() {
            self.push_location();
        }
    }

    /// Makes a location of the lines at hand, of which all but the last one are inlined.
    fn push_location(&mut self) {
        let mapping = self.lines.last().and_then(|(mapping, _)| *mapping);
        let lines: Vec<Line> = self.lines.drain(..).map(|(_, line)| line).collect();
        let location = self.stacks.location_of(mapping, &lines);
        self.frames.push(location);
    }

    /// Multiplies what was added so that values may have `decimals` decimals.
    fn rescale(&mut self, decimals: usize) -> Result<(), String> {
        if decimals > MOST_DECIMALS {
            return Err(format!("a number with more than {MOST_DECIMALS} decimals"));
        }
        let factor = 10i64.pow((decimals - self.decimals) as u32);
        let samples = &mut self.stacks.builder.profile.samples;
        for id in samples.ids() {
            for value in samples.values_mut(id) {
                *value = value
                    .checked_mul(factor)
                    .ok_or("a number is too large for the decimals of another one")?;
            }
        }
        self.decimals = decimals;
        Ok(())
    }

    fn finish(mut self) -> Result<Profile, String> {
        if self.decimals > 0 {
            let comment =
                format!("values were multiplied by 10^{}, since some are no integers", self.decimals);
            let comment = self.stacks.builder.string(comment);
            self.stacks.builder.profile.comments.push(comment);
        }
        Ok(self.stacks.finish())
    }
}

/// What a suffix says about a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    None,
    Kernel,
    Jit,
    Inlined,
}

/// Splits off the mark of a frame.
fn mark(frame: &[u8]) -> (&[u8], Mark) {
    let (name, mark) = match frame.last_chunk::<4>() {
        Some(b"_[k]") => (&frame[..frame.len() - 4], Mark::Kernel),
        // Tiers of compilation count as compiled, but for the interpreter.
        Some(b"_[j]" | b"_[1]") => (&frame[..frame.len() - 4], Mark::Jit),
        Some(b"_[0]") => (&frame[..frame.len() - 4], Mark::None),
        Some(b"_[i]") => (&frame[..frame.len() - 4], Mark::Inlined),
        _ => (frame, Mark::None),
    };
    if name.is_empty() { (frame, Mark::None) } else { (name, mark) }
}

/// Splits `name (file.py:12)`, as py-spy writes it.
fn source(frame: &[u8]) -> Option<(&[u8], &[u8], i64)> {
    let inside = frame.strip_suffix(b")")?;
    let open = memchr::memmem::rfind(inside, b" (")?;
    let place = &inside[open + 2..];
    let colon = memchr::memrchr(b':', place)?;
    let digits = &place[colon + 1..];
    let is_line = (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    // An argument list such as `(int, a::b:3)` is no place.
    let is_file = colon > 0 && !place[..colon].contains(&b',') && !place[..colon].contains(&b'(');
    let name = &frame[..open];
    (is_line && is_file && !name.is_empty()).then(|| (name, &place[..colon], scaled(digits, 0).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_at_the_last_blank() {
        let check = |line: &str, expected: Option<(&str, Option<&str>, &str)>| {
            let found = split(line.as_bytes()).map(|(stack, numbers)| {
                (
                    String::from_utf8_lossy(stack),
                    numbers.first.map(String::from_utf8_lossy),
                    String::from_utf8_lossy(numbers.last),
                )
            });
            let found = found.as_ref().map(|(stack, first, last)| (&**stack, first.as_deref(), &**last));
            assert_eq!(found, expected, "{line}");
        };
        check("main;heavy (work.py:4) 62", Some(("main;heavy (work.py:4)", None, "62")));
        check("a b;c d 1.5", Some(("a b;c d", None, "1.5")));
        check("a;b 3 4", Some(("a;b", Some("3"), "4")));
        check("a\t4", Some(("a", None, "4")));
        check("3 4", Some(("3", None, "4")));
        check("a;b", None);
        check("12", None);
        check("a;b 1.", None);
    }

    #[test]
    fn frames_have_marks_and_places() {
        assert_eq!(mark(b"do_idle_[k]"), (&b"do_idle"[..], Mark::Kernel));
        assert_eq!(mark(b"_[k]"), (&b"_[k]"[..], Mark::None));
        assert_eq!(mark(b"a/B.run_[i]"), (&b"a/B.run"[..], Mark::Inlined));
        let source = |text: &'static str| source(text.as_bytes());
        assert_eq!(source("f (a b/w.py:4)"), Some((&b"f"[..], &b"a b/w.py"[..], 4)));
        assert_eq!(source("f(int) (x.c:12)"), Some((&b"f(int)"[..], &b"x.c"[..], 12)));
        assert_eq!(source("f (int, b:3)"), None);
        assert_eq!(source("f (x.c)"), None);
        assert_eq!(source("(x.c:3)"), None);
    }

    #[test]
    fn decimals_are_kept() {
        assert_eq!(scaled(b"1.5", 2), Some(150));
        assert_eq!(scaled(b"1.500", 1), Some(15));
        assert_eq!(scaled(b"1.55", 1), None);
        assert_eq!(scaled(b"9223372036854775808", 0), None);
    }
}
