//! `hotlist -version`: version, commit and target.

use std::io::Write;

use crate::console::Console;

/// Version, commit and target in a line.
pub(crate) fn text() -> String {
    let (version, commit) = (env!("CARGO_PKG_VERSION"), env!("HOTLIST_COMMIT"));
    format!("hotlist {version} (commit {commit}, {})", env!("HOTLIST_TARGET"))
}

pub(crate) fn run(console: &Console) -> anyhow::Result<()> {
    let mut out = console.stdout();
    writeln!(out, "{}", text())?;
    Ok(out.flush()?)
}
