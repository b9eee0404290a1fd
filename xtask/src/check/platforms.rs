//! Whether the program compiles for systems on which it is not tested, and the collectors with the oldest
//! dependencies that they allow.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::skipped::Skipped;
use super::{cargo, must_succeed, timed};

/// Systems that the program is built for beside this one.
const TARGETS: &[&str] = &["x86_64-pc-windows-gnu", "aarch64-apple-darwin"];

/// Some crates compile a little C and assembly, for which there may be no compiler here. Rust can be checked without
/// what comes of them: an empty file stands for each.
const NO_COMPILER: &[(&str, &str)] = &[];

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
            check.envs(NO_COMPILER.iter().copied());
            must_succeed(&mut check)
        })?;
    }
    timed("collectors with their oldest dependencies", || oldest(root))
}

/// A workspace whose lock file holds the lowest version of each dependency that the collectors declare.
const OLDEST: &str = "crates/collect/tests/oldest/Cargo.toml";

/// Builds and runs it. That the crates need no newer compiler than their `rust-version` says is for clippy's lint
/// `incompatible_msrv` here, and for that compiler itself in the workflow `check`.
fn oldest(root: &Path) -> anyhow::Result<()> {
    let output = cargo(root, "metadata")
        .args(["--locked", "--format-version", "1", "--all-features", "--manifest-path", OLDEST])
        .output()?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    are_lowest(&serde_json::from_slice(&output.stdout)?)?;
    let words = ["--locked", "--all-features", "--target-dir", "target", "--manifest-path", OLDEST];
    must_succeed(cargo(root, "run").arg("--quiet").args(words))
}

/// Every dependency of the packages of this repository is there in the version that is declared.
fn are_lowest(metadata: &Value) -> anyhow::Result<()> {
    let packages = metadata["packages"].as_array().context("cargo lists packages")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let locked: BTreeMap<String, String> =
        packages.iter().map(|package| (text(&package["name"]), text(&package["version"]))).collect();
    let published =
        packages.iter().filter(|package| package["source"].is_null() && !package["publish"].is_array());
    for package in published {
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if !dependency["kind"].is_null() || dependency["source"].is_null() {
                continue;
            }
            let (name, declared) = (text(&dependency["name"]), text(&dependency["req"]));
            let mut lowest = declared.trim_start_matches(['^', '=']).to_owned();
            while lowest.matches('.').count() < 2 {
                lowest += ".0";
            }
            ensure!(
                locked.get(&name) == Some(&lowest),
                "{} declares {name} {declared}; run cargo update --manifest-path {OLDEST} {name} --precise {lowest}",
                text(&package["name"]),
            );
        }
    }
    Ok(())
}

fn has_target(target: &str) -> bool {
    let folder = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    folder.is_ok_and(|folder| Path::new(String::from_utf8_lossy(&folder.stdout).trim()).exists())
}
