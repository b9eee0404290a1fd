//! Sessions at the prompt with the answers of pprof, which ours must equal line for line.
//!
//! The sessions are text files in `testdata/shell`, made by `record.py` there, which explains their form.

use hotlist_testkit::{Program, difference, golden, testdata};

/// A script and what pprof answers.
#[derive(Default)]
struct Recorded {
    words: Vec<String>,
    script: String,
    lines: usize,
    stdout: String,
    stderr: Vec<String>,
}

fn parse(text: &str) -> Recorded {
    let mut session = Recorded::default();
    for row in text.lines() {
        if let Some(words) = row.strip_prefix("$ ") {
            session.words = words.split(' ').map(str::to_owned).collect();
        } else if let Some(line) = row.strip_prefix('>') {
            session.script += line.strip_prefix(' ').unwrap_or(line);
            session.script.push('\n');
            session.lines += 1;
        } else if let Some(line) = row.strip_prefix('|') {
            session.stdout += line;
            session.stdout.push('\n');
        } else if let Some(line) = row.strip_prefix('!') {
            session.stderr.push(line.to_owned());
        } else {
            panic!("cannot read {row:?}");
        }
    }
    session
}

/// Lines such as `  unit                      = ms`.
fn is_variable(line: &str) -> bool {
    line.starts_with("  ") && line.get(27..30) == Some(" = ")
}

#[test]
fn sessions_are_those_of_pprof() {
    let mut lines = 0;
    for entry in std::fs::read_dir(testdata("shell")).expect("the sessions are there") {
        let path = entry.expect("the folder can be listed").path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let session = parse(&std::fs::read_to_string(&path).expect("the file can be read"));
        lines += session.lines;
        let program = Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("profiles"));
        let out = program.folder().join("out");
        let script = session.script.replace("{out}", &out.to_string_lossy());
        let mut words = vec!["-symbolize=none"];
        words.extend(session.words.iter().map(String::as_str));
        let outcome = program.run_with(&words, script.as_bytes());
        let name = path.display();
        assert_eq!(outcome.code, Some(0), "{name}: {}", outcome.stderr);
        let difference = difference(&session.stdout, outcome.text());
        assert!(difference.is_empty(), "{name}: standard output differs:\n{difference}");

        // The lists of variables are messages; ours has more lines, and none is missing.
        let mut ours = outcome.stderr.lines().filter(|line| is_variable(line));
        for line in session.stderr.iter().filter(|line| is_variable(line)) {
            assert!(ours.any(|other| other == line), "{name}: {line:?} is not listed where it should be");
        }
    }
    assert!(lines >= 60, "only {lines} lines were found");
}

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("profiles"))
}

/// Compares what a script makes the shell write with the snapshot `name`.
fn check(name: &str, script: &str) {
    let path = format!("{}/tests/snapshots/shell_{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let program = program();
    let script = script.replace("{home}", &program.folder().to_string_lossy());
    let outcome = program.run_with(&["encoding_json.cpu.pb.gz"], script.as_bytes());
    golden(path, &outcome.snapshot());
}

#[test]
fn what_makes_no_sense_is_said_and_the_session_goes_on() {
    check(
        "complaints",
        "tpo\nfocus\nfocus json\nfocus=(\ntop\nfocus=\npeek\npeek nosuch\nlist (\nnodecount=many\n\
         sort=up\ncum=0\nnormalize=1\nseconds=5\n!ls\ntop >\nsample_index=9\nhelp nosuch\n\u{1b}[31mred\n\
         tagfocus=99999999999999999999kb\ntop\ntagfocus=nosuch\ntop1\npager=maybe\ndivide_by=0\ntop\ndivide_by=1\n\
         top1 > /nonexistent/folder/file\ntui\ntop2",
    );
}

#[test]
fn names_alone_choose_and_switch() {
    check("switches", "cum\ntop2\nflat\nlines\ntop2\nfunctions\nmean\nmean=\nmean=0\npager=off\n");
}

#[test]
fn help_and_topics() {
    check("help", "help top\n? list\nhelp tagfocus\nhelp granularity\nhelp lines\nhelp :\nhelp pager\n");
}

#[test]
fn files_hold_what_would_have_been_shown() {
    let program = program();
    let out = program.folder().join("out");
    let script = format!("top3 > {0}\ntop3\noutput={0}2\ntree3\noutput=\ntree3\n", out.display());
    let outcome = program.run_with(&["encoding_json.cpu.pb.gz"], script.as_bytes());
    let file = |path: &str| std::fs::read_to_string(path).expect("the file was written");
    let (top, tree) = (file(&out.to_string_lossy()), file(&format!("{}2", out.display())));
    assert_eq!(outcome.text(), top + &tree);
}

#[test]
fn files_for_programs_are_not_shown() {
    let program = program();
    let profile = testdata("profiles/seed.pb.gz");
    let mut command = program.command(&[profile.to_str().expect("a path of text")]);
    command.current_dir(program.folder()).stdin(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    std::io::Write::write_all(&mut stdin, b"proto\ncallgrind\nproto\n").expect("the shell reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the program can be waited for");
    assert!(output.stdout.is_empty());
    for name in ["profile001.pb.gz", "profile001.callgrind", "profile002.pb.gz"] {
        assert!(program.folder().join(name).exists(), "{name}");
    }
}

#[test]
fn a_line_without_end_is_a_line() {
    let outcome = program().run_with(&["encoding_json.cpu.pb.gz"], b"top1");
    assert_eq!(outcome.code, Some(0));
    assert_eq!(outcome.text().lines().count(), 5);
}
