//! `hotlist symbols profile`: for each mapping where its symbols come from, and what was tried.

use std::io::Write;

use hotlist_render::clean;
use hotlist_session::{Group, SymbolReport, SymbolState, symbol_reports};

use crate::args::Arguments;
use crate::commands::{Command, OwnFlag, Takes};
use crate::console::Console;
use crate::opening::load_subject;

pub(crate) const COMMAND: Command = Command {
    name: "symbols",
    help: "Tell for each binary where its symbols come from",
    takes: Takes {
        flags: &[OwnFlag { name: "json", value_name: "", help: "Write JSON" }],
        ..Takes::profiles(&[Group::Compare, Group::Source])
    },
    run,
};

fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    let as_json = arguments.has("json");
    let loaded = load_subject(&arguments.subject()?, console)?;
    let reports = symbol_reports(&loaded.profile, &loaded.symbols);
    let mut out = console.stdout();
    if as_json {
        serde_json::to_writer_pretty(&mut out, &reports)?;
        writeln!(out)?;
    } else if reports.is_empty() {
        writeln!(out, "No symbols were looked for.")?;
    } else {
        write_reports(&mut out, &reports)?;
    }
    out.flush()?;
    Ok(())
}

fn write_reports(out: &mut impl Write, reports: &[SymbolReport]) -> std::io::Result<()> {
    let (unused, used): (Vec<_>, Vec<_>) =
        reports.iter().partition(|report| report.state == SymbolState::Unused);
    for (row, report) in used.iter().enumerate() {
        // A file may be mapped in parts.
        let key = |report: &SymbolReport| (report.file.clone(), report.build_id.clone());
        let again = used[..row].iter().any(|before| key(before) == key(report) && !before.tried.is_empty());
        write_report(out, report, again)?;
    }
    if !unused.is_empty() {
        let names: Vec<_> = unused.iter().map(|report| clean(name(report))).collect();
        writeln!(out, "Without addresses in the profile: {}", names.join(", "))?;
    }
    if used.iter().any(|report| matches!(report.state, SymbolState::Missing | SymbolState::Failed)) {
        writeln!(
            out,
            "PPROF_BINARY_PATH names folders with binaries, DEBUGINFOD_URLS servers that may have them."
        )?;
    }
    Ok(())
}

fn name(report: &SymbolReport) -> &str {
    if report.file.is_empty() { "(no name)" } else { &report.file }
}

fn write_report(out: &mut impl Write, report: &SymbolReport, again: bool) -> std::io::Result<()> {
    writeln!(out, "{}", clean(name(report)))?;
    writeln!(out, "  mapped     {:#x}-{:#x}", report.start, report.limit)?;
    let build_id = if report.build_id.is_empty() { "none" } else { &report.build_id };
    writeln!(out, "  build id   {}", clean(build_id))?;
    let count = report.addresses;
    match report.state {
        SymbolState::Done => writeln!(
            out,
            "  symbols    {} of {count} addresses have a function, {} a line",
            report.with_function, report.with_line
        )?,
        SymbolState::SymbolizedBefore => writeln!(out, "  symbols    {}", clean(&report.detail))?,
        _ => {
            let addresses = if count == 1 { "address" } else { "addresses" };
            writeln!(out, "  symbols    none for {count} {addresses}: {}", clean(&report.detail))?;
        }
    }
    if !report.damage.is_empty() {
        writeln!(out, "  damage     {}", clean(&report.damage))?;
    }
    let tried = if again { &[][..] } else { &report.tried };
    for tried in tried {
        let sign = if tried.used { '+' } else { '-' };
        writeln!(out, "  {sign} {}: {}", clean(&tried.path), clean(&tried.outcome))?;
    }
    if again {
        writeln!(out, "  The same paths as above")?;
    }
    writeln!(out)
}
