//! The folder that a recorded program shares with the recorder.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use hotlist_preload::layout;
use tempfile::TempDir;

use crate::error::{Error, Gate};
use crate::live::{failed, sys};

/// Where the object lies and files of processes are made. It is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Folder(TempDir);

impl Folder {
    /// A new one with the object in it, where programs may be loaded from.
    pub(super) fn new(object: &[u8]) -> Result<Folder, Error> {
        // Memory first: files are written as fast as memory then.
        let places = [PathBuf::from("/dev/shm"), std::env::temp_dir(), PathBuf::from("/var/tmp")];
        let is_fit = |place: &&PathBuf| place.is_absolute() && sys::may_run_programs(place);
        let mut last = None;
        for place in places.iter().filter(is_fit) {
            // The loader takes colons and blanks for the ends of paths.
            if place.as_os_str().as_encoded_bytes().iter().any(|byte| b": \t\n".contains(byte)) {
                continue;
            }
            match TempDir::with_prefix_in("hotlist-", place).and_then(|folder| fill(folder, object)) {
                Ok(folder) => return Ok(Folder(folder)),
                Err(error) => last = Some(error),
            }
        }
        match last {
            Some(error) => Err(failed("cannot write a temporary file")(error)),
            None => Err(Gate::NoExecutableFolder.into()),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Lets the program load the object, in front of what the command says that it loads (`LD_PRELOAD`).
    pub(super) fn prepare(&self, command: &mut Command, rate: u64, seed: u64) {
        const PRELOAD: &str = "LD_PRELOAD";
        let mut set = command.get_envs().filter(|(name, _)| *name == PRELOAD);
        let before = set.find_map(|(_, value)| value.map(OsString::from));
        let mut all = self.path().join(OBJECT).into_os_string();
        if let Some(before) = before.filter(|before| !before.is_empty()) {
            all.push(":");
            all.push(before);
        }
        command.env(PRELOAD, all);
        let mut what = OsString::from(format!("{rate}:{seed}:"));
        what.push(self.path());
        command.env(layout::VARIABLE, what);
    }
}

impl From<Folder> for TempDir {
    fn from(folder: Folder) -> TempDir {
        folder.0
    }
}

/// The name of the object.
pub(super) const OBJECT: &str = "hotlist-preload.so";

fn fill(folder: TempDir, object: &[u8]) -> std::io::Result<TempDir> {
    let mut file = std::fs::File::create_new(folder.path().join(OBJECT))?;
    file.write_all(object)?;
    Ok(folder)
}
