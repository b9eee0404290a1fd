//! `hotlist symbols profile`: for each mapping where its symbols come from, and what was tried.

use std::io::Write;

use hotlist_render::clean;
use hotlist_session::{SymbolReport, symbol_reports};

use crate::args::SymbolsRequest;
use crate::console::Console;
use crate::opening::load_subject;

pub(crate) fn run(request: &SymbolsRequest, console: &Console) -> anyhow::Result<()> {
    let loaded = load_subject(&request.subject, console)?;
    let reports = symbol_reports(&loaded.profile, &loaded.symbols);
    let mut out = console.stdout();
    if request.json {
        serde_json::to_writer_pretty(&mut out, &reports)?;
        writeln!(out)?;
    } else if reports.is_empty() {
        writeln!(out, "No symbols were looked for.")?;
    } else {
        for report in &reports {
            write_report(&mut out, report)?;
        }
    }
    out.flush()?;
    Ok(())
}

fn write_report(out: &mut impl Write, report: &SymbolReport) -> std::io::Result<()> {
    let file = if report.file.is_empty() { "(no name)" } else { &report.file };
    writeln!(out, "{}", clean(file))?;
    writeln!(out, "  addresses  {:#x}-{:#x}", report.start, report.limit)?;
    let build_id = if report.build_id.is_empty() { "none" } else { &report.build_id };
    writeln!(out, "  build id   {}", clean(build_id))?;
    if report.state == "done" {
        writeln!(
            out,
            "  resolved   {} of {} addresses have a function, {} a line",
            report.with_function, report.addresses, report.with_line
        )?;
    } else {
        writeln!(out, "  resolved   no, {} ({} addresses)", clean(&report.detail), report.addresses)?;
    }
    for tried in &report.tried {
        let sign = if tried.used { '+' } else { '-' };
        writeln!(out, "  {sign} {}: {}", clean(&tried.path), clean(&tried.outcome))?;
    }
    writeln!(out)
}
