//! The formats in which profiles are written, a file for each.
//!
//! What a format cannot hold is named in its [`Export::lost`], and what it cannot hold without being wrong, such as
//! values below zero, is an error.

mod firefox;
mod folded;
mod frames;
mod llvm;
mod otlp;
mod pgo;
mod speedscope;
mod threads;

use std::io::{self, Write};

use hotlist_profile::{Profile, Times};

/// A format in which profiles are written.
#[derive(Debug)]
pub struct Export {
    /// The name by which it is chosen.
    pub name: &'static str,
    /// Who reads it, for lists of formats.
    pub readers: &'static str,
    /// What of a profile it does not hold, for lists of formats; empty when nothing is lost.
    pub lost: &'static str,
    /// With which ends of file names it is meant, the usual one first.
    pub extensions: &'static [&'static str],
    /// Writes a profile in it.
    pub write: WriteProfile,
}

/// Writes a whole profile.
///
/// # Errors
/// Those of the output, and [`io::ErrorKind::InvalidInput`] for a profile that the format cannot hold.
pub type WriteProfile = fn(profile: &Profile, out: &mut dyn Write) -> io::Result<()>;

/// All formats that are written, in the order in which they are listed.
pub static EXPORTS: &[Export] = &[
    Export {
        name: "proto",
        readers: "pprof and whatever reads profile.proto",
        lost: "times of samples, but for -timestamps",
        extensions: &["pb.gz", "pb", "pprof", "prof"],
        write: |profile, out| crate::write(profile, out),
    },
    folded::EXPORT,
    speedscope::EXPORT,
    firefox::EXPORT,
    otlp::EXPORT,
    pgo::EXPORT,
    llvm::EXPORT,
];

/// The format with this name.
pub fn export_named(name: &str) -> Option<&'static Export> {
    EXPORTS.iter().find(|export| export.name == name)
}

/// The format that the name of a file asks for: the one with the longest fitting extension.
pub fn export_for_file(file_name: &str) -> Option<&'static Export> {
    let fit = |export: &'static Export| {
        let ends = export.extensions.iter().filter(|extension| {
            file_name
                .strip_suffix(**extension)
                .is_some_and(|start| start.ends_with(['.', '/']) || start.is_empty())
        });
        Some((ends.map(|extension| extension.len()).max()?, export))
    };
    EXPORTS.iter().filter_map(fit).max_by_key(|(length, _)| *length).map(|(_, export)| export)
}

/// The error for a profile that a format cannot hold.
fn refuse(reason: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason.into())
}

/// Refuses values below zero, which comparisons have.
fn check_not_negative(profile: &Profile, columns: &[usize], format: &str) -> io::Result<()> {
    let is_negative = |column: &usize| profile.samples.ids().any(|id| profile.samples.value(id, *column) < 0);
    if columns.iter().any(is_negative) {
        return Err(refuse(format!(
            "values below zero, as comparisons have them, cannot be written as {format}"
        )));
    }
    Ok(())
}

/// The sample type that is shown when none is asked for.
fn default_column(profile: &Profile) -> io::Result<usize> {
    profile.default_column().ok_or_else(|| refuse("the profile has no sample types"))
}

/// Whether the times of samples account for all values of a column.
fn are_times_complete(profile: &Profile, column: usize) -> bool {
    let of_times = profile.samples.times().into_iter().flat_map(Times::iter);
    let sum: i128 = of_times.map(|moment| i128::from(moment.values[column])).sum();
    sum == profile.totals()[column]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_extensions_are_unique() {
        for (row, export) in EXPORTS.iter().enumerate() {
            assert!(!export.readers.is_empty() && !export.extensions.is_empty(), "{}", export.name);
            for other in &EXPORTS[..row] {
                assert_ne!(export.name, other.name);
                assert!(!other.extensions.iter().any(|extension| export.extensions.contains(extension)));
            }
        }
    }

    #[test]
    fn the_longest_extension_decides() {
        let check = |file: &str, expected: Option<&str>| {
            assert_eq!(export_for_file(file).map(|export| export.name), expected, "{file}");
        };
        check("a/cpu.pb.gz", Some("proto"));
        check("cpu.speedscope.json", Some("speedscope"));
        check("cpu.firefox.json.gz", Some("firefox"));
        check("default.pgo", Some("pgo"));
        check("out.folded", Some("folded"));
        check("out.json", None);
        check("folded", Some("folded"));
        check("unfolded", None);
        check("x", None);
    }
}
