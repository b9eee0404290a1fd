//! Heap, growth and fragmentation profiles of gperftools and of Go up to 1.8.
//!
//! ```text
//! heap profile:    144:  8498176 [   144:  8498176] @ heapz_v2/524288
//!      1:     9216 [     1:     9216] @ 0xc635c8 0x42ecc3
//! MAPPED_LIBRARIES:
//! ```
//! A line holds count and bytes of what is in use, then of all that was allocated, and the return
//! addresses. What follows the `@` of the first line tells how the numbers were sampled.

use hotlist_profile::Profile;

use super::address_names::AddressNames;
use super::address_samples::{AddressSamples, Header, RepeatedLeaf};
use super::go_comments::GoComments;
use super::lines::{Lines, is_blank_or_comment, trim};
use super::memory_map;
use super::scan::{Scan, addresses, after_word, at_digit_runs, decimal, excerpt, is_address_list};
use super::unsampling::unsample;
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "heap",
    title: "heap",
    writers: "gperftools, tcmalloc, Go (debug=1)",
    lost: "",
    sniff: Sniff::Bytes(|head| Lines::new(head).next().is_some_and(|line| heading(line).is_some())),
    reader: Reader::Whole(|data, _| read(data)),
};

/// What the first line says.
#[derive(Debug, PartialEq, Eq)]
struct Heading {
    period: i64,
    sampling: Sampling,
    columns: Columns,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sampling {
    /// The numbers are true.
    None,
    /// On average one allocation was seen in each period of bytes; see [`unsample`].
    Poisson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Columns {
    InUse,
    /// The totals show that allocations and what is left of them were counted apart.
    AllocatedAndInUse,
}

/// The four numbers of a line as they stand there: objects and bytes in use, then allocated.
type Numbers<'a> = [&'a [u8]; 4];

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    read_named(data, AddressNames::default())
}

/// Reads a profile about whose addresses something is known.
pub(crate) fn read_named<'a>(data: &'a [u8], names: AddressNames<'a>) -> Result<Profile, Malformed> {
    let mut lines = Lines::new(data);
    let heading = lines.next().and_then(heading);
    let heading =
        heading.ok_or_else(|| Malformed::unlike(lines.place(), "not the heading of a heap profile"))?;
    let (mut samples, mut comments) = (AddressSamples::default(), GoComments::default());
    *samples.names() = names;
    let mut current = None;
    while let Some(line) = lines.next() {
        let line = trim(line);
        current = Some(line);
        if memory_map::is_heading(line) {
            break;
        }
        if is_blank_or_comment(line) {
            comments.line(line, &mut samples);
        } else {
            comments.end_sample(&mut samples);
            read_sample(line, &heading, &mut samples)
                .map_err(|reason| Malformed::new(lines.place(), reason))?;
        }
    }
    comments.end_sample(&mut samples);
    let header = Header {
        sample_types: match heading.columns {
            Columns::InUse => vec![("objects", "count"), ("space", "bytes")],
            // The last type is the one that is shown unless another is asked for.
            Columns::AllocatedAndInUse => vec![
                ("alloc_objects", "count"),
                ("alloc_space", "bytes"),
                ("inuse_objects", "count"),
                ("inuse_space", "bytes"),
            ],
        },
        period_type: ("space", "bytes"),
        period: heading.period,
        duration_nanos: 0,
    };
    let mappings = memory_map::find_and_read(current, &mut lines)?;
    samples.into_profile(&header, mappings, RepeatedLeaf::Keep)
}

fn heading(line: &[u8]) -> Option<Heading> {
    const WORD: &[u8] = b"heap profile:";
    let sampled = after_word(line, WORD, |mut scan| {
        let totals = totals(&mut scan)?;
        scan.spaces();
        scan.literal(b"@")?;
        scan.spaces();
        let variant = scan.rest();
        scan.literal(b"heap")?;
        scan.run(|byte| matches!(byte, b'_' | b'a'..=b'z' | b'0'..=b'9'));
        let variant = &variant[..variant.len() - scan.rest().len()];
        let _ = scan.literal(b"/");
        Some((totals, variant, scan.digits()))
    });
    if let Some((totals, variant, rate)) = sampled {
        let rate = rate.map_or(Some(0), decimal)?;
        let (sampling, period) = match variant {
            b"heapz_v2" | b"heap_v2" => (Sampling::Poisson, rate),
            // Go writes twice the rate.
            b"heap" => (Sampling::Poisson, rate / 2),
            b"heapprofile" => (Sampling::None, 1),
            _ => return None,
        };
        let [objects, bytes, all_objects, all_bytes] = totals;
        let differ = |in_use: &[u8], all: &[u8]| all != in_use && all != b"0";
        let apart = differ(objects, all_objects) || differ(bytes, all_bytes);
        let columns = if apart { Columns::AllocatedAndInUse } else { Columns::InUse };
        return Some(Heading { period, sampling, columns });
    }
    after_word(line, WORD, |mut scan| {
        totals(&mut scan)?;
        let variant = scan.rest();
        let known = variant.starts_with(b" @ growth") || variant.starts_with(b" @ fragmentation");
        known.then_some(Heading { period: 1, sampling: Sampling::None, columns: Columns::InUse })
    })
}

fn totals<'a>(scan: &mut Scan<'a>) -> Option<Numbers<'a>> {
    scan.spaces();
    numbers(scan, Scan::digits)
}

/// Matches `<number>: <number> [<number>: <number>]` with any number of spaces between.
fn numbers<'a>(
    scan: &mut Scan<'a>,
    in_use: impl Fn(&mut Scan<'a>) -> Option<&'a [u8]>,
) -> Option<Numbers<'a>> {
    let objects = in_use(scan)?;
    scan.literal(b":")?;
    scan.spaces();
    let bytes = in_use(scan)?;
    scan.spaces();
    scan.literal(b"[")?;
    scan.spaces();
    let all_objects = scan.digits()?;
    scan.literal(b":")?;
    scan.spaces();
    let all_bytes = scan.digits()?;
    scan.spaces();
    scan.literal(b"]")?;
    Some([objects, bytes, all_objects, all_bytes])
}

fn signed_digits<'a>(scan: &mut Scan<'a>) -> Option<&'a [u8]> {
    let text = scan.rest();
    let _ = scan.literal(b"-");
    scan.digits()?;
    Some(&text[..text.len() - scan.rest().len()])
}

fn read_sample(line: &[u8], heading: &Heading, samples: &mut AddressSamples<'_>) -> Result<(), String> {
    let found = at_digit_runs(line, |mut scan| {
        let numbers = numbers(&mut scan, signed_digits)?;
        scan.literal(b" @")?;
        Some((numbers, scan.run(is_address_list)))
    });
    let ([objects, bytes, all_objects, all_bytes], stack) =
        found.ok_or_else(|| format!("{} is not a sample", excerpt(line)))?;
    let mut block_size = 0;
    let mut pair = |what: &str, objects, bytes| {
        let number =
            |digits| decimal(digits).ok_or_else(|| format!("{} is too large a number", excerpt(digits)));
        let (objects, bytes) = (number(objects)?, number(bytes)?);
        if objects == 0 {
            return if bytes == 0 {
                Ok((0, 0))
            } else {
                Err(format!("no {what} objects have {bytes} bytes"))
            };
        }
        let overflow = || "the unsampled values are too large".to_owned();
        block_size = bytes.checked_div(objects).ok_or_else(overflow)?;
        match heading.sampling {
            Sampling::None => Ok((objects, bytes)),
            Sampling::Poisson => unsample(objects, bytes, heading.period).ok_or_else(overflow),
        }
    };
    let values = match heading.columns {
        Columns::InUse => {
            let (objects, bytes) = pair("inuse", objects, bytes)?;
            [objects, bytes, 0, 0]
        }
        Columns::AllocatedAndInUse => {
            let (all_objects, all_bytes) = pair("allocation", all_objects, all_bytes)?;
            let (objects, bytes) = pair("inuse", objects, bytes)?;
            [all_objects, all_bytes, objects, bytes]
        }
    };
    addresses(stack, |address| samples.frame(address.wrapping_sub(1)))?;
    samples.sample(values, Some(block_size));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings() {
        let check = |line: &str, expected: Option<(i64, Sampling, Columns)>| {
            let expected = expected.map(|(period, sampling, columns)| Heading { period, sampling, columns });
            assert_eq!(heading(line.as_bytes()), expected, "{line}");
        };
        use {Columns::*, Sampling::*};
        check("heap profile: 1: 2 [ 1: 2] @ heapz_v2/524288", Some((524_288, Poisson, InUse)));
        check("heap profile: 1: 2 [ 0: 0] @ heap_v2/1", Some((1, Poisson, InUse)));
        check("heap profile: 1: 2 [3: 4] @ heap/1048576", Some((524_288, Poisson, AllocatedAndInUse)));
        check("heap profile: 1: 2 [1: 2]@heapprofile", Some((1, Sampling::None, InUse)));
        check("x heap profile: 1: 2 [1: 2] @ growthz", Some((1, Sampling::None, InUse)));
        check("heap profile: 1: 2 [1: 9] @ fragmentationz", Some((1, Sampling::None, InUse)));
        check("heap profile: 1: 2 [1: 2] @ heapz_v3/1", Option::None);
        check("heap profile: 1: 2 [1: 2] @ heap/99999999999999999999", Option::None);
        check("heap profile: total 3", Option::None);
    }
}
