//! Pictures of the call graphs of all profiles of `testdata` and of hostile ones: what they hold, and that it
//! can be read.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use hotlist_formats::Limits;
use hotlist_layout::{Cubic, Point, Rect, Size};
use hotlist_profile::{Builder, Profile};
use hotlist_render::graph::{Diagram, DiagramBox, DiagramKind};
use hotlist_render::{Context, find};
use hotlist_report::{NoSource, Shape};
use hotlist_session::{Question, Session, ViewOptions};
use hotlist_testkit::{golden, testdata};

/// What `take` makes of the answer of a report; `None` where there is nothing to show.
fn answer<R>(profile: &Profile, report: &str, take: impl FnOnce(&Shape<'_>) -> R) -> Option<R> {
    let report = hotlist_report::find(report).expect("the report exists");
    let question = Question::new(report, None, &ViewOptions::default()).expect("the options make sense");
    let session = Session::new(profile.clone(), NonZeroUsize::MIN);
    session.answer(&question, &NoSource, &mut Vec::new(), |shape| Ok(take(shape))).ok()
}

fn drawn(profile: &Profile, report: &str, drawing: &str) -> Option<Vec<u8>> {
    let drawing = find(drawing).expect("the drawing exists");
    answer(profile, report, |shape| {
        let mut out = Vec::new();
        drawing.draw(shape, &mut out, &Context::plain()).expect("a vector takes everything");
        out
    })
}

fn diagram(profile: &Profile) -> Option<Diagram> {
    answer(profile, "dot", |shape| match shape {
        Shape::Graph(graph) => Diagram::new(graph, &Context::plain()).expect("the graph is small"),
        other => panic!("dot makes a {}", other.kind().name()),
    })
}

fn for_all_profiles(mut check: impl FnMut(&str, &Profile)) {
    let mut count = 0;
    for entry in std::fs::read_dir(testdata("profiles")).expect("the profiles are there") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&path).expect("the file can be read");
        if let Ok(profile) = hotlist_formats::read_bytes(&bytes, Limits::default()) {
            check(&path.file_name().unwrap_or_default().to_string_lossy(), &profile);
            count += 1;
        }
    }
    assert!(count >= 20, "only {count} profiles were found");
}

/// One function with this name, which calls itself and has a tag.
fn named(name: &str) -> Profile {
    let mut builder = Builder::new(&[(name, "nanoseconds")]);
    let (main, own) = (builder.named_function("main", name), builder.named_function(name, name));
    let locations = [builder.source_location(own, 3), builder.source_location(main, 7)];
    builder.sample(&locations, &[], &[3]).expect("a few samples fit");
    builder.sample(&[locations[0], locations[0], locations[1]], &[], &[4]).expect("a few samples fit");
    builder.finish()
}

const HOSTILE: [&str; 7] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "]]><x/>&amp;'",
    "two\nlines\r\tand a tab",
    "\u{1b}]0;owned\u{7}\u{202e}\u{feff}\u{ffff}\0",
    "漢字::関数<ñ>",
    "%!PS showpage) quit \\",
];

fn rect(one: &DiagramBox) -> Rect {
    let min = Point::new(one.x, one.y);
    Rect { min, max: min + Point::new(one.width, one.height) }
}

#[test]
fn nothing_covers_what_is_to_be_read() {
    for_all_profiles(|name, profile| {
        let Some(diagram) = diagram(profile) else { return };
        // Coordinates are rounded to hundredths.
        let boxes: Vec<Rect> =
            diagram.boxes.iter().chain(&diagram.legend).map(|one| rect(one).grown(-0.05)).collect();
        let paper = Rect { min: Point::default(), max: Point::new(diagram.width, diagram.height) };
        for (index, one) in boxes.iter().enumerate() {
            assert!(paper.contains(one.min) && paper.contains(one.max), "{name}: outside of the paper");
            let other = boxes[..index].iter().position(|other| other.overlaps(one));
            assert_eq!(other, None, "{name}: box {index} covers another");
        }
        for edge in &diagram.edges {
            let ends = [edge.path.first().map(|curve| curve.start), edge.path.last().map(|curve| curve.end)];
            for (end, at) in ends.into_iter().zip([edge.from, edge.to]) {
                let end = end.expect("every edge has a path");
                assert!(boxes[at].grown(1.0).contains(end), "{name}: an edge does not reach its box");
            }
            for point in edge.path.iter().flat_map(samples) {
                let through = boxes.iter().position(|one| one.grown(-1.0).contains(point));
                assert_eq!(through, None, "{name}: an edge of {} goes through a box", edge.from);
            }
            for line in &edge.label {
                let center = Point::new(line.x + line.width / 2.0, line.y - line.size * 0.35);
                let label = Rect::centered(center, Size::new(line.width, line.size * 0.7));
                let over = boxes.iter().position(|one| one.overlaps(&label));
                assert_eq!(over, None, "{name}: a label covers a box");
            }
        }
        for one in &diagram.boxes {
            for line in &one.lines {
                let inside = line.x >= one.x && line.x + line.width <= one.x + one.width + 0.1;
                let below = line.y <= one.y + one.height && line.y - line.size * 0.7 >= one.y;
                assert!(inside && below, "{name}: text of {} leaves its box", one.id);
            }
        }
    });
}

/// Points of a curve, close to each other.
fn samples(curve: &Cubic) -> impl Iterator<Item = Point> + '_ {
    (0..=40).map(|step| curve.at(f64::from(step) / 40.0))
}

#[test]
fn nodes_and_edges_are_those_of_dot() {
    for_all_profiles(|name, profile| {
        let Some(dot) = drawn(profile, "dot", "dot") else { return };
        let dot = String::from_utf8(dot).expect("dot is text");
        let mut expected = BTreeSet::new();
        for line in dot.lines().filter(|line| line.starts_with('N')) {
            if let Some((what, _)) = line.split_once(" [") {
                expected.insert(what.to_owned());
            }
        }
        let diagram = diagram(profile).expect("there is a graph");
        let mut found = BTreeSet::new();
        for one in diagram.boxes.iter().filter(|one| one.kind != DiagramKind::Hidden) {
            found.insert(one.id.clone());
        }
        for edge in &diagram.edges {
            found.insert(format!("{} -> {}", diagram.boxes[edge.from].id, diagram.boxes[edge.to].id));
        }
        assert_eq!(found, expected, "{name}");
    });
}

/// The least that an XML reader asks for: tags are balanced, and no text has markup or control characters.
fn check_xml(text: &str) {
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{}", &rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("<![CDATA[") {
            let end = after.find("]]>").expect("the section ends");
            rest = &after[end + 3..];
            continue;
        }
        let end = rest.find('>').expect("the tag ends");
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        let known = ["svg", "g", "rect", "path", "polygon", "text", "title", "style", "script"];
        assert!(known.contains(&name), "there is a <{name}>");
        match tag.starts_with('/') {
            true => assert_eq!(open.pop(), Some(name)),
            false if !tag.ends_with('/') => open.push(name),
            false => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn strangers_write_nothing_but_text() {
    for name in HOSTILE {
        let profile = named(name);
        for report in ["dot", "flamegraph"] {
            let svg = drawn(&profile, report, "svg").expect("there is a graph");
            let svg = String::from_utf8(svg).expect("SVG is text");
            check_xml(&svg);
            assert_eq!(svg.matches("<script").count(), 1, "our own script alone");
            let ps = String::from_utf8(drawn(&profile, report, "ps").expect("a graph")).expect("text");
            assert!(ps.is_ascii() && ps.matches("showpage").count() <= 2, "{ps}");
        }
    }
}

#[test]
fn long_names_make_no_large_boxes() {
    for name in ["x".repeat(100_000), "ns::".repeat(20_000), "f<std::vector<int>>::".repeat(5_000)] {
        let diagram = diagram(&named(&name)).expect("there is a graph");
        for one in &diagram.boxes {
            assert!(one.width < 400.0 && one.height < 260.0, "{} by {}", one.width, one.height);
        }
        let svg = drawn(&named(&name), "dot", "svg").expect("there is a graph");
        assert!(svg.len() < 100_000, "{} bytes", svg.len());
    }
}

#[test]
fn every_form_is_a_file_of_its_kind() {
    let profile = named("main.work");
    for report in ["dot", "flamegraph"] {
        for (form, start) in [
            ("svg", &b"<svg "[..]),
            ("png", b"\x89PNG\r\n\x1a\n"),
            ("jpg", b"\xff\xd8\xff"),
            ("gif", b"GIF89a"),
            ("pdf", b"%PDF-1."),
            ("ps", b"%!PS-Adobe-3.0"),
        ] {
            let file = drawn(&profile, report, form).expect("there is a graph");
            assert!(file.starts_with(start), "{report} as {form}");
            assert_eq!(Some(file), drawn(&profile, report, form), "the same in every run");
        }
    }
}

#[test]
fn a_small_picture() {
    let svg = drawn(&named("work"), "dot", "svg").expect("there is a graph");
    let svg = String::from_utf8(svg).expect("SVG is text");
    // Without the fonts, the style and the script, which are long and are not about this graph.
    let (before, after) = svg.split_once("<style>").expect("there is a style");
    let (_, after) = after.split_once("</style>").expect("it ends");
    let (picture, _) = after.split_once("<script>").expect("there is a script");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/small_graph.svg.txt");
    golden(path, &format!("{before}{picture}"));
}

/// Rows of a flame graph as the picture has them: the top of each frame with its label.
fn flame_rows(profile: &Profile, options: &ViewOptions) -> Vec<(f64, String)> {
    let report = hotlist_report::find("flamegraph").expect("the report exists");
    let question = Question::new(report, None, options).expect("the options make sense");
    let mut svg = Vec::new();
    Session::new(profile.clone(), NonZeroUsize::MIN)
        .draw(
            &question,
            find("svg").expect("it exists"),
            &NoSource,
            &mut svg,
            &Context::plain(),
            &mut Vec::new(),
        )
        .expect("a picture");
    let svg = String::from_utf8(svg).expect("text");
    let mut rows = Vec::new();
    for frame in svg.split("<g class=\"frame").skip(1) {
        let label = frame.split("<title>").nth(1).and_then(|rest| rest.split(['<', '\n']).next());
        let top = frame.split(" y=\"").nth(1).and_then(|rest| rest.split('"').next()?.parse().ok());
        rows.push((top.expect("a place"), label.unwrap_or_default().to_owned()));
    }
    rows
}

#[test]
fn flame_graphs_hang_from_their_root_or_stand_on_it() {
    let profile = named("work");
    let hanging = flame_rows(&profile, &ViewOptions::default());
    let standing = flame_rows(&profile, &ViewOptions { upwards: true, ..ViewOptions::default() });
    assert!(hanging.len() > 1, "{hanging:?}");
    let labels = |rows: &[(f64, String)]| rows.iter().map(|row| row.1.clone()).collect::<Vec<_>>();
    assert_eq!(labels(&hanging), labels(&standing));
    assert!(hanging[1..].iter().all(|row| row.0 > hanging[0].0), "{hanging:?}");
    assert!(standing[1..].iter().all(|row| row.0 < standing[0].0), "{standing:?}");
}
