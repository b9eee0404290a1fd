//! Symbols for profiles that have only addresses, as `-symbolize` asks.

use hotlist_profile::{Mapping, Profile};
use hotlist_symbolize::{Detail, Finder, Local, MappingReport, Mode, Request, State, demangle, symbolize};

use crate::session::Note;

/// So many files without symbols are named one by one.
const MOST_NAMED: usize = 5;

/// What was asked for beside the mode.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// The value of `-symbolize`.
    pub(crate) mode: &'a str,
    /// The executable named on the command line.
    pub(crate) binary: Option<&'a str>,
    pub(crate) threads: usize,
}

/// Gives `profile` symbols from files on this machine.
pub(crate) fn add_symbols(
    profile: &mut Profile,
    wish: Wish<'_>,
    finder: &dyn Finder,
    notes: &mut Vec<Note>,
) -> Vec<MappingReport> {
    let (mode, understood) = Mode::parse(wish.mode);
    if understood.is_err() {
        notes.push(Note::Warning(format!("ignoring unrecognized symbolization option: {}", wish.mode)));
        notes.push(Note::Warning(
            "expecting -symbolize=[local|fastlocal|remote|none][:force][:demangle=[none|full|templates|default]"
                .to_owned(),
        ));
    }
    let Some(mode) = mode else { return Vec::new() };
    let mut reports = Vec::new();
    if let Some(local) = mode.local {
        let request = Request {
            detail: if local == Local::Fast { Detail::Functions } else { Detail::Lines },
            force: mode.force,
            binary: wish.binary,
            threads: wish.threads,
        };
        reports = symbolize(profile, finder, &request);
        warn(profile, &reports, notes);
    }
    demangle(profile, mode.demangle, mode.force);
    reports
}

/// Says for which files there are no symbols, and why.
fn warn(profile: &Profile, reports: &[MappingReport], notes: &mut Vec<Note>) {
    let mut failures: Vec<String> = Vec::new();
    let mut missing = false;
    for report in reports {
        let mapping = profile.mapping(report.mapping);
        let name = || describe(profile, mapping);
        match &report.state {
            State::Unnamed if report.mapping.index() == 0 => {
                failures.push("Main binary filename not available.".to_owned());
            }
            State::Unnamed => missing = true,
            State::Missing => {
                missing = true;
                failures.push(format!("Local symbolization failed for {}: no such file", name()));
            }
            State::Failed(reason) => {
                failures.push(format!("Local symbolization failed for {}: {reason}", name()));
            }
            State::Done(path) if report.functions == 0 => {
                failures.push(format!("{path} has no symbols for {}", name()));
            }
            State::Unused | State::HasSymbols | State::NoFile | State::Done(_) => {}
        }
        if let (State::Done(path), Some(damage)) = (&report.state, &report.damage) {
            failures.push(format!("{path}: debug information is damaged: {damage}"));
        }
    }
    failures.dedup();
    let more = failures.len().saturating_sub(MOST_NAMED);
    let has_failed = !failures.is_empty();
    notes.extend(failures.into_iter().take(MOST_NAMED).map(Note::Warning));
    if more > 0 {
        notes.push(Note::Warning(format!("... and {more} more files without symbols")));
    }
    if missing {
        notes.push(Note::Warning(
            "Some binary filenames not available. Symbolization may be incomplete.".to_owned(),
        ));
        notes.push(Note::Warning(
            "Try setting PPROF_BINARY_PATH to the search path for local binaries.".to_owned(),
        ));
    }
    if has_failed {
        notes.push(Note::Info("hotlist symbols lists what was tried for each file.".to_owned()));
    }
}

/// A mapping for people: the name of its file and its build.
fn describe(profile: &Profile, mapping: &Mapping) -> String {
    let file = profile.lossy(mapping.file);
    let base = file.rsplit('/').next().unwrap_or(&file);
    match &*profile.lossy(mapping.build_id) {
        "" => base.to_owned(),
        id => format!("{base} (build ID {id})"),
    }
}
