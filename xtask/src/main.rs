//! Tasks of the developers: `cargo xtask check` is all that continuous integration runs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool that tells what it does")]

mod check;
mod generate;
mod measure;
mod page;
mod pictures;
mod terminal_tables;

use std::path::PathBuf;

const USAGE: &str = "usage: cargo xtask check                     run everything that must pass
       cargo xtask generate                  write the reference pages and the tables in docs
       cargo xtask pictures page             take the pictures of the page in docs/images
       cargo xtask pictures terminal         make the pictures of the terminal in docs/images
       cargo xtask measure page PROFILE      tell how fast and how large the page is
       cargo xtask measure terminal PROFILE  time the shell and the full screen of the release build";

fn main() -> anyhow::Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["check"] => check::run(&root),
        ["generate"] => generate::write(&root),
        ["pictures", "page"] => page::pictures(&root),
        ["pictures", "terminal"] => pictures::terminal(&root),
        ["measure", "page", profile] => page::measure(&root, profile),
        ["measure", "terminal", profile] => measure::terminal(&root, profile),
        _ => anyhow::bail!("{USAGE}"),
    }
}
