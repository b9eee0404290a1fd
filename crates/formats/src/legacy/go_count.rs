//! Go's count profiles: goroutines, threads created and whatever a program counts.
//!
//! ```text
//! goroutine profile: total 7
//! 2 @ 0x44cb3 0x45045
//! #   0x44cb2   main.run+0x12   /src/main.go:12
//! ```

use hotlist_profile::Profile;

use super::address_samples::{AddressSamples, Header, RepeatedLeaf};
use super::go_comments::GoComments;
use super::lines::{Lines, is_blank_or_comment};
use super::memory_map;
use super::scan::{Scan, excerpt, go_integer, hexadecimal};
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "go-count",
    title: "Go count",
    writers: "Go (debug=1 of goroutine, threadcreate and own counts)",
    lost: "",
    sniff: Sniff::Bytes(|head| heading(&mut Lines::new(head)).is_some()),
    reader: Reader::Whole(|data, _| read(data)),
};

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    let mut lines = Lines::new(data);
    let kind = heading(&mut lines)
        .ok_or_else(|| Malformed::unlike(lines.place(), "not the heading of a Go count profile"))?;
    let kind = String::from_utf8_lossy(kind);
    let mut samples = AddressSamples::default();
    let (mut comments, mut current) = (GoComments::default(), None);
    for line in lines.by_ref() {
        current = Some(line);
        if line.starts_with(b"---") {
            break;
        }
        if is_blank_or_comment(line) {
            comments.line(line, &mut samples);
            continue;
        }
        comments.end_sample(&mut samples);
        if read_sample(line, &mut samples).is_none() {
            let reason = format!("{} is not a count with addresses", excerpt(line));
            return Err(Malformed::new(lines.place(), reason));
        }
    }
    comments.end_sample(&mut samples);
    let mappings = memory_map::find_and_read(current, &mut lines)?;
    let header = Header {
        sample_types: vec![(&kind, "count")],
        period_type: (&kind, "count"),
        period: 1,
        duration_nanos: 0,
    };
    samples.into_profile(&header, mappings, RepeatedLeaf::Keep)
}

/// What is counted, from the first line that says something.
fn heading<'a>(lines: &mut Lines<'a>) -> Option<&'a [u8]> {
    let line = lines.find(|line| !is_blank_or_comment(line))?;
    let mut scan = Scan::new(line);
    let kind = scan.some(|byte| !matches!(byte, b' ' | b'\t' | 0x0c | b'\r'))?;
    scan.literal(b" profile: total ")?;
    scan.digits()?;
    scan.rest().is_empty().then_some(kind)
}

fn read_sample(line: &[u8], samples: &mut AddressSamples<'_>) -> Option<()> {
    let mut scan = Scan::new(line);
    let count = go_integer(scan.digits()?)?;
    scan.literal(b" @")?;
    let mut is_leaf = true;
    loop {
        scan.literal(b" 0x")?;
        let address = hexadecimal(scan.some(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))?)?;
        // Threads that were created by no goroutine have stacks filled up with zeros.
        if is_leaf || address != 0 {
            // A return address; one less lies in the call.
            samples.frame(address.wrapping_sub(1));
        }
        is_leaf = false;
        if scan.rest().is_empty() {
            samples.sample([count, 0, 0, 0], None);
            return Some(());
        }
    }
}
