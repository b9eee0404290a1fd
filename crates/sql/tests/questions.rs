//! Questions and their answers, the documentation's among them.

use std::num::NonZeroUsize;
use std::time::Duration;

use hotlist_profile::{Builder, Label, LabelValue, Profile};
use hotlist_session::Session;
use hotlist_sql::{Database, Error, MAX_SOURCES, Source, Value};

/// Two types; `main` calls itself, `work` is inlined into it; a label on one of two samples.
fn profile(factor: i64) -> Profile {
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    let main = builder.named_function("main", "app/main.rs");
    let work = builder.named_function("work", "app/work.rs");
    let call = builder.source_location(main, 7);
    let leaf = builder.source_location(work, 3);
    let (endpoint, get) = (builder.string(b"endpoint"), builder.string(b"GET"));
    let label = Label { key: endpoint, value: LabelValue::Text(get) };
    builder.sample(&[leaf, call, call], &[label], &[1, 100 * factor]).unwrap();
    builder.sample(&[call], &[], &[2, 30]).unwrap();
    builder.finish()
}

fn database(profiles: Vec<(&str, Profile)>) -> Database {
    let source = |(file, profile)| Source::new(file, Session::new(profile, NonZeroUsize::MIN));
    Database::new(profiles.into_iter().map(source).collect()).unwrap()
}

fn ask(database: &mut Database, statement: &str) -> Result<Vec<Vec<Value>>, Error> {
    let mut answer = database.query(statement, Duration::from_secs(20))?;
    answer.rows()?.collect()
}

/// Rows as text, with spaces between columns and `;` between rows.
fn check(statement: &str, expected: &str) {
    let mut database = database(vec![("dir/old.pb.gz", profile(1)), ("new.pb.gz", profile(3))]);
    let rows = ask(&mut database, statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    let text = |value: &Value| match value {
        Value::Null => "null".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    };
    let rows: Vec<String> =
        rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(rows.join("; "), expected, "{statement}");
}

#[test]
fn weights_are_those_of_the_reports() {
    check(
        "select name, flat, cum from nodes where sample_type = 'cpu' order by name",
        "main 30 130; work 100 100",
    );
    check("select name, flat from nodes where sample_type = 'samples' order by name", "main 2; work 1");
    check("select count(*), count(distinct sample_type) from nodes", "4 2");
    check("select count(*) from nodes where sample_type = 'wall'", "0");
    check(
        "select caller, callee, weight from calls where sample_type = 'cpu' order by 1, 2",
        "main work 100",
    );
    check(
        "select file, line, flat from nodes where sample_type = 'cpu' and granularity = 'lines' order by flat",
        "app/main.rs 7 30; app/work.rs 3 100",
    );
    check(
        "select granularity, sum(flat) from nodes where sample_type = 'cpu' and granularity in ('files', 'lines') \
         group by 1 order by 1",
        "files 130; lines 130",
    );
}

#[test]
fn tables_have_what_the_profile_has() {
    check(
        "select stack_id, position, name, line from frames order by 1, 2",
        "0 0 work 3; 0 1 main 7; 0 2 main 7; 1 0 main 7",
    );
    check("select sum(\"cpu\"), sum(samples) from samples", "130 3");
    check("select sum(\"cpu\") from samples where sample_id = 1", "30");
    check("select count(*) from samples where sample_id in (0, 5, -1, null, 'x')", "1");
    check("select position from stack_frames where stack_id = 0 order by 1", "0; 1; 2");
    check("select key, str, num from label_sets", "endpoint GET null");
    check(
        "select str, sum(\"cpu\") from samples join label_sets using (label_set_id) group by str",
        "GET 100",
    );
    check(
        "select name, filename, start_line from functions order by 1",
        "main app/main.rs null; work app/work.rs null",
    );
    check("select sample_type, unit from sample_types", "samples count; cpu nanoseconds");
    check("select file, sample_count, time_nanos from profiles", "dir/old.pb.gz 2 null");
}

#[test]
fn profiles_are_schemas() {
    check(
        "select name, b.cum - a.cum from old.nodes a join new.nodes b using (sample_type, name) \
         where sample_type = 'cpu' order by name",
        "main 200; work 200",
    );
    let names = ["a.pb", "x/a.pb.gz", "1.pb", "main", "Käse-1", ".pb"];
    let database = database(names.into_iter().map(|name| (name, profile(1))).collect());
    assert_eq!(database.schemas(), ["a", "a_2", "_1", "_main", "k_se_1", "pb"]);
    assert!(database.definitions().iter().any(|text| text.starts_with("CREATE TABLE a_2.samples(")));
}

#[test]
fn names_of_types_are_made_unique() {
    let mut builder =
        Builder::new(&[("x", "count"), ("X", "count"), ("stack_id", "a\"b"), ("a\"b\0", "count"), ("", "")]);
    builder.sample(&[], &[], &[1, 2, 3, 4, 5]).unwrap();
    let mut database = database(vec![("a", builder.finish())]);
    let rows = ask(&mut database, "select * from samples").unwrap();
    assert_eq!(rows[0][4..], [1, 2, 3, 4, 5].map(Value::Integer));
}

#[test]
fn statements_that_are_no_questions_are_refused() {
    let mut database = database(vec![("a", profile(1))]);
    for (statement, expected) in [
        ("", "the statement is empty"),
        ("-- a comment", "the statement is empty"),
        ("select 1; select 2", "one statement at a time"),
        ("create table x(y)", "profiles are only read: the statement must be a select"),
        ("attach 'x.db' as x", "profiles are only read: the statement must be a select"),
        ("pragma hard_heap_limit = 0", "profiles are only read: the statement must be a select"),
        ("delete from samples", "table samples may not be modified"),
        ("select load_extension('x')", "not authorized to use function: load_extension"),
        ("select x from nodes", "no such column: x"),
        ("selec 1", "near \"selec\": syntax error"),
        (
            "select 1 from nodes where granularity = 'packages'",
            "granularity is one of functions, filefunctions, files, lines, addresses, not \"packages\"",
        ),
    ] {
        match ask(&mut database, statement) {
            Ok(rows) => panic!("{statement}: {rows:?}"),
            Err(error) => assert_eq!(error.to_string(), expected, "{statement}"),
        }
    }
}

#[test]
fn limits_say_what_they_are() {
    let mut several = database(vec![("a", profile(1))]);
    let endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n";
    let mut answer = several.query(endless, Duration::from_millis(50)).unwrap();
    let error = answer.rows().and_then(|mut rows| rows.next().transpose()).unwrap_err();
    assert_eq!(error.to_string(), "stopped after 50ms, the time limit of a statement");
    let sources = (0..=MAX_SOURCES).map(|_| Source::new("a", Session::new(profile(1), NonZeroUsize::MIN)));
    let error = Database::new(sources.collect()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "11 profiles are too many for one statement, which takes up to 10: merge some first"
    );
}

#[test]
fn the_questions_of_the_documentation_have_answers() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sql.md")).unwrap();
    let read = |name: &str| {
        let bytes = std::fs::read(hotlist_testkit::testdata(name)).unwrap();
        hotlist_formats::read_bytes(&bytes, hotlist_formats::Limits::default()).unwrap()
    };
    let (cpu, heap) = (read("profiles/encoding_json.cpu.pb.gz"), read("profiles/seed.pb.gz"));
    let mut of_cpu = database(vec![("old.pb.gz", cpu.clone()), ("new.pb.gz", cpu)]);
    let mut of_heap = database(vec![("heap.pb.gz", heap)]);
    let statements: Vec<&str> =
        page.split("```sql\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect();
    assert_eq!(statements.len(), 10);
    for statement in statements {
        let database = if statement.contains("inuse_space") { &mut of_heap } else { &mut of_cpu };
        let rows = ask(database, statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
        // No function is new, and these samples have no labels.
        let is_empty = statement.contains("not in") || statement.contains("endpoint");
        assert_eq!(rows.is_empty(), is_empty, "{statement}");
    }
}
