//! The text that says what the frames of a Java profile are.
//!
//! ```text
//!  0x00000091 com.example.Server.run (Server.java:191)
//!  0x00000092 memcpy (/lib/libc.so.6)
//!  0x00000093 GC
//! ```

use std::collections::HashMap;

use hotlist_profile::{Function, Line, Location, Profile};

use super::address_samples::{AddressSamples, Header, RepeatedLeaf};
use super::lines::{Lines, trim};
use super::mapping_layout::MappingLayout;
use super::scan::{Scan, decimal, excerpt, hexadecimal};
use crate::error::Malformed;

/// What one line says about a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
struct Description<'a> {
    function: &'a [u8],
    file: &'a [u8],
    line: i64,
}

/// Makes a profile of `samples`, whose addresses the `lines` describe. The addresses themselves mean
/// nothing outside of the file and are dropped, so that profiles merge better.
pub(crate) fn describe(
    samples: &AddressSamples<'_>,
    header: &Header<'_>,
    mut lines: Lines<'_>,
) -> Result<Profile, Malformed> {
    let mut described: HashMap<u64, Description<'_>> = HashMap::new();
    // A function has one file, that of its first description.
    let mut files: HashMap<&[u8], &[u8]> = HashMap::new();
    let used = samples.addresses();
    while let Some(line) = lines.next() {
        let Some((digits, text)) = address_and_text(trim(line)) else { continue };
        let address = hexadecimal(digits).ok_or_else(|| {
            Malformed::new(lines.place(), format!("address {} takes more than 64 bits", excerpt(digits)))
        })?;
        if used.contains(&address) {
            let mut description = description(text);
            description.file = files.entry(description.function).or_insert(description.file);
            described.insert(address, description);
        }
    }
    let mut layout = MappingLayout::new(Vec::new());
    let mut builder =
        samples.build(header, RepeatedLeaf::Keep, |builder, address| match described.get(&address) {
            Some(&Description { function, file, line }) => {
                let (name, filename) = (builder.string(function), builder.string(file));
                let function =
                    builder.function(Function { name, system_name: name, filename, ..Function::default() });
                builder.location(Location::default(), &[Line { function, line, column: 0 }])
            }
            None => {
                let mapping = layout.mapping_of(address);
                builder.location(Location { mapping, ..Location::default() }, &[])
            }
        })?;
    layout.add_to(&mut builder);
    Ok(builder.finish())
}

fn address_and_text(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut scan = Scan::new(line);
    scan.literal(b"0x")?;
    let digits = scan.hex_digits()?;
    scan.some(|byte| byte.is_ascii_whitespace())?;
    Some((digits, scan.rest()))
}

fn description(text: &[u8]) -> Description<'_> {
    let parenthesized = text.strip_suffix(b")");
    if let Some(inside) = parenthesized
        && let Some((place, line)) = split_line_number(inside)
        && let Some((function, file)) = split_at_last_parenthesis(place, 1)
    {
        return Description { function, file, line };
    }
    if let Some(inside) = parenthesized
        && let Some((function, path)) = split_at_last_parenthesis(inside, 0)
    {
        return Description { function, file: base_name(path), line: 0 };
    }
    let is_stub = memchr::memmem::find(text, b"generated stub/JIT").is_some();
    Description { function: if is_stub { b"STUB" } else { text }, ..Description::default() }
}

/// Splits `…:<number>`; a number that is no line counts as 0.
fn split_line_number(text: &[u8]) -> Option<(&[u8], i64)> {
    let colon = memchr::memrchr(b':', text)?;
    let number = &text[colon + 1..];
    let digits = number.strip_prefix(b"-").unwrap_or(number);
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| (&text[..colon], decimal(number).unwrap_or(0).max(0)))
}

/// Splits `<name> (<rest>` at the last parenthesis that has a blank before it and `least` bytes behind.
fn split_at_last_parenthesis(text: &[u8], least: usize) -> Option<(&[u8], &[u8])> {
    let at = (1..text.len())
        .rev()
        .find(|&at| text[at] == b'(' && text[at - 1].is_ascii_whitespace() && text.len() - at > least)?;
    Some((&text[..at - 1], &text[at + 1..]))
}

/// The last element of a path, as Go's `filepath.Base` has it.
fn base_name(path: &[u8]) -> &[u8] {
    let Some(last) = path.iter().rposition(|&byte| byte != b'/') else {
        return if path.is_empty() { b"." } else { b"/" };
    };
    let path = &path[..=last];
    path.iter().rposition(|&byte| byte == b'/').map_or(path, |slash| &path[slash + 1..])
}

#[test]
fn descriptions() {
    for (text, function, file, line) in [
        ("a.b.C.run (C.java:12)", "a.b.C.run", "C.java", 12),
        ("a.b.C.run (C.java:-1)", "a.b.C.run", "C.java", 0),
        ("memcpy (/lib/libc.so.6)", "memcpy", "libc.so.6", 0),
        ("f (int) (dir/)", "f (int)", "dir", 0),
        ("f ()", "f", ".", 0),
        ("f (a (b:3)", "f (a", "b", 3),
        ("f (:3)", "f", ":3", 0),
        ("GC", "GC", "", 0),
        ("[generated stub/JIT]", "STUB", "", 0),
    ] {
        let expected = Description { function: function.as_bytes(), file: file.as_bytes(), line };
        assert_eq!(description(text.as_bytes()), expected, "{text}");
    }
}
