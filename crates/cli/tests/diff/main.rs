//! `hotlist diff`: what it says of sets of which is known what differs, its exit codes, and what it refuses.

mod recipe;
mod schema;

use std::fmt::Write;

use hotlist_profile::{Builder, Profile, encode_to_vec};
use hotlist_testkit::{Outcome, Program, testdata};
use serde_json::Value;

const LOOP: &str = "encoding/json/jsontext.(*decoderState).consumeValue";

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("compare"))
}

fn diff(words: &[&str]) -> Outcome {
    program().run(&[&["diff"], words].concat())
}

/// The comparison as JSON; a rule may fire.
fn json(words: &[&str]) -> Value {
    let outcome = diff(&[words, &["-json=-"]].concat());
    assert!(matches!(outcome.code, Some(0 | 1)), "{}", outcome.snapshot());
    serde_json::from_slice(&outcome.stdout).expect("one value")
}

/// Checks exit code and that the answer, or the line of the error, has `expected` in it.
fn check(words: &[&str], code: i32, expected: &[&str]) {
    let outcome = diff(words);
    assert_eq!(outcome.code, Some(code), "{words:?}: {}", outcome.snapshot());
    let text = if code == 2 { outcome.stderr.as_str() } else { outcome.text() };
    for expected in expected {
        assert!(text.contains(expected), "{words:?} does not say {expected:?}: {}", outcome.snapshot());
    }
    if code == 2 {
        assert_eq!(outcome.stderr.lines().count(), 1, "{words:?}: {}", outcome.stderr);
        assert!(outcome.stdout.is_empty());
    }
}

#[test]
fn figures_are_those_of_another_implementation() {
    let expected = std::fs::read_to_string(testdata("compare/expected.tsv")).expect("the table is there");
    let mut sets: Vec<(String, Value)> = Vec::new();
    let mut rows = 0;
    for line in expected.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let [folder, base, new, unit, function, figures @ ..] = cells.as_slice() else { panic!("{line}") };
        let set = [*folder, *base, *new, *unit].join(" ");
        if sets.last().is_none_or(|(last, _)| *last != set) {
            let (base, new) = (format!("{folder}/{base}"), format!("{folder}/{new}"));
            sets.push((set.clone(), json(&[&base, "--", &new, &format!("-unit={unit}")])));
        }
        let (_, comparison) = sets.last().expect("just pushed");
        let found = match *function {
            "" => &comparison["total"],
            name => {
                let of_name = |row: &&Value| row["function"] == name;
                comparison["rows"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(of_name)
                    .unwrap_or_else(|| panic!("{set}: {name}"))
            }
        };
        let names: &[&str] = if function.is_empty() {
            &["ratio", "low", "high", "p"]
        } else {
            &["ratio", "low", "high", "p", "q", "df"]
        };
        assert_eq!(names.len(), figures.len(), "{line}");
        for (name, figure) in names.iter().zip(figures) {
            let Ok(figure) = figure.parse::<f64>() else {
                assert!(found[*name].is_null(), "{set}: {function}: {name} is not null");
                continue;
            };
            let value = found[*name].as_f64().unwrap_or_else(|| panic!("{set}: {function}: no {name}"));
            let close = if *name == "ratio" { 1e-9 } else { 1e-6 };
            assert!(
                (value - figure).abs() <= close * figure.abs() + 1e-12,
                "{set}: {function}: {name} is {value}, not {figure}"
            );
        }
        rows += usize::from(!function.is_empty());
    }
    for (set, comparison) in &sets {
        let of_set = expected.lines().filter(|line| line.replace('\t', " ").starts_with(&format!("{set} ")));
        let count = comparison["rows"].as_array().unwrap().len();
        // One line is about the total.
        assert_eq!(of_set.count(), count + 1, "{set}: other rows were tested");
    }
    assert!(sets.len() > 20 && rows > 1500, "{} sets, {rows} rows", sets.len());
}

#[test]
fn gates_fail_for_what_got_slower_and_for_nothing_else() {
    for (base, new) in [
        ("json/base", "json/same"),
        ("json/base", "json/long"),
        ("json/base", "json/rate100"),
        ("synthetic/base", "synthetic/same"),
        ("synthetic/base", "synthetic/drift"),
        ("synthetic/base", "synthetic/outlier"),
    ] {
        check(&[base, "--", new, "-fail-on=>5%"], 0, &["Passed"]);
    }
    for (base, new, function) in [
        ("json/base", "json/plus2", LOOP),
        ("json/base", "json/plus18", LOOP),
        ("synthetic/base", "synthetic/small", "internal/strconv.readFloat"),
    ] {
        let last = format!("Failed: >5 % and at least 0.5 % of the program: {function}\n");
        check(&[base, "--", new, "-fail-on", ">5%"], 1, &[&last]);
    }
    let big = "encoding/json/internal/jsonwire.ConsumeSimpleString";
    check(&["synthetic/base", "--", "synthetic/big"], 0, &[" slower   +4.9 % [+2.4, +7.5]", big]);
    check(&["synthetic/base", "--", "synthetic/big", "-fail-on=>3%"], 1, &[big]);
    check(&["synthetic/base", "--", "synthetic/small", "-fail-on=surely>10%"], 1, &["Failed: surely >10 %"]);
    check(&["synthetic/base", "--", "synthetic/small", "-fail-on=surely>18%"], 0, &["Passed"]);
}

#[test]
fn totals_of_two_blocks_are_undecided() {
    let words = ["synthetic/base", "--", "synthetic/drift", "-unit=run", "-fail-on=total>3%"];
    check(
        &words,
        0,
        &["more runs could show more: total >3 %", "recorded in two blocks", "may be the machine's"],
    );
    check(&[&words[..], &["-fail-on-undecided"]].concat(), 1, &["Failed as undecided: total >3 %"]);
    check(&[&words[..], &["-blocked-ok"]].concat(), 1, &["slower\n", "Failed: total >3 %"]);
}

#[test]
fn an_outlier_is_named_and_stays() {
    let comparison = json(&["synthetic/base", "--", "synthetic/outlier"]);
    let odd: Vec<&str> = comparison["runs"]["new"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|run| run["outlier"] == true)
        .map(|run| run["file"].as_str().unwrap())
        .collect();
    assert_eq!(odd, ["synthetic/outlier/04.cpu.pb.gz"]);
    check(
        &["synthetic/base", "--", "synthetic/outlier"],
        0,
        &["8 new runs", "synthetic/outlier/04.cpu.pb.gz differs"],
    );
}

#[test]
fn another_name_is_asked_about_and_can_be_told() {
    let words = ["synthetic/base", "--", "synthetic/renamed", "-fail-on=>5%"];
    let outcome = diff(&words);
    assert_eq!(outcome.code, Some(1));
    let asked: Vec<&str> = outcome.text().lines().filter(|line| line.contains("renamed?")).collect();
    assert_eq!(asked, ["renamed? internal/strconv.readFloat -> internal/strconv.readFloat.func1"]);
    let told = "-rename=internal/strconv.readFloat=internal/strconv.readFloat.func1";
    check(&[&words[..], &[told]].concat(), 0, &["Passed"]);
    check(
        &[&words[..], &["-rename=nosuch=internal/strconv.readFloat.func1"]].concat(),
        2,
        &["no function of the base runs is called nosuch"],
    );
}

#[test]
fn few_runs_are_told_in_the_first_line_and_judged_only_when_asked() {
    let one = ["json/base/00.cpu.pb.gz", "--", "json/plus18/00.cpu.pb.gz"];
    let two = ["json/base/0[01]*", "--", "json/plus18/0[01]*"];
    for (words, assumption) in [
        (one, "a noise of 5 % between runs is assumed, not measured"),
        (two, "the noise between runs is known badly"),
    ] {
        let outcome = diff(&words);
        assert_eq!(outcome.code, Some(0), "{}", outcome.snapshot());
        assert!(outcome.text().lines().next().unwrap().contains(assumption), "{}", outcome.text());
        check(&[&words[..], &["-fail-on=>5%"]].concat(), 2, &["rules need 3 runs a side"]);
        check(&[&words[..], &["-fail-on=>5%", "-allow-single"]].concat(), 1, &[LOOP]);
    }
    let same = ["json/base/00.cpu.pb.gz", "--", "json/same/00.cpu.pb.gz", "-fail-on=>5%", "-allow-single"];
    check(&same, 0, &["Passed"]);
    check(&[&one[..], &["-run-noise=300%"]].concat(), 2, &["no share"]);
    check(&[&one[..], &["-run-noise=90%"]].concat(), 0, &["a noise of 90 %", "No evidence of a change"]);
}

#[test]
fn heap_profiles_are_compared_by_what_was_allocated() {
    let comparison = json(&["json/heap-base", "--", "json/heap-plus"]);
    assert_eq!(comparison["sample_type"], "alloc_space");
    let more: Vec<&Value> =
        comparison["rows"].as_array().unwrap().iter().filter(|row| row["verdict"] == "more").collect();
    let [row] = more.as_slice() else { panic!("{more:?}") };
    assert_eq!((row["function"].as_str(), row["base"].as_f64()), (Some(LOOP), Some(0.0)));
    let bytes = row["new"].as_f64().unwrap();
    assert!((bytes / 177e6 - 1.0).abs() < 0.03, "{bytes}");
    check(&["json/heap-base", "--", "json/heap-plus", "-fail-on=>5%"], 1, &["more", "new", LOOP]);
    let in_use = diff(&["json/heap-base", "--", "json/heap-plus", "-inuse_space"]);
    assert!(in_use.code == Some(2) || in_use.text().contains("depends on when memory was last collected"));
}

#[test]
fn sides_and_order_make_no_difference() {
    let text = |words: &[&str]| diff(words).text().to_owned();
    let there = ["json/base/00.cpu.pb.gz", "json/base/01.cpu.pb.gz", "json/base/02.cpu.pb.gz"];
    let back = ["json/base/02.cpu.pb.gz", "json/base/00.cpu.pb.gz", "json/base/01.cpu.pb.gz"];
    for form in ["-json=-", "-markdown=-", "-rows=5"] {
        let of = |files: &[&str]| text(&[files, &["--", "json/plus18", form]].concat());
        assert_eq!(of(&there), of(&back));
    }
    for (name, value) in [("-base", "json/base"), ("-base", "json/base/*.pb.gz")] {
        let named = text(&[name, value, "-new=json/plus18", "-fail-on=>5%"]);
        assert_eq!(named, text(&["json/base", "--", "json/plus18", "-fail-on=>5%"]));
    }
    let (one, other) = (json(&["json/base", "--", "json/plus2"]), json(&["json/plus2", "--", "json/base"]));
    for row in one["rows"].as_array().unwrap() {
        let of_name = |other: &&Value| other["function"] == row["function"];
        let other = other["rows"].as_array().unwrap().iter().find(of_name).expect("the same rows");
        let figure = |row: &Value, name: &str| row[name].as_f64().expect("a number");
        assert!((figure(row, "ratio") * figure(other, "ratio") - 1.0).abs() < 1e-9);
        for name in ["p", "q"] {
            assert!((figure(row, name) - figure(other, name)).abs() < 1e-9, "{name}");
        }
    }
    let itself = json(&["json/base", "--", "json/base"]);
    assert!(itself["rows"].as_array().unwrap().iter().all(|row| row["ratio"] == 1.0 && row["q"] == 1.0));
}

#[test]
fn json_is_what_its_schema_says() {
    let schema = std::fs::read(testdata("../docs/schemas/hotlist.diff-1.json")).expect("the schema is there");
    let schema: Value = serde_json::from_slice(&schema).expect("JSON");
    for words in [
        &["json/base", "--", "json/plus18", "-fail-on=>5%", "-fail-on=total>3%"][..],
        &["json/heap-base", "--", "json/heap-plus"],
        &["synthetic/base", "--", "synthetic/renamed", "-focus=json"],
        &["json/base/00.cpu.pb.gz", "--", "json/plus18/00.cpu.pb.gz"],
    ] {
        let value = json(words);
        assert_eq!(schema::faults(&schema, &value), [""; 0], "{words:?}");
        let mut broken = value.clone();
        broken["rows"][0]["verdict"] = "worse".into();
        broken["total"].as_object_mut().unwrap().remove("ratio");
        assert_eq!(schema::faults(&schema, &broken).len(), 2, "the check finds faults");
    }
}

#[test]
fn bad_input_gives_one_clear_line() {
    let program = program();
    let seed = std::fs::read(testdata("compare/json/base/00.cpu.pb.gz")).expect("a run");
    program.write("broken.pb.gz", &seed[..seed.len() / 2]);
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    builder.named_function("main", "main.go");
    program.write("empty.pb.gz", encode_to_vec(&builder.finish()));
    let mut other = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    let function = other.named_function("elsewhere", "other.go");
    let location = other.source_location(function, 1);
    other.sample(&[location], &[], &[500, 500_000]).expect("two values");
    program.write("other.pb.gz", encode_to_vec(&other.finish()));
    std::fs::create_dir(program.folder().join("nothing")).expect("a folder");
    let check = |words: &[&str], expected: &[&str]| {
        let outcome = program.run(&[&["diff"], words].concat());
        assert_eq!((outcome.code, outcome.stdout.len()), (Some(2), 0), "{words:?}: {}", outcome.snapshot());
        assert_eq!(outcome.stderr.lines().count(), 1, "{words:?}: {}", outcome.stderr);
        for expected in expected {
            assert!(outcome.stderr.contains(expected), "{words:?}: {}", outcome.stderr);
        }
    };
    check(&[], &["there are no runs"]);
    check(&["-self"], &["there are no runs"]);
    check(&["json/base"], &["which runs are new?"]);
    check(&["json/base", "--"], &["there are no new runs"]);
    check(&["--", "json/base"], &["there are no base runs"]);
    check(&["json/base", "--", "json/same", "{home}/broken.pb.gz"], &["broken.pb.gz: "]);
    check(&["json/base", "--", "json/same", "{home}/empty.pb.gz"], &["empty.pb.gz: no samples to compare"]);
    check(&["json/base", "--", "{home}/other.pb.gz"], &["profiles of different programs"]);
    check(&["json/base", "--", "{home}/nothing"], &["nothing: no files in this folder"]);
    check(&["json/base", "--", "json/no*"], &["json/no*: no file matches"]);
    check(&["json/base", "--", "no_such_file"], &["no_such_file"]);
    check(
        &["json/base", "json/base/00.cpu.pb.gz", "--", "json/same"],
        &["is there twice among the base runs"],
    );
    check(
        &["json/base", "--", "json/heap-base"],
        &["measures alloc_space/bytes, the other runs cpu/nanoseconds"],
    );
    check(&["json/base", "--", "json/same", "-focus=nosuch"], &["no samples are left by focus=nosuch"]);
    check(&["json/base", "--", "json/same", "-focus=("], &["error parsing regexp"]);
    check(&["json/base", "--", "json/same", "-sample_index=nosuch"], &["json/base/00.cpu.pb.gz: ", "nosuch"]);
    check(&["json/base", "--", "json/same", "-fail-on=5%"], &["is no rule"]);
    check(&["json/base", "--", "json/same", "-unit=op"], &["-unit op needs -ops"]);
    check(&["json/base", "--", "json/same", "-fail-on-undecided"], &["needs -fail-on"]);
    check(&["json/base", "--", "json/same", "-mean"], &["-mean is not for hotlist diff"]);
    check(&["json/base", "--", "json/same", "-json=-", "-markdown=-"], &["is not for"]);
    check(&["json/base", "--", "json/same", "-markdown", "{home}/no/such/folder.md"], &["folder.md"]);
    check(&["-self", "json/base/00.cpu.pb.gz"], &["needs 4 of them; there are 1"]);
}

#[test]
fn a_set_tells_what_it_could_show() {
    let outcome = diff(&["-self", "json/base", "-rows=3"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.snapshot());
    let lines: Vec<&str> = outcome.text().lines().collect();
    assert!(
        lines[0].starts_with("10 runs; cpu, 4,039 samples; split by lot into 5 and 5, 200 times"),
        "{}",
        lines[0]
    );
    assert!(lines[4].ends_with("function") && lines[5].ends_with("total"));
    assert_eq!(
        outcome.text(),
        diff(&["-self", "json/base", "-rows=3"]).text(),
        "lots are the same each time"
    );
    let facts: Value =
        serde_json::from_slice(&diff(&["-self", "json/base", "-json=-"]).stdout).expect("one value");
    assert_eq!(facts["schema"], "hotlist.diff-self/1");
    assert_eq!(facts["rows"][0]["detectable"].as_array().map(Vec::len), Some(4));
}

#[test]
fn several_forms_are_written_at_once() {
    let program = program();
    let words = [
        "diff",
        "json/base",
        "--",
        "json/plus18",
        "-json={home}/a.json",
        "-markdown",
        "{home}/a.md",
        "-o={home}/a.txt",
    ];
    let outcome = program.run(&[&words[..], &["-fail-on=>5%"]].concat());
    assert_eq!((outcome.code, outcome.stdout.len(), outcome.stderr.as_str()), (Some(1), 0, ""));
    let read = |name: &str| std::fs::read_to_string(program.folder().join(name)).expect(name);
    assert!(read("a.json").starts_with("{\"schema\":\"hotlist.diff/1\""));
    assert!(read("a.md").starts_with("<!-- hotlist-diff:1 cpu -->\n**1 function is slower: `"));
    assert!(read("a.txt").starts_with("10 base runs, 10 new runs, interleaved; cpu, "));
}

/// A run of a program in which `parse` has half of its work in the base, and `scan` in new runs, both below `stage`.
fn moved(run: usize, is_new: bool) -> Profile {
    let mut builder = Builder::new(&[("samples", "count")]);
    let [main, stage] = ["main.main", "main.stage"].map(|name| {
        let function = builder.named_function(name, "main.go");
        builder.source_location(function, 1)
    });
    let (parse, scan) = if is_new { (3000, 6000) } else { (6000, 3000) };
    let below_stage =
        [("main.parse", parse), ("main.scan", scan)].map(|(name, count)| (name.to_owned(), count, true));
    let others = (0..10).map(|row| (format!("main.other{row}"), 9000, false));
    for (row, (name, count, is_below)) in below_stage.into_iter().chain(others).enumerate() {
        let function = builder.named_function(&name, "main.go");
        let location = builder.source_location(function, 7);
        let stack: &[_] = if is_below { &[location, stage, main] } else { &[location, main] };
        let count = count + ((row * 7 + run * 13) % 11) as i64;
        builder.sample(stack, &[], &[count]).expect("one value");
    }
    let mut profile = builder.finish();
    profile.time_nanos = (2 * run + usize::from(is_new)) as i64 + 1;
    profile
}

#[test]
fn work_that_moved_is_said_to_be_moved_in_every_form() {
    let program = program();
    for run in 0..5 {
        program.write(&format!("base{run}.pb"), encode_to_vec(&moved(run, false)));
        program.write(&format!("new{run}.pb"), encode_to_vec(&moved(run, true)));
    }
    let words = ["diff", "-base={home}/base*", "-new={home}/new*"];
    let text = program.run(&words);
    let rows: Vec<&str> = text.text().lines().filter(|line| line.contains("moved within")).collect();
    assert_eq!(rows, ["      moved within main.stage"; 2], "{}", text.text());
    let page = program.run(&[&words[..], &["-markdown=-"]].concat());
    let row = page.text().lines().find(|line| line.starts_with("| slower")).expect("a function is slower");
    assert!(row.ends_with("| `main.scan`, moved within `main.stage` |"), "{row}");
    let value: Value =
        serde_json::from_slice(&program.run(&[&words[..], &["-json=-"]].concat()).stdout).expect("one value");
    for row in value["rows"].as_array().expect("rows") {
        let is_moved = ["main.parse", "main.scan"].iter().any(|name| row["function"] == *name);
        let expected = if is_moved { Value::from("main.stage") } else { Value::Null };
        assert_eq!(row["moved_within"], expected, "{}", row["function"]);
    }
    // Where the caller got heavier itself, nothing was moved.
    let added = program.run(&["diff", "json/base", "--", "json/plus18", "-json=-"]);
    let value: Value = serde_json::from_slice(&added.stdout).expect("one value");
    let row =
        value["rows"].as_array().expect("rows").iter().find(|row| row["function"] == LOOP).expect("the loop");
    assert!(row["moved_within"].is_null() && row["verdict"] == "slower", "{row}");
}

/// Runs of a program with these functions; every other one doubles in `new`.
fn hostile(names: &[String], run: usize, is_new: bool) -> Profile {
    let mut builder = Builder::new(&[("samples", "count")]);
    for (row, name) in names.iter().enumerate() {
        let function = builder.named_function(name, "x.c");
        let location = builder.source_location(function, 1);
        let count = 60 + ((row * 7 + run * 13) % 11) as i64;
        let count = if is_new && row % 8 == 0 { 4 * count } else { count };
        builder.sample(&[location], &[], &[count]).expect("one value");
    }
    let mut profile = builder.finish();
    profile.time_nanos = (2 * run + usize::from(is_new)) as i64 + 1;
    profile
}

#[test]
fn hostile_names_stay_names() {
    let kinds = [
        "<script>alert(1)</script>",
        "a|b|c",
        "``x```y",
        "`",
        "line\nbreak\r\n\n# heading",
        "--><img src=x onerror=alert(1)>",
        "[link](javascript:alert(1))",
        "@someone #1 https://example.com",
        "\u{202e}reversed",
        "\u{1b}[31mred",
        "</details>",
        "&lt;b&gt; \\` \\| trailing\\",
    ];
    let names: Vec<String> = (0..10_000)
        .map(|row| format!("{}{row}{}", kinds[row % kinds.len()], "x".repeat(row % 300)))
        .collect();
    let program = program();
    for run in 0..3 {
        program.write(&format!("base{run}.pb"), encode_to_vec(&hostile(&names, run, false)));
        program.write(&format!("new{run}.pb"), encode_to_vec(&hostile(&names, run, true)));
    }
    let words =
        ["diff", "-base={home}/base*", "-new={home}/new*", "-at-least=0%", "-rows=10000", "-unit=run"];
    let outcome = program.run(&[&words[..], &["-markdown=-"]].concat());
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let page = outcome.text();
    assert!(page.len() <= 60_000 && page.len() > 30_000, "{} bytes", page.len());
    assert!(page.contains("more rows that differ are not shown here"));
    let outside = without_code(page);
    for tag in outside.split('<').skip(1) {
        let known = [
            "!-- hotlist-diff:1 samples -->",
            "details>",
            "/details>",
            "summary>",
            "/summary>",
            "sub>",
            "/sub>",
        ];
        assert!(known.iter().any(|known| tag.starts_with(known)), "foreign HTML: <{tag}");
    }
    for foreign in ["alert", "@someone", "example.com", "\u{1b}", "\u{202e}", "heading"] {
        assert!(!outside.contains(foreign), "{foreign} is outside of code");
    }
    // A table whose rows have one number of cells: bars of names did not end any.
    let cells = |row: &str| row.replace("\\|", "").matches('|').count();
    for row in page.lines().filter(|line| line.starts_with("| slower") || line.starts_with("| faster")) {
        assert_eq!(cells(row), 7, "{row}");
    }
    let text = program.run(&words);
    assert!(!text.text().contains(['\u{1b}', '\u{202e}', '\r']), "terminals are spared");
    let value: Value =
        serde_json::from_slice(&program.run(&[&words[..], &["-json=-"]].concat()).stdout).expect("one value");
    assert!(value["rows"].as_array().unwrap().len() >= 10_000);
}

/// A page without its code spans, as CommonMark defines them.
fn without_code(page: &str) -> String {
    let mut out = String::new();
    let mut rest = page;
    while let Some(start) = rest.find('`') {
        let fence = rest[start..].bytes().take_while(|&byte| byte == b'`').count();
        let _ = write!(out, "{}", &rest[..start]);
        let body = &rest[start + fence..];
        let mut at = 0;
        let end = loop {
            let Some(next) = body[at..].find('`').map(|next| at + next) else {
                panic!("a span is open: {body}")
            };
            let run = body[next..].bytes().take_while(|&byte| byte == b'`').count();
            if run == fence {
                break next + run;
            }
            at = next + run;
        };
        assert!(!body[..end].contains('\n'), "a span has several lines: {}", &body[..end]);
        rest = &body[end..];
    }
    out + rest
}

#[test]
fn help_tells_of_rules_and_exit_codes() {
    let outcome = program().run(&["help", "diff"]);
    for expected in ["-fail-on <rule>", "surely>5%", "The exit status is 0, 1 when a rule holds, 2", "-self"]
    {
        assert!(outcome.text().contains(expected), "{expected}");
    }
    assert_eq!(program().run(&["diff", "-help"]).text(), outcome.text());
}
