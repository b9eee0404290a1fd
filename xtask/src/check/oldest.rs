//! Whether the libraries that other programs link build with the oldest compiler, and with the lowest version of each
//! dependency, that they declare.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use super::skipped::Skipped;
use super::{cargo, must_succeed, timed};

const NAME: &str = "oldest compiler and dependencies";
/// The `rust-version` of the libraries.
const COMPILER: &str = "1.88.0";
/// A workspace of its own, whose lock file holds the lowest versions.
const MANIFEST: &str = "oldest/Cargo.toml";

pub(super) fn check(root: &Path, skipped: &mut Skipped) -> anyhow::Result<()> {
    let metadata = metadata(root)?;
    let locked = versions(&metadata)?;
    for (name, floor) in floors(&metadata)? {
        let versions = locked.get(&name).map_or(&[][..], Vec::as_slice);
        if !versions.contains(&floor) {
            bail!(
                "oldest/Cargo.lock has {name} {}, declared is {floor}: cargo update --manifest-path {MANIFEST} -p {name} --precise {floor}",
                versions.join(", ")
            );
        }
    }
    let is_there = Command::new("rustup").args(["run", COMPILER, "rustc", "--version"]).output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        skipped.step(NAME, &format!("rustup toolchain install {COMPILER} --profile minimal"));
        return Ok(());
    }
    timed(NAME, || {
        let mut check = Command::new("rustup");
        check.args(["run", COMPILER, "cargo", "check", "--quiet", "--locked", "--manifest-path", MANIFEST]);
        must_succeed(check.args(["--target-dir", "target/oldest"]).current_dir(root))
    })
}

fn metadata(root: &Path) -> anyhow::Result<Value> {
    let output = cargo(root, "metadata")
        .args(["--locked", "--all-features", "--format-version", "1", "--manifest-path", MANIFEST])
        .output()?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn packages(metadata: &Value) -> anyhow::Result<&[Value]> {
    Ok(metadata["packages"].as_array().context("cargo lists packages")?)
}

/// The versions of each package that the lock file names.
fn versions(metadata: &Value) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let mut versions = BTreeMap::<_, Vec<_>>::new();
    for package in packages(metadata)? {
        versions.entry(text(&package["name"])?).or_default().push(text(&package["version"])?);
    }
    Ok(versions)
}

/// Name and lowest version of what our packages depend on, leaving out each other and what only tests need.
fn floors(metadata: &Value) -> anyhow::Result<Vec<(String, String)>> {
    let mut floors = Vec::new();
    for package in packages(metadata)? {
        if !package["source"].is_null() {
            continue;
        }
        for dependency in package["dependencies"].as_array().context("a package has dependencies")? {
            if dependency["kind"].is_null() && !dependency["source"].is_null() {
                floors.push((text(&dependency["name"])?, lowest(&text(&dependency["req"])?)));
            }
        }
    }
    Ok(floors)
}

/// The lowest version that a requirement such as `^1.2` admits.
fn lowest(requirement: &str) -> String {
    let mut numbers: Vec<&str> = requirement.trim_start_matches(['^', '=', '~']).split('.').collect();
    numbers.resize(3, "0");
    numbers.join(".")
}

fn text(value: &Value) -> anyhow::Result<String> {
    Ok(value.as_str().context("cargo writes text")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::lowest;

    #[test]
    fn requirements_have_a_lowest_version() {
        for (requirement, version) in
            [("^1", "1.0.0"), ("^0.2.155", "0.2.155"), ("=3.5.2", "3.5.2"), ("~1.2", "1.2.0")]
        {
            assert_eq!(lowest(requirement), version);
        }
    }
}
