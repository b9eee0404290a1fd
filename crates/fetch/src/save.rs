//! A copy of a profile that came from a server, so that the measurement is not lost with the terminal.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::error::{Error, plain};
use crate::notice::Notice;

/// How many copies of one name a folder may hold.
const MAX_NUMBER: u32 = 9999;

/// File systems end names at 255 bytes; this leaves room for the number and the ending.
const MAX_STEM_BYTES: usize = 230;

/// What the name of a copy is made of.
#[derive(Clone, Copy, Debug, Default)]
pub struct SavedName<'a> {
    /// The program that was measured, a path; empty when unknown.
    pub binary: &'a str,
    /// The sample types of the profile, in order.
    pub types: &'a [&'a str],
}

/// Writes a copy of a profile as `pprof.<binary>.<types>.NNN.pb.gz`, under the first free number, into
/// `PPROF_TMPDIR`, else `$HOME/pprof`, else the system's folder for temporary files. Returns its path.
///
/// A folder that cannot be made is passed over with a notice. `write` gets a buffered writer; nothing is
/// left behind when it fails.
///
/// # Errors
/// [`Error::Save`] when no folder can be used or no number is free, [`Error::Write`] for the writing.
pub fn save_profile(
    environment: &Environment,
    name: SavedName<'_>,
    notify: &mut dyn FnMut(Notice),
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<PathBuf, Error> {
    let folder = choose_folder(environment, notify)?;
    let (file, path) = create_numbered(&folder, &name.stem())?;
    let mut writer = BufWriter::new(file);
    match write(&mut writer).and_then(|()| writer.flush()) {
        Ok(()) => Ok(path),
        Err(cause) => {
            // The failure to report is the first one.
            let _ = fs::remove_file(&path);
            Err(Error::Write { path, cause })
        }
    }
}

impl SavedName<'_> {
    /// Name without number and ending. It comes from the profile, so it must not lead to other folders.
    fn stem(&self) -> String {
        let binary = self.binary.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let binary = if binary.is_empty() && !self.binary.is_empty() { "_" } else { binary };
        let parts = (!binary.is_empty()).then_some(binary).into_iter().chain(self.types.iter().copied());
        let mut stem = String::from("pprof.");
        for part in parts {
            stem.extend(part.chars().map(|letter| match letter {
                '/' | '\\' => '_',
                letter if letter.is_control() => '_',
                letter => letter,
            }));
            stem.push('.');
        }
        stem.truncate(stem.floor_char_boundary(MAX_STEM_BYTES));
        stem
    }
}

fn choose_folder(environment: &Environment, notify: &mut dyn FnMut(Notice)) -> Result<PathBuf, Error> {
    let temporary = environment.temporary.clone().unwrap_or_else(|| PathBuf::from("/tmp"));
    let choices = [
        environment.pprof_tmpdir.clone(),
        environment.home.as_ref().map(|home| home.join("pprof")),
        Some(temporary),
    ];
    for folder in choices.into_iter().flatten() {
        match fs::create_dir_all(&folder) {
            Ok(()) => return Ok(folder),
            Err(reason) => notify(Notice::UnusableFolder { folder, reason: plain(&reason) }),
        }
    }
    Err(Error::Save("failed to identify temp dir".to_string()))
}

fn create_numbered(folder: &Path, stem: &str) -> Result<(File, PathBuf), Error> {
    for number in 1..=MAX_NUMBER {
        let path = folder.join(format!("{stem}{number:03}.pb.gz"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(Error::Write { path, cause }),
        }
    }
    let form = folder.join(format!("{stem}001.pb.gz"));
    Err(Error::Save(format!("could not create file of the form {}", form.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn save_in(folder: &Path, name: SavedName<'_>) -> Result<PathBuf, Error> {
        let environment = Environment { pprof_tmpdir: Some(folder.to_path_buf()), ..Environment::default() };
        save_profile(&environment, name, &mut |_| {}, |writer| writer.write_all(b"profile"))
    }

    #[test]
    fn numbers_count_up_and_fill_gaps() {
        let folder = tempfile::tempdir().unwrap();
        let name = SavedName { binary: "/usr/bin/server", types: &["samples", "cpu"] };
        for number in ["001", "002", "003"] {
            let path = save_in(folder.path(), name).unwrap();
            assert_eq!(path, folder.path().join(format!("pprof.server.samples.cpu.{number}.pb.gz")));
            assert_eq!(fs::read(path).unwrap(), b"profile");
        }
        let second = folder.path().join("pprof.server.samples.cpu.002.pb.gz");
        fs::remove_file(&second).unwrap();
        assert_eq!(save_in(folder.path(), name).unwrap(), second);
    }

    #[test]
    fn names_stay_inside_the_folder() {
        let check = |binary: &str, types: &[&str], expected: &str| {
            assert_eq!(SavedName { binary, types }.stem(), expected);
        };
        check("", &["space"], "pprof.space.");
        check("/bin/x/", &[], "pprof.x.");
        check("/", &[], "pprof._.");
        check("a", &["../../etc/passwd", "b\n"], "pprof.a..._.._etc_passwd.b_.");
        let long = "é".repeat(500);
        assert!(SavedName { binary: &long, types: &[] }.stem().len() <= MAX_STEM_BYTES);
    }

    #[test]
    fn folders_are_tried_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("file");
        fs::write(&blocked, "").unwrap();
        let environment = Environment {
            pprof_tmpdir: Some(blocked.join("sub")),
            home: Some(folder.path().to_path_buf()),
            ..Environment::default()
        };
        let mut notices = Vec::new();
        let path = save_profile(
            &environment,
            SavedName { binary: "", types: &["cpu"] },
            &mut |notice| notices.push(notice.to_string()),
            |_| Ok(()),
        );
        assert_eq!(path.unwrap(), folder.path().join("pprof/pprof.cpu.001.pb.gz"));
        let unusable = blocked.join("sub");
        assert_eq!(notices, [format!("Could not use temp dir {}: not a directory", unusable.display())]);
    }

    #[test]
    fn a_failed_copy_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let environment =
            Environment { pprof_tmpdir: Some(folder.path().to_path_buf()), ..Environment::default() };
        let failed = save_profile(&environment, SavedName::default(), &mut |_| {}, |writer| {
            writer.write_all(b"half")?;
            Err(io::Error::other("disk full"))
        });
        assert!(failed.unwrap_err().to_string().ends_with("disk full"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
