//! The page: its types are checked by TypeScript's compiler, and a browser takes its pictures.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// The compiler, pinned. It only checks; what browsers get is what is in the repository.
const COMPILER: &str = "typescript@7.0.2";

/// Checks the types of the page's modules. Without the compiler that is left to continuous integration.
pub(crate) fn check_types(root: &Path) -> anyhow::Result<()> {
    let tools = root.join("target/page-tools");
    let installed = tools.join("node_modules/.bin/tsc");
    let answers = |program: &Path| {
        Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    if !answers(&installed) {
        if std::env::var_os("CI").is_none() {
            println!(
                "== page types: skipped, there is no compiler (npm install --prefix target/page-tools {COMPILER})"
            );
            return Ok(());
        }
        let status = Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
            .arg(&tools)
            .arg(COMPILER)
            .status()
            .context("cannot run npm, which installs the compiler")?;
        if !status.success() {
            bail!("npm cannot install {COMPILER}");
        }
    }
    println!("== page types: tsc -p crates/web");
    let status = Command::new(&installed)
        .args(["-p", "crates/web"])
        .current_dir(root)
        .status()
        .context("cannot run tsc")?;
    if !status.success() {
        bail!("the types of the page are wrong");
    }
    Ok(())
}

/// Writes the pictures of the documentation into `docs/images`.
pub(crate) fn pictures(root: &Path) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "-p", "hotlist-web", "--test", "browser", "--", "--ignored", "write_screenshots"])
        .current_dir(root)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the pictures could not be taken");
    }
    Ok(())
}

/// Tells how fast and how large the page of a profile is.
pub(crate) fn measure(root: &Path, profile: &str) -> anyhow::Result<()> {
    let profile = Path::new(profile).canonicalize().context("the profile cannot be found")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "--release", "-p", "hotlist-web", "--test", "browser", "--"])
        .args(["--ignored", "--nocapture", "measure_page"])
        .env("HOTLIST_PROFILE", profile)
        .current_dir(root)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the page could not be measured");
    }
    Ok(())
}
