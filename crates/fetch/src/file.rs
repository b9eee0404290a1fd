//! Opening files.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use crate::error::{Error, one_line};
use crate::fetcher::{Fetched, Origin};

/// Opens a file, or whatever else can be read under a name: the pipe of a shell's `<(command)`, a named
/// pipe, `/dev/stdin`.
///
/// # Errors
/// [`Error::File`] when it is missing, not readable or a directory.
pub(crate) fn open(path: PathBuf) -> Result<Fetched, Error> {
    let fail = |cause| Error::File { address: one_line(&path.to_string_lossy()), cause };
    let file = File::open(&path).map_err(fail)?;
    // The open file is asked, not the name: it may mean another file by now.
    let metadata = file.metadata().map_err(fail)?;
    if metadata.is_dir() {
        return Err(fail(io::Error::new(io::ErrorKind::IsADirectory, "is a directory")));
    }
    let length = metadata.is_file().then_some(metadata.len());
    Ok(Fetched { reader: Box::new(file), origin: Origin::File(path), length })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn files_open_with_their_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "abc").unwrap();
        let mut fetched = open(path.clone()).ok().unwrap();
        let mut text = String::new();
        fetched.reader.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), fetched.length, fetched.origin), ("abc", Some(3), Origin::File(path)));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let check = |path: &str, expected: &str| {
            assert_eq!(open(path.into()).err().map(|error| error.to_string()).as_deref(), Some(expected));
        };
        check("missing", "missing: no such file or directory");
        check("src", "src: is a directory");
        check("", ": no such file or directory");
    }

    #[cfg(unix)]
    #[test]
    fn a_named_pipe_is_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let writer = std::thread::spawn({
            let path = path.clone();
            move || std::fs::write(path, "through a pipe")
        });
        let mut fetched = open(path).ok().unwrap();
        let mut text = String::new();
        fetched.reader.read_to_string(&mut text).unwrap();
        writer.join().unwrap().unwrap();
        assert_eq!((text.as_str(), fetched.length), ("through a pipe", None));
    }
}
