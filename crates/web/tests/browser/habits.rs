//! What people do all day: collapsing, comparing, printing, taking away, finding the hottest line.

use std::num::NonZeroUsize;

use hotlist_profile::{Builder, Profile};
use hotlist_report::NoSource;
use hotlist_session::{Options, Part, Profiles, Question, Session, SourceFiles};
use serde_json::json;

use crate::driver::Browser;
use crate::support::{Served, repository, serve, serve_profile, serve_profiles, source_profile};
use crate::{DRAWN, alone, json_benchmark};

const CHART: &str = "document.querySelector('.flame-canvas').chart";
const SETTLED: &str =
    "document.querySelector('.main')?.childElementCount && !document.querySelector('.waiting')";

/// A function that calls itself, directly and by way of another one; weights are milliseconds.
fn recursive(weights: [i64; 3]) -> Profile {
    let mut builder = Builder::new(&[("cpu", "milliseconds")]);
    let [main, walk, visit] = ["main", "walk", "visit"].map(|name| {
        let function = builder.named_function(name, "main.go");
        builder.source_location(function, 5)
    });
    let stacks = [&[walk, walk, walk, main][..], &[visit, walk, walk, main], &[walk, visit, walk, main]];
    for (stack, weight) in stacks.into_iter().zip(weights) {
        builder.sample(stack, &[], &[weight]).unwrap();
    }
    builder.finish()
}

/// Three profiles, of which the third has what the first has not.
fn three() -> Served {
    let part = |name: &str, weights| Part { name: name.to_owned(), profile: recursive(weights) };
    let parts = vec![part("monday", [50, 30, 20]), part("tuesday", [80, 0, 20]), part("friday", [0, 0, 7])];
    let open = |profile| Session::new(profile, NonZeroUsize::MIN);
    let profiles = Profiles::several(parts, Vec::new(), open).unwrap();
    let source = SourceFiles::new(&[], &[], &repository(), |_| None).only_below_roots();
    serve_profiles(profiles, &Options::default(), source)
}

#[test]
fn recursion_collapses_by_a_button() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = serve_profile(recursive([50, 30, 20]), "recursive");
    let walks = |count: usize| {
        format!(
            "{CHART}.model.place.filter((row) => {CHART}.model.places[row]?.label === 'walk').length === {count}"
        )
    };
    browser.open(&served.url);
    browser.wait(DRAWN);
    browser.wait(&walks(4));
    browser.click("[aria-label^='Collapse recursion']");
    // The way through another function stays.
    browser.wait(&walks(2));
    browser.wait(&format!("location.search.includes('collapse=t') && {CHART}.model.total === 100"));
    browser.wait("document.querySelector('[aria-label^=\"Collapse recursion\"]').getAttribute('aria-pressed') === 'true'");
    // It holds in the sandwich, and going back undoes it.
    browser.open(&format!("{}/ui/sandwich?pivot=walk&collapse=t", served.url));
    browser.wait_text("self 70ms");
    browser.click("[aria-label^='Collapse recursion']");
    browser.wait("!location.search.includes('collapse')");
    browser.back();
    browser.wait("location.search.includes('collapse=t')");
    browser.assert_clean(&served.url);
}

#[test]
fn cards_tell_what_a_function_weighs_in_all_places() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = serve_profile(recursive([50, 30, 20]), "recursive");
    browser.open(&served.url);
    browser.wait(DRAWN);
    let (x, y) = browser.frame("walk");
    browser.mouse(x, y, None);
    browser.wait_text("In all 4 places");
    let card = browser.run("return document.querySelector('.card').innerText");
    let card = card.as_str().unwrap_or_default().replace(['\t', '\n'], " ");
    assert!(card.contains("Total 100ms 100%") && card.contains("Self 70ms 70.0%"), "{card}");
    // In a comparison on both sides.
    let compared = three();
    browser.open(&format!("{}/ui/flamegraph?profile=2&base=1", compared.url));
    browser.wait(DRAWN);
    let (x, y) = browser.frame("walk");
    browser.mouse(x, y, None);
    browser.wait_text("In all 4 places");
    let card = browser.run("return document.querySelector('.card').innerText");
    let card = card.as_str().unwrap_or_default().replace(['\t', '\n'], " ");
    assert!(card.contains("Self 70ms 100ms +30ms +42.9%"), "{card}");
    browser.assert_clean("http://localhost:");
}

/// Drops a file of this name and text on the page.
fn drop_file(browser: &Browser, name: &str, text: &str) {
    browser.run(&format!(
        "const data = new DataTransfer(); data.items.add(new File([{}], {}));
         for (const kind of ['dragover', 'drop'])
           document.querySelector('.main').dispatchEvent(new DragEvent(kind, {{ dataTransfer: data, bubbles: true, cancelable: true }}));",
        json!(text),
        json!(name)
    ));
}

#[test]
fn a_file_that_is_dropped_opens() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = serve_profile(recursive([50, 30, 20]), "recursive");
    let total =
        |total: i64| format!("document.querySelector('.flame-canvas')?.chart.model?.total === {total}");
    // Filters of the profile before do not hold for it.
    browser.open(&format!("{}/ui/flamegraph?si=cpu&f=walk", served.url));
    browser.wait(&total(100));
    drop_file(&browser, "oven.folded", "main;bake 3\nmain;bake;heat 4\n");
    browser.wait(&total(7));
    browser.wait("location.search === '?profile=2'");
    browser.wait_text("oven.folded");
    drop_file(&browser, "page.html", "<html>");
    browser.wait_text("page.html: unrecognized profile format: this looks like an HTML page");
    drop_file(&browser, "v8.cpuprofile", "{\"nodes\": 7");
    browser.wait_text("v8.cpuprofile: ");
    assert!(browser.url().ends_with("?profile=2"), "what is no profile leaves the view as it is");
    // It is one of the profiles from now on, for comparisons too; files are also chosen in a dialog.
    browser.click(".subject-name");
    browser.wait_text("Open a file…");
    browser.click_text(".menu-item", "recursive");
    browser.wait(&total(100));
    browser.back();
    browser.wait(&total(7));
    browser.assert_clean(&served.url);
}

#[test]
fn several_profiles_are_chosen_and_compared_by_menu() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = three();
    let total =
        |total: i64| format!("document.querySelector('.flame-canvas')?.chart.model?.total === {total}");
    browser.open(&served.url);
    browser.wait(DRAWN);
    browser.wait(&total(207));
    browser.wait_text("monday and 2 more");
    browser.click(".subject-name");
    browser.click_text(".menu-item", "tuesday");
    browser.wait(&total(100));
    assert!(browser.url().contains("profile=2"), "{}", browser.url());
    browser.click(".subject-name");
    browser.run("[...document.querySelectorAll('.menu-item')].filter((item) => item.innerText.includes('monday')).at(-1).click()");
    // As wide as both sides together.
    browser.wait(&total(200));
    browser.wait_text("vs monday");
    browser.click_text(".tab", "Top");
    browser.wait_text("Before");
    let rows = |of: &str| {
        browser.wait("document.querySelectorAll('.row').length > 0");
        browser.run(&format!(
            "return [...document.querySelectorAll('.row')].find((row) => row.querySelector('.name').innerText === '{of}')?.innerText.split(/[\\t\\n]+/).filter(Boolean)"
        ))
    };
    let visit = rows("visit");
    let words: Vec<&str> = visit.as_array().unwrap().iter().filter_map(serde_json::Value::as_str).collect();
    assert!(words.contains(&"50ms") && words.contains(&"20ms") && words.contains(&"−60.0%"), "{words:?}");
    // Only new, gone, grown or shrunk.
    for (choice, names) in [("Only shrunk", vec!["visit"]), ("Only grown", vec![]), ("Only gone", vec![])] {
        browser.run("[...document.querySelectorAll('.filters .button')].find((b) => b.title === 'Which changes to show').click()");
        browser.click_text(".menu-item", choice);
        browser.wait(&format!("document.querySelectorAll('.row').length === {}", names.len()));
    }
    browser.open(&format!("{}/ui/top?profile=1&base=3&change=new", served.url));
    browser.wait("document.querySelector('.table-foot')");
    assert_eq!(rows_shown(&browser), Vec::<String>::new(), "all of friday is in monday");
    browser.open(&format!("{}/ui/details?profile=1&base=3", served.url));
    browser.wait_text("Compared with");
    browser.wait_text("total 7ms cpu");
    browser.assert_clean(&served.url);
}

fn rows_shown(browser: &Browser) -> Vec<String> {
    let names =
        browser.run("return [...document.querySelectorAll('.row .name')].map((name) => name.innerText)");
    serde_json::from_value(names).unwrap()
}

#[test]
fn a_search_in_a_flame_graph_file_tells_true_totals() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let mut builder = Builder::new(&[("samples", "count")]);
    let mut at = |name: &str| {
        let function = builder.named_function(name, "wide.go");
        builder.source_location(function, 1)
    };
    let (main, everywhere) = (at("main"), at("everywhere"));
    let callers: Vec<_> = (0..20_000).map(|number| at(&format!("caller{number:05}"))).collect();
    for caller in callers {
        builder.sample(&[everywhere, caller, main], &[], &[3]).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.html");
    let session = Session::new(builder.finish(), NonZeroUsize::MIN);
    let question = Question::new(&hotlist_report::FLAMEGRAPH, None, &Options::default().view).unwrap();
    let drawing = hotlist_render::find("html").unwrap();
    let context = hotlist_render::Context::plain();
    let mut out = std::fs::File::create(&path).unwrap();
    session.draw(&question, drawing, &NoSource, &mut out, &context, &mut Vec::new()).unwrap();
    browser.open(&format!("file://{}", path.display()));
    browser.wait("document.querySelector('.flame-canvas')?.chart?.model.pruned");
    let found = "document.querySelector('.found').textContent";
    // One function is known wherever it is called from; several weigh at least what is here.
    browser.fill("input[type=search]", "everywhere");
    browser.wait(&format!("{found} === 'total 60,000 (100%) · self 60,000 (100%)'"));
    browser.fill("input[type=search]", "caller1");
    browser.wait(&format!("{found}.startsWith('total at least ') && {found}.endsWith(' · self 0 (0%)')"));
    browser.fill("input[type=search]", "caller19999");
    browser.wait(&format!("{found} === 'total 3 (<0.01%) · self 0 (0%)'"));
    browser.fill("input[type=search]", "nowhere");
    browser.wait(&format!("{found} === 'no matches'"));
    browser.assert_clean("file:");
}

#[test]
fn what_is_shown_is_printed_and_copied_as_a_picture() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    for view in ["flamegraph", "sandwich?pivot=encoding%2Fjson.Marshal", "graph", "both"] {
        browser.open(&format!("{}/ui/{view}", served.url));
        browser.wait(SETTLED);
        browser.wait("document.querySelector('svg.graph .node, .flame-canvas')");
        browser.run("dispatchEvent(new Event('beforeprint'))");
        browser.wait("document.querySelector('.paper img')?.complete && document.querySelector('.paper img').naturalWidth > 200");
        browser.run("dispatchEvent(new Event('afterprint'))");
        browser.wait("!document.querySelector('.paper')");
        // The clipboard of a headless browser needs a permission that the page cannot give.
        browser.run(
            "window.copied = null; window.ClipboardItem = class { constructor(types) { this.types = types; } };
             Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { write: async ([item]) => { window.copied = await item.types['image/png']; } } });",
        );
        browser.click("[aria-label=Share]");
        browser.click_text(".menu-item", "Copy as picture");
        browser.wait("window.copied?.type === 'image/png' && window.copied.size > 5000");
        browser.wait_text("Copied as a picture");
    }
    // All rows of a table are on paper.
    browser.open(&format!("{}/ui/top", served.url));
    browser.wait("document.querySelector('.row')");
    let shown = browser.run("return document.querySelectorAll('.row').length").as_u64();
    browser.run("dispatchEvent(new Event('beforeprint'))");
    let printed = browser.run("return document.querySelectorAll('.row').length").as_u64();
    assert!(printed > shown && printed == Some(265), "{printed:?} of {shown:?}");
    browser.assert_clean(&served.url);
}

#[test]
fn graphs_have_a_map_and_what_is_in_view_is_a_picture() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&format!("{}/ui/graph", served.url));
    browser.wait("document.querySelector('.overview rect')");
    browser.wait("document.querySelectorAll('.overview rect').length > document.querySelectorAll('svg.graph .node').length");
    let view = "document.querySelector('svg.graph').getAttribute('viewBox')";
    let corner = browser.run(
        "const box = document.querySelector('.overview').getBoundingClientRect(); return [box.left + box.width * 0.9, box.top + box.height * 0.9]",
    );
    let before = browser.run(&format!("return {view}"));
    browser.mouse(corner[0].as_f64().unwrap(), corner[1].as_f64().unwrap(), Some(0));
    browser.wait(&format!("{view} !== {before}"));
    let part = browser.run(&format!("return {view}"));
    // What is kept is what is in view.
    browser.run("window.kept = null; const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then((text) => { window.kept = text; }); return make(blob); };");
    browser.click("[aria-label=Download]");
    browser.click_text(".menu-item", "Picture (SVG)");
    browser.wait("window.kept !== null");
    let kept = browser.run("return window.kept.match(/<svg[^>]* viewBox=\"([^\"]*)\"/)[1]");
    let numbers = |text: &serde_json::Value| -> Vec<f64> {
        text.as_str().unwrap_or_default().split(' ').filter_map(|number| number.parse().ok()).collect()
    };
    let (kept, part) = (numbers(&kept), numbers(&part));
    let middle = |view: &[f64]| (view[0] + view[2] / 2.0, view[1] + view[3] / 2.0);
    let ((x, y), (wanted_x, wanted_y)) = (middle(&kept), middle(&part));
    assert!((x - wanted_x).abs() < 1.0 && (y - wanted_y).abs() < 1.0, "{kept:?} {part:?}");
    // With all of it in view there is nothing to find one's way in.
    browser.key("0");
    browser.wait("document.querySelector('.overview').hasAttribute('hidden')");
    browser.assert_clean(&served.url);
}

#[test]
fn source_lists_its_files_and_goes_to_the_hottest_line() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let source = SourceFiles::new(&[], &[], &repository(), |_| None).only_below_roots();
    let served = serve(source_profile(), "source", &Options::default(), source);
    browser.size(1000, 400);
    browser.open(&format!("{}/ui/source?q=.", served.url));
    browser.wait("document.querySelectorAll('.file-list button').length === 2");
    browser.wait_text("peek.rs");
    browser.click_text(".tools .button", "Hottest line");
    browser.wait("document.querySelector('tr.hit-now')");
    let seen = browser.run(
        "const line = document.querySelector('tr.hit-now'), box = line.getBoundingClientRect();
         return [line.innerText, box.top >= 0 && box.bottom <= innerHeight]",
    );
    assert!(seen[0].as_str().is_some_and(|line| line.contains("request.graph")), "{}", seen[0]);
    assert_eq!(seen[1], true);
    browser.run("[...document.querySelectorAll('.file-list button')].at(-1).click()");
    browser.wait("!document.querySelector('tr.hit-now')?.innerText.includes('request.graph')");
    browser.assert_clean(&served.url);
}

#[test]
fn the_focus_stays_where_people_are() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&format!("{}/ui/top", served.url));
    browser.wait("document.querySelector('.row')");
    // A menu that is closed gives the focus back to what opened it.
    for opener in [
        "[aria-label=Download]",
        "[aria-label=Share]",
        "[aria-label='Saved configurations']",
        ".filters .button",
        ".keys-button",
    ] {
        browser.click(opener);
        browser.wait("document.querySelector('.menu')?.contains(document.activeElement)");
        browser.key("\u{e00c}");
        browser.wait(&format!("document.activeElement === document.querySelector({})", json!(opener)));
    }
    // Each view has one heading of the first order, and those below follow without a gap.
    for view in [
        "flamegraph",
        "both",
        "sandwich?pivot=encoding%2Fjson.Marshal",
        "graph",
        "top",
        "peek?q=Marshal",
        "source?q=Marshal",
        "tags",
        "details",
    ] {
        browser.open(&format!("{}/ui/{view}", served.url));
        browser.wait(SETTLED);
        let levels = browser.run("return [...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => Number(heading.tagName[1]))");
        let levels: Vec<i64> = serde_json::from_value(levels).unwrap();
        assert_eq!(levels.iter().filter(|&&level| level == 1).count(), 1, "{view}: {levels:?}");
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{view}: {levels:?}");
    }
    browser.assert_clean(&served.url);
}

#[test]
fn a_window_of_time_is_dragged_and_moved_by_keys() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let mut builder = Builder::new(&[("cpu", "milliseconds")]);
    let [main, early, late] = ["main", "early", "late"].map(|name| {
        let function = builder.named_function(name, "main.go");
        builder.source_location(function, 5)
    });
    // A sample each tenth of a second, from 0 to 9.9 s.
    for tenth in 0..100 {
        let leaf = if tenth < 50 { early } else { late };
        builder.add_at(tenth * 100_000_000, &[leaf, main], &[], &[10]).unwrap();
    }
    let served = serve_profile(builder.finish(), "timed");
    let total =
        |total: i64| format!("document.querySelector('.flame-canvas')?.chart.model?.total === {total}");
    browser.open(&served.url);
    browser.wait(&total(1000));
    browser.wait("document.querySelector('.times-shape').getAttribute('d').length > 100");
    let strip = browser.run("const box = document.querySelector('.times-strip').getBoundingClientRect(); return [box.left, box.top + box.height / 2, box.width]");
    let [left, middle, width] = [0, 1, 2].map(|row| strip[row].as_f64().unwrap());
    // The second half.
    browser.drag((left + width * 0.5, middle), (left + width + 20.0, middle));
    browser.wait("location.search.includes('from=') && !location.search.includes('to=')");
    browser.wait(&total(500));
    browser.wait("!document.querySelector('.flame-canvas').chart.model.places.some((place) => place.label === 'early')");
    browser.wait_text("From time");
    let text = browser.run("return document.querySelector('.times-text').innerText");
    assert!(text.as_str().is_some_and(|text| text.contains("of 9.9")), "{text}");
    // Keys move it to the left and make it narrower; Escape shows everything.
    browser.run("document.querySelector('.times-strip').focus()");
    browser.key("\u{e012}");
    browser.wait("location.search.includes('to=')");
    browser.wait(
        "document.querySelector('.flame-canvas').chart.model.places.some((place) => place.label === 'early')",
    );
    browser.key("+");
    browser.wait("document.querySelector('.flame-canvas').chart.model.total < 300");
    // The address holds it in every view, and the panel has fields for it.
    let address = browser.url();
    browser.open(&address.replace("flamegraph", "top"));
    browser.wait("document.querySelectorAll('.row').length > 0 && document.querySelector('.times-outside').getAttribute('width') !== '0'");
    browser.click_text(".filters .button", "Filter");
    browser.wait(
        "[...document.querySelectorAll('.panel legend')].some((legend) => legend.innerText === 'Time')",
    );
    browser.key("\u{e00c}");
    browser.run("document.querySelector('.times-strip').focus()");
    browser.key("\u{e00c}");
    browser.wait("!location.search.includes('from=') && !location.search.includes('to=')");
    browser.wait("document.querySelector('[aria-label=\"All of the time\"]').hidden");
    // A profile without times has no axis.
    let other = json_benchmark();
    browser.open(&other.url);
    browser.wait(DRAWN);
    browser.wait("document.querySelector('.times').hidden");
    browser.assert_clean("http://localhost:");
}
