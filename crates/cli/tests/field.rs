//! Cases from the field: profiles and command lines that real reports were about. Each input in `testdata/field` has a
//! test that is called after it.

use hotlist_profile::{Builder, Function, Line, Location, Mapping, encode_to_vec};
use hotlist_testkit::{Outcome, Program, testdata};
use serde_json::Value;

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_hotlist"), testdata("field"))
}

/// What a command line gives without a complaint.
fn text(words: &[&str]) -> String {
    let outcome = program().run(words);
    assert_eq!(outcome.code, Some(0), "{}", outcome.snapshot());
    outcome.text().to_owned()
}

fn json(words: &[&str]) -> Value {
    serde_json::from_str(&text(words)).expect("it is JSON")
}

/// Flat weight, number and text of the lines with a flat weight in the text of `list`.
fn weighed(outcome: &Outcome) -> Vec<(String, i64, String)> {
    let line = |line: &str| {
        let (weights, code) = line.split_once(':')?;
        let mut words = weights.split_whitespace();
        let (flat, _, number) = (words.next()?, words.next()?, words.next()?.parse().ok()?);
        (flat != "." && words.next().is_none()).then(|| (flat.to_owned(), number, code.to_owned()))
    };
    outcome.text().lines().filter_map(line).collect()
}

/// Holds for lines in text, JSON and page: they add up to the header.
fn check_listing(file: &str, function: &str, expected: &[(&str, i64, &str)]) -> Outcome {
    let outcome = program().run(&["-list", function, file]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.snapshot());
    let expected: Vec<(String, i64, String)> =
        expected.iter().map(|&(flat, number, code)| (flat.to_owned(), number, code.to_owned())).collect();
    assert_eq!(weighed(&outcome), expected, "{}", outcome.snapshot());
    for report in ["-list", "-weblist"] {
        let listing = json(&[report, function, "-json", file]);
        for routine in listing["routines"].as_array().expect("there are routines") {
            let lines = routine["lines"].as_array().expect("there are lines");
            let sum: i64 = lines.iter().map(|line| line["flat"].as_i64().expect("a number")).sum();
            assert_eq!(Some(sum), routine["flat"].as_i64(), "{report} {routine}");
        }
    }
    let page = text(&["-weblist", function, "-o", "/dev/stdout", file]);
    for (_, number, _) in &expected {
        assert!(page.contains(&format!(">{number}<")), "line {number} is on the page");
    }
    outcome
}

#[test]
fn list_all_before_start_line() {
    let lines = [("80B", 10, "// line 10"), ("20B", 12, "// line 12")];
    let outcome = check_listing("list-all-before-start-line.pb.gz", "main.init", &lines);
    assert!(!outcome.text().contains("50:") && outcome.stderr.is_empty(), "{}", outcome.snapshot());
}

#[test]
fn list_some_before_start_line() {
    let lines = [("80B", 10, "// line 10"), ("20B", 52, "// line 52")];
    check_listing("list-some-before-start-line.pb.gz", "main.init", &lines);
}

#[test]
fn list_negative_line() {
    let lines = [("10B", -1, "<no line is known>"), ("5B", 3, "// line 3")];
    let outcome = check_listing("list-negative-line.pb.gz", "f", &lines);
    assert_eq!(outcome.stderr, "f: 10B on line numbers below 1, which no source file has\n");
}

#[test]
fn list_line_zero() {
    let lines = [("10B", 0, "<no line is known>"), ("5B", 0, "<no line is known>")];
    check_listing("list-line-zero.pb.gz", "f|g", &lines);
}

/// Debug information may say that code is of none of the lines of its function. Text is pprof's then, which ends at the
/// header, and a warning says what each line weighs.
#[test]
fn list_of_machine_code_that_is_on_no_line_of_its_function() {
    let program = program();
    let mut builder = Builder::new(&[("inuse_space", "bytes")]);
    let file = builder.string("/bin/app");
    let mapping = builder.mapping(Mapping { start: 0x1000, limit: 0x9000, file, ..Mapping::default() });
    let (name, filename) = (builder.string("work"), builder.string("src.go"));
    let function = Function { name, system_name: name, filename, start_line: 50, ..Function::default() };
    let function = builder.function(function);
    for (address, line, value) in [(0x1010, 10, 80), (0x1020, 12, 20)] {
        let at = Location { mapping: Some(mapping), address, ..Location::default() };
        let location = builder.location(at, &[Line { function, line, column: 0 }]);
        builder.sample(&[location], &[], &[value]).expect("two samples fit");
    }
    program.write("app.pb", encode_to_vec(&builder.finish()));
    let words = ["-symbolize=none", "-list", "work", "{home}/app.pb"];
    let outcome = program.run(&words);
    assert_eq!(
        (outcome.text(), outcome.stderr.as_str()),
        (
            "Total: 100B\nROUTINE ======================== work in src.go\n      100B       100B (flat, cum)   100% of Total\n",
            "work: no weight is on a line of the function, which begins on line 50: 80B on line 10, 20B on line 12\n"
        )
    );
    let listing: Value =
        serde_json::from_str(program.run(&[&words[..], &["-json"]].concat()).text()).expect("JSON");
    let lines = listing["routines"][0]["lines"].as_array().expect("there are lines");
    let flats: Vec<i64> =
        lines.iter().filter_map(|line| line["flat"].as_i64()).filter(|&flat| flat != 0).collect();
    assert_eq!(flats, [80, 20]);
}

#[test]
fn goroutine_debug1() {
    let raw = text(&["-raw", "goroutine-debug1.txt"]);
    assert!(raw.contains("main.main.func3 /src/srv/main.go:65"), "{raw}");
    assert!(raw.contains(r#"route:[/a "quoted" \ <path>] worker:[hash]"#), "{raw}");
    let top = text(&["-top", "-lines", "-nodecount=0", "-nodefraction=0", "goroutine-debug1.txt"]);
    assert!(!top.contains("<unknown>") && top.contains("of 12 total"), "{top}");
}

#[test]
fn names_with_parentheses() {
    let top = text(&["-top", "-nodefraction=0", "names-with-parentheses.pb.gz"]);
    for name in ["(::MyStruct)(n::Int64)", "Base.(:var\"#5#6\")(x)", "operator()", "a(b", ".ppc"] {
        assert!(top.lines().any(|line| line.ends_with(&format!("  {name}"))), "{name}: {top}");
    }
    // What has no name at all is the only thing without one.
    assert_eq!(top.matches("<unknown>").count(), 1, "{top}");
}

/// The rows of `top`: flat, cum and name.
fn rows(file: &str) -> Vec<(i64, i64, String)> {
    let table = json(&["-symbolize=none", "-top", "-nodecount=0", "-nodefraction=0", "-json", file]);
    let row = |row: &Value| {
        let number = |name: &str| row[name].as_i64().expect("a number");
        let name = row["place"]["function"].as_str().unwrap_or_default();
        (number("flat"), number("cum"), name.to_owned())
    };
    table["rows"].as_array().expect("there are rows").iter().map(row).collect()
}

fn check_rows(file: &str, total: i64, expected: &[(i64, i64, &str)]) {
    let rows = rows(file);
    assert_eq!(rows.iter().map(|row| row.0).sum::<i64>(), total, "{rows:?}");
    for &(flat, cum, name) in expected {
        assert!(rows.contains(&(flat, cum, name.to_owned())), "{name}: {rows:?}");
    }
}

#[test]
fn perl_raw_cpu() {
    check_rows(
        "perl-raw-cpu.raw",
        59,
        &[(50, 50, "spin(long)"), (5, 5, "__GI___pthread_sigmask"), (0, 3, "Table::fill(int)")],
    );
}

#[test]
fn perl_raw_heap() {
    let rows = [(20_480_000, 20_480_000, "grab(unsigned long)"), (32, 21_594_145, "main")];
    check_rows("perl-raw-heap.raw", 21_594_145, &rows);
}

#[test]
fn perl_raw_java() {
    check_rows("perl-raw-java.raw", 50_000_000, &[(50_000_000, 50_000_000, "com.example.Worker.run")]);
}

#[test]
fn all_zero_default() {
    let outcome = program().run(&["-top", "all-zero-default.heap"]);
    let hint = "All values are 0; -sample_index=alloc_space shows others that the profile has.";
    assert!(outcome.stderr.lines().any(|line| line == hint), "{}", outcome.snapshot());
}

/// Every report has a form as JSON, whole profiles too.
#[test]
fn json_of_profiles() {
    for report in ["-raw", "-proto"] {
        let profile = json(&[report, "-json", "goroutine-debug1.txt"]);
        assert_eq!((profile["version"].as_u64(), profile["shape"].as_str()), (Some(1), Some("profile")));
        let rows =
            |name: &str| profile[name].as_array().unwrap_or_else(|| panic!("{name} is a list")).clone();
        let ids = |name: &str| rows(name).iter().map(|row| row["id"].as_u64()).collect::<Vec<_>>();
        let (locations, functions, mappings) = (ids("locations"), ids("functions"), ids("mappings"));
        let samples = rows("samples");
        let total: i64 = samples.iter().filter_map(|sample| sample["values"][0].as_i64()).sum();
        assert_eq!((total, rows("sample_types").len()), (12, 1));
        for sample in &samples {
            let frames = sample["locations"].as_array().expect("a stack");
            assert!(!frames.is_empty() && frames.iter().all(|frame| locations.contains(&frame.as_u64())));
        }
        let label =
            samples.iter().flat_map(|sample| sample["labels"].as_array().into_iter().flatten()).next();
        assert_eq!(label.map(|label| &label["key"]), Some(&Value::from("route")));
        for location in rows("locations") {
            assert!(location["mapping"].is_null() || mappings.contains(&location["mapping"].as_u64()));
            let lines = location["lines"].as_array().expect("lines");
            assert!(lines.iter().all(|line| functions.contains(&line["function"].as_u64())), "{location}");
        }
        assert!(rows("functions").iter().any(|function| function["name"] == "main.main.func3"));
    }
    let small = json(&["-topproto", "-json", "goroutine-debug1.txt"]);
    assert_eq!(small["sample_types"][0]["type"], "cum");
}

#[test]
fn an_unknown_file_is_described_and_all_formats_are_named() {
    let program = program();
    for (content, seems) in [
        (&b"package main\n\nfunc main() {}\n"[..], "plain text that begins \"package main\""),
        (b"\x01\x02\xff\xfe", "binary data that begins with the bytes 01 02 ff fe"),
    ] {
        program.write("unknown", content);
        let stderr = program.run(&["-top", "{home}/unknown"]).stderr;
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.contains(&format!("this looks like {seems}; it is in none of the formats")),
            "{stderr}"
        );
        for format in hotlist_formats::ALL {
            assert!(stderr.contains(format.name), "{}: {stderr}", format.name);
        }
    }
}

/// A file that is gone when the test is over, however it ends.
#[cfg(target_os = "linux")]
struct Removed(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Drop for Removed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A dump with one function of 16 bytes and two lines.
#[cfg(target_os = "linux")]
fn jitdump(process: u32, start: u64, name: &str, file: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let number = |bytes: &mut Vec<u8>, value: u32| bytes.extend(value.to_le_bytes());
    for value in [0x4a69_5444, 1, 40, 62, 0, process, 0, 0, 0, 0] {
        number(&mut bytes, value);
    }
    let mut lines = [start.to_le_bytes(), 2u64.to_le_bytes()].concat();
    for (offset, line) in [(0, 7u32), (8, 9)] {
        lines.extend((start + offset).to_le_bytes());
        lines.extend([line.to_le_bytes(), [0; 4]].concat());
        lines.extend([file.as_bytes(), b"\0"].concat());
    }
    let mut load = [process.to_le_bytes(), process.to_le_bytes()].concat();
    for value in [start, start, 16, 0] {
        load.extend(value.to_le_bytes());
    }
    load.extend([name.as_bytes(), b"\0", &[0x90; 16]].concat());
    for (kind, body) in [(2, lines), (0, load)] {
        number(&mut bytes, kind);
        number(&mut bytes, 16 + body.len() as u32);
        bytes.extend([0; 8]);
        bytes.extend(body);
    }
    bytes
}

#[cfg(target_os = "linux")]
#[test]
fn code_of_a_just_in_time_compiler_has_names_and_lines() {
    use hotlist_profile::{Label, LabelValue};
    let program = program();
    let process = std::process::id();
    let map = Removed(format!("/tmp/perf-{process}.map").into());
    std::fs::write(&map.0, "7f0000001000 100 JS:*listed app.js:3\n").expect("the list can be written");
    let dump = program.write(
        &format!("jit-{process}.dump"),
        jitdump(process, 0x7f00_0000_2000, "JS:*dumped", "/app/main.js"),
    );
    for with_dump in [false, true] {
        let mut builder = Builder::new(&[("samples", "count")]);
        let file = builder.string("//anon");
        let (start, limit) = (0x7f00_0000_0000, 0x7f00_0001_0000);
        let code = builder.mapping(Mapping { start, limit, file, ..Mapping::default() });
        if with_dump {
            let file = builder.string(dump.to_str().expect("it is text"));
            builder.mapping(Mapping { start: 0x1000, limit: 0x2000, file, ..Mapping::default() });
        }
        let pid = Label {
            key: builder.string("pid"),
            value: LabelValue::Number { value: process.into(), unit: builder.string("") },
        };
        for (address, value) in
            [(0x7f00_0000_1010, 1), (0x7f00_0000_2004, 2), (0x7f00_0000_200c, 4), (0x7f00_0000_3000, 8)]
        {
            let at = Location { mapping: Some(code), address, ..Location::default() };
            let location = builder.location(at, &[]);
            builder.sample(&[location], &[pid], &[value]).expect("four samples fit");
        }
        program.write("jit.pb", encode_to_vec(&builder.finish()));
        let run = |words: &[&str]| {
            let outcome = program.run(&[words, &["-symbolize=local", "{home}/jit.pb"]].concat());
            assert_eq!(outcome.code, Some(0), "{}", outcome.snapshot());
            outcome.text().to_owned()
        };
        let top = run(&["-top", "-lines"]);
        assert!(top.lines().any(|line| line.ends_with("  JS:*listed app.js:3")), "{top}");
        for (line, flat) in [(7, 2), (9, 4)] {
            let expected = format!("  JS:*dumped /app/main.js:{line}");
            let found = top.lines().find(|line| line.ends_with(&expected));
            let flat_of = found.and_then(|line| line.split_whitespace().next()?.parse().ok());
            assert_eq!(flat_of, with_dump.then_some(flat), "{top}");
        }
        let reports: Value = serde_json::from_str(&run(&["symbols", "-json"])).expect("it is JSON");
        let text = reports.to_string();
        let used = if with_dump { dump.to_str() } else { map.0.to_str() };
        assert!(
            text.contains("what a just-in-time compiler wrote") && text.contains(used.expect("text")),
            "{text}"
        );
    }
}
