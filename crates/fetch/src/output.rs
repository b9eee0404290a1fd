//! Output files that are either the old ones or complete new ones, never half of one.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::named::Named;

/// Writes a file by writing a new one beside it and renaming that into place when it is complete.
///
/// An existing file keeps its permissions, and a symbolic link stays a link: the file it leads to is
/// replaced; its owner and other hard links to it are not kept. What is not a regular file (`/dev/null`, a pipe, a terminal) is written straight, and so is
/// everything under `/dev` and `/proc`, where a name such as `/dev/stdout` means a file that others hold
/// open. When `write` or the renaming fails, the old file is untouched and the new one removed.
///
/// # Errors
/// [`Error::Write`] from creating, flushing and renaming; whatever `write` returns. Errors of the writer that it
/// is given name the file.
pub fn write_beside<T, E: From<Error>>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    let fail = |cause| E::from(Error::Write { path: path.to_path_buf(), cause });
    match target(path) {
        Target::Straight => {
            // Appending, since the file behind `/dev/stdout` may hold the output of an earlier command.
            let file = OpenOptions::new().append(true).open(path).map_err(fail)?;
            let mut writer = Named::new(BufWriter::new(file), path.display());
            let result = write(&mut writer)?;
            writer.out.flush().map_err(fail)?;
            Ok(result)
        }
        Target::Replace(target) => {
            if target.is_file() {
                // Renaming would replace a file that its permissions protect.
                OpenOptions::new().append(true).open(&target).map_err(fail)?;
            }
            let temporary = create_beside(&target).map_err(fail)?;
            let mut writer = Named::new(BufWriter::new(temporary), path.display());
            let result = write(&mut writer)?;
            let temporary = writer.out.into_inner().map_err(|error| fail(error.into_error()))?;
            if let Ok(metadata) = fs::metadata(&target) {
                temporary.as_file().set_permissions(metadata.permissions()).map_err(fail)?;
            }
            temporary.persist(&target).map_err(|error| fail(error.error))?;
            Ok(result)
        }
    }
}

/// How a path is to be written.
enum Target {
    Straight,
    /// The path with its links followed.
    Replace(PathBuf),
}

fn target(path: &Path) -> Target {
    if path.starts_with("/dev") || path.starts_with("/proc") {
        return Target::Straight;
    }
    match fs::metadata(path) {
        // A directory is left to the renaming, which refuses it with the right words.
        Ok(metadata) if metadata.is_file() || metadata.is_dir() => {
            Target::Replace(fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()))
        }
        Ok(_) => Target::Straight,
        // A link that leads nowhere yet: the file appears where it points.
        Err(_) => Target::Replace(match fs::read_link(path) {
            Ok(link) => path.parent().unwrap_or(Path::new("")).join(link),
            Err(_) => path.to_path_buf(),
        }),
    }
}

fn create_beside(path: &Path) -> std::io::Result<tempfile::NamedTempFile<File>> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hotlist-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file; the user's mask takes its part away.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn write_text(path: &Path, text: &str) -> Result<(), Error> {
        write_beside(path, |writer| {
            writer
                .write_all(text.as_bytes())
                .map_err(|cause| Error::Write { path: path.to_path_buf(), cause })
        })
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_whole_and_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        for text in ["first, longer", "second"] {
            write_text(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(names(folder.path()), ["out.txt"]);
    }

    #[test]
    fn a_failure_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.txt");
        write_text(&path, "old").unwrap();
        let failed: Result<(), Error> = write_beside(&path, |writer| {
            let _ = writer.write_all(&[b'x'; 100_000]);
            Err(Error::Write { path: path.clone(), cause: io::Error::other("no space") })
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["out.txt"]);
    }

    #[test]
    fn a_directory_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub");
        fs::create_dir(&path).unwrap();
        let error = write_text(&path, "x").unwrap_err().to_string();
        assert_eq!(error, format!("{}: is a directory", path.display()));
        assert_eq!(names(folder.path()), ["sub"]);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no/out");
        let error = write_text(&path, "x").unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}: no such file or directory", path.display())), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("real"), folder.path().join("link"));
        std::os::unix::fs::symlink("real", &link).unwrap();
        write_text(&link, "through a link to nothing").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "through a link to nothing");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        write_text(&link, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_pipes_are_written_straight() {
        let folder = tempfile::tempdir().unwrap();
        write_text(Path::new("/dev/null"), "x").unwrap();
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let reader = std::thread::spawn({
            let path = path.clone();
            move || fs::read_to_string(path)
        });
        write_text(&path, "through a pipe").unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), "through a pipe");
        assert_eq!(names(folder.path()), ["pipe"]);
    }
}
