//! The list of mapped files at the end of a legacy profile.

use super::lines::{Lines, trim};
use super::map_line::{MapLine, parse};
use super::scan::excerpt;
use crate::error::Malformed;

/// An executable range of addresses and the file mapped there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MapEntry {
    pub(crate) start: u64,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    pub(crate) file: Vec<u8>,
    pub(crate) build_id: Vec<u8>,
}

/// More attributes than any real file has; each is compared at each `$`.
const MAX_ATTRIBUTES: usize = 100;
/// An attribute may hold others, so that the length of a line could double with each.
const LONGEST_LINE: usize = 64 << 10;

/// Whether `line` opens the list.
pub(crate) fn is_heading(line: &[u8]) -> bool {
    const HEADINGS: [&[u8]; 2] = [b"--- Memory map: ---", b"MAPPED_LIBRARIES:"];
    HEADINGS.iter().any(|heading| memchr::memmem::find(line, heading).is_some())
}

/// Passes over lines up to a heading and reads the list behind it. `current` is the line that was read
/// last, which may be the heading.
pub(crate) fn find_and_read(
    current: Option<&[u8]>,
    lines: &mut Lines<'_>,
) -> Result<Vec<MapEntry>, Malformed> {
    let mut line = current;
    while let Some(text) = line {
        if is_heading(text) {
            break;
        }
        line = lines.next();
    }
    read(lines)
}

/// Reads all remaining lines as a list. Lines that are no ranges are passed over, but `name=value`
/// sets an attribute that stands for `$name` in the lines that follow.
pub(crate) fn read(lines: &mut Lines<'_>) -> Result<Vec<MapEntry>, Malformed> {
    let mut entries = Vec::new();
    let mut attributes: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    while let Some(line) = lines.next() {
        let expanded;
        let mut line = without_log_prefix(line);
        if !attributes.is_empty() && line.contains(&b'$') {
            expanded = expand(line, &attributes).ok_or_else(|| {
                let reason = format!("{} grows too long with its attributes", excerpt(line));
                Malformed::new(lines.place(), reason)
            })?;
            line = &expanded;
        }
        match parse(line) {
            MapLine::Executable(entry) => entries.push(entry),
            MapLine::Data => {}
            MapLine::Other => {
                if let Some(at) = memchr::memchr(b'=', line) {
                    if attributes.len() == MAX_ATTRIBUTES {
                        let reason = format!("more than {MAX_ATTRIBUTES} attributes in the memory map");
                        return Err(Malformed::new(lines.place(), reason));
                    }
                    let name = [b"$", trim(&line[..at])].concat();
                    attributes.push((name, trim(&line[at + 1..]).to_vec()));
                }
            }
        }
    }
    Ok(entries)
}

/// `line` with the value of the earliest defined attribute wherever its name stands; `None` when the
/// result is too long.
fn expand(line: &[u8], attributes: &[(Vec<u8>, Vec<u8>)]) -> Option<Vec<u8>> {
    let mut expanded = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = memchr::memchr(b'$', rest) {
        expanded.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        match attributes.iter().find(|(name, _)| rest.starts_with(name)) {
            Some((name, value)) => {
                expanded.extend_from_slice(value);
                rest = &rest[name.len()..];
            }
            None => {
                expanded.push(b'$');
                rest = &rest[1..];
            }
        }
        if expanded.len() > LONGEST_LINE {
            return None;
        }
    }
    expanded.extend_from_slice(rest);
    Some(expanded)
}

/// `line` without the `… file:line] ` that glog puts before what it logs.
fn without_log_prefix(line: &[u8]) -> &[u8] {
    let Some(end) = line.iter().position(|byte| matches!(byte, b'[' | b']')) else { return line };
    let (prefix, rest) = line.split_at(end);
    let Some(colon) = memchr::memrchr(b':', prefix) else { return line };
    let number = &prefix[colon + 1..];
    let is_prefix = colon > 0 && !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    match rest {
        [b']', blank, message @ ..] if is_prefix && blank.is_ascii_whitespace() => message,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Vec<String> {
        let entries = read(&mut Lines::new(text.as_bytes())).unwrap();
        entries.into_iter().map(|entry| String::from_utf8(entry.file).unwrap()).collect()
    }

    #[test]
    fn attributes_are_expanded() {
        assert_eq!(files("source=/home\n10-20: $source/a\n20-30: $other/b\n"), ["/home/a", "$other/b"]);
        assert_eq!(files("s=/a\ns=/b\n10-20: $s/x\n"), ["/a/x"]);
        assert_eq!(files("s=/a\nst=$s/b\n10-20: $st/x\n"), ["/at/x"]);
    }

    #[test]
    fn log_prefixes_are_removed() {
        assert_eq!(files("I0102 file.cc:12] 10-20: /a\n[x] f:1] 30-40: /b"), ["/a"]);
    }

    #[test]
    fn attributes_cannot_grow_without_end() {
        let mut text = "q=xxxxxxxxxxxxxxxx\n".to_owned();
        for (previous, next) in "qrstuvwyzghijklmno".chars().zip("rstuvwyzghijklmnop".chars()) {
            text.push_str(&format!("{next}=${previous}${previous}\n"));
        }
        assert!(read(&mut Lines::new(text.as_bytes())).is_err());
        let many: String = (0..101).map(|n| format!("n{n}=v\n")).collect();
        assert!(read(&mut Lines::new(many.as_bytes())).is_err());
    }
}
