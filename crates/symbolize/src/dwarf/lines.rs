//! Line programs: the file and line of each address (DWARF 5, section 6.2).

use gimli::{ColumnType, IncompleteLineProgram, LineProgramHeader};

use crate::dwarf::Slice;

/// A place in a source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// A number of the program's table of files.
    pub(crate) file: u64,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// Runs the line program of a unit once, for the sorted `addresses`. Sequences below `lowest_code` are of
/// code that the linker has thrown away.
pub(crate) fn rows(
    program: &IncompleteLineProgram<Slice<'_>>,
    addresses: &[u64],
    lowest_code: u64,
) -> Vec<Option<Row>> {
    let mut found = vec![None; addresses.len()];
    let mut rows = program.clone().rows();
    let mut before: Option<(u64, Row)> = None;
    // The first address that is not before the present row.
    let mut next = 0;
    // What is in front of an error is good.
    while let Ok(Some((_, row))) = rows.next_row() {
        let address = row.address();
        match before {
            Some((start, place)) if start <= address => {
                while next < addresses.len() && addresses[next] < address {
                    if start >= lowest_code {
                        found[next].get_or_insert(place);
                    }
                    next += 1;
                }
            }
            _ => next = addresses.partition_point(|&wanted| wanted < address),
        }
        before = (!row.end_sequence()).then(|| {
            let column = match row.column() {
                ColumnType::LeftEdge => 0,
                ColumnType::Column(column) => small(column.get()),
            };
            let line = row.line().map_or(0, |line| small(line.get()));
            (address, Row { file: row.file_index(), line, column })
        });
    }
    found
}

/// The path of file number `file`, as complete as the debug information has it.
pub(crate) fn path<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    unit: &super::Unit<'a>,
    header: &LineProgramHeader<Slice<'a>>,
    file: u64,
) -> Option<Vec<u8>> {
    let entry = header.file(file)?;
    let text = |value| dwarf.attr_string(unit, value).ok().map(|text| text.slice());
    let name = text(entry.path_name())?;
    if is_absolute(name) {
        return Some(name.to_vec());
    }
    // Before DWARF 5 folder 0 was the one in which the compiler ran.
    let folder = match entry.directory_index() {
        0 if header.version() < 5 => &b""[..],
        _ => entry.directory(header).and_then(text).unwrap_or_default(),
    };
    let mut path = Vec::new();
    if !is_absolute(folder) {
        push(&mut path, unit.comp_dir.map_or(&b""[..], |folder| folder.slice()));
    }
    push(&mut path, folder);
    push(&mut path, name);
    Some(path)
}

fn push(path: &mut Vec<u8>, part: &[u8]) {
    if part.is_empty() {
        return;
    }
    let windows = path.contains(&b'\\') && !path.contains(&b'/');
    match path.last() {
        None | Some(b'/' | b'\\') => {}
        Some(_) => path.push(if windows { b'\\' } else { b'/' }),
    }
    path.extend_from_slice(part);
}

fn is_absolute(path: &[u8]) -> bool {
    matches!(path, [b'/' | b'\\', ..])
        || matches!(path, [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_paths_are_joined() {
        for (parts, expected) in [
            (&["/src", "lib", "a.c"][..], "/src/lib/a.c"),
            (&["/src/", "a.c"], "/src/a.c"),
            (&["", "a.c"], "a.c"),
            (&["C:\\src", "a.c"], "C:\\src\\a.c"),
        ] {
            let mut path = Vec::new();
            parts.iter().for_each(|part| push(&mut path, part.as_bytes()));
            assert_eq!(path, expected.as_bytes());
        }
    }
}
