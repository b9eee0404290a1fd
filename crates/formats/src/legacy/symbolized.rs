//! Profiles with their symbols, as perl's `pprof --raw` and `jeprof --raw` write them.
//!
//! ```text
//! --- symbol
//! binary=./server
//! 0x0000560079b432e8 main<0000000000001278>--inlined(int)--more_inlined()
//! 0x0000560079b432cd main<0000000000001278>
//! ---
//! --- profile
//! <the samples, mostly in the layout of gperftools' CPU profiles>
//! ```
//! Functions that were inlined stand behind the one into which they were, and equal names are told apart by the
//! addresses of their functions, which are dropped here.

use hotlist_profile::Profile;

use super::address_names::{AddressNames, NamedFrame};
use super::address_samples::RepeatedLeaf;
use super::gperftools_cpu::{self, Frames, Language};
use super::lines::{Lines, trim};
use super::memory_map::{self, MapEntry};
use super::scan::{Scan, decimal, excerpt, hexadecimal};
use super::{contention, heap};
use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "symbolized",
    title: "symbolized",
    writers: "perl pprof --raw, jeprof --raw",
    lost: "",
    sniff: Sniff::Bytes(|head| head.starts_with(b"--- symbol\n") || head.starts_with(b"--- symbol\r\n")),
    reader: Reader::Whole(|data, _| read(data)),
};

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    let mut lines = Lines::new(data);
    lines.next();
    let (mut names, mut binary) = (AddressNames::approximate(), &b""[..]);
    loop {
        let line =
            lines.next().ok_or_else(|| Malformed::new(lines.place(), "the list of symbols does not end"))?;
        if line == b"---" {
            break;
        }
        if let Some(path) = line.strip_prefix(b"binary=") {
            binary = path;
        } else if let Some((address, symbol)) = symbol(line) {
            names.add(address, || frames(symbol));
        } else if !trim(line).is_empty() {
            return Err(Malformed::new(lines.place(), format!("{} is not a symbol", excerpt(line))));
        }
    }
    let heading = lines.next().unwrap_or_default();
    let samples = lines.rest();
    let offset = (data.len() - samples.len()) as u64;
    let moved = |error: Malformed| match error.place {
        Position::Byte(at) => Malformed { place: Position::Byte(at + offset), ..error },
        // Lines are counted from the heading on.
        _ => error,
    };
    let mut profile = match heading {
        b"--- heap" | b"--- growth" => heap::read_named(samples, names).map_err(moved)?,
        b"--- contention" | b"--- contentionz" => contention::read_named(samples, names).map_err(moved)?,
        _ if heading.starts_with(b"--- ") => read_cpu(samples, names, binary).map_err(moved)?,
        _ => {
            let reason = format!("{} is not the heading of samples", excerpt(heading));
            return Err(Malformed::new(lines.place(), reason));
        }
    };
    for mapping in &mut profile.mappings {
        mapping.has.functions = true;
    }
    Ok(profile)
}

/// Splits `0xADDRESS name`.
fn symbol(line: &[u8]) -> Option<(u64, &[u8])> {
    let mut scan = Scan::new(line);
    scan.literal(b"0x")?;
    let address = hexadecimal(scan.hex_digits()?)?;
    (scan.spaces() > 0).then(|| (address, scan.rest()))
}

/// The functions of a symbol, the innermost inlined one first.
fn frames(symbol: &[u8]) -> Vec<NamedFrame<'_>> {
    let mut frames = Vec::new();
    let mut rest = symbol;
    loop {
        let end = memchr::memmem::find(rest, b"--");
        // The decrement operator is part of a name.
        let end = end.filter(|&end| !rest[..end].ends_with(b"operator"));
        frames.push(frame(&rest[..end.unwrap_or(rest.len())]));
        match end {
            Some(end) => rest = &rest[end + 2..],
            None => break,
        }
    }
    frames.reverse();
    frames
}

fn frame(name: &[u8]) -> NamedFrame<'_> {
    // Java's names end with `(File.java:123)`.
    if let Some(inside) = name.strip_suffix(b")")
        && let Some(open) = memchr::memrchr(b'(', inside)
        && let Some(colon) = memchr::memrchr(b':', &inside[open..])
        && let Some(line) = decimal(&inside[open + colon + 1..])
        && !inside[open..open + colon].contains(&b' ')
    {
        let (function, file) = (&name[..open], &inside[open + 1..open + colon]);
        return NamedFrame { function: function.into(), file: file.into(), line: line.max(0) };
    }
    let is_address = |tail: &[u8]| tail.len() == 16 && tail.iter().all(u8::is_ascii_hexdigit);
    let without = name.strip_suffix(b">").and_then(|name| {
        let open = name.len().checked_sub(17)?;
        (name[open] == b'<' && is_address(&name[open + 1..])).then(|| &name[..open])
    });
    NamedFrame { function: without.unwrap_or(name).into(), ..NamedFrame::default() }
}

fn read_cpu(data: &[u8], names: AddressNames<'_>, binary: &[u8]) -> Result<Profile, Malformed> {
    let header = gperftools_cpu::header(data, Language::Native)
        .ok_or_else(|| Malformed::new(Position::Byte(0), "the samples are in no layout of a CPU profile"))?;
    let (mut samples, text) = header.samples(data, Frames::Keys)?;
    let mut fields = header.profile_header(data)?;
    // Perl writes the counts of any profile in this way, with a period of 1 that means nothing.
    if fields.period == 1000 {
        fields.sample_types.truncate(1);
        fields.period_type = ("samples", "count");
        fields.period = 1;
    }
    *samples.names() = names;
    let mut mappings = memory_map::read(&mut Lines::new(text))?;
    if mappings.is_empty() {
        mappings.push(MapEntry { limit: u64::MAX, file: binary.to_vec(), ..MapEntry::default() });
    }
    samples.into_profile(&fields, mappings, RepeatedLeaf::Keep)
}

#[test]
fn symbols_have_inlined_functions() {
    let check = |symbol: &str, expected: &[(&str, &str, i64)]| {
        let found = frames(symbol.as_bytes());
        let found: Vec<_> = found
            .iter()
            .map(|frame| {
                (String::from_utf8_lossy(&frame.function), String::from_utf8_lossy(&frame.file), frame.line)
            })
            .collect();
        let found: Vec<_> =
            found.iter().map(|(function, file, line)| (&**function, &**file, *line)).collect();
        assert_eq!(found, expected, "{symbol}");
    };
    check("main<0000000000001278>--f(int)--T<a>", &[("T<a>", "", 0), ("f(int)", "", 0), ("main", "", 0)]);
    check("A::operator--(int)", &[("A::operator--(int)", "", 0)]);
    check("com.x.W.run(W.java:356)", &[("com.x.W.run", "W.java", 356)]);
    check("f(int)", &[("f(int)", "", 0)]);
    check("f<000000000000127>", &[("f<000000000000127>", "", 0)]);
}
