//! What is written in other formats is what other programs read: Go's and LLVM's tools, Firefox's profiler.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use hotlist_testkit::{Outcome, Program, go, installed, skip, testdata};

/// A profile of Go's own benchmarks of encoding/json.
const PROFILE: &str = "encoding_json.cpu.pb.gz";

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("profiles"))
}

fn run(program: &Program, words: &[&str]) -> Outcome {
    let outcome = program.run(words);
    assert_eq!(outcome.code, Some(0), "{words:?}: {}", outcome.stderr);
    outcome
}

fn output(command: &mut Command) -> Output {
    let output = command.output().expect("the program can be started");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    output
}

#[test]
fn the_name_of_a_file_tells_its_format() {
    let program = program();
    for (file, begins) in [
        ("a.pb.gz", &[0x1f, 0x8b][..]),
        ("a.folded", b""),
        ("a.speedscope.json", b"{\"$schema\":\"https://www.speedscope.app/"),
        ("a.firefox.json.gz", &[0x1f, 0x8b]),
        ("a.otlp", b"\x0a"),
        ("a.pgo", &[0x1f, 0x8b]),
        ("a.afdo", b"encoding/json."),
    ] {
        let path = program.folder().join(file);
        run(&program, &["convert", PROFILE, "-o", path.to_str().unwrap()]);
        let written = std::fs::read(&path).unwrap();
        assert!(written.starts_with(begins) && !written.is_empty(), "{file}");
    }
    let total = |words: &[&str]| {
        let text = run(&program, words).text().to_owned();
        text.lines().find(|line| line.contains("Total samples")).map(str::to_owned)
    };
    let expected = total(&["-top", PROFILE]);
    assert_eq!(total(&["-top", "{home}/a.otlp"]), expected);
    // A form of the command line is the same as a conversion.
    let by_flag = run(&program, &["-speedscope", PROFILE]).stdout;
    assert_eq!(by_flag, std::fs::read(program.folder().join("a.speedscope.json")).unwrap());
}

/// A format that does not say its period type goes with any profile of the same sample types.
#[test]
fn files_of_several_formats_are_merged() {
    let program = program();
    let mut words = vec!["-raw".to_owned(), PROFILE.to_owned()];
    for file in ["{home}/a.folded", "{home}/a.speedscope.json", "{home}/a.otlp", "{home}/a.pb.gz"] {
        run(&program, &["convert", "-sample_index=samples", PROFILE, "-o", file]);
        words.push(file.to_owned());
    }
    let sum = |words: &[&str]| -> i64 {
        let text = run(&program, words).text().to_owned();
        let samples = text.lines().skip_while(|line| !line.starts_with("samples/count")).skip(1);
        samples.map_while(|line| line.split_once(':')?.0.trim().parse::<i64>().ok()).sum()
    };
    // The first of them alone has another sample type, which the others lack.
    let one = sum(&["-raw", "{home}/a.folded"]);
    assert!(one > 100, "{one}");
    assert_eq!(sum(&words.iter().map(String::as_str).collect::<Vec<_>>()), 5 * one);
}

#[test]
fn what_cannot_be_written_is_explained() {
    let program = program();
    for (words, expected) in [
        (&["convert", PROFILE][..], "hotlist: name a file with -o or a format with -to: proto, folded,"),
        (
            &["convert", PROFILE, "-o", "x.json"],
            "hotlist: the name \"x.json\" tells no format; use -to, or one of",
        ),
        (
            &["convert", PROFILE, "-to", "xml"],
            "hotlist: \"xml\" is no format that is written; there are proto,",
        ),
        (
            &["convert", "wake.heap.pb.gz", "-to", "pgo"],
            "hotlist: Go's compiler takes profiles with samples/count or cpu/nanoseconds only",
        ),
        (
            &["convert", PROFILE, "-diff_base", PROFILE, "-to", "speedscope", "-focus=nothing"],
            "Focus expression matched no samples",
        ),
    ] {
        let outcome = program.run(words);
        assert!(outcome.stderr.starts_with(expected), "{words:?}: {}", outcome.stderr);
    }
}

#[test]
fn go_finds_the_same_calls_in_a_smaller_file() {
    let Some(go) = go() else { return };
    let program = program();
    let trimmed = program.folder().join("trimmed.pgo");
    run(&program, &["convert", PROFILE, "-o", trimmed.to_str().unwrap()]);
    let original = testdata("profiles").join(PROFILE);
    // What the compiler makes of a profile before it decides anything.
    let calls = |profile: &Path| {
        let out = program.folder().join("calls");
        let words = ["tool", "preprofile", "-i", profile.to_str().unwrap(), "-o", out.to_str().unwrap()];
        output(Command::new(&go).args(words));
        std::fs::read_to_string(out).unwrap()
    };
    let found = calls(&trimmed);
    assert!(found.lines().count() > 100);
    assert_eq!(found, calls(&original));
    let size = |path: &Path| std::fs::metadata(path).unwrap().len();
    assert!(size(&trimmed) < size(&original));
}

#[test]
fn llvm_reads_the_same_samples() {
    if !installed(&["llvm-profdata"]) {
        return;
    }
    let program = program();
    let (written, merged) = (program.folder().join("a.afdo"), program.folder().join("b.afdo"));
    run(&program, &["convert", PROFILE, "-o", written.to_str().unwrap()]);
    let words = ["merge", "--sample", "--text", "-o"];
    output(Command::new("llvm-profdata").args(words).args([&merged, &written]));
    // Each line with those that it is nested in.
    let lines = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        let mut nest: Vec<String> = Vec::new();
        let mut lines: Vec<String> = text
            .lines()
            .map(|line| {
                nest.truncate(line.len() - line.trim_start().len());
                nest.push(line.trim().to_owned());
                nest.join(" > ")
            })
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&merged), lines(&written));
}

/// Firefox's profiler as a program, and the version of node that it needs; fetched for this test alone.
const PACKAGES: [&str; 2] = ["@firefox-devtools/profiler-cli@0.10.0", "node@24.21.0"];

/// Node and the script of the profiler; a visible skip where they are not there and nothing may be installed.
fn profiler_cli() -> Option<[PathBuf; 2]> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/profile-tools");
    let modules = tools.join("node_modules");
    let paths =
        [modules.join("node/bin/node"), modules.join("@firefox-devtools/profiler-cli/dist/profiler-cli.js")];
    if !paths.iter().all(|path| path.exists()) && std::env::var_os("CI").is_some() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--no-save", "--force", "--prefix"]);
        output(npm.arg(&tools).args(PACKAGES));
    }
    if paths.iter().all(|path| path.exists()) {
        return Some(paths);
    }
    skip(&format!("npm install --force --prefix target/profile-tools {} was not run", PACKAGES.join(" ")));
    None
}

/// What the profiler says of the functions of `profile`, with its files in `folder`.
///
/// Its `load` gives the process that holds the profile half a second to start, which a machine under load does not
/// always grant; so that process is started here, and asked until it answers.
fn firefox_functions(node: &Path, script: &Path, profile: &Path, folder: &Path) -> String {
    const SESSION: &str = "hotlist";
    let cli = || {
        let mut command = Command::new(node);
        command.arg(script).env("HOME", folder).env("PROFILER_CLI_SESSION_DIR", folder.join("sessions"));
        command
    };
    std::fs::create_dir_all(folder.join("sessions")).unwrap();
    let mut holder = cli().arg("--daemon").arg(profile).args(["--session", SESSION]).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    let answer = loop {
        let ask = ["thread", "functions", "--include-idle", "--session", SESSION];
        let answer = cli().args(ask).output().expect("the program can be started");
        if answer.status.success() || Instant::now() > deadline {
            break answer;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8_lossy(&answer.stdout).into_owned()
}

#[test]
fn firefox_shows_the_same_functions() {
    let Some([node, script]) = profiler_cli() else { return };
    let program = program();
    let profile = program.folder().join("a.firefox.json.gz");
    run(&program, &["convert", PROFILE, "-o", profile.to_str().unwrap()]);
    let functions = firefox_functions(&node, &script, &profile, program.folder());
    let top = run(&program, &["-top", "-unit=ms", "-nodecount=5", PROFILE]).text().to_owned();
    for line in top.lines().skip_while(|line| !line.contains("flat%")).skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (own, name) = (fields[0].trim_end_matches("ms"), fields[5..].join(" "));
        let own: f64 = own.parse().unwrap();
        // Behind the name of the binary, where there is one.
        let names = [format!("!{name} - self: "), format!(". {name} - self: ")];
        let found = functions.lines().find(|line| names.iter().any(|name| line.contains(name)));
        let found = found.unwrap_or_else(|| panic!("{name} is not in {functions}"));
        let shown = found.split("self: ").nth(1).unwrap().split_whitespace().next().unwrap();
        let shown = match shown.strip_suffix("ms") {
            Some(millis) => millis.parse::<f64>().unwrap(),
            None => shown.trim_end_matches('s').parse::<f64>().unwrap() * 1000.0,
        };
        assert!((shown - own).abs() <= 0.005 * own.max(1.0), "{name}: {own} ms here, {shown} ms there");
    }
}
