//! The page in a real browser: every view, what people do in it, and that nothing harmful happens.
//!
//! Needs Debian's `chromium` and `chromium-driver`; without them the tests say so and pass, except in
//! continuous integration (`CI` in the environment).

mod axe;
mod code;
mod driver;
mod field;
mod habits;
mod measure;
mod odd;
mod pictures;
mod screenshots;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;

use std::sync::{Mutex, MutexGuard, PoisonError};

use driver::Browser;
use hotlist_session::{Options, SourceFiles};
use hotlist_testkit::{HOSTILE, hostile_profile, testdata};
use serde_json::json;
use support::{Served, load_files, repository, serve, serve_profile, source_profile};

/// One browser at a time is all that a small machine bears.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn json_benchmark() -> Served {
    serve_profile(
        load_files(&[&testdata("profiles/encoding_json.cpu.pb.gz")], &Options::default()),
        "encoding_json.cpu.pb.gz",
    )
}

const DRAWN: &str =
    "document.querySelector('.flame-canvas')?.chart?.model && !document.querySelector('.waiting')";

#[test]
fn every_view_opens_by_its_tab() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&served.url);
    browser.wait(DRAWN);
    assert!(browser.url().ends_with("/ui/flamegraph"));
    browser.click_text(".tab", "Top");
    browser.wait_text("encoding/json.structEncoder.encode");
    browser.click_text(".tab", "Sandwich");
    browser.wait_text("Whose callers and callees?");
    browser.click_text(".pick-list a", "encoding/json.ptrEncoder.encode");
    browser.wait_text("Callers");
    browser.wait("document.querySelectorAll('.flame-canvas').length === 2");
    assert!(browser.url().contains("pivot=encoding%2Fjson.ptrEncoder.encode"));
    browser.click_text(".tab", "Peek");
    browser.click_text(".pick-list a", "encoding/json.Marshal");
    browser.wait_text("encoding/json.(*encodeState).marshal");
    browser.click_text(".tab", "Source");
    browser.wait_text("encoding/json/encode.go");
    browser.click_text(".tab", "Tags");
    browser.wait_text("carry no tags");
    browser.click_text(".tab", "Details");
    browser.wait_text("265 functions");
    browser.click_text(".tab", "Disassembly");
    browser.wait("document.querySelector('.main').innerText.length > 20");
    browser.click_text(".tab", "Graph");
    browser.wait("document.querySelectorAll('.main svg.graph .node').length > 50");
    browser.assert_clean(&served.url);
}

#[test]
fn narrow_frames_have_the_own_name_of_their_function() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&served.url);
    browser.wait(DRAWN);
    let names = browser.run(
        "const { chart } = document.querySelector('.flame-canvas'), { model } = chart;
         const frame = model.place.findIndex((place) =>
             model.places[place]?.label === 'encoding/json.(*decodeState).value');
         const fit = (name) => chart.fit(model, frame, chart.widthOf(name) + 0.1);
         return ['encoding/json.(*decodeState).value', 'json.(*decodeState).value', '(*decodeState).value',
             'decodeState.value', 'va…'].map(fit);",
    );
    let expected = json!([
        "encoding/json.(*decodeState).value",
        "json.(*decodeState).value",
        "(*decodeState).value",
        "value",
        "va…"
    ]);
    assert_eq!(names, expected);
    let own = browser.run(
        "return import('/assets/names.js').then(({ ownNames }) => [
             'net/http.(*conn).serve', 'encoding/json.Marshal.func1', 'std::vector<a::b>::push_back(int)',
             '<T as a::B>::call::{{closure}}', 'operator()(x.y)', 'a->b', '((((.*'].map((name) => ownNames(name).at(-1)))",
    );
    let expected = json!([
        "serve",
        "Marshal.func1",
        "push_back(int)",
        "call::{{closure}}",
        "operator()(x.y)",
        "a->b",
        "((((.*"
    ]);
    assert_eq!(own, expected);
    browser.assert_clean(&served.url);
}

#[test]
fn frames_zoom_and_going_back_undoes_it() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&served.url);
    browser.wait(DRAWN);
    let (x, y) = browser.frame("encoding/json.Marshal");
    browser.mouse(x, y, None);
    browser.wait("!document.querySelector('.card').hidden");
    browser.wait_text("of caller");
    browser.mouse(x, y, Some(0));
    browser.wait("new URLSearchParams(location.search).get('zoom')");
    let zoomed = "(() => { const c = document.querySelector('.flame-canvas').chart; return c.motion === null && c.to - c.from < c.model.total })()";
    browser.wait(zoomed);
    let address = browser.url();
    browser.back();
    browser.wait("(() => { const c = document.querySelector('.flame-canvas').chart; return c.motion === null && c.to - c.from === c.model.total })()");
    browser.forward();
    browser.wait(zoomed);
    // The address holds all of it.
    browser.open(&address);
    browser.wait(DRAWN);
    browser.wait(zoomed);
    // Escape, from the keyboard.
    browser.run("document.querySelector('.flame-canvas').focus()");
    browser.key("\u{e00c}");
    browser.wait("!location.search.includes('zoom')");
    // Arrow keys and Enter.
    for key in ["\u{e015}", "\u{e015}", "\u{e007}"] {
        browser.key(key);
    }
    browser.wait("location.search.includes('zoom')");
    browser.assert_clean(&served.url);
}

#[test]
fn the_search_tells_totals_of_all_samples() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&served.url);
    browser.wait(DRAWN);
    browser.key("/");
    browser.fill(".top .search input", "json");
    browser.wait_text("total 1.76s (84.2%)");
    browser.wait_text("self 360ms (17.2%)");
    browser.wait("document.querySelector('.flame-canvas').chart.model.marks?.includes(1)");
    assert!(browser.url().contains("q=json"));
    browser.click_text(".tab", "Top");
    browser.wait_text("59 of 265 places");
    browser.fill(".top .search input", "(");
    browser.wait_text("q: ");
    browser.fill(".top .search input", "no such function");
    browser.wait_text("no matches");
    browser.assert_clean(&served.url);
}

#[test]
fn filters_menus_and_keys_change_what_is_shown() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&served.url);
    browser.wait(DRAWN);
    let (x, y) = browser.frame("encoding/json.Marshal");
    browser.mouse(x, y, Some(2));
    browser.click_text(".menu-item", "Focus");
    browser.wait_text("Only through encoding/json.Marshal");
    browser.wait("document.querySelector('.flame-canvas').chart.model.total === 650000000");
    browser.click(".chip-close");
    browser.wait("document.querySelector('.flame-canvas').chart.model.total === 2090000000");
    browser.back();
    browser.wait("document.querySelector('.flame-canvas').chart.model.total === 650000000");
    browser.click_text(".filters .button", "Filter");
    browser.fill(".panel label:nth-of-type(1) input", "");
    browser.fill(".panel label:nth-of-type(3) input", "^runtime");
    browser.click(".panel .primary");
    browser.wait_text("Hide ^runtime");
    browser.wait("!document.querySelector('.flame-canvas').chart.model.places.some((p) => p.label.startsWith('runtime.'))");
    browser.click_text(".filters .button", "functions");
    browser.click_text(".menu-item", "lines");
    browser.wait("location.search.includes('g=lines')");
    browser.click_text(".tools .button", "Inverted");
    browser.wait("document.querySelector('.flame-canvas').chart.model.inverted");
    browser.run("document.querySelector('.flame-canvas').focus()");
    for key in ["\u{e015}", "s"] {
        browser.key(key);
    }
    browser.wait_text("Another one");
    browser.click_text(".subject .button", "cpu");
    browser.click_text(".menu-item", "samples");
    browser.wait("location.search.includes('si=samples')");
    // A configuration is saved, and opened from the default one.
    browser.click("[aria-label='Saved configurations']");
    browser.fill(".menu input", "mine");
    browser.click(".menu .primary");
    browser.wait_text("Saved as mine");
    browser.click("[aria-label='Saved configurations']");
    browser.click_text(".menu-item", "Default");
    browser.wait("!location.search.includes('h=')");
    browser.click("[aria-label='Saved configurations']");
    browser.click_text(".menu-item", "mine");
    browser.wait("location.search.includes('h=') && location.search.includes('g=lines')");
    browser.assert_clean(&served.url);
}

#[test]
fn dark_and_light_follow_the_system_until_people_choose() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.prefer("dark");
    browser.open(&served.url);
    browser.wait(DRAWN);
    let ground = "getComputedStyle(document.body).backgroundColor";
    browser.wait(&format!("{ground} === 'rgb(23, 24, 27)'"));
    browser.prefer("light");
    browser.wait(&format!("{ground} === 'rgb(255, 255, 255)'"));
    browser.click("[aria-label^='Dark colours']");
    browser.wait(&format!("{ground} === 'rgb(23, 24, 27)'"));
    browser.open(&format!("{}/ui/top", served.url));
    browser.wait(&format!("{ground} === 'rgb(23, 24, 27)'"));
    browser.assert_clean(&served.url);
}

#[test]
fn tags_group_and_filter() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = serve_profile(
        load_files(&[&testdata("profiles/wake.cpu.pb.gz")], &Options::default()),
        "wake.cpu.pb.gz",
    );
    browser.open(&format!("{}/ui/tags", served.url));
    browser.wait_text("worker");
    browser.click_text("button", "Group by this");
    browser.wait("location.pathname.endsWith('/flamegraph') && location.search.includes('tagroot=kind')");
    browser.wait(DRAWN);
    browser.wait(
        "(() => { const m = document.querySelector('.flame-canvas').chart.model; return m.below(0).map((f) => m.label(f)).sort().join().includes('fast,slow') })()",
    );
    let total = browser.run("return document.querySelector('.flame-canvas').chart.model.total");
    browser.open(&format!("{}/ui/tags", served.url));
    browser.click_text(".tag-row, .main button, .main a", "fast");
    browser.wait("location.search.includes('tag=')");
    browser.click_text(".tab", "Flame graph");
    browser.wait(DRAWN);
    browser.wait(&format!("document.querySelector('.flame-canvas').chart.model.total < {total}"));
    browser.assert_clean(&served.url);
}

#[test]
fn the_graph_moves_lights_up_and_has_menus() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&format!("{}/ui/graph", served.url));
    browser.wait("document.querySelector('svg.graph .node')");
    let view = "document.querySelector('svg.graph').getAttribute('viewBox')";
    let changes = |act: &dyn Fn()| {
        let before = browser.run(&format!("return {view}"));
        act();
        browser.wait(&format!("{view} !== {before}"));
    };
    changes(&|| browser.key("+"));
    changes(&|| browser.key("\u{e015}"));
    changes(&|| browser.drag((600.0, 600.0), (540.0, 560.0)));
    changes(&|| browser.pinch(600.0, 500.0));
    changes(&|| browser.key("0"));
    let place = browser.run(
        "const box = document.querySelector('svg.graph .node').getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]",
    );
    let (x, y) = (place[0].as_f64().unwrap(), place[1].as_f64().unwrap());
    browser.mouse(x, y, None);
    browser.wait("document.querySelectorAll('svg.graph .edge.on').length > 0");
    browser.mouse(x, y, Some(2));
    browser.click_text(".menu-item", "Focus");
    browser.wait("location.search.includes('only=') && document.querySelector('svg.graph .node')");
    browser.assert_clean(&served.url);
}

#[test]
fn graphs_open_at_their_heaviest_node_in_letters_that_can_be_read() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    for (width, height) in [(420, 800), (900, 700), (1400, 900)] {
        browser.size(width, height);
        browser.open(&format!("{}/ui/graph", served.url));
        browser.wait("document.querySelector('svg.graph .node')");
        let seen = browser.run(
            "const svg = document.querySelector('svg.graph'), page = svg.getBoundingClientRect();
             const box = svg.querySelector('[data-start]').getBoundingClientRect();
             const inside = box.left >= page.left && box.right <= page.right && box.top >= page.top && box.bottom <= page.bottom;
             const sizes = [...svg.querySelectorAll('text')].map((text) => parseFloat(getComputedStyle(text).fontSize));
             return [inside, Math.min(...sizes) * svg.getScreenCTM().a];",
        );
        assert_eq!(seen[0], true, "at {width} pixels");
        assert!(seen[1].as_f64() >= Some(7.5), "letters of {} pixels", seen[1]);
    }
    browser.wait("document.fonts.check('10px \"hotlist graph\"')");
    browser.assert_clean(&served.url);
}

#[test]
fn tables_sort_and_obey_keys() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&format!("{}/ui/top", served.url));
    let first = "document.querySelector('.row .name')?.innerText";
    browser.wait(&format!("{first} === 'encoding/json.structEncoder.encode'"));
    browser.click_text(".places .sort", "Total");
    browser.wait(&format!("{first} === 'encoding/json.ptrEncoder.encode'"));
    browser.run("document.querySelector('.table-scroller').focus()");
    for key in ["\u{e011}", "\u{e015}", "\u{e007}"] {
        browser.key(key);
    }
    browser.wait("location.pathname.endsWith('/sandwich')");
    assert!(browser.url().contains("pivot=encoding%2Fjson.structEncoder.encode"), "{}", browser.url());
    browser.back();
    browser.wait(&format!("location.pathname.endsWith('/top') && {first}"));
    browser.assert_clean(&served.url);
}

#[test]
fn fingers_zoom_flame_graphs() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.size(420, 800);
    browser.open(&served.url);
    browser.wait(DRAWN);
    let share = "(() => { const c = document.querySelector('.flame-canvas').chart; return (c.to - c.from) / c.model.total })()";
    assert_eq!(browser.run(&format!("return {share}")), 1);
    browser.pinch(210.0, 400.0);
    browser.wait(&format!("{share} < 0.5"));
    browser.assert_clean(&served.url);
}

#[test]
fn everything_in_the_download_menu_is_there() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = serve_profile(
        load_files(&[&testdata("profiles/wake.cpu.pb.gz")], &Options::default()),
        "wake.cpu.pb.gz",
    );
    let mut kinds = std::collections::BTreeSet::new();
    for view in ["flamegraph", "graph", "top", "peek?q=encode", "source?q=encode", "tags", "details"] {
        browser.open(&format!("{}/ui/{view}", served.url));
        browser.wait(
            "document.querySelector('.main')?.childElementCount && !document.querySelector('.waiting')",
        );
        browser.click("[aria-label=Download]");
        browser.wait("document.querySelectorAll('.menu a[download]').length >= 3");
        let files = browser.run(
            "return Promise.all([...document.querySelectorAll('.menu a[download]')].map(async (a) => {
                 const answer = await fetch(a.href); const bytes = await answer.arrayBuffer();
                 return [a.getAttribute('download'), answer.status, bytes.byteLength]; }))",
        );
        for file in files.as_array().unwrap() {
            let name = file[0].as_str().unwrap();
            assert_eq!(file[1], 200, "{view}: {file}");
            // The profile has no comments, which are the text of its details.
            assert!(file[2].as_u64() > Some(0) || view == "details", "{view}: {file}");
            kinds.insert(name.rsplit('.').next().unwrap_or_default().to_owned());
        }
    }
    for kind in ["svg", "json", "html", "folded", "gz", "dot", "pdf"] {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
    browser.assert_clean(&served.url);
}

#[test]
fn comparisons_show_both_sides() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let mut options = Options::default();
    options.source.diff_base = vec![testdata("profiles/wake.cpu.pb.gz").into()];
    let profile = load_files(&[&testdata("profiles/encoding_json.cpu.pb.gz")], &options);
    let served = serve_profile(profile, "comparison");
    browser.open(&served.url);
    browser.wait(DRAWN);
    browser.wait_text("less");
    let (x, y) = browser.frame("encoding/json.Marshal");
    browser.mouse(x, y, None);
    browser.wait_text("before");
    browser.wait_text("new");
    browser.click_text(".tab", "Top");
    browser.wait_text("Before");
    browser.wait_text("+850ms");
    // The other views, in dark colours.
    browser.prefer("dark");
    let views = [
        ("sandwich?pivot=encoding%2Fjson.Marshal", "total 590ms"),
        ("graph", "-0.86s"),
        ("peek?q=Marshal%24", "+590ms"),
        ("source?q=mallocgc%24", "−880ms"),
        ("tags", "fast"),
        ("details", "encoding_json.test"),
    ];
    for (view, text) in views {
        browser.open(&format!("{}/ui/{view}", served.url));
        browser.wait(&format!("document.querySelector('.main').textContent.includes({})", json!(text)));
    }
    browser.assert_clean(&served.url);
}

#[test]
fn source_code_has_its_weights_and_narrow_windows_hold_it() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let source = SourceFiles::new(&[], &[], &repository(), |_| None).only_below_roots();
    let served = serve(source_profile(), "source", &Options::default(), source);
    browser.size(420, 800);
    browser.open(&format!("{}/ui/source?q=.", served.url));
    browser.wait_text("request.graph(&table, &names, &trim)");
    browser.wait("document.querySelectorAll('.code-line.hot').length >= 4");
    browser.wait_text("840ms");
    for view in ["flamegraph", "top", "peek?q=.", "tags", "details", "source?q=."] {
        browser.open(&format!("{}/ui/{view}", served.url));
        browser.wait(
            "document.querySelector('.main')?.childElementCount && !document.querySelector('.waiting')",
        );
        let wide = browser.run("return document.documentElement.scrollWidth - innerWidth");
        assert!(wide.as_i64() <= Some(0), "{view} is {wide} pixels too wide");
    }
    browser.assert_clean(&served.url);
}

#[test]
fn flame_graph_files_work_without_a_server() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, profile, label) in [
        (
            "json.html",
            load_files(&[&testdata("profiles/encoding_json.cpu.pb.gz")], &Options::default()),
            "encoding/json.Marshal",
        ),
        ("hostile.html", hostile_profile(), HOSTILE[1]),
    ] {
        let path = folder.path().join(name);
        let session = hotlist_session::Session::new(profile, std::num::NonZeroUsize::MIN);
        let report = hotlist_report::find("flamegraph").unwrap();
        let question = hotlist_session::Question::new(report, None, &Options::default().view).unwrap();
        let drawing = hotlist_render::find("html").unwrap();
        let context = hotlist_render::Context::plain();
        let mut out = std::fs::File::create(&path).unwrap();
        session
            .draw(&question, drawing, &hotlist_report::NoSource, &mut out, &context, &mut Vec::new())
            .unwrap();
        browser.open(&format!("file://{}", path.display()));
        browser.wait("document.querySelector('.flame-canvas')?.chart?.model");
        let (x, y) = browser.frame(label);
        browser.mouse(x, y, None);
        browser.wait("!document.querySelector('.card').hidden");
        browser.mouse(x, y, Some(0));
        browser.wait("document.querySelector('.flame-canvas').chart.zoomed > 0");
        browser.fill("input[type=search]", "e");
        browser.wait("document.querySelector('.found').textContent.includes('total')");
        let total = browser.run("return document.querySelector('.flame-canvas').chart.model.total");
        browser.click_text(".button", "Inverted");
        browser.wait(&format!("document.querySelector('.flame-canvas').chart.model.inverted && document.querySelector('.flame-canvas').chart.model.total === {}", json!(total)));
        let top = "document.querySelector('.flame-canvas').chart.box(0).y";
        let before = browser.run(&format!("return {top}"));
        browser.click("[aria-label='Root at the bottom']");
        browser.wait(&format!("{top} > {before}"));
        browser.click("[aria-label='Dark or light']");
    }
    browser.assert_clean("file:");
}
