//! Dumps of the stacks of all goroutines: `goroutine?debug=2`, and what a Go program prints when it panics.
//!
//! ```text
//! goroutine 1 [chan receive, 5 minutes, locked to thread]:
//! main.(*server).wait(0x4e381374280, {0x4e3809dd7d0, 0x9})
//!     /src/main.go:92 +0x84b
//! created by main.start in goroutine 16
//!     /src/main.go:50 +0x4fd
//! ```

use hotlist_profile::{Label, LabelValue, Profile};

use super::lines::{Lines, trim};
use super::scan::{Scan, decimal};
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::named_stacks::{Frame, NamedStacks};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "go-stacks",
    title: "Go stack dump",
    writers: "Go (debug=2 of goroutine, panics, SIGQUIT)",
    lost: "arguments, numbers of goroutines",
    sniff: Sniff::Bytes(is_claimed),
    reader: Reader::Whole(|data, _| read(data)),
};

/// As many lines may say why the program ended, before the first stack.
const PREAMBLE: usize = 20;

fn is_claimed(head: &[u8]) -> bool {
    let mut lines = Lines::new(head).map(trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return false };
    let is_end = [&b"panic: "[..], b"fatal error: ", b"SIG", b"unexpected fault address"];
    goroutine(first).is_some()
        || is_end.iter().any(|word| first.starts_with(word))
            && lines.take(PREAMBLE).any(|line| goroutine(line).is_some())
}

/// What is in the brackets of the heading of a goroutine.
fn goroutine(line: &[u8]) -> Option<&[u8]> {
    let mut scan = Scan::new(line);
    scan.literal(b"goroutine ")?;
    scan.digits()?;
    let open = memchr::memchr(b'[', scan.rest())?;
    let inside = trim(scan.rest()).strip_suffix(b"]:")?;
    inside.get(open..).and_then(|state| state.strip_prefix(b"[")).or(Some(&inside[inside.len().min(open)..]))
}

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    let mut lines = Lines::new(data);
    let mut stacks = NamedStacks::new(&[("goroutine", "count")]);
    stacks.builder.period("goroutine", "count", 1);
    let mut state: Option<&[u8]> = None;
    let mut dump = Dump::default();
    while let Some(line) = lines.next() {
        let line = line.trim_ascii_end();
        if let Some(next) = goroutine(line) {
            dump.end(state.replace(next), &mut stacks)
                .map_err(|reason| Malformed::new(lines.place(), reason))?;
        } else if state.is_some() {
            dump.line(line);
        }
    }
    if state.is_none() {
        return Err(Malformed::unlike(lines.place(), "no goroutine"));
    }
    dump.end(state, &mut stacks).map_err(|reason| Malformed::new(lines.place(), reason))?;
    Ok(stacks.finish())
}

/// The stack of a goroutine as far as it has come.
#[derive(Default)]
struct Dump<'a> {
    /// The leaf first.
    frames: Vec<Frame<'a>>,
    /// The function that started it.
    creator: Option<&'a [u8]>,
    /// Whether the next line is the place of the function before it.
    is_place_next: bool,
}

impl<'a> Dump<'a> {
    fn line(&mut self, line: &'a [u8]) {
        if let Some(place) = line.strip_prefix(b"\t").or_else(|| line.strip_prefix(b"    ")) {
            if std::mem::take(&mut self.is_place_next)
                && self.creator.is_none()
                && let Some(last) = self.frames.last_mut()
            {
                let place = memchr::memmem::rfind(place, b" +0x").map_or(place, |end| &place[..end]);
                if let Some(colon) = memchr::memrchr(b':', place) {
                    (last.file, last.line) =
                        (&place[..colon], decimal(trim(&place[colon + 1..])).unwrap_or(0));
                }
            }
        } else if let Some(creator) = line.strip_prefix(b"created by ") {
            let end = memchr::memmem::find(creator, b" in goroutine ").unwrap_or(creator.len());
            self.creator = Some(&creator[..end]);
        } else if line.starts_with(b"...") {
            self.frames.push(Frame { function: b"[frames left out]", ..Frame::default() });
        } else if line.ends_with(b")") && self.creator.is_none() {
            self.frames.push(Frame { function: without_arguments(line), ..Frame::default() });
            self.is_place_next = true;
        }
    }

    fn end(&mut self, state: Option<&[u8]>, stacks: &mut NamedStacks) -> Result<(), String> {
        let dump = std::mem::take(self);
        let Some(state) = state else { return Ok(()) };
        let builder = &mut stacks.builder;
        let mut labels = Vec::new();
        let mut text = |key: &str, value: &[u8]| {
            let (key, value) = (builder.string(key), builder.string(value));
            labels.push(Label { key, value: LabelValue::Text(value) });
        };
        let mut parts = state.split(|&byte| byte == b',').map(trim);
        if let Some(state) = parts.next().filter(|state| !state.is_empty()) {
            text("state", state);
        }
        let mut minutes = None;
        for part in parts {
            match part.strip_suffix(b" minutes").and_then(decimal) {
                Some(number) => minutes = Some(number),
                None if part == b"locked to thread" => text("locked", b"to thread"),
                None => text("state", part),
            }
        }
        if let Some(creator) = dump.creator {
            text("created_by", creator);
        }
        if let Some(value) = minutes {
            let (key, unit) = (builder.string("wait"), builder.string("minutes"));
            labels.push(Label { key, value: LabelValue::Number { value, unit } });
        }
        let frames: Vec<_> = dump.frames.iter().map(|frame| stacks.location(frame)).collect();
        stacks.add(&frames, &labels, &[1])
    }
}

/// `main.f(0x1, {0x2})` without the parentheses at its end.
fn without_arguments(call: &[u8]) -> &[u8] {
    let mut depth = 0usize;
    for (at, &byte) in call.iter().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' if depth == 1 => return if at == 0 { call } else { &call[..at] },
            b'(' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    call
}

#[test]
fn headings_and_calls() {
    for (line, expected) in [
        ("goroutine 19 [running]:", Some("running")),
        ("goroutine 1 gp=0xc00 m=0 mp=0x1 [chan receive, 5 minutes]:", Some("chan receive, 5 minutes")),
        ("goroutine 1", None),
        ("goroutine profile: total 3", None),
    ] {
        assert_eq!(goroutine(line.as_bytes()), expected.map(str::as_bytes), "{line}");
    }
    for (call, expected) in [
        ("main.f(0x1, {0x2, 0x3})", "main.f"),
        ("main.(*T).f(...)", "main.(*T).f"),
        ("main.f[...](0x1)", "main.f[...]"),
        ("(x)", "(x)"),
        ("x)", "x)"),
    ] {
        assert_eq!(without_arguments(call.as_bytes()), expected.as_bytes());
    }
}
