//! Profiles of DHAT, from valgrind and from the crate of this name.
//!
//! ```text
//! {"dhatFileVersion": 2, "pps": [{"tb": 100, "tbk": 2, "gb": 50, "gbk": 1, "eb": 0, "ebk": 0, "fs": [1, 2]}],
//!  "ftbl": ["[root]", "0x1: f (a.c:3)", …]}
//! ```
//! A program point has its bytes and blocks in total, at the peak of the heap (`t-gmax`) and at the end; its frames begin
//! with the leaf. Source: valgrind, `dhat/dh_main.c`.

use hotlist_profile::{LocationId, Profile};
use serde::Deserialize;

use super::decode::{decode, wrong};
use crate::error::Malformed;
use crate::format::{Format, Reader};
use crate::named_stacks::{Frame, NamedStacks};
use crate::read::Limits;
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "dhat",
    title: "DHAT",
    writers: "valgrind --tool=dhat, the crate dhat",
    lost: "lifetimes, reads and writes of blocks",
    sniff: Sniff::Keys(&[&["dhatFileVersion", "pps", "ftbl"]]),
    reader: Reader::Whole(|data, limits| read(&decode(data)?, limits)),
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    dhat_file_version: u64,
    /// Whether blocks have lifetimes, so that there is a peak and an end.
    #[serde(default)]
    bklt: bool,
    /// What is counted, for modes other than that of the heap.
    bu: Option<String>,
    pps: Vec<Point>,
    ftbl: Vec<String>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Point {
    tb: i64,
    tbk: i64,
    gb: i64,
    gbk: i64,
    eb: i64,
    ebk: i64,
    fs: Vec<u64>,
}

fn read(file: &File, limits: Limits) -> Result<Profile, Malformed> {
    if file.dhat_file_version != 2 {
        return Err(wrong(format!("version {} of the format is not read", file.dhat_file_version)));
    }
    let unit = file.bu.as_deref().unwrap_or("bytes");
    let all = [
        ("alloc_objects", "count"),
        ("alloc_space", unit),
        ("peak_objects", "count"),
        ("peak_space", unit),
        ("inuse_objects", "count"),
        ("inuse_space", unit),
    ];
    let types = if file.bklt { &all[..] } else { &all[..2] };
    let mut stacks = NamedStacks::new(types).limited(limits);
    stacks.builder.profile.default_sample_type =
        stacks.builder.string(if file.bklt { "peak_space" } else { "alloc_space" });
    let frames: Vec<Parsed<'_>> = file.ftbl.iter().map(|frame| parse(frame)).collect();
    let mut locations: Vec<Option<LocationId>> = vec![None; frames.len()];
    for point in &file.pps {
        let values = [point.tbk, point.tb, point.gbk, point.gb, point.ebk, point.eb];
        if values.iter().any(|&value| value < 0) {
            return Err(wrong("a program point has a number below zero"));
        }
        let mut stack = Vec::with_capacity(point.fs.len());
        for &index in &point.fs {
            let row = usize::try_from(index).ok().filter(|&row| row < locations.len());
            let row = row.ok_or_else(|| wrong(format!("frame {index} of {}", locations.len())))?;
            // The allocator itself says nothing.
            if !(stack.is_empty() && frames[row].is_allocator && point.fs.len() > 1) {
                stack.push(*locations[row].get_or_insert_with(|| stacks.location(&frames[row].frame)));
            }
        }
        stacks.add(&stack, &[], &values[..types.len()]).map_err(wrong)?;
    }
    Ok(stacks.finish())
}

/// A frame, and whether it is the function that allocates.
struct Parsed<'a> {
    frame: Frame<'a>,
    is_allocator: bool,
}

/// Takes `0x1094ED: alloc_big (busy.c:19)` or `0x48417B4: malloc (in /usr/lib/x.so)` apart.
fn parse(text: &str) -> Parsed<'_> {
    let is_address = |text: &str| {
        text.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let rest =
        text.split_once(": ").filter(|(address, _)| is_address(address)).map_or(text, |(_, rest)| rest);
    let mut frame = Frame { function: rest.as_bytes(), ..Frame::default() };
    if let Some((name, place)) = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
        if let Some(module) = place.strip_prefix("in ") {
            frame = Frame { function: name.as_bytes(), module: module.as_bytes(), ..frame };
        } else if let Some((file, line)) = place.rsplit_once(':') {
            // The crate writes a column, too.
            let (file, line) = match (file.rsplit_once(':'), line.parse::<i64>()) {
                (Some((file, line)), Ok(_)) if line.parse::<i64>().is_ok() => (file, line),
                _ => (file, line),
            };
            if let Ok(line) = line.parse::<i64>() {
                frame =
                    Frame { function: name.as_bytes(), file: file.as_bytes(), line: line.max(0), ..frame };
            }
        }
    }
    let name = std::str::from_utf8(frame.function).unwrap_or_default();
    let is_allocator = frame.module.windows(10).any(|part| part == b"vgpreload_")
        || matches!(name, "malloc" | "calloc" | "realloc" | "memalign" | "posix_memalign" | "aligned_alloc")
        || name.starts_with("operator new");
    Parsed { frame, is_allocator }
}

#[test]
fn frames_are_taken_apart() {
    let check = |text: &str, function: &str, file: &str, line: i64, module: &str| {
        let Parsed { frame, .. } = parse(text);
        let expected =
            Frame { function: function.as_bytes(), file: file.as_bytes(), line, module: module.as_bytes() };
        assert_eq!(frame, expected, "{text}");
    };
    check("0x1094ED: alloc_big (busy.c:19)", "alloc_big", "busy.c", 19, "");
    check("0x48417B4: malloc (in /usr/lib/x.so)", "malloc", "", 0, "/usr/lib/x.so");
    check("0x1: f(int) (x y/b.cc:2)", "f(int)", "x y/b.cc", 2, "");
    check("0x1: a::b (src/main.rs:3:14)", "a::b", "src/main.rs", 3, "");
    check("[root]", "[root]", "", 0, "");
    check("0x1: ???", "???", "", 0, "");
}
