//! Whether the program compiles for systems on which it is not tested.

use std::path::Path;
use std::process::Command;

use super::skipped::Skipped;
use super::{cargo, must_succeed, timed};

/// Systems that the program is built for beside this one.
const TARGETS: &[&str] = &["x86_64-pc-windows-gnu"];

pub(super) fn check(root: &Path, skipped: &mut Skipped) -> anyhow::Result<()> {
    for target in TARGETS {
        let name = format!("hotlist for {target}");
        if !has_target(target) {
            skipped.step(&name, &format!("rustup target add {target}"));
            continue;
        }
        timed(&name, || {
            let mut check = cargo(root, "clippy");
            check.args(["--quiet", "--package", "hotlist", "--target", target, "--", "-D", "warnings"]);
            must_succeed(&mut check)
        })?;
    }
    Ok(())
}

fn has_target(target: &str) -> bool {
    let folder = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    folder.is_ok_and(|folder| Path::new(String::from_utf8_lossy(&folder.stdout).trim()).exists())
}
