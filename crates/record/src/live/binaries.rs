//! Files that are mapped as code, opened as long as they can be reached.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::MetadataExt;

use hotlist_formats::perf::kind;

use super::layout::{kind_of, word};
use super::ring::HEADER;
use crate::request::KeepFile;

/// Opens files and hands them on, each once.
pub(super) struct Binaries<'a> {
    keep: &'a KeepFile<'a>,
    /// With the build ids that they have.
    known: HashMap<(String, Identity), String>,
}

/// By what a file is told from another one at the same path, as in containers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Identity {
    BuildId(String),
    /// Where the kernel knows no build id.
    Inode(u64),
}

/// Where in a process a file is mapped.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) process: u32,
    pub(super) start: u64,
    pub(super) limit: u64,
    pub(super) path: &'a str,
}

/// Flags of records (`PERF_RECORD_MISC_MMAP_BUILD_ID`).
pub(super) const HAS_BUILD_ID: u16 = 1 << 14;

impl<'a> Binaries<'a> {
    pub(super) fn new(keep: &'a KeepFile<'a>) -> Binaries<'a> {
        Binaries { keep, known: HashMap::new() }
    }

    /// Opens the file of a record, if that is of one.
    pub(super) fn record(&mut self, record: &[u8]) {
        const EXECUTABLE: u32 = 4;
        /// Behind the numbers of process and thread, the addresses, the identity, the protection and the flags.
        const PATH: usize = HEADER + 8 + 3 * 8 + 24 + 8;
        let protection = word(record, PATH - 8) as u32;
        if kind_of(record) != kind::MMAP2 || protection & EXECUTABLE == 0 {
            return;
        }
        let Some(name) = record.get(PATH..) else { return };
        let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
        let Ok(path) = std::str::from_utf8(&name[..end]) else { return };
        let flags = (word(record, 0) >> 32) as u16;
        let start = word(record, HEADER + 8);
        let identity = if flags & HAS_BUILD_ID != 0 {
            let bytes = &record[HEADER + 32..HEADER + 56];
            let size = usize::from(bytes[0]).min(20);
            Identity::BuildId(bytes[4..4 + size].iter().map(|byte| format!("{byte:02x}")).collect())
        } else {
            Identity::Inode(word(record, HEADER + 40))
        };
        let place = Place {
            process: word(record, HEADER) as u32,
            start,
            limit: start.saturating_add(word(record, HEADER + 16)),
            path,
        };
        self.mapped(&place, identity);
    }

    /// Opens the file at `place`, unless it is known; returns the build id that was found in it.
    pub(super) fn mapped(&mut self, place: &Place<'_>, identity: Identity) -> Option<&str> {
        if !place.path.starts_with('/') || place.path.starts_with("//") {
            return None;
        }
        let key = (place.path.to_owned(), identity);
        if self.known.contains_key(&key) {
            return self.known.get(&key).map(String::as_str);
        }
        let file = open(place, &key.1)?;
        let build_id = match &key.1 {
            Identity::BuildId(build_id) => build_id,
            Identity::Inode(_) => "",
        };
        let found = (self.keep)(place.path, build_id, file);
        Some(self.known.entry(key).or_insert(found))
    }
}

/// Opens a file by the mapping itself, which few users may do but which also works when the file was deleted; by its
/// path as the process sees it; by its path as it is here, when the process has ended.
fn open(place: &Place<'_>, identity: &Identity) -> Option<File> {
    let Place { process, start, limit, path } = *place;
    let by_mapping = format!("/proc/{process}/map_files/{start:x}-{limit:x}");
    let by_root = format!("/proc/{process}/root{path}");
    let by_link = format!("/proc/{process}/exe");
    let is_same = |metadata: &std::fs::Metadata| match identity {
        // The reader of the file compares it.
        Identity::BuildId(_) => true,
        Identity::Inode(inode) => metadata.ino() == *inode,
    };
    [by_mapping.as_str(), &by_root, path, &by_link].into_iter().find_map(|path| {
        // To open a pipe or a device may have effects.
        let metadata = std::fs::metadata(path).ok()?;
        let is_other = path == by_link && !is_link_to(&by_link, place.path);
        (metadata.is_file() && is_same(&metadata) && !is_other).then(|| File::open(path).ok())?
    })
}

/// Whether the program of a process has, or had, this path.
fn is_link_to(link: &str, path: &str) -> bool {
    let target = std::fs::read_link(link).unwrap_or_default();
    target.to_str().is_some_and(|target| target.trim_end_matches(" (deleted)") == path)
}
