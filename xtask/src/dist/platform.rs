//! What a target is called elsewhere, and what compiles for it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// A target of the compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Platform {
    pub(super) triple: String,
    /// Debian's name of the architecture, for Linux.
    pub(super) debian: Option<&'static str>,
    /// The platforms of a wheel
    /// (<https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>).
    /// A static binary runs with every C library.
    pub(super) wheel: &'static [&'static str],
}

/// Triple, Debian's architecture, platforms of wheels.
const KNOWN: &[(&str, Option<&str>, &[&str])] = &[
    (
        "x86_64-unknown-linux-musl",
        Some("amd64"),
        &["manylinux_2_17_x86_64", "manylinux2014_x86_64", "musllinux_1_1_x86_64"],
    ),
    (
        "aarch64-unknown-linux-musl",
        Some("arm64"),
        &["manylinux_2_17_aarch64", "manylinux2014_aarch64", "musllinux_1_1_aarch64"],
    ),
    ("aarch64-apple-darwin", None, &["macosx_11_0_arm64"]),
    ("x86_64-apple-darwin", None, &["macosx_10_12_x86_64"]),
    ("x86_64-pc-windows-gnu", None, &["win_amd64"]),
    ("x86_64-pc-windows-msvc", None, &["win_amd64"]),
];

impl Platform {
    /// Those that are named, or that of this machine.
    pub(super) fn all(targets: &[&str]) -> anyhow::Result<Vec<Platform>> {
        if !targets.is_empty() {
            return targets.iter().map(|target| Platform::new(target)).collect();
        }
        // Programs for Linux are static, which Rust does with musl.
        let own = Platform::new(&host()?.replace("-linux-gnu", "-linux-musl"))?;
        let mut all = vec![own];
        let arm = Platform::new("aarch64-unknown-linux-musl")?;
        if cfg!(target_os = "linux") && arm != all[0] && arm.can_be_built() {
            all.push(arm);
        }
        Ok(all)
    }

    fn new(triple: &str) -> anyhow::Result<Platform> {
        let Some(&(_, debian, wheel)) = KNOWN.iter().find(|known| known.0 == triple) else {
            let known: Vec<&str> = KNOWN.iter().map(|known| known.0).collect();
            bail!("no releases are made for {triple}, only for {}", known.join(", "));
        };
        Ok(Platform { triple: triple.to_owned(), debian, wheel })
    }

    pub(super) fn is_windows(&self) -> bool {
        self.triple.contains("windows")
    }

    /// The name of the program's file.
    pub(super) fn program(&self) -> &'static str {
        if self.is_windows() { "hotlist.exe" } else { "hotlist" }
    }

    /// Whether its programs run here.
    pub(super) fn runs_here(&self) -> anyhow::Result<bool> {
        let parts = |triple: &str| {
            let words: Vec<&str> = triple.split('-').collect();
            (words.first().copied().map(str::to_owned), words.get(2).copied().map(str::to_owned))
        };
        Ok(parts(&self.triple) == parts(&host()?))
    }

    /// Compilers for other architectures, where nothing else is set: Debian's, which can link what Rust brings
    /// along of musl.
    pub(super) fn compilers(&self) -> Vec<(String, String)> {
        let is_native = self.runs_here().unwrap_or(true);
        if is_native || !self.triple.contains("aarch64-unknown-linux") {
            return Vec::new();
        }
        let name = self.triple.replace('-', "_");
        [format!("CC_{name}"), format!("CARGO_TARGET_{}_LINKER", name.to_uppercase())]
            .into_iter()
            .filter(|variable| std::env::var_os(variable).is_none())
            .map(|variable| (variable, "aarch64-linux-gnu-gcc".to_owned()))
            .collect()
    }

    fn can_be_built(&self) -> bool {
        let folder =
            Command::new("rustc").args(["--print", "target-libdir", "--target", &self.triple]).output();
        folder.is_ok_and(|folder| Path::new(String::from_utf8_lossy(&folder.stdout).trim()).exists())
            && self
                .compilers()
                .iter()
                .all(|(_, compiler)| Command::new(compiler).arg("--version").output().is_ok())
    }
}

/// The target of the compiler itself.
fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot run rustc")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc tells its host")?.to_owned())
}
