//! Tasks of the developers: `cargo xtask check` is all that continuous integration runs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool that tells what it does")]

mod check;
mod generate;
mod pictures;
mod terminal_tables;

use std::path::PathBuf;

const USAGE: &str = "usage: cargo xtask check      run everything that must pass
       cargo xtask generate   write the reference pages and the tables in docs
       cargo xtask pictures terminal   make the pictures of the terminal in docs/images";

fn main() -> anyhow::Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    match std::env::args().nth(1).as_deref() {
        Some("check") => check::run(&root),
        Some("generate") => generate::write(&root),
        Some("pictures") if std::env::args().nth(2).as_deref() == Some("terminal") => {
            pictures::terminal(&root)
        }
        _ => anyhow::bail!("{USAGE}"),
    }
}
