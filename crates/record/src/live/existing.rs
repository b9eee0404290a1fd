//! Records of what is there already: processes, their threads and mappings, and the kernel.

use std::fs::File;
use std::io::{BufRead, BufReader};

use hotlist_formats::perf::kind;

use super::binaries::{Binaries, HAS_BUILD_ID, Identity, Place};
use super::events::threads;

/// Records end with thread, time and event, of which nothing is known here.
const TRAILER: usize = 3 * 8;

/// Appends a record.
fn push(bytes: &mut Vec<u8>, kind: u32, flags: u16, body: &[u8], name: &str) {
    let size = 8 + (body.len() + name.len() + 1).next_multiple_of(8) + TRAILER;
    // Longer names than a record has room for are no paths of Linux.
    let Ok(length) = u16::try_from(size) else { return };
    let start = bytes.len();
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(&flags.to_ne_bytes());
    bytes.extend_from_slice(&length.to_ne_bytes());
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(name.as_bytes());
    bytes.resize(start + size, 0);
}

fn words(numbers: &[u32], addresses: &[u64]) -> Vec<u8> {
    let numbers = numbers.iter().flat_map(|number| number.to_ne_bytes());
    numbers.chain(addresses.iter().flat_map(|address| address.to_ne_bytes())).collect()
}

/// The names of a process and its threads, and what is mapped into it.
pub(super) fn process(process: u32, binaries: &mut Binaries<'_>, bytes: &mut Vec<u8>) {
    for thread in threads(process) {
        if let Ok(name) = std::fs::read_to_string(format!("/proc/{process}/task/{thread}/comm")) {
            push(bytes, kind::COMM, 0, &words(&[process, thread as u32], &[]), name.trim_end_matches('\n'));
        }
    }
    let Ok(maps) = File::open(format!("/proc/{process}/maps")) else { return };
    for line in BufReader::new(maps).lines().map_while(Result::ok) {
        if let Some(mapping) = Mapping::parse(&line) {
            mapping.push(process, binaries, bytes);
        }
    }
}

/// Those threads of a process that wait.
pub(super) fn waiting(process: u32) -> Vec<u32> {
    let is_waiting = |thread: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{process}/task/{thread}/stat")).unwrap_or_default();
        // The state stands behind the name, which may have any letter.
        stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with(['S', 'D']))
    };
    threads(process).into_iter().filter(is_waiting).filter_map(|thread| u32::try_from(thread).ok()).collect()
}

/// All processes.
pub(super) fn everyone(binaries: &mut Binaries<'_>, bytes: &mut Vec<u8>) {
    let entries = std::fs::read_dir("/proc").into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    for number in names.filter_map(|name| name.parse().ok()) {
        process(number, binaries, bytes);
    }
}

/// A line of `/proc/PID/maps` that maps code.
struct Mapping<'a> {
    start: u64,
    limit: u64,
    offset: u64,
    inode: u64,
    path: &'a str,
}

impl Mapping<'_> {
    fn parse(line: &str) -> Option<Mapping<'_>> {
        let mut rest = line;
        let mut word = || {
            let (word, behind) = rest.split_once(' ').unwrap_or((rest, ""));
            rest = behind;
            word
        };
        let (range, protection, offset, _device, inode) = (word(), word(), word(), word(), word());
        let path = rest.trim_start();
        let (start, limit) = range.split_once('-')?;
        let hex = |text| u64::from_str_radix(text, 16).ok();
        (protection.as_bytes().get(2) == Some(&b'x')).then_some(())?;
        Some(Mapping {
            start: hex(start)?,
            limit: hex(limit)?,
            offset: hex(offset)?,
            inode: inode.parse().ok()?,
            path: path.strip_suffix(" (deleted)").unwrap_or(path),
        })
    }

    fn push(&self, process: u32, binaries: &mut Binaries<'_>, bytes: &mut Vec<u8>) {
        const READ_AND_EXECUTE: u32 = 5;
        const PRIVATE: u32 = 2;
        let Mapping { start, limit, offset, inode, path } = *self;
        let place = Place { process, start, limit, path };
        let build_id = binaries.mapped(&place, Identity::Inode(inode)).unwrap_or_default();
        let mut identity = [0_u8; 24];
        let id: Vec<u8> = (0..build_id.len() / 2)
            .filter_map(|at| u8::from_str_radix(build_id.get(at * 2..at * 2 + 2)?, 16).ok())
            .take(20)
            .collect();
        identity[0] = id.len() as u8;
        identity[4..4 + id.len()].copy_from_slice(&id);
        let flags = if id.is_empty() { 0 } else { HAS_BUILD_ID };
        let mut body = words(&[process, process], &[start, limit.saturating_sub(start), offset]);
        body.extend_from_slice(&identity);
        body.extend(words(&[READ_AND_EXECUTE, PRIVATE], &[]));
        // So the kernel calls memory without a file.
        let name = if path.is_empty() { "//anon" } else { path };
        push(bytes, kind::MMAP2, flags, &body, name);
    }
}

/// The event, as perf begins a stream with it.
pub(super) fn event(attributes: &[u8], bytes: &mut Vec<u8>) {
    const ATTRIBUTES: u32 = 64;
    let size = 8 + attributes.len();
    bytes.extend_from_slice(&ATTRIBUTES.to_ne_bytes());
    bytes.extend_from_slice(&0_u16.to_ne_bytes());
    bytes.extend_from_slice(&(size as u16).to_ne_bytes());
    bytes.extend_from_slice(attributes);
}

/// Where the kernel's own code is, as perf tells it; nothing where that is hidden.
pub(super) fn kernel(bytes: &mut Vec<u8>) {
    const OF_KERNEL: u16 = 1;
    let Ok(symbols) = File::open("/proc/kallsyms") else { return };
    let (mut start, mut limit) = (None, None);
    for line in BufReader::with_capacity(1 << 16, symbols).lines().map_while(Result::ok) {
        let found = match line.get(17..) {
            Some("T _text") => &mut start,
            Some("T _etext") => &mut limit,
            _ => continue,
        };
        *found = u64::from_str_radix(&line[..16], 16).ok().filter(|&address| address != 0);
        if start.is_some() && limit.is_some() {
            break;
        }
    }
    if let (Some(start), Some(limit)) = (start, limit) {
        let body = words(&[u32::MAX, 0], &[start, limit.saturating_sub(start), start]);
        push(bytes, kind::MMAP, OF_KERNEL, &body, "[kernel.kallsyms]_text");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_maps() {
        let check = |line: &str, expected: Option<(u64, u64, u64, u64, &str)>| {
            let mapping = Mapping::parse(line);
            let found = mapping.as_ref().map(|it| (it.start, it.limit, it.offset, it.inode, it.path));
            assert_eq!(found, expected, "{line}");
        };
        check(
            "1000-2000 r-xp 00003000 fe:00 47     /usr/bin/a b",
            Some((0x1000, 0x2000, 0x3000, 47, "/usr/bin/a b")),
        );
        check("1000-2000 rwxp 00000000 00:00 0 ", Some((0x1000, 0x2000, 0, 0, "")));
        check("1000-2000 r-xp 00000000 fe:00 9 /tmp/a (deleted)", Some((0x1000, 0x2000, 0, 9, "/tmp/a")));
        check("1000-2000 r--p 00000000 fe:00 9 /tmp/a", None);
        check("", None);
    }
}
