//! Everything that must pass: formatting, lints, tests, documentation, other platforms.

mod oldest;
mod platforms;
mod skipped;
mod tests;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};

use skipped::Skipped;

/// How much is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything: what continuous integration runs.
    Whole,
    /// What takes a contributor no more than some minutes: formatting, lints, and the tests that need nothing
    /// but the compiler.
    Quick,
}

/// What the features of the collectors are called from the workspace. Everything is built once, with all of
/// them; that the crate also builds without is a separate step.
const FEATURES: &str = "hotlist-collect/axum,hotlist-collect/symbolize,hotlist-collect/tracing";

/// A command of cargo that must succeed.
struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    is_quick: bool,
}

/// Before the tests, in the order in which they fail fastest.
const BEFORE: &[Step] = &[
    Step { name: "formatting", arguments: &["fmt", "--all", "--check"], is_quick: true },
    Step {
        name: "lints",
        arguments: &["clippy", "--workspace", "--all-targets", "--features", FEATURES],
        is_quick: true,
    },
    Step {
        name: "lints without pictures",
        arguments: &["clippy", "--package", "hotlist", "--no-default-features"],
        is_quick: false,
    },
    Step {
        name: "lints of collectors without features",
        arguments: &["clippy", "--package", "hotlist-collect"],
        is_quick: false,
    },
];

/// After them. The packages that are separate workspaces share the build folder.
const AFTER: &[Step] = &[
    Step {
        name: "examples in documentation",
        arguments: &["test", "--workspace", "--doc", "--features", FEATURES],
        is_quick: false,
    },
    Step {
        name: "documentation",
        arguments: &["doc", "--workspace", "--no-deps", "--features", FEATURES],
        is_quick: false,
    },
    Step {
        name: "fuzz corpus",
        arguments: &["test", "--manifest-path", "fuzz/Cargo.toml", "--target-dir", "target"],
        is_quick: false,
    },
    Step {
        name: "models",
        arguments: &["test", "--manifest-path", "crates/collect/models/Cargo.toml", "--target-dir", "target"],
        is_quick: false,
    },
];

pub(crate) fn run(root: &Path, extent: Extent) -> anyhow::Result<()> {
    let begin = Instant::now();
    let mut skipped = Skipped::default();
    let steps = |steps: &[Step], skipped: &mut Skipped| {
        for step in steps {
            if extent == Extent::Whole || step.is_quick {
                timed(step.name, || step.run(root))?;
            } else {
                skipped.step(step.name, "--quick");
            }
        }
        anyhow::Ok(())
    };
    steps(BEFORE, &mut skipped)?;
    let outcome = tests::run(root, extent, &mut skipped)?;
    steps(AFTER, &mut skipped)?;
    if extent == Extent::Whole {
        oldest::check(root, &mut skipped)?;
        platforms::check(root, &mut skipped)?;
        match crate::page::check_types(root)? {
            None => {}
            Some(reason) => skipped.step("types of the page", &reason),
        }
        dependencies(root, &mut skipped)?;
    } else {
        for step in [
            "oldest compiler and dependencies",
            "other platforms",
            "types of the page",
            "licences and sources of dependencies",
        ] {
            skipped.step(step, "--quick");
        }
    }
    skipped.print();
    for test in &outcome.unsteady {
        println!("== unsteady (failed at first, passed alone): {test}");
    }
    let (passed, failed, unsteady) = (outcome.passed, outcome.failed, outcome.unsteady.len());
    println!("{passed} passed, {failed} failed, {unsteady} unsteady, {} skipped", skipped.count());
    if failed > 0 {
        bail!("{failed} tests failed");
    }
    println!("== all good in {:.0} s", begin.elapsed().as_secs_f64());
    Ok(())
}

impl Step {
    fn run(&self, root: &Path) -> anyhow::Result<()> {
        let (command, rest) = self.arguments.split_first().context("a step has a command")?;
        let mut command = cargo(root, command);
        if !matches!(self.arguments[0], "fmt") {
            command.arg("--quiet");
        }
        command.args(rest).env("RUSTDOCFLAGS", "-D warnings");
        if self.arguments[0] == "clippy" {
            command.args(["--", "-D", "warnings"]);
        }
        must_succeed(&mut command)
    }
}

/// Cargo in the folder of the workspace.
pub(crate) fn cargo(root: &Path, command: &str) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg(command).current_dir(root);
    cargo
}

pub(crate) fn must_succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("failed: {command:?}");
    }
    Ok(())
}

fn timed(name: &str, step: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    println!("== {name}");
    let start = Instant::now();
    step().with_context(|| name.to_owned())?;
    println!("== {name}: {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// What `deny.toml` says about the crates that are built in. Advisories are a matter of the day, not of a change:
/// a scheduled run looks them up.
fn dependencies(root: &Path, skipped: &mut Skipped) -> anyhow::Result<()> {
    const NAME: &str = "licences and sources of dependencies";
    let is_there = cargo(root, "deny").arg("--version").output().is_ok_and(|output| output.status.success());
    if !is_there {
        skipped.step(NAME, "cargo-deny is not installed");
        return Ok(());
    }
    timed(NAME, || must_succeed(cargo(root, "deny").args(["check", "licenses", "bans", "sources"])))
}
