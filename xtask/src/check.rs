//! Everything that must pass: formatting, lints, tests, documentation, generated pages.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};

/// Those of the collectors that are off unless somebody asks for them.
const FEATURES: &str = "axum,symbolize,tracing";

/// The steps, in the order in which they fail fastest.
const STEPS: &[(&str, &[&str])] = &[
    ("formatting", &["fmt", "--all", "--check"]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    (
        "lints without pictures",
        &["clippy", "-p", "hotlist", "--no-default-features", "--quiet", "--", "-D", "warnings"],
    ),
    ("build", &["build", "--workspace", "--all-targets", "--quiet"]),
    ("tests", &["test", "--workspace", "--no-fail-fast"]),
    ("documentation", &["doc", "--workspace", "--no-deps", "--quiet"]),
    ("fuzz corpus", &["test", "--manifest-path", "fuzz/Cargo.toml"]),
    ("models", &["test", "--manifest-path", "crates/collect/models/Cargo.toml"]),
    (
        "lints of features",
        &[
            "clippy",
            "-p",
            "hotlist-collect",
            "--features",
            FEATURES,
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ],
    ),
    (
        "tests of features",
        &["test", "-p", "hotlist-collect", "--features", FEATURES, "--lib", "--test", "frameworks"],
    ),
];

pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    for (name, arguments) in STEPS {
        if *name == "fuzz corpus" && !root.join("fuzz/Cargo.toml").exists() {
            continue;
        }
        let start = Instant::now();
        println!("== {name}: cargo {}", arguments.join(" "));
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(*arguments)
            .current_dir(root)
            .env("RUSTDOCFLAGS", "-D warnings")
            .status()
            .with_context(|| format!("cannot run cargo for {name}"))?;
        if !status.success() {
            bail!("{name} failed");
        }
        println!("== {name}: {:.0} s", start.elapsed().as_secs_f64());
    }
    crate::page::check_types(root)?;
    crate::generate::compare(root)?;
    println!("== all good");
    Ok(())
}
