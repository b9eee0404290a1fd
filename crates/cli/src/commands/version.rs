//! `hotlist version` and `hotlist -version`: version, commit and target.

use std::io::Write;

use crate::args::Arguments;
use crate::commands::{Command, Takes, Words};
use crate::console::Console;

pub(crate) const COMMAND: Command = Command {
    name: "version",
    help: "Show version, commit and target",
    takes: Takes::only(Words::None),
    run,
};

fn run(_: Arguments, console: &Console) -> anyhow::Result<()> {
    let (version, commit) = (env!("CARGO_PKG_VERSION"), env!("HOTLIST_COMMIT"));
    let mut out = console.stdout();
    writeln!(out, "hotlist {version} (commit {commit}, {})", env!("HOTLIST_TARGET"))?;
    Ok(out.flush()?)
}
