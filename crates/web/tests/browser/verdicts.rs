//! Comparisons of sets of runs: which frames and rows really differ, by colour, sign, outline and words.

use std::num::NonZeroUsize;

use hotlist_profile::{Builder, Profile};
use hotlist_session::{
    LoadedRun, Options, Part, Profiles, Session, SetOptions, SourceFiles, Verdicts, compare,
};
use serde_json::json;

use crate::driver::Browser;
use crate::support::{Served, repository, serve_profiles};
use crate::{DRAWN, alone};

/// A run: `parse` hands half of its work over to `scan` in new runs, `hash` doubles, `tiny` cannot be told apart, and much
/// else stays the same.
fn run(number: usize, is_new: bool) -> Profile {
    let mut builder = Builder::new(&[("samples", "count")]);
    let [main, stage] = ["main.main", "main.stage"].map(|name| {
        let function = builder.named_function(name, "main.go");
        builder.source_location(function, 1)
    });
    let (parse, scan, hash) = if is_new { (3000, 6000, 4000) } else { (6000, 3000, 2000) };
    let rows = [
        ("main.parse", parse, true),
        ("main.scan", scan, true),
        ("main.hash", hash, false),
        ("main.tiny", 700, false),
        ("main.store", 40_000, false),
        ("main.print", 40_000, false),
    ];
    for (row, (name, count, is_below)) in rows.into_iter().enumerate() {
        let function = builder.named_function(name, "main.go");
        let location = builder.source_location(function, 7);
        let stack: &[_] = if is_below { &[location, stage, main] } else { &[location, main] };
        // No two sides are equal, or reports would leave a place out.
        let added = if is_new { row + 1 } else { 0 };
        let count = count + ((row * 7 + number * 13) % 11 + added) as i64;
        builder.sample(stack, &[], &[count]).unwrap();
    }
    let mut profile = builder.finish();
    profile.time_nanos = (2 * number + usize::from(is_new)) as i64 + 1;
    profile
}

/// Five runs a side, with what their comparison says.
fn served() -> Served {
    let parts = |is_new: bool, side: &str| -> Vec<Part> {
        (0..5).map(|number| Part { name: format!("{side}{number}"), profile: run(number, is_new) }).collect()
    };
    let (base, new) = (parts(false, "base"), parts(true, "new"));
    let runs = |parts| {
        <[Part]>::iter(parts).map(|part| LoadedRun { name: &part.name, profile: &part.profile }).collect()
    };
    let options = Options::default();
    let (threads, compare) = (NonZeroUsize::MIN, compare::Options::default());
    let sets = SetOptions { view: &options.view, compare, threads };
    let (base_runs, new_runs): (Vec<_>, Vec<_>) = (runs(&base), runs(&new));
    let comparison = hotlist_session::compare_sets(&base_runs, &new_runs, &sets, &mut Vec::new()).unwrap();
    let open = |profile| Session::new(profile, NonZeroUsize::MIN);
    let profiles = Profiles::of_sets(new, base, Verdicts::new(comparison, &[]), open).unwrap();
    let source = SourceFiles::new(&[], &[], &repository(), |_| None).only_below_roots();
    serve_profiles(profiles, &options, source)
}

const CHART: &str = "document.querySelector('.flame-canvas').chart";

/// The frame with this label, in a script.
fn frame(label: &str) -> String {
    format!("{CHART}.model.place.findIndex((row) => {CHART}.model.places[row]?.label === '{label}')")
}

#[test]
fn frames_have_the_verdict_of_their_place() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = served();
    browser.open(&served.url);
    browser.wait(DRAWN);
    browser.wait_text("5 new runs");
    browser.wait_text("vs 5 base runs");
    browser.wait_text("2 slower, 1 faster");
    for (label, verdict) in [
        ("main.parse", "less"),
        ("main.scan", "more"),
        ("main.hash", "more"),
        ("main.store", "same"),
        ("main.tiny", "undecided"),
        // It has no weight of its own.
        ("main.stage", "undecided"),
    ] {
        let found = browser.run(&format!("return {CHART}.verdictOf({})", frame(label)));
        assert_eq!(found, json!(verdict), "{label}");
    }
    // What differs has a colour, an outline and a sign; what does not is grey.
    let boxes = browser.run(&format!(
        "return {CHART}.outline().boxes.map(({{ text, stroke, hatched, title }}) => [title, text.slice(0, 1), !!stroke, !!hatched])
             .filter(([title]) => ['main.scan', 'main.parse', 'main.store', 'main.tiny'].includes(title)).sort()"
    ));
    let expected = json!([
        ["main.parse", "▼", true, false],
        ["main.scan", "▲", true, false],
        ["main.store", "s", false, false],
        ["main.tiny", "", false, true],
    ]);
    let without_names = |value: &serde_json::Value| {
        let mut value = value.clone();
        for row in value.as_array_mut().into_iter().flatten() {
            let is_change = row[2] == json!(true);
            if !is_change {
                row[1] = json!("");
            }
        }
        value
    };
    assert_eq!(without_names(&boxes), without_names(&expected));
    let colours = browser.run(&format!(
        "return ['main.store', 'main.tiny', 'main.scan', 'main.hash'].map((label) => {CHART}.colour({CHART}.model,
             {CHART}.model.place.findIndex((row) => {CHART}.model.places[row]?.label === label)))"
    ));
    let colours = colours.as_array().expect("colours");
    assert!(colours[0] == colours[1] && colours[2] == colours[3] && colours[0] != colours[2], "{colours:?}");
    // The card tells estimate, interval and samples of both sides.
    let (x, y) = browser.frame("main.scan");
    browser.mouse(x, y, None);
    browser.wait_text("Self, by its runs");
    let card = browser.run("return document.querySelector('.card').innerText");
    let card = card.as_str().unwrap_or_default().replace(['\t', '\n'], " ");
    for expected in ["slower", "Change +100 % [+", "Samples 15,", "→ 30,", "Moved within main.stage"] {
        assert!(card.contains(expected), "{expected}: {card}");
    }
    let (x, y) = browser.frame("main.tiny");
    browser.mouse(x, y, None);
    browser.wait_text("Could have been seen");
    browser.assert_clean(&served.url);
}

#[test]
fn only_what_is_significant_keeps_its_callers() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = served();
    browser.open(&served.url);
    browser.wait(DRAWN);
    browser.click_text(".filters .button", "All changes");
    browser.click_text(".menu-item", "Only significant");
    browser.wait("location.search.includes('change=significant')");
    browser.wait(&format!("{CHART}.faint"));
    for (label, is_faint) in [
        ("main.scan", false),
        ("main.stage", false),
        ("main.main", false),
        ("main.store", true),
        ("main.tiny", true),
    ] {
        assert_eq!(
            browser.run(&format!("return {CHART}.faint({})", frame(label))),
            json!(is_faint),
            "{label}"
        );
    }
    // The table has the rows that differ alone.
    browser.click_text(".tab", "Top");
    browser.wait("document.querySelectorAll('.row').length === 3");
    // Where two runs are compared there is no such choice, and no verdict.
    browser.open(&format!("{}/ui/top?profile=1&base=6", served.url));
    browser.wait_text("Before");
    browser.click_text(".filters .button", "All changes");
    browser.wait("document.querySelector('.menu') && !document.querySelector('.menu').innerText.includes('significant')");
    browser.assert_clean(&served.url);
}

#[test]
fn the_table_tells_verdicts_and_sorts_by_them() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = served();
    let rows = |css: &str| {
        browser.run(&format!(
            "return [...document.querySelectorAll('.row')].map((row) => row.querySelector('{css}').innerText.trim())"
        ))
    };
    browser.open(&format!("{}/ui/top", served.url));
    browser.wait_text("Verdict");
    browser.wait("document.querySelectorAll('.row').length === 8");
    let verdicts = rows(".cell-verdict");
    let verdicts: Vec<&str> =
        verdicts.as_array().unwrap().iter().filter_map(|verdict| verdict.as_str()).collect();
    assert!(verdicts[..3].iter().all(|verdict| verdict.starts_with(['▲', '▼'])), "{verdicts:?}");
    assert!(
        verdicts[3..].iter().all(|verdict| ["same", "undecided", "not tested"].contains(verdict)),
        "{verdicts:?}"
    );
    // The largest change first, by the heading.
    browser.click_text(".sort", "Change");
    browser.wait("location.search.includes('order=selfchange-')");
    let changes = rows(".cell-selfchange");
    assert!(
        changes[0].as_str().is_some_and(|change| change.starts_with("+99 %") || change.starts_with("+100 %")),
        "{changes}"
    );
    let intervals = rows(".cell-interval");
    assert!(intervals[0].as_str().is_some_and(|interval| interval.starts_with("[+")), "{intervals}");
    browser.assert_clean(&served.url);
}

#[test]
fn verdicts_are_no_barrier() {
    let _alone = alone();
    let Some(axe) = crate::axe::script() else { return };
    let Some(browser) = Browser::start() else { return };
    let served = served();
    for scheme in ["light", "dark"] {
        browser.prefer(scheme);
        for view in
            ["flamegraph", "both", "sandwich?pivot=main.stage", "top", "flamegraph?change=significant"]
        {
            browser.open(&format!("{}/ui/{view}", served.url));
            browser.wait(
                "document.querySelector('.main')?.childElementCount && !document.querySelector('.waiting')",
            );
            browser.run(&axe);
            let found = browser.run(
                "return axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map((found) =>
                     `${found.id}: ${found.nodes.slice(0, 4).map((node) => node.html.slice(0, 160)).join(' | ')}`))",
            );
            assert_eq!(found, json!([]), "{view} {scheme}");
            if let Some(folder) = std::env::var_os("HOTLIST_PICTURES") {
                let name = format!("verdicts-{}-{scheme}.png", view.split(['?', '=']).next().unwrap_or(view));
                browser.picture(&std::path::Path::new(&folder).join(name));
            }
        }
    }
    browser.assert_clean(&served.url);
}
