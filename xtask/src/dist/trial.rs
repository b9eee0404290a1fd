//! Whether what was made can be installed, and answers then.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use flate2::read::GzDecoder;

use super::platform::Platform;
use super::{archive, deb, wheel};
use crate::check::must_succeed;

/// A line of the answer to `-top` for the profile of the trial.
const EXPECTED: &str = "encoding/json.structEncoder.encode";

/// Unpacks and installs everything in `folder` below a temporary folder, and asks each program about `profile`.
pub(super) fn run(folder: &Path, version: &str, platform: &Platform, profile: &Path) -> anyhow::Result<()> {
    if !platform.runs_here()? {
        println!("== skipped: programs for {} do not run here", platform.triple);
        return Ok(());
    }
    let place = tempfile::tempdir()?;
    let place = place.path().canonicalize()?;
    let folder = folder.canonicalize()?;

    let name = archive::name(version, platform);
    let unpacked = unpack(&folder, &name, &place.join("archive"), platform)?;
    if platform.debian.is_some() {
        in_an_empty_root(&unpacked, profile)?;
        println!("== the archive: runs in an empty root");
    } else {
        answers(&unpacked.join(platform.program()), version, profile)?;
        println!("== the archive: runs");
    }
    if let Some(architecture) = platform.debian {
        let package = folder.join(deb::name(version, architecture));
        let program = install_package(&package, &place.join("system"))?;
        answers(&program, version, profile)?;
        println!("== the package: is installed, is what its sums say, runs");
    }
    let program = install_wheel(
        &folder.join(wheel::name(version, platform)),
        &place.join("python"),
        version,
        platform,
    )?;
    answers(&program, version, profile)?;
    println!("== the wheel: is installed, runs");
    Ok(())
}

/// The folder of the archive.
fn unpack(folder: &Path, name: &str, place: &Path, platform: &Platform) -> anyhow::Result<PathBuf> {
    if platform.is_windows() {
        zip::ZipArchive::new(File::open(folder.join(format!("{name}.zip")))?)?.extract(place)?;
    } else {
        let file = File::open(folder.join(format!("{name}.tar.gz")))?;
        tar::Archive::new(GzDecoder::new(file)).unpack(place)?;
    }
    let unpacked = place.join(name);
    for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY-NOTICES.txt", "man/hotlist.1"] {
        ensure!(fs::metadata(unpacked.join(file)).is_ok_and(|data| data.len() > 500), "{file} is missing");
    }
    Ok(unpacked)
}

/// Runs the program where there is nothing but itself and a profile.
fn in_an_empty_root(unpacked: &Path, profile: &Path) -> anyhow::Result<()> {
    let root = unpacked.with_file_name("root");
    fs::create_dir(&root)?;
    fs::copy(unpacked.join("hotlist"), root.join("hotlist"))?;
    fs::copy(profile, root.join("profile"))?;
    let mut enter = Command::new("unshare");
    // An own name space lets others than root change the root.
    enter.args(["--map-root-user", "--root"]).arg(&root).args(["/hotlist", "-top", "/profile"]).env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        enter.env("PATH", path);
    }
    shows_the_profile(&mut enter)
}

/// Installs the package by dpkg into a separate system, and returns its program.
fn install_package(package: &Path, system: &Path) -> anyhow::Result<PathBuf> {
    for folder in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log"] {
        fs::create_dir_all(system.join(folder))?;
    }
    File::create(system.join("var/lib/dpkg/status"))?;
    let dpkg = |words: &[&str]| {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg("--root").arg(system).args(["--force-not-root", "--log=/dev/null"]).args(words);
        dpkg
    };
    must_succeed(dpkg(&["--install"]).arg(package).stdout(std::process::Stdio::null()))?;
    let output = dpkg(&["--verify", "hotlist"]).output()?;
    ensure!(
        output.status.success() && output.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    for file in ["usr/share/doc/hotlist/copyright", "usr/share/man/man1/hotlist.1.gz"] {
        ensure!(system.join(file).exists(), "/{file} is missing");
    }
    Ok(system.join("usr/bin/hotlist"))
}

/// Installs the wheel into a new environment, and returns its program.
fn install_wheel(wheel: &Path, place: &Path, version: &str, platform: &Platform) -> anyhow::Result<PathBuf> {
    let python = if platform.is_windows() { "python" } else { "python3" };
    must_succeed(Command::new(python).args(["-m", "venv"]).arg(place))?;
    let scripts = place.join(if platform.is_windows() { "Scripts" } else { "bin" });
    let words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"];
    must_succeed(Command::new(scripts.join(python)).args(words).arg(wheel))?;
    let asked = "import importlib.metadata; print(importlib.metadata.version('hotlist'))";
    let output = Command::new(scripts.join(python)).args(["-c", asked]).output()?;
    ensure!(String::from_utf8_lossy(&output.stdout).trim() == version, "the version of the wheel is wrong");
    Ok(scripts.join(platform.program()))
}

/// Whether the program tells its version and shows the profile.
fn answers(program: &Path, version: &str, profile: &Path) -> anyhow::Result<()> {
    let output = Command::new(program).arg("-version").output().context("cannot run the program")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(text.starts_with(&format!("hotlist {version} ")), "-version prints {text}");
    shows_the_profile(Command::new(program).arg("-top").arg(profile))
}

fn shows_the_profile(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() || !String::from_utf8_lossy(&output.stdout).contains(EXPECTED) {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
