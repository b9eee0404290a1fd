//! Screens as people see them. A person reads what changes here.

use hotlist_testkit::golden;

use super::*;

/// Compares a screen with the file `tests/screens/<name>.txt`.
fn check(name: &str, screen: &TestScreen) {
    golden(format!("{}/tests/screens/{name}.txt", env!("CARGO_MANIFEST_DIR")), &screen.text());
}

fn open(profile: Profile, size: (u16, u16)) -> TestScreen {
    TestScreen::open(profile, size, ViewOptions::default())
}

fn json() -> Profile {
    fixture("encoding_json.cpu.pb.gz")
}

#[test]
fn flame_graphs() {
    check("flame_80x24", open(json(), SMALL).press(&["Down", "Down", "Down"]));
    check("flame_120x40", open(json(), MEDIUM).press(&["Down", "Down", "Right"]));
    check("flame_and_top_200x50", open(json(), LARGE).press(&["/", "json", "Enter", "n"]));
    check("flame_zoomed", open(program(), SMALL).press(&["Down", "Down", "Down", "Enter"]));
    check("flame_inverted", open(program(), SMALL).press(&["v", "Down", "Right"]));
    let plain = TestScreen::with_colours(program(), SMALL, ViewOptions::default(), Colours::None);
    check("flame_without_colours", &plain);
    check("flame_narrow", open(program(), (40, 12)).press(&["Down", "Down"]));
}

#[test]
fn tables() {
    check("top_80x24", open(json(), SMALL).press(&["2", "o", "Down"]));
    check("top_120x40", open(json(), MEDIUM).press(&["2", "/", "json", "Enter"]));
    check("top_lines", open(program(), SMALL).press(&["2", "ggg"]));
    check("callers", open(program(), SMALL).press(&["2", "Down", "Enter"]));
    check("tags", open(program(), SMALL).press(&["6", "Down"]));
}

#[test]
fn source_code() {
    check("source", open(program(), SMALL).press(&["Down", "Down", "4"]));
    check("source_missing", open(program(), SMALL).press(&["2", "Home", "4"]));
}

#[test]
fn comparisons() {
    check("comparison_flame", open(comparison(), SMALL).press(&["Down"]));
    check("comparison_top", open(comparison(), SMALL).press(&["2"]));
    check("comparison_top_120x40", open(comparison(), MEDIUM).press(&["2", "o", "Down"]));
    check("comparison_flame_grown", open(comparison(), SMALL).press(&["ddd", "Down"]));
    let named = vec![("monday.pb.gz", program()), ("tuesday.pb.gz", program()), ("friday.pb.gz", program())];
    check(
        "profiles",
        TestScreen::several(named, SMALL).press(&["P", "Down", "Enter", "P", "Down", "c", "P", "End"]),
    );
}

#[test]
fn what_is_said() {
    check("help", open(program(), MEDIUM).press(&["?"]));
    check("prompt", open(program(), SMALL).press(&["F", "json(", "Enter"]));
    check("hostile", open(hostile(), SMALL).press(&["Down"]));
    check("nothing", &open(Builder::new(&[("cpu", "nanoseconds")]).finish(), SMALL));
}
