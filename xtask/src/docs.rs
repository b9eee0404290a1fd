//! What the documentation takes from the program. Tests know how: those of the pages run with all others and
//! rewrite on demand, those that take pictures and measure are run from here alone.

use std::path::Path;

use anyhow::Context;

use crate::check::{cargo, must_succeed};

/// Writes the reference pages and the tables in `docs`.
pub(crate) fn generate(root: &Path) -> anyhow::Result<()> {
    let mut test = cargo(root, "test");
    must_succeed(test.args(["--quiet", "--package", "hotlist", "--test", "docs"]).env("UPDATE_GOLDEN", "1"))
}

/// Writes pictures into `docs/images`.
pub(crate) fn pictures(root: &Path, package: &str, program: &str, test: &str) -> anyhow::Result<()> {
    let words = ["--package", package, "--test", program, "--", "--ignored", test];
    must_succeed(cargo(root, "test").args(words))
}

/// Prints what the release build takes for a profile.
pub(crate) fn measure(
    root: &Path,
    package: &str,
    program: &str,
    test: &str,
    profile: &str,
) -> anyhow::Result<()> {
    let profile = Path::new(profile).canonicalize().context("the profile cannot be found")?;
    let words =
        ["--release", "--package", package, "--test", program, "--", "--ignored", "--nocapture", test];
    must_succeed(cargo(root, "test").args(words).env("HOTLIST_PROFILE", profile))
}
