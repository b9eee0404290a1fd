//! Command lines with the answers of pprof, which ours must equal byte for byte.
//!
//! The cases are text files in `testdata/parity`, made by `record.py` there, which explains their form.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotlist_testkit::{Program, difference, testdata};

/// A command line and what pprof answers.
struct Case {
    place: String,
    words: Vec<String>,
    /// The command line that reads the file back that the first one wrote.
    then: Option<Vec<String>>,
    /// Standard output; `None` when pprof fails.
    expected: Option<String>,
}

/// The cases of one file.
fn parse(name: &str, text: &str) -> Vec<Case> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mut cases = Vec::new();
    let mut expected = String::new();
    for (row, line) in text.lines().enumerate() {
        let place = format!("{name}:{}", row + 1);
        if let Some(line) = line.strip_prefix("$ ") {
            expected.clear();
            cases.push(Case { place, words: words(line), then: None, expected: None });
            continue;
        }
        let Some(case) = cases.last_mut() else { panic!("{place}: a case begins with $") };
        if let Some(output) = line.strip_prefix('|') {
            expected.push_str(output);
            expected.push('\n');
        } else if let Some(line) = line.strip_prefix("> ") {
            case.then = Some(words(line));
        } else {
            match line {
                "= end" => case.expected = Some(std::mem::take(&mut expected)),
                "= end without newline" => {
                    expected.pop();
                    case.expected = Some(std::mem::take(&mut expected));
                }
                "" | "= fails" => {}
                _ => panic!("{place}: cannot read {line:?}"),
            }
        }
    }
    cases
}

/// What is wrong with our answer, if anything.
fn check(case: &Case) -> Option<String> {
    let program = Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("profiles"));
    let run = |words: &[String]| {
        let words: Vec<String> = words.iter().map(|word| word.replace("{out}", "{home}/out")).collect();
        let mut all = vec!["-symbolize=none"];
        all.extend(words.iter().map(String::as_str));
        program.run(&all)
    };
    let mut outcome = run(&case.words);
    if let (Some(then), Some(0)) = (&case.then, outcome.code) {
        outcome = run(then);
    }
    let stderr = &outcome.stderr;
    match (&case.expected, outcome.code) {
        (Some(expected), Some(0)) => {
            let difference = difference(expected, &String::from_utf8_lossy(&outcome.stdout));
            (!difference.is_empty()).then_some(difference)
        }
        (None, Some(1 | 2)) => None,
        (Some(_), code) => Some(format!("pprof succeeds, we end with {code:?}: {stderr}")),
        (None, code) => Some(format!("pprof fails, we end with {code:?}: {stderr}")),
    }
}

#[test]
fn answers_are_those_of_pprof() {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(testdata("parity")).expect("the parity cases are there") {
        let path = entry.expect("the folder can be listed").path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            cases.extend(parse(&name, &std::fs::read_to_string(&path).expect("the file can be read")));
        }
    }
    assert!(cases.len() >= 300, "only {} cases were found", cases.len());

    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(wrong) = check(case) {
                        let title = format!("--- {}: hotlist {}", case.place, case.words.join(" "));
                        failures.lock().expect("no thread panics").push(format!("{title}\n{wrong}"));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no thread panics");
    failures.sort();
    let shown = failures.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(failures.is_empty(), "{} of {} cases differ, the first:\n{shown}", failures.len(), cases.len());
}
