//! The reference from a debug file to one that it shares with others, made by `dwz`.
//!
//! Two sections lead there: `.gnu_debugaltlink`, a path and a build id, and `.debug_sup` of DWARF 5 (section
//! 7.3.6), a path and a checksum that stands in both files.

use std::path::PathBuf;

use object::Object;

use crate::object_file::ObjectFile;

/// Which file is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Supplementary {
    /// Its path, relative to the file that refers to it.
    pub(crate) name: PathBuf,
    /// Its build id or checksum in hexadecimal digits.
    pub(crate) id: String,
    /// Whether `id` is the checksum of `.debug_sup`.
    is_checksum: bool,
}

impl Supplementary {
    /// What `debug` refers to, if anything.
    pub(crate) fn of(debug: &ObjectFile) -> Option<Supplementary> {
        if let Ok(Some((name, id))) = debug.view().ok()?.gnu_debugaltlink() {
            let name = PathBuf::from(String::from_utf8_lossy(name).into_owned());
            return Some(Supplementary { name, id: hex(id), is_checksum: false });
        }
        let section = DebugSup::read(debug.contents(".debug_sup").ok()?, debug.is_little_endian)?;
        let name = PathBuf::from(String::from_utf8_lossy(section.name).into_owned());
        (!section.is_supplementary && !section.name.is_empty()).then(|| Supplementary {
            name,
            id: hex(section.checksum),
            is_checksum: true,
        })
    }

    /// Whether `file` is the one that is meant.
    ///
    /// # Errors
    /// What identifies it otherwise.
    pub(crate) fn check(&self, file: &ObjectFile) -> Result<(), String> {
        let found = if self.is_checksum {
            let section = file.contents(".debug_sup").unwrap_or_default();
            DebugSup::read(section, file.is_little_endian)
                .filter(|section| section.is_supplementary)
                .map(|section| hex(section.checksum))
        } else {
            Some(file.build_id.clone()).filter(|id| !id.is_empty())
        };
        if found.as_deref() == Some(self.id.as_str()) { Ok(()) } else { Err(found.unwrap_or("none".into())) }
    }
}

/// The section `.debug_sup`.
#[derive(Debug, PartialEq, Eq)]
struct DebugSup<'a> {
    is_supplementary: bool,
    name: &'a [u8],
    checksum: &'a [u8],
}

impl<'a> DebugSup<'a> {
    /// `None` when it is missing or makes no sense.
    fn read(section: &'a [u8], is_little_endian: bool) -> Option<DebugSup<'a>> {
        let (version, rest) = section.split_first_chunk::<2>()?;
        let version =
            if is_little_endian { u16::from_le_bytes(*version) } else { u16::from_be_bytes(*version) };
        let (&is_supplementary, rest) = rest.split_first()?;
        let end = rest.iter().position(|&byte| byte == 0)?;
        let (name, rest) = (&rest[..end], &rest[end + 1..]);
        // An unsigned LEB128 number; checksums have less than 128 bytes.
        let (&length, rest) = rest.split_first()?;
        let checksum = rest.get(..usize::from(length)).filter(|_| length < 0x80)?;
        (version == 5).then_some(DebugSup { is_supplementary: is_supplementary == 1, name, checksum })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_of_dwarf_5_is_read() {
        let section = b"\x05\x00\x00common.sup\x00\x02\xab\xcd";
        let expected = DebugSup { is_supplementary: false, name: b"common.sup", checksum: b"\xab\xcd" };
        assert_eq!(DebugSup::read(section, true), Some(expected));
        assert_eq!(DebugSup::read(section, false), None);
        for cut in 0..section.len() {
            assert_eq!(DebugSup::read(&section[..cut], true), None);
        }
    }
}
