//! The program as scripts see it: exit status, standard output, standard error.

use std::process::Stdio;

use hotlist_profile::{Builder, Profile, encode_to_vec};
use hotlist_testkit::{Program, golden, skip, tall_profile, testdata};

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("profiles"))
}

/// Compares a whole run with the snapshot `name`.
fn check(name: &str, program: &Program, words: &[&str]) {
    let path = format!("{}/tests/snapshots/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let outcome = program.run(words).snapshot();
    golden(path, &format!("$ hotlist {}\n{outcome}", words.join(" ")));
}

/// One function with this name and one sample for each value.
fn profile(name: &str, values: &[i64]) -> Profile {
    let mut builder = Builder::new(&[("cpu", "nanoseconds")]);
    let function = builder.named_function(name, "file.c");
    for (row, &value) in values.iter().enumerate() {
        let location = builder.source_location(function, row as i64 + 1);
        builder.sample(&[location], &[], &[value]).expect("a few samples fit");
    }
    builder.finish()
}

#[test]
fn wrong_command_lines() {
    let program = program();
    check("unknown_flag", &program, &["-tpo", "seed.pb.gz"]);
    check("no_source", &program, &["-top"]);
    check("two_reports", &program, &["-top", "-tree", "seed.pb.gz"]);
    check("bad_pattern", &program, &["-top", "-focus=(", "no_such_file"]);
    check("bad_number", &program, &["-top", "-nodecount=many", "seed.pb.gz"]);
    check("huge_tag_number", &program, &["-top", "-tagfocus=99999999999999999999kb", "seed.pb.gz"]);
    check("unknown_sample_index", &program, &["-top", "-sample_index=nosuch", "seed.pb.gz"]);
    check("no_match", &program, &["-list=nosuch", "seed.pb.gz"]);
}

#[test]
fn wrong_sources() {
    let program = program();
    let seed = std::fs::read(testdata("profiles/seed.pb.gz")).expect("the profile is there");
    program.write("empty", "");
    program.write("truncated.pb.gz", &seed[..seed.len() / 2]);
    program.write("garbage", "this is no profile\n".repeat(20));
    check("missing_file", &program, &["-top", "no_such_file"]);
    check("directory", &program, &["-top", "src"]);
    check("empty_file", &program, &["-top", "{home}/empty"]);
    check("truncated_gzip", &program, &["-top", "{home}/truncated.pb.gz"]);
    check("garbage", &program, &["-top", "{home}/garbage"]);
}

#[test]
fn every_truncation_is_an_error_or_an_answer() {
    let program = program();
    let bytes = encode_to_vec(&profile("main", &[1, 2]));
    for length in 0..bytes.len() {
        let outcome = program.run_with(&["-raw", "-"], &bytes[..length]);
        let one_line = outcome.stderr.lines().count() == 1;
        assert!(
            outcome.code == Some(0) || (outcome.code == Some(1) && one_line),
            "cut after {length} bytes: {}",
            outcome.snapshot()
        );
    }
}

#[test]
fn reports_and_forms() {
    let program = program();
    check("top", &program, &["-top", "seed.pb.gz"]);
    check("top_json", &program, &["-json", "seed.pb.gz"]);
    check("top_csv", &program, &["-csv", "seed.pb.gz"]);
    check("folded", &program, &["-folded", "seed.pb.gz"]);
    check("help_on_an_option", &program, &["help", "tagfocus"]);
}

#[test]
fn json_has_a_version() {
    for report in ["-top", "-tree", "-dot", "-traces", "-tags", "-comments", "-list=main", "-peek=main"] {
        let outcome = program().run(&[report, "-json", "-source_path=src", "seed.pb.gz"]);
        let value: serde_json::Value =
            serde_json::from_slice(&outcome.stdout).unwrap_or_else(|error| panic!("{report}: {error}"));
        assert_eq!(value["version"], 1, "{report}");
        assert!(value["shape"].is_string(), "{report}");
    }
}

#[test]
fn csv_rows_have_one_width() {
    let outcome = program().run(&["-top", "-csv", "encoding_json.cpu.pb.gz"]);
    // A comma between quotes belongs to its field.
    let width =
        |row: &str| 1 + row.split('"').step_by(2).map(|bare| bare.matches(',').count()).sum::<usize>();
    let rows: Vec<&str> = outcome.text().lines().collect();
    assert!(rows.len() > 20 && rows.iter().any(|row| row.contains('"')));
    for row in &rows {
        assert_eq!(width(row), width(rows[0]), "{row}");
    }
}

#[test]
fn folded_stacks_sum_to_the_total() {
    let outcome = program().run(&["-folded", "seed.pb.gz"]);
    let sum: i64 = outcome
        .text()
        .lines()
        .map(|line| line.rsplit_once(' ').expect("a value follows the stack").1.parse::<i64>())
        .map(|value| value.expect("the value is a number"))
        .sum();
    assert_eq!(sum, 6_603_520);
}

#[test]
fn an_output_file_is_replaced_only_by_a_complete_one() {
    let program = program();
    let path = program.write("report", "old");
    let content = || std::fs::read_to_string(&path).expect("the file is still there");
    let outcome = program.run(&["-list=nosuch", "-o", "{home}/report", "seed.pb.gz"]);
    assert_eq!((outcome.code, content().as_str()), (Some(1), "old"));
    let outcome = program.run(&["-top", "-o", "{home}/report", "seed.pb.gz"]);
    assert_eq!((outcome.code, outcome.text(), outcome.stderr.as_str()), (Some(0), "", ""));
    assert_eq!(content(), program.run(&["-top", "seed.pb.gz"]).text());
    let files = std::fs::read_dir(program.folder()).expect("the folder can be listed").count();
    assert_eq!(files, 1, "something temporary is left");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let program = program();
    program.write("tall.pb", encode_to_vec(&tall_profile(3000, 40)));
    let mut child = program.command(&["-traces", "{home}/tall.pb"]).spawn().expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn standard_input_is_a_source() {
    let program = program();
    let bytes = std::fs::read(testdata("profiles/seed.pb.gz")).expect("the profile is there");
    let piped = program.run_with(&["-top", "-"], &bytes);
    assert_eq!(piped, program.run(&["-top", "seed.pb.gz"]));
    assert_eq!(piped.code, Some(0));
    assert_eq!(program.run(&["-top", "-", "-"]).code, Some(2));
}

#[test]
fn several_sources_are_merged() {
    let program = program();
    program.write("one.pb", encode_to_vec(&profile("one", &[100])));
    program.write("two.pb", encode_to_vec(&profile("two", &[11])));
    let outcome = program.run(&["-folded", "{home}/one.pb", "{home}/two.pb", "{home}/two.pb"]);
    assert_eq!(outcome.text(), "one 100\ntwo 22\n");
}

#[test]
fn of_several_sources_some_may_fail() {
    let program = program();
    let outcome = program.run(&["-top", "no_such_file", "seed.pb.gz"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.snapshot());
    assert!(outcome.stderr.contains("no_such_file"), "{}", outcome.stderr);
}

#[test]
fn a_base_is_subtracted() {
    let program = program();
    program.write("old.pb", encode_to_vec(&profile("work", &[100])));
    program.write("new.pb", encode_to_vec(&profile("work", &[130])));
    let outcome = program.run(&["-csv", "-base={home}/old.pb", "{home}/new.pb"]);
    let row = outcome.text().lines().nth(1).unwrap_or_default();
    assert!(row.starts_with("30,30,work"), "{}", outcome.snapshot());
}

#[test]
fn csv_of_a_comparison_has_both_sides() {
    let program = program();
    program.write("old.pb", encode_to_vec(&profile("work", &[100])));
    program.write("new.pb", encode_to_vec(&profile("work", &[130])));
    let outcome = program.run(&["-csv", "-diff_base={home}/old.pb", "{home}/new.pb"]);
    let rows: Vec<&str> = outcome.text().lines().collect();
    assert!(rows[0].ends_with("_nanoseconds,after_flat_nanoseconds,after_cum_nanoseconds"), "{}", rows[0]);
    assert!(rows[1].starts_with("30,30,work") && rows[1].ends_with(",100,100,130,130"), "{}", rows[1]);
}

/// Runs every report of `words` on a profile whose one function has a hostile name.
fn check_control_characters(words: &[&str]) {
    let program = program();
    let name = "bad\x1b]0;title\x07\x1b[31mRED\nfn=(9) forged\r\u{9b}2J";
    program.write("bad.pb", encode_to_vec(&profile(name, &[5, 7])));
    for report in words {
        let outcome = program.run(&[report, "{home}/bad.pb"]);
        assert_eq!(outcome.code, Some(0), "{report}: {}", outcome.snapshot());
        let text = outcome.text();
        let raw = text.chars().find(|&c| c.is_control() && c != '\n' && c != '\t');
        assert_eq!(raw, None, "{report}: {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("fn=(9) forged")), "{report}: {text}");
    }
}

/// Names from a profile could recolour the terminal or forge lines of other formats.
#[test]
fn control_characters_in_names_do_not_come_through() {
    check_control_characters(&["-top", "-tree", "-peek=bad", "-traces", "-raw", "-list=bad", "-dot"]);
    check_control_characters(&["-callgrind", "-folded"]);
}

#[test]
fn control_characters_in_names_do_not_come_through_json() {
    check_control_characters(&["-json"]);
}

#[test]
fn control_characters_in_names_do_not_come_through_csv() {
    check_control_characters(&["-csv"]);
}

#[test]
fn sums_that_do_not_fit_are_an_error() {
    let program = program();
    program.write("large.pb", encode_to_vec(&profile("main", &[i64::MAX / 2 + 1; 4])));
    check("overflow", &program, &["-top", "{home}/large.pb"]);
}

#[test]
fn completions_and_manual_name_every_flag() {
    let program = program();
    for words in [&["completions", "bash"][..], &["completions", "zsh"], &["completions", "fish"], &["man"]] {
        let outcome = program.run(words);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{words:?}");
        for flag in ["top", "tagfocus", "sample_index", "filefunctions", "json", "diff_base"] {
            assert!(outcome.text().contains(flag), "{words:?} lacks {flag}");
        }
    }
    assert_eq!(program.run(&["completions", "tcsh"]).code, Some(2));
}

#[test]
fn help_lists_every_flag() {
    let outcome = program().run(&["-help"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
    let help = outcome.text();
    let has = |name: &str| {
        let flag = format!("-{name}");
        help.split(|c: char| c.is_whitespace() || c == ',').any(|word| word == flag)
    };
    for report in hotlist_report::ALL {
        assert!(has(report.name), "-{} is missing", report.name);
        report.aliases.iter().for_each(|alias| assert!(has(alias), "-{alias} is missing"));
    }
    for option in hotlist_session::ALL {
        match option.value {
            hotlist_session::ValueType::Choice(choices) => {
                choices.iter().for_each(|choice| assert!(has(choice.name), "-{} is missing", choice.name));
            }
            _ => assert!(has(option.name), "-{} is missing", option.name),
        }
    }
    for name in ["json", "csv", "folded", "help", "version"] {
        assert!(has(name), "-{name} is missing");
    }
}

/// Help and manual are made from the table of variables; these were missing once.
#[test]
fn help_and_manual_name_every_variable() {
    for words in [&["-help"][..], &["man"]] {
        let outcome = program().run(words);
        for name in [
            "PPROF_BINARY_PATH",
            "PPROF_TMPDIR",
            "PPROF_TOOLS",
            "DEBUGINFOD_URLS",
            "DEBUGINFOD_TIMEOUT",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "NO_COLOR",
            "BROWSER",
        ] {
            assert!(outcome.text().contains(name), "{words:?} lacks {name}");
        }
    }
}

#[test]
fn commands_explain_themselves() {
    for words in [&["help", "symbols"][..], &["symbols", "-help"], &["symbols", "--help", "x"]] {
        let outcome = program().run(words);
        assert!(outcome.text().starts_with("hotlist symbols <source>...\n"), "{}", outcome.snapshot());
        assert!(outcome.text().contains("-json"), "{}", outcome.snapshot());
    }
}

#[test]
fn flags_of_the_perl_program_get_a_pointer() {
    for (flag, pointer) in [
        ("--show_bytes", "-unit=B"),
        ("--collapsed", "-folded"),
        ("--retain=main", "-show"),
        ("--add_lib=x", "PPROF_BINARY_PATH"),
    ] {
        let outcome = program().run(&[flag, "seed.pb.gz"]);
        assert_eq!(outcome.code, Some(2), "{}", outcome.snapshot());
        assert!(
            outcome.stderr.contains(pointer) && outcome.stderr.lines().count() == 1,
            "{}",
            outcome.stderr
        );
    }
    // Most of its flags are ours too.
    for flag in ["--text", "--lines", "--inuse_objects", "--cum", "--addresses", "--callgrind", "--dot"] {
        let outcome = program().run(&[flag, "-sample_index=0", "seed.pb.gz"]);
        assert_ne!(outcome.code, Some(2), "{}", outcome.snapshot());
    }
}

/// All values of the default sample type are 0: the shell says so when it begins, and reports do too.
#[test]
fn a_sample_type_without_values_points_to_another_one() {
    let program = program();
    let mut builder = Builder::new(&[
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ]);
    let function = builder.named_function("main", "main.c");
    let location = builder.source_location(function, 1);
    builder.sample(&[location], &[], &[3, 300, 0, 0]).expect("one sample fits");
    program.write("heap.pb", encode_to_vec(&builder.finish()));
    let run = |words: &[&str]| program.run(&[words, &["-symbolize=none", "{home}/heap.pb"]].concat()).stderr;
    assert_eq!(
        run(&["-top"]),
        "All values are 0; -sample_index=alloc_space shows others that the profile has.\n"
    );
    assert!(run(&["-top", "-sample_index=inuse_objects"]).contains("-sample_index=alloc_objects"));
    assert_eq!(run(&["-top", "-sample_index=alloc_space"]), "");
    assert_eq!(
        run(&["-top", "-sample_index=alloc_space", "-focus=nothing"]),
        "Focus expression matched no samples\n"
    );
}

#[cfg(unix)]
#[test]
fn names_of_files_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let program = program();
    let strange = |text: &[u8]| program.folder().join(std::ffi::OsStr::from_bytes(text));
    let (source, out) = (strange(b"in\xff.pb"), strange(b"out\xfe.txt"));
    std::fs::write(&source, encode_to_vec(&profile("work", &[100]))).expect("a file can be written");
    let mut flag = std::ffi::OsString::from("-output=");
    flag.push(&out);
    let mut command = program.command(&["-folded"]);
    let output = command.arg(&flag).arg(&source).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read_to_string(&out).expect("it was written"), "work 100\n");
    let mut command = program.command(&["-folded", "-base"]);
    let output = command.arg(&source).arg("-o").arg(strange(b"diff\xff")).arg(&source).output();
    assert_eq!(output.expect("the program starts").status.code(), Some(0));
    assert!(strange(b"diff\xff").exists());
}

/// Encoders wrap errors in theirs; that the reader has gone away is no failure all the same.
#[test]
fn a_reader_that_goes_away_is_quiet_in_every_form() {
    let program = program();
    program.write("work.pb", encode_to_vec(&tall_profile(3000, 40)));
    let mut forms: Vec<&str> = hotlist_render::ALL
        .iter()
        .filter(|drawing| drawing.accepts(hotlist_report::ShapeKind::Graph))
        .map(|drawing| drawing.name)
        .collect();
    forms.extend(["top", "raw", "proto", "flamegraph", "folded"]);
    for form in forms {
        let mut child = program.command(&[&format!("-{form}"), "{home}/work.pb"]).spawn().expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), stderr.as_ref()), (Some(0), ""), "-{form}");
    }
}

#[test]
fn version_names_commit_and_target() {
    let outcome = program().run(&["-version"]);
    let words: Vec<&str> = outcome.text().split_whitespace().collect();
    assert_eq!(words.len(), 5, "{words:?}");
    assert_eq!((words[0], words[2]), ("hotlist", "(commit"));
}

#[test]
fn a_full_disk_is_told_with_the_name_of_the_output() {
    let full = std::path::Path::new("/dev/full");
    if !full.exists() {
        return skip("there is no /dev/full");
    }
    let program = program();
    for words in [&["-top", "seed.pb.gz"][..], &["-json", "seed.pb.gz"], &["-help"], &["man"], &["-version"]]
    {
        let file = std::fs::OpenOptions::new().write(true).open(full).expect("it can be opened");
        let output = program.command(words).stdout(file).output().expect("the program starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), stderr.as_ref()),
            (Some(1), "hotlist: standard output: no space left on device\n"),
            "{words:?}"
        );
    }
    for report in ["-top", "-proto", "-svg"] {
        let outcome = program.run(&[report, "-output=/dev/full", "seed.pb.gz"]);
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(1), "hotlist: /dev/full: no space left on device\n"),
            "{report}"
        );
    }
    let outcome = program.run_with(&["seed.pb.gz"], b"top > /dev/full\ntop1\n");
    assert!(outcome.stderr.ends_with("/dev/full: no space left on device\n"), "{}", outcome.stderr);
    assert!(outcome.text().contains("main.main"));
}

/// Nothing is read from standard input unless it is named.
#[test]
fn a_closed_standard_input_does_not_matter() {
    let program = program();
    let mut command = program.command(&["-top", "seed.pb.gz"]);
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0));
}
