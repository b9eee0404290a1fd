//! Heap and contention profiles of Java.
//!
//! ```text
//! --- heapz 1 ---
//! format = java
//! resolution = bytes
//!      7048     1 @ 0x00000003 0x00000004
//!  0x00000003 com.example.Server.run (Server.java:191)
//! ```
//! A contention profile has `--- contentionz 1 ---` and may also name its `sampling period` and the
//! `ms since reset`.

use hotlist_profile::Profile;

use super::address_samples::{AddressSamples, Header};
use super::java_locations;
use super::lines::{Lines, trim};
use super::scan::{Scan, addresses, at_digit_runs, excerpt, go_integer, is_address_list};
use super::unsampling::unsample;
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "java-text",
    title: "Java",
    writers: "Java agents (heapz, contentionz)",
    lost: "the made-up addresses of frames",
    sniff: Sniff::Bytes(|head| subject(head).is_some()),
    reader: Reader::Whole(|data, _| read(data)),
};

/// Java samples an allocation every 512 KiB.
const HEAP_RATE: i64 = 512 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Heap,
    Contention,
}

fn subject(data: &[u8]) -> Option<Subject> {
    // The first line must have an end, or nothing follows it.
    let end = memchr::memchr(b'\n', data)?;
    match trim(&data[..end]) {
        b"--- heapz 1 ---" => Some(Subject::Heap),
        b"--- contentionz 1 ---" => Some(Subject::Contention),
        _ => None,
    }
}

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    let mut lines = Lines::new(data);
    lines.next();
    let subject =
        subject(data).ok_or_else(|| Malformed::unlike(lines.place(), "the first line is not a heading"))?;
    let header = read_header(subject, &mut lines)?;
    let samples = read_samples(subject, header.period, &mut lines)?;
    if header.sample_types.is_empty() && samples.len() > 0 {
        return Err(Malformed::new(lines.place(), "missing sample type information"));
    }
    java_locations::describe(&samples, &header, lines)
}

/// Reads attributes, up to the first line that is none.
fn read_header<'a>(subject: Subject, lines: &mut Lines<'a>) -> Result<Header<'a>, Malformed> {
    let mut header = Header::default();
    loop {
        let mut ahead = lines.clone();
        let Some(line) = ahead.next_uncut() else { return Ok(header) };
        let line = trim(line);
        if !line.is_empty() {
            let Some((name, value)) = attribute(line) else { return Ok(header) };
            let place = ahead.place();
            let number = || {
                go_integer(value)
                    .ok_or_else(|| Malformed::new(place, format!("{} is not a number", excerpt(value))))
            };
            // Attributes consist of ASCII characters only.
            let unit = std::str::from_utf8(value).unwrap_or_default();
            match (subject, name) {
                (_, b"format") if value == b"java" => {}
                (Subject::Heap, b"resolution") => {
                    header.sample_types = vec![("inuse_objects", "count"), ("inuse_space", unit)];
                }
                (Subject::Contention, b"resolution") => {
                    header.sample_types = vec![("contentions", "count"), ("delay", unit)];
                }
                (Subject::Contention, b"sampling period") => {
                    header.period_type = ("contentions", "count");
                    header.period = number()?;
                }
                (Subject::Contention, b"ms since reset") => {
                    header.duration_nanos = number()?
                        .checked_mul(1_000_000)
                        .ok_or_else(|| Malformed::new(place, "the duration is too long"))?;
                }
                _ => return Err(Malformed::unlike(place, format!("unknown attribute {}", excerpt(line)))),
            }
        }
        *lines = ahead;
    }
}

/// Matches `name = value`, both of letters, digits, underscores and spaces, anywhere in `line`.
fn attribute(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b' ';
    let mut scan = Scan::new(line);
    while !scan.rest().is_empty() {
        if let Some(name) = scan.some(is_word) {
            let mut value = scan;
            if value.literal(b"=").is_some()
                && let Some(value) = value.some(is_word)
            {
                return Some((trim(name), trim(value)));
            }
        }
        scan.run(|byte| !is_word(byte));
    }
    None
}

/// Reads samples, up to the first line that is none or is cut off, which may have lost frames.
fn read_samples(
    subject: Subject,
    period: i64,
    lines: &mut Lines<'_>,
) -> Result<AddressSamples<'static>, Malformed> {
    let mut samples = AddressSamples::default();
    loop {
        let mut ahead = lines.clone();
        let Some(line) = ahead.next_uncut() else { return Ok(samples) };
        let line = trim(line);
        if !line.is_empty() {
            let Some((size, count, stack)) = sample(line) else { return Ok(samples) };
            let malformed = |reason| Malformed::new(ahead.place(), reason);
            let number = |digits| {
                go_integer(digits).ok_or_else(|| malformed(format!("{} is not a number", excerpt(digits))))
            };
            let (count, size) = (number(count)?, number(size)?);
            addresses(stack, |address| samples.frame(address)).map_err(malformed)?;
            let overflow = || malformed("the unsampled values are too large".to_owned());
            let mut block_size = None;
            let (count, size) = match subject {
                Subject::Heap if count == 0 => {
                    return Err(malformed("the number of objects is 0".to_owned()));
                }
                Subject::Heap => {
                    block_size = Some(size / count);
                    unsample(count, size, HEAP_RATE).ok_or_else(overflow)?
                }
                Subject::Contention if period == 0 => (count, size),
                Subject::Contention => {
                    let scaled = |value: i64| value.checked_mul(period).ok_or_else(overflow);
                    (scaled(count)?, scaled(size)?)
                }
            };
            samples.sample([count, size, 0, 0], block_size);
        }
        *lines = ahead;
    }
}

/// Matches `<size> <count> @ <addresses>` anywhere in `line`.
fn sample(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    at_digit_runs(line, |mut scan| {
        // The sign does not count here.
        let _ = scan.literal(b"-");
        let size = scan.digits()?;
        some_spaces(&mut scan)?;
        let count = scan.digits()?;
        some_spaces(&mut scan)?;
        scan.literal(b"@")?;
        some_spaces(&mut scan)?;
        Some((size, count, scan.run(is_address_list)))
    })
}

fn some_spaces(scan: &mut Scan<'_>) -> Option<()> {
    (scan.spaces() > 0).then_some(())
}

#[test]
fn attributes() {
    assert_eq!(attribute(b"format = java"), Some((&b"format"[..], &b"java"[..])));
    assert_eq!(attribute(b"(x) ms since reset=5/s"), Some((&b"ms since reset"[..], &b"5"[..])));
    assert_eq!(attribute(b"7048 1 @ 0x3"), None);
    assert_eq!(attribute(b"a=/"), None);
}
