//! What a release consists of: for each target an archive, a Python wheel, for Linux a Debian package, and sums.
//!
//! Nothing is asked of the network; `cargo fetch --locked` beforehand brings what is missing.

mod archive;
mod contents;
mod deb;
mod notices;
mod platform;
mod trial;
mod wheel;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::check::{cargo, must_succeed};
use contents::Contents;
use platform::Platform;

/// The sums of all files beside it.
const SUMS: &str = "SHA256SUMS";

/// Builds the release for `targets`, or for this machine where none is named.
pub(crate) fn build(root: &Path, targets: &[&str]) -> anyhow::Result<()> {
    for platform in Platform::all(targets)? {
        let folder = folder(root, &platform);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let metadata = metadata(root, &platform)?;
        let version = version(&metadata)?;
        println!("== hotlist {version} for {}", platform.triple);
        let binary = compile(root, &platform)?;
        let contents = Contents::new(root, version, &binary, &platform, &metadata)?;
        archive::write(&folder, &contents, &platform)?;
        wheel::write(&folder, &contents, &platform)?;
        if let Some(architecture) = platform.debian {
            deb::write(&folder, &contents, architecture)?;
        }
        let sums = sums(&folder)?;
        fs::write(folder.join(SUMS), &sums)?;
        print!("{sums}");
        println!("== in {}", folder.display());
    }
    Ok(())
}

/// Installs and runs what [`build`] has made.
pub(crate) fn test(root: &Path, targets: &[&str]) -> anyhow::Result<()> {
    for platform in Platform::all(targets)? {
        let folder = folder(root, &platform);
        let written = fs::read_to_string(folder.join(SUMS)).context("run cargo xtask dist first")?;
        if written != sums(&folder)? {
            bail!("{SUMS} is not right");
        }
        let profile = root.join("testdata/profiles/encoding_json.cpu.pb.gz").canonicalize()?;
        trial::run(&folder, version(&metadata(root, &platform)?)?, &platform, &profile)?;
    }
    Ok(())
}

fn folder(root: &Path, platform: &Platform) -> PathBuf {
    root.join("target/dist").join(&platform.triple)
}

/// What cargo knows of the packages that are built for a target
/// (<https://doc.rust-lang.org/cargo/commands/cargo-metadata.html>).
fn metadata(root: &Path, platform: &Platform) -> anyhow::Result<Value> {
    let output = cargo(root, "metadata")
        .args(["--offline", "--locked", "--format-version", "1", "--filter-platform", &platform.triple])
        .output()?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn version(metadata: &Value) -> anyhow::Result<&str> {
    let packages = metadata["packages"].as_array().context("cargo lists packages")?;
    let program = packages.iter().find(|package| package["name"] == "hotlist");
    program.and_then(|program| program["version"].as_str()).context("there is a package hotlist")
}

fn compile(root: &Path, platform: &Platform) -> anyhow::Result<PathBuf> {
    let mut build = cargo(root, "build");
    build.args(["--release", "--offline", "--locked", "--package", "hotlist", "--target", &platform.triple]);
    build.envs(platform.compilers());
    must_succeed(&mut build)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join(&platform.triple).join("release").join(platform.program()))
}

/// The sum and the name of each file, as `sha256sum` writes them.
fn sums(folder: &Path) -> anyhow::Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().into_string().ok().context("names of releases are text")?);
    }
    names.sort();
    let mut sums = String::new();
    for name in names.iter().filter(|name| *name != SUMS) {
        sums += &format!("{}  {name}\n", hex(&Sha256::digest(fs::read(folder.join(name))?)));
    }
    Ok(sums)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
