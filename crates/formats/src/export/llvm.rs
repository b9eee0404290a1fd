//! Sample profiles of LLVM as text, for `-fprofile-sample-use` and rustc's `-Cprofile-sample-use`.
//!
//! ```text
//! name:total:head
//!  offset[.discriminator]: count [callee:count …]
//!  offset: inlined:total
//!   offset: count
//! ```
//! Lines are counted from the start of their function, so that functions whose start is not known are left out.
//! A line counts the samples that were taken in it and in what it calls, which is how often its block mattered.
//! Names are those of the linker. Source: LLVM, `llvm/include/llvm/ProfileData/SampleProfReader.h`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use hotlist_profile::{Line, Profile};

use super::{Export, check_not_negative, default_column, refuse};

pub(super) const EXPORT: Export = Export {
    name: "llvm",
    readers: "llvm-profdata, clang -fprofile-sample-use, rustc -Cprofile-sample-use",
    lost: "stacks, functions without a known first line, addresses, labels, all sample types but the default one",
    extensions: &["afdo", "llvm.txt"],
    write,
};

/// The samples of a function, or of a place where it was inlined.
#[derive(Default)]
struct FunctionSamples {
    /// How many samples are at its lines and those of what is inlined in it.
    total: u64,
    /// How many came in by a call.
    head: u64,
    lines: BTreeMap<u64, LineSamples>,
    inlined: BTreeMap<(u64, String), FunctionSamples>,
}

#[derive(Default)]
struct LineSamples {
    count: u64,
    callees: BTreeMap<String, u64>,
}

fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let column = default_column(profile)?;
    check_not_negative(profile, &[column], "a profile of LLVM")?;
    let mut functions: BTreeMap<String, FunctionSamples> = BTreeMap::new();
    for sample in profile.samples.ids() {
        let value = profile.samples.value(sample, column) as u64;
        if value > 0 {
            add(profile, profile.frames(sample), value, &mut functions);
        }
    }
    if functions.is_empty() && !profile.samples.is_empty() {
        return Err(refuse("the profile does not say where functions begin, which LLVM needs"));
    }
    // The heaviest first, as LLVM's own tools have it.
    let mut functions: Vec<_> = functions.into_iter().collect();
    functions.sort_by(|(name, one), (other_name, other)| {
        other.total.cmp(&one.total).then_with(|| name.cmp(other_name))
    });
    for (name, samples) in functions {
        writeln!(out, "{name}:{}:{}", samples.total, samples.head)?;
        write_body(&samples, 1, out)?;
    }
    Ok(())
}

fn write_body(samples: &FunctionSamples, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    for (offset, line) in &samples.lines {
        write!(out, "{:depth$}{offset}: {}", "", line.count)?;
        let mut callees: Vec<(&String, &u64)> = line.callees.iter().collect();
        callees.sort_by(|(name, one), (other_name, other)| other.cmp(one).then_with(|| name.cmp(other_name)));
        for (callee, count) in callees {
            write!(out, " {callee}:{count}")?;
        }
        writeln!(out)?;
    }
    for ((offset, name), inlined) in &samples.inlined {
        writeln!(out, "{:depth$}{offset}: {name}:{}", "", inlined.total)?;
        write_body(inlined, depth + 1, out)?;
    }
    Ok(())
}

/// Adds a sample to all functions of its stack.
fn add(
    profile: &Profile,
    frames: &[hotlist_profile::LocationId],
    value: u64,
    functions: &mut BTreeMap<String, FunctionSamples>,
) {
    let mut callee: Option<String> = None;
    for (position, &location) in frames.iter().enumerate() {
        let lines = profile.locations.lines(location);
        let own = lines.last().map(|line| name_of(profile, line));
        // In a recursion each place counts a sample once.
        let is_first = !frames[..position].contains(&location);
        if let (Some(own), true) = (&own, is_first) {
            let mut path = lines.iter().rev().map(|line| (name_of(profile, line), offset_of(profile, line)));
            if path.clone().all(|(_, offset)| offset.is_some()) {
                let mut samples = functions.entry(own.clone()).or_default();
                samples.head = samples.head.saturating_add(value);
                let (_, mut offset) = path.next().unwrap_or_default();
                samples.total = samples.total.saturating_add(value);
                for (name, inner) in path {
                    samples = samples.inlined.entry((offset.unwrap_or_default(), name)).or_default();
                    samples.total = samples.total.saturating_add(value);
                    offset = inner;
                }
                let line = samples.lines.entry(offset.unwrap_or_default()).or_default();
                line.count = line.count.saturating_add(value);
                if let Some(callee) = callee.take() {
                    let count = line.callees.entry(callee).or_default();
                    *count = count.saturating_add(value);
                }
            }
        }
        callee = own;
    }
}

/// The name for the linker, without what would be read as the end of a name.
fn name_of(profile: &Profile, line: &Line) -> String {
    let function = profile.function(line.function);
    let name = if function.system_name.is_empty() { function.name } else { function.system_name };
    profile.lossy(name).chars().map(|c| if c.is_control() || c.is_whitespace() { '_' } else { c }).collect()
}

/// How many lines behind the start of its function a place is. LLVM keeps 16 bits of it.
fn offset_of(profile: &Profile, line: &Line) -> Option<u64> {
    let start = profile.function(line.function).start_line;
    let is_known = start > 0 && line.line >= start;
    is_known.then(|| (line.line - start) as u64 & 0xffff)
}
