//! Which files are mapped as code, for the profile's mapping table.

use std::path::Path;

use crate::unwind::{CodeSegment, Module, modules};

/// One executable range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CodeRange {
    /// First address.
    pub(crate) start: u64,
    /// One past the last.
    pub(crate) limit: u64,
    /// Where in the file it begins.
    pub(crate) offset: u64,
    /// Path of the file or a name in brackets.
    pub(crate) file: String,
    /// In hexadecimal digits; empty when there is none.
    pub(crate) build_id: String,
}

/// The executable ranges of this process, the main binary first.
pub(crate) fn code_ranges() -> Vec<CodeRange> {
    let modules = modules();
    let text = std::fs::read("/proc/self/maps").unwrap_or_default();
    let mut ranges = parse(&String::from_utf8_lossy(&text));
    if ranges.is_empty() {
        // Without /proc, as in an empty root, the loader knows the same, but for what the kernel maps itself.
        return modules.iter().flat_map(ranges_of).collect();
    }
    for range in &mut ranges {
        let module = modules.iter().find(|module| {
            module.segments.iter().any(|&(start, end)| start < range.limit && range.start < end)
        });
        if let Some(Module { build_id, .. }) = module {
            range.build_id = build_id.iter().map(|byte| format!("{byte:02x}")).collect();
        }
    }
    let main = std::env::current_exe().unwrap_or_default();
    ranges.sort_by_key(|range| Path::new(&range.file) != main);
    ranges
}

/// The executable segments of a module. The first module is the main binary, which the loader has no name for.
fn ranges_of(module: &Module) -> Vec<CodeRange> {
    let build_id: String = module.build_id.iter().map(|byte| format!("{byte:02x}")).collect();
    let file = if module.path.as_os_str().is_empty() { program() } else { module.path.clone() };
    let range = |code: &CodeSegment| CodeRange {
        start: code.start,
        limit: code.end,
        offset: code.offset,
        file: file.to_string_lossy().into_owned(),
        build_id: build_id.clone(),
    };
    module.code.iter().map(range).collect()
}

/// The path that this program was started by.
fn program() -> std::path::PathBuf {
    std::env::current_exe()
        .or_else(|_| std::path::absolute(std::env::args_os().next().unwrap_or_default()))
        .unwrap_or_default()
}

/// The executable lines of `/proc/<pid>/maps` (proc_pid_maps(5)).
fn parse(text: &str) -> Vec<CodeRange> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<CodeRange> {
    let mut rest = line;
    let mut field = || {
        let (field, after) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = after.trim_start();
        field
    };
    let (addresses, permissions, offset, _device, _inode) = (field(), field(), field(), field(), field());
    let (start, limit) = addresses.split_once('-')?;
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    if permissions.as_bytes().get(2) != Some(&b'x') {
        return None;
    }
    Some(CodeRange {
        start: number(start)?,
        limit: number(limit)?,
        offset: number(offset)?,
        // The file was replaced while the program runs, as every upgrade does; its old path still says
        // which program this is.
        file: rest.trim_end().trim_end_matches(" (deleted)").to_owned(),
        build_id: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_executable_lines() {
        let text = "\
55d0-55e0 r--p 00000000 fe:00 1 /bin/a b
55e0-55f0 r-xp 00001000 fe:00 1                  /bin/a b
7f00-7f10 r-xp 00000000 00:00 0                  [vdso]
7f20-7f30 r-xp 00000000 00:00 0 \n8000-9000 r-xp 00002000 fe:00 9 /tmp/x (deleted)
nonsense
";
        let ranges = parse(text);
        let shown: Vec<_> = ranges
            .iter()
            .map(|range| (range.start, range.limit, range.offset, range.file.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (0x55e0, 0x55f0, 0x1000, "/bin/a b"),
                (0x7f00, 0x7f10, 0, "[vdso]"),
                (0x7f20, 0x7f30, 0, ""),
                (0x8000, 0x9000, 0x2000, "/tmp/x")
            ]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_loader_knows_the_same_ranges() {
        let (with, modules) = (code_ranges(), modules());
        let without: Vec<CodeRange> = modules.iter().flat_map(ranges_of).collect();
        let here = the_loader_knows_the_same_ranges as *const () as u64;
        let of = |ranges: &[CodeRange]| {
            let range = ranges.iter().find(|range| (range.start..range.limit).contains(&here));
            let range = range.expect("this function has a range").clone();
            (range.file, range.build_id, here - range.start + range.offset)
        };
        assert_eq!(of(&without), of(&with));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_program_comes_first() {
        let here = this_program_comes_first as *const () as u64;
        let first = &code_ranges()[0];
        assert!((first.start..first.limit).contains(&here), "{first:?}");
    }
}
