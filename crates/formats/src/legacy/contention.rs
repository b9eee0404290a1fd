//! Contention profiles of C++ programs and of Go's runtime: where threads waited for locks.
//!
//! ```text
//! --- contentionz 1 ---
//! cycles/second = 3201000000
//! sampling period = 100
//! ms since reset = 16502830
//! discarded samples = 0
//!   19490304       27 @ 0xbccc97 0xc61202
//! ```
//! A line holds the cycles that were waited, the number of times, and the return addresses.

use hotlist_profile::Profile;

use super::address_names::AddressNames;
use super::address_samples::{AddressSamples, Header, RepeatedLeaf};
use super::go_comments::GoComments;
use super::lines::{Lines, is_blank_or_comment, trim};
use super::memory_map;
use super::scan::{Scan, addresses, at_digit_runs, decimal, excerpt, go_integer, is_address_list};
use super::unsampling::to_integer;
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "contention",
    title: "contention",
    writers: "gperftools, Go (debug=1 of mutex and block)",
    lost: "",
    sniff: Sniff::Bytes(|head| Lines::new(head).next().is_some_and(is_heading)),
    reader: Reader::Whole(|data, _| read(data)),
};

/// How the numbers of a sample are to be scaled.
#[derive(Clone, Copy, Debug)]
struct Scaling {
    /// How many contentions pass between two samples.
    period: i64,
    cycles_per_second: i64,
}

fn is_heading(line: &[u8]) -> bool {
    // Go's runtime writes the latter two.
    const HEADINGS: [&[u8]; 3] = [b"--- contentionz ", b"--- mutex:", b"--- contention:"];
    HEADINGS.iter().any(|heading| line.starts_with(heading))
}

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    read_named(data, AddressNames::default())
}

/// Reads a profile about whose addresses something is known.
pub(crate) fn read_named<'a>(data: &'a [u8], names: AddressNames<'a>) -> Result<Profile, Malformed> {
    let mut lines = Lines::new(data);
    if !lines.next().is_some_and(is_heading) {
        return Err(Malformed::unlike(lines.place(), "not the heading of a contention profile"));
    }
    let mut header = Header {
        sample_types: vec![("contentions", "count"), ("delay", "nanoseconds")],
        period_type: ("contentions", "count"),
        period: 1,
        duration_nanos: 0,
    };
    let mut scaling = Scaling { period: 1, cycles_per_second: 0 };
    let mut current = read_attributes(&mut lines, &mut header, &mut scaling)?;
    header.period = scaling.period;
    let (mut samples, mut comments) = (AddressSamples::default(), GoComments::default());
    *samples.names() = names;
    while let Some(line) = current.map(trim) {
        if line.starts_with(b"---") {
            break;
        }
        if is_blank_or_comment(line) {
            comments.line(line, &mut samples);
        } else {
            comments.end_sample(&mut samples);
            read_sample(line, scaling, &mut samples, &lines)?;
        }
        current = lines.next();
    }
    comments.end_sample(&mut samples);
    let mappings = memory_map::find_and_read(current, &mut lines)?;
    samples.into_profile(&header, mappings, RepeatedLeaf::Keep)
}

/// Reads lines of the form `name = value` and returns the first of another form.
fn read_attributes<'a>(
    lines: &mut Lines<'a>,
    header: &mut Header<'_>,
    scaling: &mut Scaling,
) -> Result<Option<&'a [u8]>, Malformed> {
    while let Some(line) = lines.next() {
        let text = trim(line);
        if is_blank_or_comment(text) {
            continue;
        }
        let equals = memchr::memchr(b'=', text).filter(|_| !text.starts_with(b"---"));
        let Some(equals) = equals else { return Ok(Some(line)) };
        let (name, value) = (trim(&text[..equals]), trim(&text[equals + 1..]));
        let number = || {
            let reason = || format!("{} is not a number", excerpt(value));
            go_integer(value).ok_or_else(|| Malformed::unlike(lines.place(), reason()))
        };
        match name {
            b"cycles/second" => scaling.cycles_per_second = number()?,
            b"sampling period" => scaling.period = number()?,
            b"ms since reset" => {
                header.duration_nanos = number()?
                    .checked_mul(1_000_000)
                    .ok_or_else(|| Malformed::new(lines.place(), "the duration is too long"))?;
            }
            b"discarded samples" => {}
            // Java's profiles, which begin alike, have others.
            _ => {
                let reason = format!("unknown attribute {}", excerpt(name));
                return Err(Malformed::unlike(lines.place(), reason));
            }
        }
    }
    Ok(None)
}

fn read_sample(
    line: &[u8],
    scaling: Scaling,
    samples: &mut AddressSamples<'_>,
    lines: &Lines<'_>,
) -> Result<(), Malformed> {
    let (cycles, count, stack) = sample(line)
        .ok_or_else(|| Malformed::unlike(lines.place(), format!("{} is not a sample", excerpt(line))))?;
    let malformed = |reason| Malformed::new(lines.place(), reason);
    let number = |digits| {
        decimal(digits).ok_or_else(|| malformed(format!("{} is too large a number", excerpt(digits))))
    };
    let (cycles, count) = (number(cycles)?, number(count)?);
    let (delay, count) = scale(cycles, count, scaling)
        .ok_or_else(|| malformed("the scaled values are too large".to_owned()))?;
    addresses(stack, |address| samples.frame(address.wrapping_sub(1))).map_err(malformed)?;
    samples.sample([count, delay, 0, 0], None);
    Ok(())
}

/// Nanoseconds and contentions of all, of which one in every period was seen.
fn scale(cycles: i64, count: i64, scaling: Scaling) -> Option<(i64, i64)> {
    if scaling.period <= 0 {
        return Some((cycles, count));
    }
    let delay = if scaling.cycles_per_second > 0 {
        let cycles_per_nanosecond = scaling.cycles_per_second as f64 / 1e9;
        to_integer(cycles as f64 * scaling.period as f64 / cycles_per_nanosecond)?
    } else {
        cycles
    };
    Some((delay, count.checked_mul(scaling.period)?))
}

/// Matches `<cycles> <count> @<addresses>` anywhere in `line`. The space between the numbers may be
/// missing, in which case the last digit is the count.
fn sample(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    at_digit_runs(line, |mut scan| {
        // The sign does not count here.
        let _ = scan.literal(b"-");
        let cycles = scan.digits()?;
        let apart = {
            let mut scan = scan;
            scan.spaces();
            scan.digits().and_then(|count| Some((cycles, count, stack(scan)?)))
        };
        apart.or_else(|| {
            let (cycles, count) = cycles.split_at(cycles.len() - 1);
            (!cycles.is_empty()).then_some((cycles, count, stack(scan)?))
        })
    })
}

fn stack(mut scan: Scan<'_>) -> Option<&[u8]> {
    scan.literal(b" @")?;
    Some(scan.run(is_address_list))
}

#[test]
fn samples_may_stand_anywhere() {
    let check = |line: &'static str, expected: Option<(&str, &str, &str)>| {
        let found = sample(line.as_bytes());
        assert_eq!(found, expected.map(|(a, b, c)| (a.as_bytes(), b.as_bytes(), c.as_bytes())), "{line}");
    };
    check("19490304       27 @ 0xbc 0xc6", Some(("19490304", "27", " 0xbc 0xc6")));
    check("5 6 7 @ 0x1", Some(("6", "7", " 0x1")));
    check("123 @ 0x1 X", Some(("12", "3", " 0x1 ")));
    check("1 @ 0x1", None);
    check("1 2  @ 0x1", None);
}
