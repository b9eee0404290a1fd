//! Paths of source files, put together from the folders of a line program (DWARF 5, section 6.2.4).

use gimli::LineProgramHeader;

use crate::dwarf::{Slice, Unit};

/// The path of file number `file`, as complete as the debug information has it.
pub(crate) fn path<'a>(
    dwarf: &gimli::Dwarf<Slice<'a>>,
    unit: &Unit<'a>,
    header: &LineProgramHeader<Slice<'a>>,
    file: u64,
) -> Option<Vec<u8>> {
    let entry = header.file(file)?;
    let text = |value| dwarf.attr_string(unit, value).ok().map(|text| text.slice());
    let name = text(entry.path_name())?;
    let compiler_folder = unit.comp_dir.map(|folder| folder.slice());
    // Folder 0 is the one in which the compiler ran. Before DWARF 5 the table did not have it.
    let in_table = |number| header.directory(number).and_then(text);
    Some(match entry.directory_index() {
        0 if header.version() < 5 => join(compiler_folder.unwrap_or_default(), b"", name),
        0 => join(b"", in_table(0).or(compiler_folder).unwrap_or_default(), name),
        number => {
            let compiler_folder = compiler_folder.or_else(|| in_table(0).filter(|_| header.version() >= 5));
            join(compiler_folder.unwrap_or_default(), in_table(number).unwrap_or_default(), name)
        }
    })
}

/// The path of the file `name` in `folder`, which may count from where the compiler ran. Parts that say nothing
/// are left out, so that a file that is named in several ways has one name.
pub(crate) fn join(compiler_folder: &[u8], folder: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::new();
    if !is_absolute(name) {
        if !is_absolute(folder) {
            push(&mut path, compiler_folder);
        }
        push(&mut path, folder);
    }
    push(&mut path, name);
    clean(path)
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

/// `a/c` for `a/./c`, `a//c` and `a/b/../c`. Paths of Windows stay as they are.
fn clean(path: Vec<u8>) -> Vec<u8> {
    let is_tidy = path.split(|&byte| byte == b'/').skip(1).all(|part| !matches!(part, b"" | b"." | b".."));
    if path.contains(&b'\\') || is_tidy && !path.starts_with(b"./") {
        return path;
    }
    let mut out: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match (part, out.last()) {
            (b"" | b".", Some(_)) | (b".", None) => {}
            (b"..", Some(&last)) if last != b".." => {
                // Above the root is the root.
                if !last.is_empty() {
                    out.pop();
                }
            }
            _ => out.push(part),
        }
    }
    out.join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_and_a_file_has_one_name() {
        for (parts, expected) in [
            (["", "/src/lib", "a.c"], "/src/lib/a.c"),
            (["/src", "lib", "a.c"], "/src/lib/a.c"),
            (["/src/", "", "a.c"], "/src/a.c"),
            (["/src", "lib", "/inc/a.h"], "/inc/a.h"),
            (["", "", "a.c"], "a.c"),
            (["", "proj", "a.c"], "proj/a.c"),
            (["C:\\src", "", "a.c"], "C:\\src\\a.c"),
            (["C:\\src", "..\\inc", "a.h"], "C:\\src\\..\\inc\\a.h"),
            (["/src", "./lib", "./a.h"], "/src/lib/a.h"),
            (["/src", "lib/../inc", "a.h"], "/src/inc/a.h"),
            (["/src", "../../../a", "b.h"], "/a/b.h"),
            (["", "../a", "b.h"], "../a/b.h"),
            (["", "a/../..", "b.h"], "../b.h"),
            (["", ".", "b.h"], "b.h"),
            (["/usr//include", "", "x.h"], "/usr/include/x.h"),
        ] {
            let [compiler_folder, folder, name] = parts.map(str::as_bytes);
            let path = join(compiler_folder, folder, name);
            assert_eq!(String::from_utf8_lossy(&path), expected, "{parts:?}");
        }
    }
}
