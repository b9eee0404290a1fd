//! `hotlist store check|stats folder`: what is in a store of profiles, and whether it is sound.

use std::io::Write;
use std::path::Path;

use hotlist_session::UsageError;
use hotlist_store::{CheckReport, Stats, Store};
use serde_json::json;

use crate::args::Arguments;
use crate::commands::{Command, OwnFlag, Takes, Words};
use crate::console::{Console, Ending};

pub(crate) const COMMAND: Command = Command {
    name: "store",
    help: "Check the files of a store of profiles, or say what it holds; it may be open",
    takes: Takes {
        flags: &[OwnFlag { name: "json", value_name: "", help: "Write JSON" }],
        remarks: &[
            "  hotlist store check profiles    reads all files; exit status 1 when one is damaged, 2 when there is no store",
            "  hotlist store stats profiles    how many series, samples and bytes each tenant has",
        ],
        ..Takes::only(Words::These(&["check|stats", "<folder>"]))
    },
    run,
};

#[expect(clippy::needless_pass_by_value, reason = "every command is given its arguments")]
fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    let is_json = arguments.has("json");
    let (what, folder) = (&arguments.words[0], Path::new(&arguments.words[1]));
    let no_answer = |error: hotlist_store::Error| Ending::NoAnswer(error.into());
    let mut out = console.stdout();
    match what.to_str() {
        Some("check") => {
            let report = Store::check(folder).map_err(no_answer)?;
            if is_json { check_json(&report, &mut out) } else { check_text(&report, &mut out) }?;
            out.flush()?;
            if report.damaged.is_empty() { Ok(()) } else { Err(Ending::Amiss.into()) }
        }
        Some("stats") => {
            let stats = Store::look(folder).map_err(no_answer)?;
            if is_json { stats_json(&stats, &mut out) } else { stats_text(&stats, &mut out) }?;
            Ok(out.flush()?)
        }
        _ => {
            let text = format!("{:?} is neither check nor stats", what.to_string_lossy());
            Err(hotlist_session::Error::Usage(UsageError::Other(text)).into())
        }
    }
}

fn check_text(report: &CheckReport, out: &mut dyn Write) -> std::io::Result<()> {
    for damage in &report.damaged {
        writeln!(out, "{}: {}", damage.file.display(), damage.reason)?;
    }
    for file in &report.orphans {
        writeln!(out, "{}: nothing refers to it; it will be deleted", file.display())?;
    }
    let verdict = match report.damaged.len() {
        0 => "none is damaged".to_owned(),
        1 => "1 is damaged; the others are served".to_owned(),
        count => format!("{count} are damaged; the others are served"),
    };
    writeln!(out, "{} files, {} bytes: {verdict}", report.files, report.bytes)
}

fn check_json(report: &CheckReport, out: &mut dyn Write) -> std::io::Result<()> {
    let damaged: Vec<_> =
        report.damaged.iter().map(|damage| json!({ "file": damage.file, "reason": damage.reason })).collect();
    let value = json!({ "files": report.files, "bytes": report.bytes, "damaged": damaged, "orphans": report.orphans });
    writeln!(out, "{value:#}")
}

fn stats_text(stats: &Stats, out: &mut dyn Write) -> std::io::Result<()> {
    for tenant in &stats.tenants {
        let bytes: u64 = tenant.tables.iter().map(|table| table.bytes).sum();
        let samples = tenant.samples;
        write!(out, "tenant {}: {} series, {samples} samples, {bytes} bytes", tenant.tenant, tenant.series)?;
        if samples > 0 {
            write!(out, ", {:.2} a sample", bytes as f64 / samples as f64)?;
        }
        writeln!(out)?;
        for table in &tenant.tables {
            writeln!(
                out,
                "  {:<12} {:>6} files {:>12} rows {:>14} bytes",
                table.table, table.files, table.rows, table.bytes
            )?;
        }
    }
    writeln!(out, "inbox: {} bytes", stats.inbox_bytes)?;
    for damage in &stats.damaged {
        writeln!(out, "{}: {}", damage.file.display(), damage.reason)?;
    }
    Ok(())
}

fn stats_json(stats: &Stats, out: &mut dyn Write) -> std::io::Result<()> {
    let tenants: Vec<_> = stats
        .tenants
        .iter()
        .map(|tenant| {
            let tables: Vec<_> = tenant
                .tables
                .iter()
                .map(|t| json!({ "table": t.table, "files": t.files, "rows": t.rows, "bytes": t.bytes }))
                .collect();
            json!({
                "tenant": tenant.tenant, "series": tenant.series, "samples": tenant.samples, "tables": tables,
            })
        })
        .collect();
    let damaged: Vec<_> =
        stats.damaged.iter().map(|damage| json!({ "file": damage.file, "reason": damage.reason })).collect();
    let value = json!({ "tenants": tenants, "inbox_bytes": stats.inbox_bytes, "damaged": damaged });
    writeln!(out, "{value:#}")
}
