//! What values variables and words take, and what is refused.

use hotlist_profile::{Builder, Profile};
use hotlist_session::{Options, find};
use hotlist_shell::{Completion, ReportTask, Shell, Step, complete};

/// A profile of `main.run` and `main.read` with two sample types.
fn profile() -> Profile {
    let mut builder = Builder::new(&[("alloc_space", "bytes"), ("inuse_space", "bytes")]);
    for name in ["main.run", "main.read"] {
        let function = builder.named_function(name, "main.go");
        let location = builder.source_location(function, 1);
        builder.sample(&[location], &[], &[1, 2]).expect("a few samples fit");
    }
    builder.finish()
}

/// The value of a variable after these lines, and what was complained about.
fn after(lines: &[&str], variable: &str) -> (String, Vec<String>) {
    let profile = profile();
    let mut shell = Shell::new(Options::default(), &profile);
    let steps = lines.iter().flat_map(|line| shell.read(line)).collect::<Vec<_>>();
    let complaints = steps.into_iter().filter_map(|step| match step {
        Step::Complain(text) => Some(text),
        _ => None,
    });
    let complaints = complaints.collect();
    (find(variable).expect(variable).get(&shell.options), complaints)
}

/// The report that the last of these lines asks for.
fn task(lines: &[&str]) -> Result<ReportTask, String> {
    let profile = profile();
    let mut shell = Shell::new(Options::default(), &profile);
    match lines.iter().flat_map(|line| shell.read(line)).last() {
        Some(Step::Report(task)) => Ok(*task),
        Some(Step::Complain(text)) => Err(text),
        other => panic!("{lines:?}: {other:?}"),
    }
}

#[test]
fn a_wrong_value_is_refused_and_the_old_one_stays() {
    for (variable, good, bad) in [
        ("focus", "main", "("),
        ("tagfocus", "a=b", "99999999999999999999kb"),
        ("nodecount", "5", "many"),
        ("divide_by", "2", "0"),
        ("nodefraction", "0.1", "inf"),
        ("granularity", "lines", "inches"),
        ("sample_index", "alloc_space", "nosuch"),
        ("mean", "true", "maybe"),
    ] {
        let (value, complaints) =
            after(&[&format!("{variable}={good}"), &format!("{variable}={bad}")], variable);
        assert_eq!((value.as_str(), complaints.len()), (good, 1), "{variable}: {complaints:?}");
    }
    let (_, complaints) = after(&["focus=("], "focus");
    assert_eq!(complaints, ["focus: error parsing regexp: missing closing ): `(`"]);
}

#[test]
fn lines_set_variables() {
    for (lines, variable, expected) in [
        (&["focus = main // not a comment"][..], "focus", "main // not a comment"),
        (&["focus=main //: a comment"], "focus", "main"),
        (&["focus=main", "focus="], "focus", ""),
        (&["focus=a", "ignore=b", ":"], "ignore", ""),
        (&["lines"], "granularity", "lines"),
        (&["cum=true"], "sort", "cum"),
        (&["mean"], "mean", "true"),
        (&["alloc_space"], "sample_index", "alloc_space"),
        (&["sample_index=0"], "sample_index", "alloc_space"),
        (&["mean_alloc_space"], "mean", "true"),
        (&["mean", "total_alloc_space"], "mean", "false"),
        (&["trim_path=/a::/b"], "trim_path", "/a:/b"),
        (&["output=x.txt"], "output", "x.txt"),
    ] {
        assert_eq!(after(lines, variable), (expected.to_owned(), Vec::new()), "{lines:?}");
    }
}

#[test]
fn what_is_for_the_command_line_alone_is_said() {
    for (line, expected) in [
        ("seconds=5", "seconds can be set on the command line only"),
        ("http=:", "http can be set on the command line only"),
        ("normalize=1", "the profile is loaded already: -normalize is for the command line"),
        ("focus", "please specify a value, e.g. focus=<val>"),
        ("focus main", "did you mean: focus=main"),
        ("!ls", "no other programs are run from here"),
        ("tpo", "unrecognized command: \"tpo\" (did you mean top?)"),
    ] {
        assert_eq!(after(&[line], "focus").1, [expected], "{line}");
    }
}

#[test]
fn words_hold_for_one_command() {
    let pattern = |pattern: &Option<_>| {
        pattern.as_ref().map(|pattern: &hotlist_pattern::Pattern| pattern.as_str().to_owned())
    };
    let run = task(&["focus=old", "top5 run read -init -cum > out file"]).expect("a report");
    assert_eq!((run.report.name, run.view.nodecount), ("top", 5));
    assert_eq!(pattern(&run.view.focus).as_deref(), Some("run|read|file"));
    assert_eq!(pattern(&run.view.ignore).as_deref(), Some("init"));
    assert_eq!(run.output.as_deref(), Some("out".as_ref()));
    let next = task(&["focus=old", "top5 run", "top"]).expect("a report");
    assert_eq!((pattern(&next.view.focus).as_deref(), next.view.nodecount), (Some("old"), 10));
    let tags = task(&["tags key"]).expect("a report");
    assert!(tags.view.focus.is_none() && tags.view.tagfocus.is_some());
    assert_eq!(task(&["list main.*"]).expect("a report").argument.as_deref(), Some("main.*"));
}

#[test]
fn wrong_words_are_complained_about() {
    for (line, expected) in [
        ("top (", "focus: error parsing regexp: missing closing ): `(`"),
        ("top -[", "ignore: error parsing regexp: missing closing ]: `[`"),
        ("list", "command list requires an argument"),
        ("top >", "unexpected end of line after >"),
    ] {
        assert_eq!(task(&[line]).err().as_deref(), Some(expected), "{line}");
    }
}

#[test]
fn words_are_completed() {
    let profile = profile();
    let words = |line: &str| match complete(&profile, line, line.len()) {
        Completion::Words { words, .. } => words.into_iter().map(|(shown, _)| shown).collect::<Vec<_>>(),
        Completion::File(start) => panic!("{line}: a file from {start} on"),
    };
    assert_eq!(words("webl"), ["weblist"]);
    assert_eq!(words("focus=main.r"), ["main.read", "main.run"]);
    assert_eq!(words("top main.ru"), ["main.run"]);
    assert_eq!(words("sample_index=in"), ["inuse_space"]);
    assert_eq!(words("unit=m"), ["minimum", "ms", "minutes"]);
    assert_eq!(words("granularity=f"), ["filefunctions", "files", "functions"]);
    assert_eq!(words("mean="), ["true", "false"]);
    assert_eq!(complete(&profile, "top > ou", 8), Completion::File(6));
}
