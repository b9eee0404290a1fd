//! One line of a memory map.
//!
//! Two layouts are known. That of Linux's `/proc/<pid>/maps` (proc(5)):
//! ```text
//! 00400000-0048a000 r-xp 00000000 08:02 173521   /usr/bin/dbus-daemon
//! ```
//! and a brief one, in which everything after the range may be missing:
//! ```text
//! 0x40000-0x80000: /path/to/binary (@ff00) 0123456789abcdef
//! ```
//! The reading is as generous as pprof's regular expressions: the dash may be missing, and then even
//! the space, so that a lone hexadecimal number is a range whose limit is its last digit.

use super::memory_map::MapEntry;
use super::scan::{Scan, hexadecimal};

/// What a line turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MapLine {
    Executable(MapEntry),
    /// A range that holds no code.
    Data,
    /// No range at all.
    Other,
}

/// The parts of a line, as they stand there.
#[derive(Clone, Copy, Default)]
struct Parts<'a> {
    start: &'a [u8],
    limit: &'a [u8],
    permissions: Option<&'a [u8]>,
    offset: Option<&'a [u8]>,
    file: &'a [u8],
    build_id: &'a [u8],
}

pub(crate) fn parse(line: &[u8]) -> MapLine {
    let Some(parts) = proc_layout(line).or_else(|| brief_layout(line)) else { return MapLine::Other };
    if parts.permissions.is_some_and(|permissions| !permissions.contains(&b'x')) {
        return MapLine::Data;
    }
    let number = |digits: Option<&[u8]>| digits.map_or(Some(0), hexadecimal);
    match (hexadecimal(parts.start), hexadecimal(parts.limit), number(parts.offset)) {
        (Some(start), Some(limit), Some(offset)) => MapLine::Executable(MapEntry {
            start,
            limit,
            offset,
            file: parts.file.to_vec(),
            build_id: parts.build_id.to_vec(),
        }),
        _ => MapLine::Other,
    }
}

fn proc_layout(line: &[u8]) -> Option<Parts<'_>> {
    ranges(line).into_iter().flatten().find_map(|(mut parts, mut scan)| {
        parts.permissions = optional(&mut scan, permissions);
        let with_offset = {
            let mut scan = scan;
            optional(&mut scan, Scan::hex_digits).and_then(|offset| Some((offset, device_and_file(scan)?)))
        };
        match with_offset {
            Some((offset, file)) => (parts.offset, parts.file) = (Some(offset), file),
            None => parts.file = device_and_file(scan)?,
        }
        Some(parts)
    })
}

/// Device numbers and inode must stand here; returns the file name behind them.
fn device_and_file(mut scan: Scan<'_>) -> Option<&[u8]> {
    scan.some(is_blank)?;
    scan.hex_digits()?;
    scan.literal(b":")?;
    scan.hex_digits()?;
    scan.some(is_blank)?;
    scan.digits()?;
    Some(optional(&mut scan, word).unwrap_or_default())
}

fn brief_layout(line: &[u8]) -> Option<Parts<'_>> {
    let (mut parts, mut scan) = ranges(line).into_iter().flatten().next()?;
    parts.permissions = optional(&mut scan, permissions);
    parts.file = optional(&mut scan, word).unwrap_or_default();
    parts.offset = optional(&mut scan, |scan| {
        scan.literal(b"(@")?;
        let offset = scan.hex_digits()?;
        scan.literal(b")")?;
        Some(offset)
    });
    parts.build_id = optional(&mut scan, Scan::hex_digits).unwrap_or_default();
    Some(parts)
}

/// The ways to read a range at the start of `line`, the preferred one first, each with what follows.
fn ranges(line: &[u8]) -> [Option<(Parts<'_>, Scan<'_>)>; 3] {
    let mut scan = Scan::new(line);
    scan.run(is_blank);
    // Without digits behind it this prefix would leave a 0 and an x, which is no range.
    let _ = scan.literal(b"0x");
    let Some(run) = scan.hex_digits() else { return [None; 3] };
    let (body, last_digit) = run.split_at(run.len() - 1);
    let split = |limit, scan| (!body.is_empty()).then(|| range(body, limit, scan));
    [
        separated_limit(scan).map(|(limit, scan)| range(run, limit, scan)),
        prefixed_limit(last_digit, scan).and_then(|(limit, scan)| split(limit, scan)),
        split(last_digit, scan),
    ]
}

fn range<'a>(start: &'a [u8], limit: &'a [u8], mut scan: Scan<'a>) -> (Parts<'a>, Scan<'a>) {
    let _ = scan.literal(b":");
    (Parts { start, limit, ..Parts::default() }, scan)
}

/// A second number behind a dash or blanks.
fn separated_limit(mut scan: Scan<'_>) -> Option<(&[u8], Scan<'_>)> {
    let dash = scan.literal(b"-");
    let blanks = scan.run(is_blank);
    if dash.is_none() && blanks.is_empty() {
        return None;
    }
    let mut prefixed = scan;
    if prefixed.literal(b"0x").is_some()
        && let Some(limit) = prefixed.hex_digits()
    {
        return Some((limit, prefixed));
    }
    Some((scan.hex_digits()?, scan))
}

/// A second number whose `0x` begins with the last digit of the first.
fn prefixed_limit<'a>(last_digit: &[u8], mut scan: Scan<'a>) -> Option<(&'a [u8], Scan<'a>)> {
    scan.literal(b"x").filter(|()| last_digit == b"0")?;
    Some((scan.hex_digits()?, scan))
}

/// `part` behind at least one blank; consumes nothing when it is not there.
fn optional<'a, T>(scan: &mut Scan<'a>, part: impl FnOnce(&mut Scan<'a>) -> Option<T>) -> Option<T> {
    let mut ahead = *scan;
    ahead.some(is_blank)?;
    let found = part(&mut ahead)?;
    *scan = ahead;
    Some(found)
}

fn permissions<'a>(scan: &mut Scan<'a>) -> Option<&'a [u8]> {
    scan.some(|byte| matches!(byte, b'-' | b'r' | b'w' | b'x' | b'p'))
}

fn word<'a>(scan: &mut Scan<'a>) -> Option<&'a [u8]> {
    scan.some(|byte| !is_blank(byte))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0c | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<(u64, u64, u64, &str, &str)>) {
        let expected = expected.map(|(start, limit, offset, file, build_id)| MapEntry {
            start,
            limit,
            offset,
            file: file.into(),
            build_id: build_id.into(),
        });
        let found = match parse(line.as_bytes()) {
            MapLine::Executable(entry) => Some(entry),
            MapLine::Data | MapLine::Other => None,
        };
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn layouts() {
        check(
            "00400000-0048a000 r-xp 00001000 08:02 173521      /usr/bin/a",
            Some((0x40_0000, 0x48_a000, 0x1000, "/usr/bin/a", "")),
        );
        check("00400000-0048a000 rw-p 00001000 08:02 173521 /usr/bin/a", None);
        check("0x40000-0x80000 /bin/a (@FF00) abc123", Some((0x40000, 0x80000, 0xff00, "/bin/a", "abc123")));
        check("  00400000-00fcb000: /bin/a", Some((0x40_0000, 0xfc_b000, 0, "/bin/a", "")));
        check("40000 80000 r-xp /bin/a", Some((0x40000, 0x80000, 0, "/bin/a", "")));
        check("00400000-0048a000 08:02 17", Some((0x40_0000, 0x48_a000, 0, "", "")));
        check("MAPPED_LIBRARIES:", None);
        check("", None);
        check("build=/home", None);
        check("1ffffffffffffffff-2 /bin/a", None);
    }

    #[test]
    fn oddities_of_the_regular_expressions() {
        check("deadbeef", Some((0x0dea_dbee, 0xf, 0, "", "")));
        check("deadbeef 08:01 1234 /f", Some((0x0dea_dbee, 0xf, 0, "/f", "")));
        check("120x34 /f", Some((0x12, 0x34, 0, "/f", "")));
        check("00400000 - 00fcb000 /f", None);
        check("ad=b", Some((0xa, 0xd, 0, "", "")));
        check("a=b", None);
    }
}
