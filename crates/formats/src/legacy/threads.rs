//! Dumps of the stacks of all threads.
//!
//! ```text
//! --- threadz 1 ---
//!
//! --- Thread 7f794ab90940 (name: main/14748) stack: ---
//!   PC:  0x00bc8f1c: helper(arg *)
//!   0x0040be31: main
//! --- Thread 7f7948978700 (name: thread3/14759) stack: ---
//!   [same as previous thread]
//! --- Memory map: ---
//! ```

use hotlist_profile::Profile;

use super::address_samples::{AddressSamples, Header, RepeatedLeaf};
use super::lines::{Lines, is_blank_or_comment, trim};
use super::memory_map;
use super::scan::{addresses, after_word, excerpt};
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "threads",
    title: "thread",
    writers: "C++ servers (threadz)",
    lost: "names of threads and functions",
    sniff: Sniff::Bytes(|head| {
        let first = Lines::new(head).find(|line| !is_blank_or_comment(line));
        first.is_some_and(|line| is_dump(line) || is_thread(line))
    }),
    reader: Reader::Whole(|data, _| read(data)),
};

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    let mut lines = Lines::new(data);
    let mut line = lines.find(|line| !is_blank_or_comment(line)).unwrap_or_default();
    if is_dump(line) {
        let first = lines.find(|line| memory_map::is_heading(line) || line.starts_with(b"-"));
        line = first.ok_or_else(|| Malformed::unlike(lines.place(), "no thread follows"))?;
    }
    let mut samples = AddressSamples::default();
    while !memory_map::is_heading(line) && !line.starts_with(b"---- no stack trace for") {
        if !is_thread(line) {
            let reason = format!("{} is not the heading of a thread", excerpt(line));
            return Err(Malformed::unlike(lines.place(), reason));
        }
        line = read_thread(&mut lines, &mut samples)?;
    }
    let mappings = memory_map::find_and_read(Some(line), &mut lines)?;
    let header = Header {
        sample_types: vec![("thread", "count")],
        period_type: ("thread", "count"),
        period: 1,
        duration_nanos: 0,
    };
    samples.into_profile(&header, mappings, RepeatedLeaf::Drop)
}

/// Matches `--- threadz <number> ---` anywhere in `line`.
fn is_dump(line: &[u8]) -> bool {
    let found = after_word(line, b"--- threadz ", |mut scan| {
        scan.digits()?;
        scan.literal(b" ---")
    });
    found.is_some()
}

/// Matches `--- Thread <hex> (name: <any>/<number>) stack: ---` anywhere in `line`.
fn is_thread(line: &[u8]) -> bool {
    // A name may hold anything, even another such end; then one end that fits is enough.
    let earliest = after_word(line, b"--- Thread ", |mut scan| {
        scan.hex_digits()?;
        scan.literal(b" (name: ")?;
        Some(line.len() - scan.rest().len())
    });
    earliest.is_some_and(|start| {
        memchr::memmem::find_iter(&line[start..], b") stack: ---").any(|at| {
            let name = &line[start..start + at];
            let number = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            number > 0 && name[..name.len() - number].ends_with(b"/")
        })
    })
}

/// Reads one stack and returns the line behind it; at the end of the file, the last line.
fn read_thread<'a>(lines: &mut Lines<'a>, samples: &mut AddressSamples<'_>) -> Result<&'a [u8], Malformed> {
    let mut same_as_previous = false;
    let mut stack = Vec::new();
    let mut line: &[u8] = b"";
    while let Some(next) = lines.next() {
        line = trim(next);
        if line.starts_with(b"---") {
            break;
        }
        if memchr::memmem::find(line, b"same as previous thread").is_some() {
            same_as_previous = true;
            continue;
        }
        addresses(line, |address| stack.push(address))
            .map_err(|reason| Malformed::new(lines.place(), reason))?;
    }
    if same_as_previous || stack.is_empty() {
        if let Some(values) = samples.last_values() {
            values[0] += 1;
        }
        return Ok(line);
    }
    for (position, address) in stack.into_iter().enumerate() {
        // Above the leaf there are return addresses; one less lies in the call.
        samples.frame(if position > 0 { address.wrapping_sub(1) } else { address });
    }
    samples.sample([1, 0, 0, 0], None);
    Ok(line)
}

#[test]
fn headings_of_threads() {
    for (line, expected) in [
        ("--- Thread 7f79 (name: main/14748) stack: ---", true),
        ("x--- Thread 7f79 (name: a) stack: ---/1) stack: --- y", true),
        ("--- Thread 7f79 (name: /1) stack: ---", true),
        ("--- Thread 7f79 (name: main) stack: ---", false),
        ("--- Thread xyz (name: main/1) stack: ---", false),
        ("--- Thread 1 (name: main/) stack: ---", false),
        ("--- Thread 1", false),
    ] {
        assert_eq!(is_thread(line.as_bytes()), expected, "{line}");
    }
}
