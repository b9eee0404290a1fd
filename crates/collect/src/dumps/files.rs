//! Files that are replaced when the new one is complete.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::error::whole_text;

/// A path with `%p` and, where there is a number, `%n` filled in.
pub(crate) fn path(pattern: &str, number: Option<u32>) -> PathBuf {
    let mut path = pattern.replace("%p", &std::process::id().to_string());
    if let Some(number) = number {
        path = path.replace("%n", &number.to_string());
    }
    PathBuf::from(path)
}

/// Writes a file beside the one with this name and then puts it there, so that a program that ends meanwhile leaves
/// no half.
pub(crate) fn replace(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = std::fs::File::create(&part).map_err(Error::Write).and_then(|mut file| content(&mut file));
    let placed = written.and_then(|()| std::fs::rename(&part, path).map_err(Error::Write));
    if placed.is_err() {
        drop(std::fs::remove_file(&part));
    }
    placed
}

/// Tells an error of which there is no caller to tell; `what` asked for the file.
pub(crate) fn complain(what: &str, error: &Error) {
    drop(writeln!(std::io::stderr(), "hotlist-collect: {what}: {}", whole_text(error)));
}
