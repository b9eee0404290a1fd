//! Where symbols came from, mapping by mapping, as data for `hotlist symbols`.

use hotlist_profile::Profile;
use hotlist_symbolize::{MappingReport, State};
use serde::Serialize;

/// A mapping and what came of the search for its symbols.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SymbolReport {
    /// The path that the profile names, or the file that was taken for it.
    pub file: String,
    /// Its build id; empty when the profile has none.
    pub build_id: String,
    /// First address of the mapping.
    pub start: u64,
    /// One past its last address.
    pub limit: u64,
    /// How the search ended.
    pub state: SymbolState,
    /// The file that was used, or why none was.
    pub detail: String,
    /// The number of addresses in the mapping.
    pub addresses: usize,
    /// How many of them have a function now.
    pub with_function: usize,
    /// How many of them have a line now.
    pub with_line: usize,
    /// Why debug information was not read to its end; empty when it was.
    pub damage: String,
    /// Every path that was tried, in order.
    pub tried: Vec<TriedPath>,
}

/// How the search for the symbols of a mapping ended. In JSON a word such as `no_file`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SymbolState {
    /// No address of the profile is in the mapping.
    Unused,
    /// The profile had symbols already.
    SymbolizedBefore,
    /// The mapping is of no file, such as the kernel's.
    NoFile,
    /// The profile does not name the file.
    Unnamed,
    /// The file is not there.
    Missing,
    /// The file cannot be used.
    Failed,
    /// A file was used.
    Done,
}

/// A path that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriedPath {
    /// The path, or the address of a server.
    pub path: String,
    /// Whether it was used.
    pub used: bool,
    /// For what it was used, or why not.
    pub outcome: String,
}

/// The reports of all mappings of a profile, in their order.
pub fn symbol_reports(profile: &Profile, reports: &[MappingReport]) -> Vec<SymbolReport> {
    reports.iter().map(|report| symbol_report(profile, report)).collect()
}

fn symbol_report(profile: &Profile, report: &MappingReport) -> SymbolReport {
    let mapping = profile.mapping(report.mapping);
    let (state, detail) = match &report.state {
        State::Unused => (SymbolState::Unused, "no address is in it".to_owned()),
        State::HasSymbols => (SymbolState::SymbolizedBefore, "the profile has symbols".to_owned()),
        State::NoFile if profile.lossy(mapping.build_id).is_empty() => {
            (SymbolState::NoFile, "it is no file, and the profile does not tell its build".to_owned())
        }
        State::NoFile => (SymbolState::NoFile, "it is no file, and none of its build was found".to_owned()),
        State::Unnamed => (SymbolState::Unnamed, "the profile does not name its file".to_owned()),
        State::Missing => (SymbolState::Missing, "the file was not found".to_owned()),
        State::Failed(reason) => (SymbolState::Failed, reason.clone()),
        State::Done(path) => (SymbolState::Done, path.clone()),
    };
    SymbolReport {
        file: profile.lossy(mapping.file).into_owned(),
        build_id: profile.lossy(mapping.build_id).into_owned(),
        start: mapping.start,
        limit: mapping.limit,
        state,
        detail,
        addresses: report.locations,
        with_function: report.functions,
        with_line: report.lines,
        damage: report.damage.clone().unwrap_or_default(),
        tried: report
            .tried
            .iter()
            .map(|attempt| TriedPath {
                path: attempt.path.clone(),
                used: matches!(attempt.outcome, hotlist_symbolize::Outcome::Taken(_)),
                outcome: attempt.outcome.to_string(),
            })
            .collect(),
    }
}
