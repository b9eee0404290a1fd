//! Folded stacks: a line for each, the root first, with the value of the default sample type behind it.
//!
//! The marks and places that the reader of this format understands are written back: `_[k]` behind frames of
//! `[kernel]`, `_[j]` behind those of `[jit]`, `_[i]` behind inlined ones, and `name (file:line)`. The latter two are for
//! frames without addresses, which are all that formats of names have: where a profile has addresses, the functions
//! alone make the stacks, as tools that draw them expect.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use hotlist_profile::{LocationId, Profile};

use super::frames::names_of;
use super::{Export, check_not_negative, default_column};

pub(super) const EXPORT: Export = Export {
    name: "folded",
    readers: "flame graph scripts, inferno, speedscope, and many others",
    lost: "all sample types but the default one, labels, addresses, times of samples",
    extensions: &["folded", "collapsed"],
    write,
};

fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let column = default_column(profile)?;
    check_not_negative(profile, &[column], "folded stacks")?;
    let names: Vec<String> = profile.locations.ids().map(|location| text_of(profile, location)).collect();
    // Stacks may differ in what this format does not say.
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let mut line = String::new();
    for sample in profile.samples.ids() {
        let value = profile.samples.value(sample, column);
        let frames = profile.frames(sample);
        if value == 0 || frames.is_empty() {
            continue;
        }
        line.clear();
        for (position, location) in frames.iter().rev().enumerate() {
            line.push_str(if position == 0 { "" } else { ";" });
            line.push_str(&names[location.index()]);
        }
        match sums.get_mut(&line) {
            Some(sum) => *sum = sum.saturating_add(value),
            None => {
                sums.insert(line.clone(), value);
            }
        }
    }
    for (line, sum) in sums {
        writeln!(out, "{line} {sum}")?;
    }
    Ok(())
}

/// The frames of a location, the outermost first, with semicolons between them.
fn text_of(profile: &Profile, location: LocationId) -> String {
    let has_address = profile.locations.get(location).address != 0;
    let module = profile.object_file(location);
    let mark = match profile.text(module) {
        b"[kernel]" => "_[k]",
        b"[jit]" => "_[j]",
        _ => "",
    };
    let mut text = String::new();
    for (depth, frame) in names_of(profile, location).iter().rev().enumerate() {
        text.push_str(if depth == 0 { "" } else { ";" });
        text.extend(frame.name.chars().map(plain));
        if !has_address && frame.line > 0 && !frame.file.is_empty() {
            text.push_str(" (");
            text.extend(frame.file.chars().map(plain));
            // Writing to a string does not fail.
            let _ = write!(text, ":{})", frame.line);
        }
        text.push_str(if depth > 0 && !has_address { "_[i]" } else { mark });
    }
    text
}

/// What stands for a character of a name: a semicolon would begin another frame, and the end of a line another stack.
fn plain(character: char) -> char {
    match character {
        ';' => ':',
        character if character.is_control() => ' ',
        character => character,
    }
}
