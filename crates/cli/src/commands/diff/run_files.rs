//! From words to the files of a set of runs: files, folders and patterns.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The files that `words` name, which are the runs of `side`. A folder stands for the files in it, and a pattern that the
/// shell left alone for the files that it matches.
///
/// # Errors
/// When a word stands for no file, or a file is there twice: that would be one run taken for two.
pub(crate) fn run_files(words: &[OsString], side: &str) -> anyhow::Result<Vec<OsString>> {
    let mut files = Vec::with_capacity(words.len());
    for word in words {
        files.extend(files_of(word)?);
    }
    let mut known = BTreeSet::new();
    for file in &files {
        let path = Path::new(file);
        if !known.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned())) {
            bail!("{}: is there twice among the {side}runs", path.display());
        }
    }
    Ok(files)
}

fn files_of(word: &OsStr) -> anyhow::Result<Vec<OsString>> {
    let path = Path::new(word);
    if path.is_dir() {
        return in_folder(path);
    }
    let text = word.to_string_lossy();
    let is_pattern = text.contains(['*', '?', '[']) && !text.contains("://");
    if !is_pattern || path.exists() {
        return Ok(vec![word.to_owned()]);
    }
    let found = glob::glob(&text).with_context(|| text.clone().into_owned())?;
    let mut files = Vec::new();
    for path in found {
        let path = path?;
        if path.is_file() {
            files.push(path.into_os_string());
        }
    }
    if files.is_empty() {
        bail!("{text}: no file matches");
    }
    Ok(files)
}

/// The files of a folder in the order of their names, without hidden ones and folders.
fn in_folder(folder: &Path) -> anyhow::Result<Vec<OsString>> {
    let name = || folder.display().to_string();
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in folder.read_dir().with_context(name)? {
        let entry = entry.with_context(name)?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !is_hidden && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    if files.is_empty() {
        bail!("{}: no files in this folder", folder.display());
    }
    files.sort();
    Ok(files.into_iter().map(PathBuf::into_os_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_patterns_stand_for_their_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.pb.gz", "a.pb.gz", ".hidden", "c.txt"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        std::fs::create_dir(folder.path().join("deeper.pb.gz")).unwrap();
        let names = |word: &Path| -> Result<Vec<String>, String> {
            let files = run_files(&[word.as_os_str().to_owned()], "base ");
            let name = |file: &OsString| Path::new(file).file_name().unwrap().to_string_lossy().into_owned();
            files.map(|files| files.iter().map(name).collect()).map_err(|error| error.to_string())
        };
        assert_eq!(names(folder.path()).unwrap(), ["a.pb.gz", "b.pb.gz", "c.txt"]);
        assert_eq!(names(&folder.path().join("*.pb.gz")).unwrap(), ["a.pb.gz", "b.pb.gz"]);
        assert!(names(&folder.path().join("*.json")).unwrap_err().ends_with("no file matches"));
        assert_eq!(names(Path::new("no_such_file")).unwrap(), ["no_such_file"]);
        let twice = [folder.path().as_os_str().to_owned(), folder.path().join("a*").into_os_string()];
        assert!(
            run_files(&twice, "base ")
                .unwrap_err()
                .to_string()
                .ends_with("a.pb.gz: is there twice among the base runs")
        );
    }
}
