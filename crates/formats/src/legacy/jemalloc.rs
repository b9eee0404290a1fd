//! Heap profiles of jemalloc.
//!
//! ```text
//! heap_v2/524288                                   bytes between two samples
//!   t*: 108: 111028 [215: 221028]                  all threads: objects and bytes in use, then allocated
//!   t0: 108: 111028 [215: 221028]                  one thread
//! @ 0x7fcc632a2630 0x7fcc632a2d21                  a stack, the leaf first, followed by its numbers
//!   t*: 50: 5734400 [50: 5734400]
//!
//! MAPPED_LIBRARIES:
//! ```
//! Source: jemalloc's `src/prof_data.c`, and `bin/jeprof.in` for how numbers of samples become those of the program.

use hotlist_profile::Profile;

use super::address_samples::{AddressSamples, Header, RepeatedLeaf};
use super::lines::{Lines, trim};
use super::memory_map;
use super::scan::{Scan, addresses, decimal, excerpt};
use super::unsampling::unsample;
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "jemalloc",
    title: "jemalloc heap",
    writers: "jemalloc (prof:true)",
    lost: "which thread allocated",
    sniff: Sniff::Bytes(|head| head.starts_with(b"heap_v2/")),
    reader: Reader::Whole(|data, _| read(data)),
};

/// Functions of jemalloc that take the stack.
const OWN_FRAMES: &str = "(_?je_)?prof_backtrace(_impl)?";

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    let mut lines = Lines::new(data);
    let first = lines.next().unwrap_or_default();
    let period = first.strip_prefix(b"heap_v2/").and_then(|digits| decimal(trim(digits)));
    let period = period.filter(|&period| period > 0).ok_or_else(|| {
        Malformed::unlike(
            lines.place(),
            format!("{} is not the heading of a jemalloc profile", excerpt(first)),
        )
    })?;
    let mut samples = AddressSamples::default();
    // Whether a stack waits for its numbers.
    let mut is_open = false;
    let mut current = None;
    while let Some(line) = lines.next() {
        let line = trim(line);
        current = Some(line);
        if memory_map::is_heading(line) {
            break;
        }
        let malformed = |reason: String| Malformed::new(lines.place(), reason);
        if let Some(stack) = line.strip_prefix(b"@") {
            if is_open {
                return Err(malformed("the stack before this one has no numbers".to_owned()));
            }
            addresses(stack, |address| samples.frame(address.wrapping_sub(1))).map_err(malformed)?;
            is_open = true;
        } else if let Some(rest) = line.strip_prefix(b"t*:") {
            // Those at the top are the sums over all stacks.
            if std::mem::take(&mut is_open) {
                let numbers = numbers(rest)
                    .ok_or_else(|| malformed(format!("{} is not a line of numbers", excerpt(line))))?;
                let [objects, bytes, all_objects, all_bytes] = numbers;
                let scaled = |objects, bytes| {
                    unsample(objects, bytes, period)
                        .ok_or_else(|| malformed("the unsampled values are too large".to_owned()))
                };
                let ((objects, bytes), (all_objects, all_bytes)) =
                    (scaled(objects, bytes)?, scaled(all_objects, all_bytes)?);
                samples.sample([all_objects, all_bytes, objects, bytes], None);
            }
        }
    }
    if is_open {
        return Err(Malformed::new(lines.place(), "the last stack has no numbers"));
    }
    let header = Header {
        sample_types: vec![
            ("alloc_objects", "count"),
            ("alloc_space", "bytes"),
            ("inuse_objects", "count"),
            ("inuse_space", "bytes"),
        ],
        period_type: ("space", "bytes"),
        period,
        duration_nanos: 0,
    };
    let mappings = memory_map::find_and_read(current, &mut lines)?;
    let mut profile = samples.into_profile(&header, mappings, RepeatedLeaf::Keep)?;
    let drop = format!("{}|{OWN_FRAMES}", profile.lossy(profile.drop_frames));
    profile.drop_frames = profile.strings.intern(drop.as_bytes());
    Ok(profile)
}

/// Matches ` <objects>: <bytes> [<objects>: <bytes>]`.
fn numbers(text: &[u8]) -> Option<[i64; 4]> {
    let mut scan = Scan::new(text);
    let mut next = |before: &[u8], after: &[u8]| {
        scan.spaces();
        scan.literal(before)?;
        scan.spaces();
        let number = decimal(scan.digits()?)?;
        scan.literal(after)?;
        Some(number)
    };
    Some([next(b"", b":")?, next(b"", b"")?, next(b"[", b":")?, next(b"", b"]")?])
}
