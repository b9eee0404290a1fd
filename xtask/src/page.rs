//! The page: its types are checked by TypeScript's compiler.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// The compiler, pinned. It only checks; what browsers get is what is in the repository.
const COMPILER: &str = "typescript@7.0.2";

/// Checks the types of the page's modules. Without the compiler that is left to continuous integration: why they
/// were not checked.
pub(crate) fn check_types(root: &Path) -> anyhow::Result<Option<String>> {
    let tools = root.join("target/page-tools");
    let installed = tools.join("node_modules/.bin/tsc");
    let answers = |program: &Path| {
        Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    if !answers(&installed) {
        if std::env::var_os("CI").is_none() {
            return Ok(Some(format!(
                "there is no compiler: npm install --prefix target/page-tools {COMPILER}"
            )));
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
    println!("== types of the page");
    for room in ["crates/web", "crates/serve"] {
        let status = Command::new(&installed).args(["-p", room]).current_dir(root).status();
        if !status.context("cannot run tsc")?.success() {
            bail!("the types of the page of {room} are wrong");
        }
    }
    Ok(None)
}
