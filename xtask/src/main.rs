//! Tasks of the developers: `cargo xtask check` is all that continuous integration runs.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool that tells what it does")]

mod check;
mod dist;
mod docs;
mod page;

use std::path::PathBuf;

use check::Extent;

const USAGE: &str = "usage: cargo xtask check                     run everything that must pass
       cargo xtask check --quick             run what takes a few minutes and needs the compiler alone
       cargo xtask dist [TARGET...]          build what a release consists of, in target/dist
       cargo xtask dist --test [TARGET...]   install that in temporary folders and run it
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
        ["check"] => check::run(&root, Extent::Whole),
        ["check", "--quick"] => check::run(&root, Extent::Quick),
        ["dist", "--test", targets @ ..] => dist::test(&root, targets),
        ["dist", targets @ ..] => dist::build(&root, targets),
        ["generate"] => docs::generate(&root),
        ["pictures", "page"] => docs::pictures(&root, "hotlist-web", "browser", "write_screenshots"),
        ["pictures", "terminal"] => docs::pictures(&root, "hotlist", "docs", "write_pictures"),
        ["measure", "page", profile] => {
            docs::measure(&root, "hotlist-web", "browser", "measure_page", profile)
        }
        ["measure", "terminal", profile] => {
            docs::measure(&root, "hotlist", "docs", "measure_terminal", profile)
        }
        _ => anyhow::bail!("{USAGE}"),
    }
}
