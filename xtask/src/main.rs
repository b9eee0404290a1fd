//! Tasks of the developers: `cargo xtask check` is all that continuous integration runs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool that tells what it does")]

mod check;
mod generate;
mod measure;
mod pictures;
mod terminal_tables;

use std::path::PathBuf;

const USAGE: &str = "usage: cargo xtask check      run everything that must pass
       cargo xtask generate   write the reference pages and the tables in docs
       cargo xtask pictures terminal   make the pictures of the terminal in docs/images
       cargo xtask measure terminal PROFILE   time the shell and the full screen of the release build";

fn main() -> anyhow::Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    match std::env::args().nth(1).as_deref() {
        Some("check") => check::run(&root),
        Some("generate") => generate::write(&root),
        Some("measure") if std::env::args().nth(2).as_deref() == Some("terminal") => {
            let profile = std::env::args().nth(3).ok_or_else(|| anyhow::anyhow!("{USAGE}"))?;
            measure::terminal(&root, &profile)
        }
        Some("pictures") if std::env::args().nth(2).as_deref() == Some("terminal") => {
            pictures::terminal(&root)
        }
        _ => anyhow::bail!("{USAGE}"),
    }
}
