//! Prints profiles in the layout of pprof's `-raw`, for comparing by eye or by `diff`.
#![allow(clippy::disallowed_methods, reason = "an example may open files and look at the clock")]

#[path = "../tests/raw/mod.rs"]
mod raw;

use std::fs::File;
use std::io::{self, Write};

use hotlist_formats::{Limits, read};
use hotlist_profile::merge;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args_os().skip(1) {
        let profile = read(File::open(&path)?, Limits::default())
            .map_err(|error| format!("{}: {error}", path.display()))?;
        // As pprof does even with one profile.
        if let Some(profile) = merge([profile])? {
            io::stdout().write_all(raw::dump(&profile).as_bytes())?;
        }
    }
    Ok(())
}
