//! Whether the program compiles for systems on which it is not tested.

use std::path::Path;
use std::process::Command;

use super::skipped::Skipped;
use super::{cargo, must_succeed, timed};

/// A system that the program is built for beside this one.
struct Platform {
    target: &'static str,
    c_compiler: CCompiler,
}

/// What compiles the parts in C of other people's crates.
#[derive(Clone, Copy)]
enum CCompiler {
    /// One that the `cc` crate finds by itself.
    Found,
    /// That of zig, by cargo-zigbuild (<https://github.com/rust-cross/cargo-zigbuild>).
    Zig,
}

const PLATFORMS: &[Platform] = &[
    Platform { target: "x86_64-pc-windows-gnu", c_compiler: CCompiler::Found },
    Platform { target: "aarch64-apple-darwin", c_compiler: CCompiler::Zig },
];

pub(super) fn check(root: &Path, skipped: &mut Skipped) -> anyhow::Result<()> {
    for platform in PLATFORMS {
        let name = format!("hotlist for {}", platform.target);
        match platform.missing() {
            Some(reason) => skipped.step(&name, &reason),
            None => timed(&name, || must_succeed(&mut platform.lints(root)))?,
        }
    }
    Ok(())
}

impl Platform {
    /// What must be installed first.
    fn missing(&self) -> Option<String> {
        let folder =
            Command::new("rustc").args(["--print", "target-libdir", "--target", self.target]).output();
        let is_there = |path: &str| Path::new(path.trim()).exists();
        if !folder.is_ok_and(|folder| is_there(&String::from_utf8_lossy(&folder.stdout))) {
            return Some(format!("rustup target add {}", self.target));
        }
        let zig = || Command::new("cargo-zigbuild").args(["zig", "cc", "--", "--version"]).output();
        match self.c_compiler {
            CCompiler::Zig if !zig().is_ok_and(|zig| zig.status.success()) => {
                Some("pip install cargo-zigbuild ziglang".to_owned())
            }
            _ => None,
        }
    }

    fn lints(&self, root: &Path) -> Command {
        let mut lints = match self.c_compiler {
            CCompiler::Found => cargo(root, "clippy"),
            CCompiler::Zig => {
                let mut command = Command::new("cargo-zigbuild");
                command.arg("clippy").current_dir(root);
                command
            }
        };
        lints.args(["--quiet", "--package", "hotlist", "--target", self.target, "--", "-D", "warnings"]);
        lints
    }
}
