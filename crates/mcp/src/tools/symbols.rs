//! `symbols`: which binaries have no symbols, and what helps.

use hotlist_session::{SymbolReport, SymbolState};
use rmcp::model::CallToolResult;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::budget::{Answer, Room, fit, result};
use crate::desk::Desk;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::shelf::Opened;
use crate::tool::{Tool, input, output};

pub(crate) const TOOL: Tool = Tool {
    name: "symbols",
    title: "Missing symbols",
    description: "For each binary where its function names come from; for those without, what was tried and how to get them.",
    options: &[],
    open_world: false,
    input: input::<Arguments>,
    output: output::<Symbols>,
    call,
};

/// The most binaries.
const ROWS: usize = 30;

/// The most paths that are told of each.
const PATHS: usize = 3;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Arguments {
    /// Handle from open
    profile: Option<String>,
}

/// Binaries, those without symbols first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Symbols {
    profile: String,
    name: String,
    /// Addresses in the profile.
    addresses: usize,
    /// Those that have a function.
    with_function: usize,
    binaries: Vec<Binary>,
    /// Binaries that are not here.
    #[serde(skip_serializing_if = "is_zero")]
    more_binaries: usize,
    /// What to do about missing symbols.
    advice: Vec<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Binary {
    file: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    build_id: String,
    addresses: usize,
    with_function: usize,
    with_line: usize,
    /// The file that was used, or why there was none.
    state: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tried: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn call(desk: &Desk, request: &Request) -> Result<CallToolResult, Refusal> {
    let Arguments { profile } = request.own()?;
    let opened = desk.profile(profile.as_deref())?;
    let mut reports: Vec<&SymbolReport> =
        opened.symbols.iter().filter(|report| report.state != SymbolState::Unused).collect();
    reports.sort_by_key(|report| {
        std::cmp::Reverse((report.addresses.saturating_sub(with_function(report)), report.addresses))
    });
    let answer = fit(request.max_bytes, ROWS.min(reports.len()), |room| symbols(&opened, &reports, room))?;
    result(&answer)
}

/// The addresses that have a function. Of what had symbols before, all are taken to have one.
fn with_function(report: &SymbolReport) -> usize {
    if report.state == SymbolState::SymbolizedBefore { report.addresses } else { report.with_function }
}

fn symbols(opened: &Opened, reports: &[&SymbolReport], room: Room) -> Symbols {
    let locations = &opened.session.profile().locations;
    let named = locations.ids().filter(|&location| !locations.lines(location).is_empty()).count();
    let lacking = |report: &&&SymbolReport| with_function(report) < report.addresses;
    let mut advice = Vec::new();
    if reports.iter().any(|report| lacking(&report)) {
        advice.extend([
            "build with symbols (Rust: debug = 1 under [profile.release]; C, C++: -g; Go: without -s -w) and record again",
            "start the server with -root for the folder of the binary, or with PPROF_BINARY_PATH naming folders of binaries",
            "start it with -debuginfod to ask the servers of DEBUGINFOD_URLS",
        ]);
    } else if named < locations.len() {
        advice.push("the profile does not say which binary its addresses belong to: record it with mappings");
    }
    Symbols {
        profile: opened.handle.clone(),
        name: opened.name.clone(),
        addresses: locations.len(),
        with_function: named,
        binaries: reports
            .iter()
            .take(room.rows)
            .map(|report| Binary {
                file: shown(if report.file.is_empty() { "(no name)" } else { &report.file }, room.name),
                build_id: shown(&report.build_id, room.name),
                addresses: report.addresses,
                with_function: with_function(report),
                with_line: report.with_line,
                state: shown(&report.detail, room.name),
                tried: report
                    .tried
                    .iter()
                    .filter(|_| lacking(&report))
                    .take(PATHS)
                    .map(|tried| shown(&format!("{}: {}", tried.path, tried.outcome), room.name))
                    .collect(),
            })
            .collect(),
        more_binaries: reports.len().saturating_sub(room.rows),
        advice,
    }
}

impl Answer for Symbols {
    fn text(&self) -> String {
        let Symbols { profile, name, addresses, with_function, .. } = self;
        let mut text =
            format!("{profile} {}: {with_function} of {addresses} addresses have a function\n", quoted(name));
        for Binary { file, addresses, with_function, state, tried, .. } in &self.binaries {
            text += &format!("{}: {with_function} of {addresses}, {}\n", quoted(file), quoted(state));
            for tried in tried {
                text += &format!("  tried {}\n", quoted(tried));
            }
        }
        if self.more_binaries > 0 {
            text += &format!("and {} more binaries; a larger max_bytes shows them\n", self.more_binaries);
        }
        for advice in &self.advice {
            text += &format!("to do: {advice}\n");
        }
        text
    }
}
