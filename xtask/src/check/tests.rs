//! The tests of the workspace: built once, then run in two groups, side by side and alone.
//!
//! Tests that measure time, or wait for a browser or a terminal, fail where others take the processors away, so
//! their programs run one after the other when nothing else does. All other programs run side by side, as many as
//! there are processors.
//!
//! Tests that fail run once more at the end, alone. One that passes then is no failure of the check, but it is named
//! as unsteady in the summary, so that its cause is looked for.

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
    ("hotlist", "record_heap", false, Some(Needs::Compilers)),
    ("hotlist", "serve", true, Some(Needs::Network)),
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
    ("hotlist-preload", "object", false, Some(Needs::Compilers)),
    ("hotlist-record", "damaged", false, Some(Needs::Compilers)),
    ("hotlist-mcp", "store", false, Some(Needs::Network)),
    ("hotlist-serve", "browser", true, Some(Needs::Browser)),
    ("hotlist-serve", "hostile", true, Some(Needs::Network)),
    ("hotlist-serve", "routes", false, Some(Needs::Network)),
    ("hotlist-serve", "scrape", true, Some(Needs::Network)),
    ("hotlist-symbolize", "equality", false, Some(Needs::Compilers)),
    ("hotlist-symbolize", "foreign", false, Some(Needs::Compilers)),
    ("hotlist-symbolize", "forms", false, Some(Needs::Compilers)),
    ("hotlist-symbolize", "hostile", false, Some(Needs::Compilers)),
    ("hotlist-tui", "hotlist_tui", true, None),
    ("hotlist-web", "browser", true, Some(Needs::Browser)),
    ("hotlist-web", "routes", true, Some(Needs::Network)),
];

/// What became of the tests.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) passed: usize,
    pub(super) failed: usize,
    /// Tests that failed at first and passed when they ran alone.
    pub(super) unsteady: Vec<String>,
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

/// Builds all tests and runs those of `extent`.
///
/// # Errors
///
/// When they do not build, or a program of them cannot be started. Failed tests are counted.
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
    let mut finished = run_all(together, workers, &list)?;
    finished.extend(run_all(alone, 1, &list)?);
    skipped.read(&list)?;
    let mut outcome = Outcome::default();
    for (program, first) in finished {
        outcome.passed += first.passed;
        if first.failed.is_empty() {
            continue;
        }
        println!("== {}: once more, alone: {}", program.name(), first.failed.join(", "));
        // What they skip is on the list already.
        let again = run_one(&program, &first.failed, Path::new("/dev/null"))?;
        print_result(&program, &again);
        outcome.passed += again.passed;
        outcome.failed += again.failed.len();
        let steady = |name: &&String| !again.failed.contains(name);
        let names = first.failed.iter().filter(steady).map(|name| format!("{} {name}", program.name()));
        if again.is_complete {
            outcome.unsteady.extend(names);
        }
    }
    println!("== tests: {:.0} s", start.elapsed().as_secs_f64());
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

/// Runs the programs, `workers` at a time, and tells of each as it ends.
fn run_all(programs: Vec<Program>, workers: usize, list: &Path) -> anyhow::Result<Vec<(Program, Finished)>> {
    let (rest, all) = (Mutex::new(programs.into_iter()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let next = rest.lock().expect("no worker panics").next();
            let Some(program) = next else { return anyhow::Ok(()) };
            let finished = run_one(&program, &[], list)?;
            let mut all = all.lock().expect("no worker panics");
            print_result(&program, &finished);
            all.push((program, finished));
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no worker panics"))
    })?;
    Ok(all.into_inner().expect("no worker panics"))
}

/// What a program printed, and what became of its tests.
#[derive(Debug)]
struct Finished {
    passed: usize,
    /// The names of tests; that of the program where it did not come to its end.
    failed: Vec<String>,
    is_complete: bool,
    output: String,
    took: Duration,
}

/// What a program is called that did not come to its end.
const WHOLE: &str = "(all of it)";

/// Runs the tests of these names, without any all of them.
fn run_one(program: &Program, names: &[String], list: &Path) -> anyhow::Result<Finished> {
    let start = Instant::now();
    let mut command = Command::new(&program.executable);
    if !names.is_empty() && !names.iter().any(|name| name == WHOLE) {
        command.arg("--exact").args(names);
    }
    let output = command
        .current_dir(&program.folder)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .env("CARGO_PKG_NAME", &program.package)
        .env("HOTLIST_SKIPPED", list)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", program.executable.display()))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let mut finished = Finished {
        passed: passed(&stdout),
        failed: failed(&stdout),
        is_complete: true,
        output: format!("{stdout}{}", String::from_utf8_lossy(&output.stderr)),
        took: start.elapsed(),
    };
    if !output.status.success() && finished.failed.is_empty() {
        finished.is_complete = false;
        finished.failed.push(WHOLE.to_owned());
    }
    Ok(finished)
}

/// The number of tests that passed, from the last line of a test program.
fn passed(output: &str) -> usize {
    let last = output.lines().rev().find(|line| line.starts_with("test result: "));
    let before = last.and_then(|line| line.split_once(" passed"));
    before.and_then(|(before, _)| before.split_whitespace().next_back()?.parse().ok()).unwrap_or(0)
}

/// The names of the tests that failed, from the list in front of the last line of a test program.
fn failed(output: &str) -> Vec<String> {
    let Some((_, list)) = output.rsplit_once("\nfailures:\n") else { return Vec::new() };
    list.lines().map_while(|line| line.strip_prefix("    ")).map(str::to_owned).collect()
}

/// One line for a program whose tests pass, everything that it printed for others.
fn print_result(program: &Program, finished: &Finished) {
    let (name, seconds) = (program.name(), finished.took.as_secs_f64());
    if finished.failed.is_empty() {
        println!("   {name}: {} passed in {seconds:.1} s", finished.passed);
    } else {
        println!("== {name}: {} failed in {seconds:.1} s\n{}", finished.failed.len(), finished.output);
    }
}

#[cfg(test)]
mod test {
    use serde_json::json;

    use super::{failed, passed, program};

    #[test]
    fn results_are_counted() {
        let text = "\nrunning 3 tests\ntest a ... ok\n\nfailures:\n\n---- b::c stdout ----\nno\n\n\nfailures:\n    b::c\n    \
                    d\n\ntest result: FAILED. 12 passed; 2 failed; 2 ignored; 0 measured; 0 filtered out; finished in \
                    0.01s\n";
        assert_eq!(passed(text), 12);
        assert_eq!(failed(text), ["b::c", "d"]);
        assert_eq!(passed("killed"), 0);
        assert_eq!(failed("killed"), [""; 0]);
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
