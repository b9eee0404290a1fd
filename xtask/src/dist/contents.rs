//! The files of a release, before they are packed.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use super::notices;
use super::platform::Platform;

/// Everything that is packed, and when it was made.
pub(super) struct Contents {
    pub(super) version: String,
    /// Seconds since 1970: that of the commit, so that the same commit makes the same files.
    pub(super) time: u64,
    pub(super) program: Vec<u8>,
    pub(super) manual: Vec<u8>,
    pub(super) completions: Completions,
    pub(super) licences: [(&'static str, Vec<u8>); 2],
    pub(super) notices: String,
    pub(super) changes: Vec<u8>,
    /// The readme of the package, whose links lead to the web.
    pub(super) readme: String,
}

/// A script for each shell.
pub(super) struct Completions {
    pub(super) bash: Vec<u8>,
    pub(super) zsh: Vec<u8>,
    pub(super) fish: Vec<u8>,
}

impl Contents {
    pub(super) fn new(
        root: &Path,
        version: &str,
        binary: &Path,
        platform: &Platform,
        metadata: &Value,
    ) -> anyhow::Result<Contents> {
        let read = |path: &str| fs::read(root.join(path)).with_context(|| format!("cannot read {path}"));
        // The program makes these itself; where it is for another machine, one that runs here does.
        let printer = Printer::new(root, binary, platform)?;
        Ok(Contents {
            version: version.to_owned(),
            time: time(root)?,
            program: fs::read(binary).with_context(|| format!("cannot read {}", binary.display()))?,
            manual: printer.print(&["man"])?,
            completions: Completions {
                bash: printer.print(&["completions", "bash"])?,
                zsh: printer.print(&["completions", "zsh"])?,
                fish: printer.print(&["completions", "fish"])?,
            },
            licences: [("LICENSE-APACHE", read("LICENSE-APACHE")?), ("LICENSE-MIT", read("LICENSE-MIT")?)],
            notices: notices::notices(root, metadata, &platform.triple)?,
            changes: read("CHANGELOG.md")?,
            readme: String::from_utf8(read("crates/cli/README.md")?)?,
        })
    }
}

/// A program that can be run here, for what it prints.
struct Printer(Command);

impl Printer {
    fn new(root: &Path, binary: &Path, platform: &Platform) -> anyhow::Result<Printer> {
        if platform.runs_here()? {
            return Ok(Printer(Command::new(binary)));
        }
        let mut run = crate::check::cargo(root, "run");
        run.args(["--quiet", "--offline", "--locked", "--package", "hotlist", "--"]);
        Ok(Printer(run))
    }

    fn print(&self, words: &[&str]) -> anyhow::Result<Vec<u8>> {
        let mut command = Command::new(self.0.get_program());
        if let Some(folder) = self.0.get_current_dir() {
            command.current_dir(folder);
        }
        let output =
            command.args(self.0.get_args()).args(words).output().context("cannot run the program")?;
        if !output.status.success() || output.stdout.is_empty() {
            bail!("hotlist {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(output.stdout)
    }
}

/// `SOURCE_DATE_EPOCH` (<https://reproducible-builds.org/specs/source-date-epoch/>), or when the commit was made.
fn time(root: &Path) -> anyhow::Result<u64> {
    if let Ok(time) = std::env::var("SOURCE_DATE_EPOCH") {
        return time.parse().context("SOURCE_DATE_EPOCH is no number");
    }
    let output = Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(root).output();
    let output = output.context("cannot run git; SOURCE_DATE_EPOCH can stand for the time of the commit")?;
    String::from_utf8(output.stdout)?.trim().parse().context("there is no commit")
}
