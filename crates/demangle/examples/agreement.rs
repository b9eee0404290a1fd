//! How often this crate agrees with another demangler.
//!
//! `agreement FILE... [--show N]`: each line of a file is a mangled name and, between tabs, what the other makes
//! of it in the default mode, in `templates` and in `full`; a text that begins with the byte 1 says that it
//! refuses the name. Prints the share of equal answers for each mode and the first N differences.

#![allow(clippy::disallowed_methods, reason = "a program that measures the crate, not part of it")]

use std::io::{self, Write};
use std::time::Instant;

use hotlist_demangle::{Mode, demangle};

const MODES: [(Mode, &str); 3] =
    [(Mode::Default, "default"), (Mode::Templates, "templates"), (Mode::Full, "full")];

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    let mut shown = 5;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--show" {
            shown = words.next().and_then(|number| number.parse().ok()).unwrap_or(shown);
        } else {
            files.push(word);
        }
    }
    let mut out = io::stdout().lock();
    for file in files {
        let text = String::from_utf8_lossy(&std::fs::read(&file)?).into_owned();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
        for (column, (mode, name)) in MODES.into_iter().enumerate() {
            let start = Instant::now();
            let ours: Vec<Option<String>> = lines.iter().map(|line| demangle(line[0], mode)).collect();
            let time = start.elapsed();
            let mut equal = 0;
            let mut differences = Vec::new();
            for (line, ours) in lines.iter().zip(&ours) {
                let theirs = line.get(column + 1).copied().unwrap_or("");
                let theirs = if theirs.starts_with('\u{1}') { None } else { Some(theirs) };
                if ours.as_deref() == theirs {
                    equal += 1;
                } else {
                    differences.push((line[0], ours, theirs));
                }
            }
            let total = lines.len().max(1);
            writeln!(
                out,
                "{file} {name}: {equal} of {total} equal, {:.4} %, {time:?}",
                equal as f64 * 100.0 / total as f64
            )?;
            for (mangled, ours, theirs) in differences.iter().take(shown) {
                let ours = ours.as_deref().unwrap_or("(refused)");
                writeln!(
                    out,
                    "  {mangled}\n    ours:   {ours}\n    theirs: {}",
                    theirs.unwrap_or("(refused)")
                )?;
            }
        }
    }
    Ok(())
}
