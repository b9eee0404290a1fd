//! Tasks of the developers: `cargo xtask check` is all that continuous integration runs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool that tells what it does")]

mod check;
mod generate;
mod page;

use std::path::PathBuf;

const USAGE: &str = "usage: cargo xtask check      run everything that must pass
       cargo xtask generate   write the reference pages in docs/reference
       cargo xtask screenshots   write the pictures of the page in docs/images
       cargo xtask measure-page PROFILE   tell how fast and how large the page is";

fn main() -> anyhow::Result<()> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    match std::env::args().nth(1).as_deref() {
        Some("check") => check::run(&root),
        Some("generate") => generate::write(&root),
        Some("measure-page") => page::measure(&root, std::env::args_os().nth(2).as_deref()),
        Some("screenshots") => page::screenshots(&root),
        _ => anyhow::bail!("{USAGE}"),
    }
}
