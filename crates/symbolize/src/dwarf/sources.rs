//! Source code in the debug information: LLVM's addition to the file tables of line programs
//! (`DW_LNCT_LLVM_source`, <https://llvm.org/docs/AMDGPUUsage.html#amdgpu-dwarf-debug-line-h>), which clang writes
//! with `-gembed-source` and the Rust compiler with `-Zembed-source`.

use gimli::{AttributeValue, DebugLineOffset, Format};

use crate::dwarf::{Slice, source_path};

/// The text of the source file at `path`, if it is in the debug information. Only headers of line programs are
/// read. Only DWARF 5 has text, and its paths need nothing of the unit.
pub(crate) fn source<'a>(dwarf: &gimli::Dwarf<Slice<'a>>, path: &[u8]) -> Option<&'a [u8]> {
    let text = |value: AttributeValue<Slice<'a>>| match value {
        AttributeValue::String(text) => Some(text.slice()),
        AttributeValue::DebugStrRef(place) => dwarf.debug_str.get_str(place).ok().map(|text| text.slice()),
        AttributeValue::DebugLineStrRef(place) => {
            dwarf.debug_line_str.get_str(place).ok().map(|text| text.slice())
        }
        _ => None,
    };
    let mut place = 0usize;
    // The size of an address is in the header from DWARF 5 on. An error is at the end at the latest.
    while let Ok(program) = dwarf.debug_line.program(DebugLineOffset(place), 8, None, None) {
        let header = program.header();
        if header.version() >= 5 && header.file_has_source() {
            let compiler_folder = header.directory(0).and_then(text).unwrap_or_default();
            for file in header.file_names() {
                let name = text(file.path_name()).filter(|name| path.ends_with(last_part(name)));
                let Some(name) = name else { continue };
                let folder = file.directory(header).and_then(text).unwrap_or_default();
                let compiler_folder = if file.directory_index() == 0 { b"" } else { compiler_folder };
                let source = file.source().and_then(text).filter(|source| !source.is_empty());
                if source.is_some() && source_path::join(compiler_folder, folder, name) == path {
                    return source;
                }
            }
        }
        let prefix = if header.format() == Format::Dwarf64 { 12 } else { 4 };
        place = header.unit_length().checked_add(prefix)?.checked_add(place)?;
    }
    None
}

fn last_part(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or(path)
}
