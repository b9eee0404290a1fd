//! Makes the shared object in `object/` with the compiler that builds this package.
//!
//! Cargo has no stable way to carry a `cdylib` inside of another package, so the compiler is called here: once for the
//! unwinder, once for the object. Both are freestanding, so no library of C or Rust for the target is looked for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=object");
    println!("cargo::rerun-if-changed=src/layout.rs");
    println!("cargo::rustc-check-cfg=cfg(has_object)");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let is_known = matches!(variable("CARGO_CFG_TARGET_ARCH").as_str(), "x86_64" | "aarch64")
        && variable("CARGO_CFG_TARGET_POINTER_WIDTH") == "64";
    if variable("CARGO_CFG_TARGET_OS") != "linux" || !is_known {
        return;
    }
    match make(&PathBuf::from(variable("OUT_DIR"))) {
        Ok(()) => println!("cargo::rustc-cfg=has_object"),
        // Everything else of hotlist is of use without it.
        Err(reason) => println!("cargo::warning=`hotlist record -heap` is left out: {reason}"),
    }
}

fn make(folder: &Path) -> Result<(), String> {
    let unwinder = folder.join("libhotlist_unwind.rlib");
    let mut compiler = compiler("hotlist_unwind", "rlib");
    run(compiler.arg("-o").arg(&unwinder).arg("object/unwind/lib.rs"))?;
    let mut reasons = Vec::new();
    for linker in linkers() {
        let mut compiler = self::compiler("hotlist_preload_object", "cdylib");
        compiler.args(linker);
        compiler.arg("--extern").arg(with("hotlist_unwind=", &unwinder));
        compiler.arg("-o").arg(folder.join("preload.so")).arg("object/main.rs");
        match run(&mut compiler) {
            Ok(()) => return Ok(()),
            Err(reason) => reasons.push(reason),
        }
    }
    Err(reasons.join("; "))
}

/// The compiler with what both crates need.
fn compiler(name: &str, kind: &str) -> Command {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let mut compiler = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    compiler.args(["--edition", "2024", "--crate-name", name, "--crate-type", kind]);
    compiler.args(["--target", &variable("TARGET"), "--cap-lints", "warn"]);
    compiler.args(["-C", "opt-level=3", "-C", "panic=abort", "-C", "codegen-units=1"]);
    compiler.args(["-C", "relocation-model=pic", "-C", "target-feature=-crt-static", "-C", "debuginfo=0"]);
    compiler.args(["-C", "force-unwind-tables=yes", "-C", "overflow-checks=off"]);
    compiler
}

/// The options for each linker that may do, the likeliest first.
fn linkers() -> Vec<Vec<OsString>> {
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<OsString>>();
    let plain = words(&["-C", "strip=symbols", "-C", "link-self-contained=no"]);
    // What a driver of C would add of its own.
    let driver = words(&["-C", "link-arg=-nostdlib", "-C", "link-arg=-nostartfiles"]);
    let architecture = |triple: &str| triple.split('-').next().unwrap_or_default().to_owned();
    let [host, target] =
        ["HOST", "TARGET"].map(|name| architecture(&std::env::var(name).unwrap_or_default()));
    let mut all = Vec::new();
    if let Some(linker) = std::env::var_os("RUSTC_LINKER") {
        all.push(
            [plain.clone(), driver.clone(), vec!["-C".into(), with("linker=", Path::new(&linker))]].concat(),
        );
    } else if host == target {
        all.push([plain.clone(), driver.clone()].concat());
    } else {
        let usual = format!("linker={target}-linux-gnu-gcc");
        all.push([plain.clone(), driver, words(&["-C", &usual])].concat());
    }
    // What Rust brings, for machines without a C compiler for the target.
    all.push([plain, words(&["-C", "linker=rust-lld", "-C", "linker-flavor=ld.lld"])].concat());
    all
}

fn with(word: &str, path: &Path) -> OsString {
    let mut all = OsString::from(word);
    all.push(path);
    all
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("cannot run the compiler: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if std::env::var_os("HOTLIST_PRELOAD_VERBOSE").is_some() {
        return Err(text);
    }
    let line = text.lines().find(|line| line.starts_with("error")).unwrap_or("the compiler failed");
    Err(line.to_owned())
}
