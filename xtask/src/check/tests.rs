//! The tests of the workspace: built once, then run in two groups, side by side and alone.
//!
//! Tests that measure time, or wait for a browser or a terminal, fail where others take the processors away, so
//! their programs run one after the other when nothing else does. All other programs run side by side, as many as
//! there are processors.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

use super::skipped::Skipped;
use super::{Extent, FEATURES, cargo};

/// Why a test program is no matter of a quick check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Browser,
    /// Programs that are compiled by the tests, and other programs that they are compared with.
    Compilers,
    /// Servers and clients on the loopback interface.
    Network,
    /// Minutes of load.
    Storms,
    Terminal,
}

/// A test program that is not like the others: its package, its name, whether it runs alone, what it needs.
type Special = (&'static str, &'static str, bool, Option<Needs>);

/// What is not named here runs side by side with others, also in a quick check.
const SPECIAL: &[Special] = &[
    ("hotlist", "assembly", false, Some(Needs::Compilers)),
    ("hotlist", "full_screen", true, Some(Needs::Terminal)),
    ("hotlist", "http", true, Some(Needs::Network)),
    ("hotlist", "job_control", true, Some(Needs::Terminal)),
    ("hotlist", "symbols", false, Some(Needs::Compilers)),
    ("hotlist-collect", "builds", false, Some(Needs::Compilers)),
    ("hotlist-collect", "cpu", true, Some(Needs::Storms)),
    ("hotlist-collect", "estimates", false, Some(Needs::Storms)),
    ("hotlist-collect", "frameworks", true, Some(Needs::Network)),
    ("hotlist-collect", "hotlist_collect", true, None),
    ("hotlist-collect", "interop", true, Some(Needs::Network)),
    ("hotlist-collect", "limits", true, Some(Needs::Storms)),
    ("hotlist-collect", "neighbours", true, Some(Needs::Storms)),
    ("hotlist-collect", "overhead", false, Some(Needs::Compilers)),
    ("hotlist-collect", "robust", true, Some(Needs::Storms)),
    ("hotlist-collect", "server", true, Some(Needs::Network)),
    ("hotlist-collect", "sync", true, Some(Needs::Storms)),
    ("hotlist-disassemble", "objdump", false, Some(Needs::Compilers)),
    ("hotlist-fetch", "servers", true, Some(Needs::Network)),
    ("hotlist-symbolize", "equality", false, Some(Needs::Compilers)),
    ("hotlist-symbolize", "foreign", false, Some(Needs::Compilers)),
    ("hotlist-symbolize", "forms", false, Some(Needs::Compilers)),
    ("hotlist-symbolize", "hostile", false, Some(Needs::Compilers)),
    ("hotlist-tui", "hotlist_tui", true, None),
    ("hotlist-web", "browser", true, Some(Needs::Browser)),
    ("hotlist-web", "routes", true, Some(Needs::Network)),
];

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    pub(super) passed: usize,
    pub(super) failed: usize,
}

/// A built test program.
#[derive(Debug, PartialEq, Eq)]
struct Program {
    package: String,
    /// The folder of its package, in which it runs.
    folder: PathBuf,
    test: String,
    executable: PathBuf,
}

impl Program {
    fn name(&self) -> String {
        format!("{} {}", self.package, self.test)
    }

    fn special(&self) -> Option<&'static Special> {
        SPECIAL.iter().find(|special| special.0 == self.package && special.1 == self.test)
    }
}

/// Builds all tests and runs those of `extent`; fails when one of them does.
pub(super) fn run(root: &Path, extent: Extent, skipped: &mut Skipped) -> anyhow::Result<Outcome> {
    println!("== tests: building");
    let start = Instant::now();
    let programs = build(root)?;
    check_names(&programs)?;
    println!("== tests: built in {:.0} s", start.elapsed().as_secs_f64());

    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for program in programs {
        match program.special() {
            Some((.., Some(needs))) if extent == Extent::Quick => {
                skipped.step(&program.name(), &format!("--quick: {}", needs.words()));
            }
            Some((_, _, true, _)) => alone.push(program),
            _ => together.push(program),
        }
    }
    let list = root.join("target/skipped-tests.txt");
    match std::fs::remove_file(&list) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut outcome = run_all(together, workers, &list)?;
    let others = run_all(alone, 1, &list)?;
    outcome.passed += others.passed;
    outcome.failed += others.failed;
    skipped.read(&list)?;
    println!("== tests: {:.0} s", start.elapsed().as_secs_f64());
    if outcome.failed > 0 {
        bail!("{} tests failed", outcome.failed);
    }
    Ok(outcome)
}

impl Needs {
    fn words(self) -> &'static str {
        match self {
            Needs::Browser => "needs a browser",
            Needs::Compilers => "needs compilers and other tools",
            Needs::Network => "needs the loopback network",
            Needs::Storms => "puts the machine under load",
            Needs::Terminal => "needs a terminal",
        }
    }
}

/// Builds the tests, and with them the programs and examples that they start.
fn build(root: &Path) -> anyhow::Result<Vec<Program>> {
    let output = cargo(root, "test")
        .args(["--workspace", "--no-run", "--quiet", "--features", FEATURES])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo test")?;
    if !output.status.success() {
        bail!("the tests do not build");
    }
    let mut programs = Vec::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        programs.extend(program(&serde_json::from_str(line).context("a message of cargo")?));
    }
    programs.sort_by_key(Program::name);
    Ok(programs)
}

/// The test program that a message of cargo tells of
/// (<https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages>).
fn program(message: &Value) -> Option<Program> {
    if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
        return None;
    }
    let manifest = Path::new(message["manifest_path"].as_str()?);
    // path+file:///folder#name@version, or without the name where the folder is called like it.
    let id = message["package_id"].as_str()?;
    let (source, fragment) = id.rsplit_once('#')?;
    let package = match fragment.split_once('@') {
        Some((name, _)) => name,
        None => source.rsplit('/').next()?,
    };
    Some(Program {
        package: package.to_owned(),
        folder: manifest.parent()?.to_owned(),
        test: message["target"]["name"].as_str()?.to_owned(),
        executable: message["executable"].as_str()?.into(),
    })
}

/// Every name in the table is one of a test.
fn check_names(programs: &[Program]) -> anyhow::Result<()> {
    for special in SPECIAL {
        if !programs.iter().any(|program| program.special() == Some(special)) {
            bail!("there is no test program {} {}, which check/tests.rs names", special.0, special.1);
        }
    }
    Ok(())
}

/// Runs the programs, `workers` at a time.
fn run_all(programs: Vec<Program>, workers: usize, list: &Path) -> anyhow::Result<Outcome> {
    let (rest, outcome) = (Mutex::new(programs.into_iter()), Mutex::new(Outcome::default()));
    let work = || {
        loop {
            let next = rest.lock().expect("no worker panics").next();
            let Some(program) = next else { return anyhow::Ok(()) };
            let (start, result) = (Instant::now(), run_one(&program, list)?);
            let mut outcome = outcome.lock().expect("no worker panics");
            report(&program, &result, start.elapsed());
            outcome.passed += result.outcome.passed;
            outcome.failed += result.outcome.failed;
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no worker panics"))
    })?;
    Ok(outcome.into_inner().expect("no worker panics"))
}

/// What a program printed, and what became of its tests.
struct Finished {
    outcome: Outcome,
    output: String,
}

fn run_one(program: &Program, list: &Path) -> anyhow::Result<Finished> {
    let output = Command::new(&program.executable)
        .current_dir(&program.folder)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .env("CARGO_PKG_NAME", &program.package)
        .env("HOTLIST_SKIPPED", list)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", program.executable.display()))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let mut outcome = counts(&stdout);
    if !output.status.success() && outcome.failed == 0 {
        // It did not come to its end.
        outcome.failed = 1;
    }
    Ok(Finished { outcome, output: format!("{stdout}{}", String::from_utf8_lossy(&output.stderr)) })
}

/// What the last line of a test program says.
fn counts(output: &str) -> Outcome {
    let Some(line) = output.lines().rev().find(|line| line.starts_with("test result: ")) else {
        return Outcome::default();
    };
    let count = |what: &str| {
        let before = line.split(what).next().filter(|before| before.len() < line.len());
        before.and_then(|before| before.split_whitespace().next_back()?.parse().ok()).unwrap_or(0)
    };
    Outcome { passed: count(" passed"), failed: count(" failed") }
}

/// One line for a program whose tests pass, everything that it printed for others.
fn report(program: &Program, result: &Finished, took: Duration) {
    let Outcome { passed, failed } = result.outcome;
    let (name, seconds) = (program.name(), took.as_secs_f64());
    if failed == 0 {
        println!("   {name}: {passed} passed in {seconds:.1} s");
    } else {
        println!("== {name}: {failed} failed in {seconds:.1} s\n{}", result.output);
    }
}

#[cfg(test)]
mod test {
    use serde_json::json;

    use super::{Outcome, counts, program};

    #[test]
    fn results_are_counted() {
        let text = "\nrunning 3 tests\ntest a ... ok\n\ntest result: FAILED. 12 passed; 1 failed; 2 ignored; \
                    0 measured; 0 filtered out; finished in 0.01s\n";
        assert_eq!(counts(text), Outcome { passed: 12, failed: 1 });
        assert_eq!(counts("killed"), Outcome::default());
    }

    #[test]
    fn test_programs_are_found_in_the_messages() {
        let message = |id: &str, is_test: bool| {
            program(&json!({
                "reason": "compiler-artifact", "package_id": id, "manifest_path": "/a/crates/cli/Cargo.toml",
                "target": { "name": "parity" }, "profile": { "test": is_test }, "executable": "/a/target/parity",
            }))
        };
        assert_eq!(
            message("path+file:///a/crates/cli#hotlist@0.1.0", true).unwrap().name(),
            "hotlist parity"
        );
        assert_eq!(message("path+file:///a/xtask#0.1.0", true).unwrap().name(), "xtask parity");
        assert_eq!(message("path+file:///a/xtask#0.1.0", false), None);
    }
}
