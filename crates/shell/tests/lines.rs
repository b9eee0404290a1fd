//! What lines at the prompt mean: each command, each variable, words behind commands, and how lines are
//! completed.

use hotlist_profile::{Builder, Profile};
use hotlist_session::Options;
use hotlist_shell::{Completion, Shell, Step, commands, complete, variables};

fn profile() -> Profile {
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    for name in ["main.main", "encoding/json.(*Decoder).Decode", "json.go"] {
        let function = builder.named_function(name, "main.go");
        let location = builder.source_location(function, 1);
        builder.sample(&[location], &[], &[1, 10]).expect("a sample fits");
    }
    builder.finish()
}

/// What a step is, with the options that a report would heed: those of `options` that are not as always.
fn describe(step: &Step) -> String {
    match step {
        Step::Report(task) => {
            let mut text = format!("{}/{}", task.report.name, task.drawing.name);
            if let Some(argument) = &task.argument {
                text += &format!(" of {argument}");
            }
            let options = Options { view: task.view.clone(), ..Options::default() };
            for name in ["focus", "ignore", "tagfocus", "tagignore", "nodecount", "sort", "unit", "mean"] {
                let option = hotlist_session::find(name).expect("there is such an option");
                let (value, default) = (option.get(&options), option.get(&Options::default()));
                if value != default {
                    text += &format!(" {name}={value}");
                }
            }
            if let Some(output) = &task.output {
                text += &format!(" > {}", output.display());
            }
            text
        }
        Step::Show(_) => "show".to_owned(),
        Step::Complain(reason) => format!("! {reason}"),
        Step::FullScreen => "full screen".to_owned(),
        Step::Quit => "quit".to_owned(),
    }
}

/// Reads lines one after the other and compares what the last one asks for.
#[track_caller]
fn check(lines: &[&str], expected: &[&str]) {
    let profile = profile();
    let mut shell = Shell::new(Options::default(), &profile);
    let mut steps = Vec::new();
    for line in lines {
        steps = shell.read(line).iter().map(describe).collect();
    }
    assert_eq!(steps, expected, "{lines:?}");
}

/// The value of a variable as `options` lists it.
fn listed(shell: &Shell<'_>, name: &str) -> String {
    let list = shell.list();
    let line = list.lines().find(|line| line.split_whitespace().next() == Some(name));
    let line = line.unwrap_or_else(|| panic!("{name} is not listed"));
    let (_, value) = line.split_once('=').expect("a name and a value");
    value.split("//:").next().unwrap_or_default().trim().to_owned()
}

#[test]
fn every_command_is_understood() {
    for command in commands() {
        let line =
            if command.takes_pattern() { format!("{} main", command.name) } else { command.name.to_owned() };
        let profile = profile();
        let steps = Shell::new(Options::default(), &profile).read(&line);
        assert_eq!(steps.len(), 1, "{line}");
        assert!(!matches!(steps[0], Step::Complain(_)), "{line}: {:?}", steps[0]);
        if command.takes_pattern() {
            let steps = Shell::new(Options::default(), &profile).read(command.name);
            assert!(describe(&steps[0]).contains("requires an argument"), "{}", command.name);
        }
    }
    check(&["top"], &["top/text nodecount=10"]);
    check(&["tree"], &["tree/text"]);
    check(&["peek main"], &["peek/text of main"]);
    check(&["tui"], &["full screen"]);
    check(&["o"], &["show"]);
    check(&["help top"], &["show"]);
    check(&["exit"], &["quit"]);
    check(&[""], &[]);
    check(&["tpo"], &["! unrecognized command: \"tpo\" (did you mean top?)"]);
}

#[test]
fn every_variable_can_be_set() {
    for variable in variables() {
        let profile = profile();
        let mut shell = Shell::new(Options::default(), &profile);
        let name = variable.name();
        if name == "normalize" {
            assert!(describe(&shell.read("normalize=1")[0]).contains("command line"));
            continue;
        }
        let few = variable.values();
        let values = if few.is_empty() { vec!["cpu", "ms", "12", "main"] } else { few };
        let accepted =
            values.iter().filter(|value| shell.read(&format!("{name}={value}")).is_empty()).count();
        assert!(accepted > 0, "{name} takes none of {values:?}");
        if variable.is_switch() {
            assert!(shell.read(name).is_empty(), "{name} alone");
        } else {
            assert!(describe(&shell.read(name)[0]).starts_with("! "), "{name} without a value");
        }
    }
}

#[test]
fn values_are_kept_until_they_are_set_anew() {
    let profile = profile();
    let mut shell = Shell::new(Options::default(), &profile);
    for (line, name, expected) in [
        ("focus=json //: a comment", "focus", "json"),
        ("nodecount = 5", "nodecount", "5"),
        ("lines", "granularity", "lines"),
        ("cum", "sort", "cum"),
        ("samples", "sample_index", "samples"),
        ("total_cpu", "sample_index", "cpu"),
        ("mean_cpu", "mean", "true"),
        ("pager=off", "pager", "false"),
    ] {
        assert!(shell.read(line).is_empty(), "{line}");
        assert_eq!(listed(&shell, name), expected, "{line}");
    }
    // A value that makes no sense is refused, and the old one stays.
    for (line, name, expected) in [
        ("nodecount=many", "nodecount", "5"),
        ("sort=up", "sort", "cum"),
        ("sample_index=9", "sample_index", "cpu"),
        ("pager=maybe", "pager", "false"),
    ] {
        assert!(matches!(shell.read(line).as_slice(), [Step::Complain(_)]), "{line}");
        assert_eq!(listed(&shell, name), expected, "{line}");
    }
    shell.read(":");
    assert_eq!(listed(&shell, "focus"), "\"\"");
}

#[test]
fn words_hold_for_their_command() {
    check(&["top3 json -runtime -cum"], &["top/text focus=json ignore=runtime nodecount=3 sort=cum"]);
    check(&["top 5 json main"], &["top/text focus=json|main nodecount=5"]);
    check(&["focus=main", "tree json"], &["tree/text focus=json"]);
    check(&["focus=main", "tree json", "tree"], &["tree/text focus=main"]);
    check(&["tags thread=1 -bytes"], &["tags/text tagfocus=thread=1 tagignore=bytes"]);
    check(&["nodecount=7", "top"], &["top/text nodecount=7"]);
}

#[test]
fn answers_go_to_files() {
    check(&["tree > out.txt"], &["tree/text > out.txt"]);
    check(&["tree >out.txt json"], &["tree/text focus=json > out.txt"]);
    check(&["tree >"], &["! unexpected end of line after >"]);
    check(&["output=all.txt", "tree"], &["tree/text > all.txt"]);
    check(&["output=all.txt", "tree > out.txt"], &["tree/text > out.txt"]);
}

#[test]
fn lines_are_completed() {
    let profile = profile();
    let words = |line: &str| match complete(&profile, line, line.len()) {
        Completion::Words { start, words } => {
            let words: Vec<String> = words.into_iter().map(|(_, text)| text).collect();
            (start, words)
        }
        Completion::File(start) => (start, vec!["a file".to_owned()]),
    };
    let is = |line: &str, start: usize, expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(words(line), (start, expected), "{line:?}");
    };
    is("pee", 0, &["peek "]);
    is("granul", 0, &["granularity="]);
    is("granularity=fi", 12, &["filefunctions", "files"]);
    is("sample_index=c", 13, &["cpu"]);
    is("focus=Dec", 6, &[r"encoding/json\.\(\*Decoder\)\.Decode"]);
    is("help disa", 5, &["disasm"]);
    is("peek Deco", 5, &[r"encoding/json\.\(\*Decoder\)\.Decode"]);
    is("top -main.", 5, &[r"main\.main"]);
    is("top > fi", 6, &["a file"]);
    is("top >fi", 5, &["a file"]);
    is("nosuchcommand x", 14, &[]);
    // What stands behind the cursor does not count.
    let Completion::Words { start, .. } = complete(&profile, "pee json", 3) else {
        panic!("words are expected")
    };
    assert_eq!(start, 0);
}
