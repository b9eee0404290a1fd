//! Cases from the field: what people saw that was wrong, or tried without success.

use hotlist_profile::{Builder, Profile};
use hotlist_session::Options;
use hotlist_testkit::testdata;
use serde_json::{Value, json};

use crate::driver::Browser;
use crate::support::{Served, get, load_files, serve_profile};
use crate::{DRAWN, alone, json_benchmark};

fn served(name: &str) -> Served {
    serve_profile(load_files(&[&testdata(&format!("page/{name}.pb.gz"))], &Options::default()), name)
}

fn compared() -> Served {
    let mut options = Options::default();
    options.source.diff_base = vec![testdata("page/base.pb.gz").into()];
    serve_profile(load_files(&[&testdata("page/new.pb.gz")], &options), "new")
}

/// A profile with `count` leaves below one function, each as light as the next, and a recursive function.
fn wide(count: usize) -> Profile {
    let mut builder = Builder::new(&[("samples", "count")]);
    let mut at = |name: &str| {
        let function = builder.named_function(name, "wide.go");
        builder.source_location(function, 1)
    };
    let (main, recursive) = (at("main"), at("recursive"));
    let leaves: Vec<_> = (0..count).map(|number| at(&format!("leaf{number:05}"))).collect();
    let thin = at("thin");
    for (number, leaf) in leaves.into_iter().enumerate() {
        let stack = if number == count / 2 { vec![thin, leaf, main] } else { vec![leaf, main] };
        builder.sample(&stack, &[], &[2]).unwrap();
    }
    builder.sample(&[recursive, recursive, main], &[], &[1000]).unwrap();
    builder.sample(&[recursive, main], &[], &[10]).unwrap();
    builder.finish()
}

const CHART: &str = "document.querySelector('.flame-canvas').chart";

#[test]
fn searches_mark_no_more_than_what_matches_weighs() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = serve_profile(wide(20_000), "wide");
    browser.open(&format!("{}/ui/flamegraph?q=leaf0000", served.url));
    browser.wait(DRAWN);
    // Ten leaves of 20,000 are a two-thousandth of their row, however few pixels that is.
    browser.wait(&format!("{CHART}.model.marks"));
    let marked = format!(
        "{CHART}.outline().boxes.filter((box) => box.colour === {CHART}.mark).reduce((sum, box) => sum + box.width, 0)"
    );
    browser.wait(&format!("{marked} > 0"));
    let share = browser.run(&format!("return {marked} / {CHART}.width"));
    let expected = 20.0 / (40_000.0 + 1010.0);
    let share = share.as_f64().unwrap();
    assert!((share - expected).abs() < expected / 5.0, "{share} of the width for {expected} of the weight");
    // What only summed-up frames have marks these, and is a hit.
    browser.open(&format!("{}/ui/flamegraph?q=thin", served.url));
    browser.wait(DRAWN);
    browser.wait_text("total 2 ");
    browser.wait_text("1 hit");
    browser.wait(&format!("{CHART}.model.found().some((frame) => {CHART}.model.isOthers(frame))"));
    browser.assert_clean(&served.url);
}

#[test]
fn summed_up_frames_come_at_the_first_click() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = serve_profile(wide(20_000), "wide");
    for view in ["flamegraph", "sandwich?pivot=main"] {
        browser.open(&format!("{}/ui/{view}", served.url));
        browser.wait("[...document.querySelectorAll('.flame-canvas')].at(-1)?.chart?.model && !document.querySelector('.waiting')");
        let chart = "[...document.querySelectorAll('.flame-canvas')].at(-1).chart";
        let before = browser.run(&format!("return {chart}.model.count")).as_u64().unwrap();
        assert!(before < 15_000, "{view}: {before}");
        browser
            .run(&format!("const m = {chart}.model; {chart}.open(m.place.findIndex((place) => place < -1))"));
        browser.wait(&format!("{chart}.model.count > 20000"));
    }
    // The function in the middle weighs by itself what all of its frames weigh.
    browser.open(&format!("{}/ui/sandwich?pivot=recursive", served.url));
    browser.wait_text("self 1,010");
    browser.wait_text("total 1,010");
    browser.assert_clean(&served.url);
}

#[test]
fn filters_of_people_and_those_of_the_page_are_apart() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = compared();
    browser.open(&format!("{}/ui/tags", served.url));
    browser.click(".tag-value");
    browser.wait("location.search.includes('tag=')");
    browser.click_text(".tab", "Top");
    browser.wait("document.querySelectorAll('.row').length > 0");
    let sides = browser.run(
        "return [...document.querySelectorAll('.row')].map((row) => [row.querySelector('.cell-before').innerText, row.querySelector('.cell-change').innerText])",
    );
    let sides = sides.as_array().unwrap();
    assert!(sides.iter().any(|row| row[0] != "0"), "{sides:?}");
    assert!(sides.iter().any(|row| row[1] != "new"), "{sides:?}");
    // Only new, gone, grown or shrunk places.
    browser.open(&format!("{}/ui/top?change=grown", served.url));
    browser.wait("document.querySelectorAll('.row').length > 0");
    assert_eq!(browser.run("return document.querySelectorAll('.row .shrank').length"), 0);
    browser.assert_clean(&served.url);
}

/// Every value of every tag, as the page asks for it, has the weight that it is shown with.
#[test]
fn a_click_at_a_tag_keeps_exactly_its_samples() {
    for name in ["tagc", "keys60", "base"] {
        let served = served(name);
        let json = |path: &str| -> Value {
            serde_json::from_str(&get(&format!("{}/api/v1/{path}", served.url)).1).unwrap()
        };
        let tags = json("tags");
        let mut count = 0;
        for key in tags["keys"].as_array().unwrap() {
            for value in key["values"].as_array().unwrap().iter().take(30) {
                let text = key["key"].as_str().unwrap().replace('\\', "\\\\").replace('=', "\\=");
                let tag: String = format!("{text}={}", value["value"].as_str().unwrap())
                    .bytes()
                    .map(|byte| format!("%{byte:02x}"))
                    .collect();
                let root = json(&format!("flamegraph?tag={tag}&n=1"));
                let base = root["frames"]["base_cum"][0].as_i64().unwrap_or(0);
                let weight = root["frames"]["cum"][0].as_i64().unwrap() - base;
                assert_eq!(Some(weight), value["weight"].as_i64(), "{name}: {} {value}", key["key"]);
                count += 1;
            }
        }
        assert!(count > 0, "{name}");
    }
}

#[test]
fn tags_are_clicked_whatever_they_are_called() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = served("tagc");
    browser.open(&format!("{}/ui/tags", served.url));
    browser.wait("document.querySelectorAll('.tag-value').length > 2");
    let all = browser.run("return document.querySelectorAll('.tag-value').length").as_u64().unwrap();
    for row in 0..all.min(8) {
        browser.open(&format!("{}/ui/tags", served.url));
        browser.wait("document.querySelectorAll('.tag-value').length > 2");
        let weight = browser.run(&format!(
            "const row = document.querySelectorAll('.tag-value')[{row}]; const text = row.querySelector('.value').innerText; row.click(); return text"
        ));
        browser.wait(&format!(
            "document.querySelector('.tag-value[aria-current] .value')?.innerText === {weight}"
        ));
    }
    browser.assert_clean(&served.url);
}

#[test]
fn places_of_graphs_are_known_at_every_granularity() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    for granularity in ["lines", "addresses", "filefunctions"] {
        for (key, wanted) in [("f", "only="), ("h", "hidden="), ("i", "without="), ("r", "below=")] {
            browser.open(&format!("{}/ui/graph?g={granularity}", served.url));
            browser.wait("document.querySelector('svg.graph .node')");
            let clicked = browser.run(
                "const nodes = [...document.querySelectorAll('svg.graph .node')]; const node = nodes.find((n) => n.dataset.key.includes('|'));
                 node.dispatchEvent(new MouseEvent('click', { bubbles: true })); return node.dataset.key",
            );
            browser.run("document.querySelector('svg.graph').focus()");
            browser.key(key);
            browser.wait(&format!("location.search.includes('{wanted}')"));
            browser.wait("document.querySelector('svg.graph .node')");
            let found = browser.run(&format!("return [...document.querySelectorAll('svg.graph .node')].some((n) => n.dataset.key === {clicked})"));
            assert_eq!(found, matches!(key, "f" | "r"), "{granularity} {key}");
        }
        browser.open(&format!("{}/ui/graph?g={granularity}", served.url));
        browser.wait("document.querySelector('svg.graph .node')");
        browser.run("[...document.querySelectorAll('svg.graph .node')][0].dispatchEvent(new MouseEvent('click', { bubbles: true })); document.querySelector('svg.graph').focus()");
        browser.key("o");
        browser.wait("location.pathname.endsWith('/source') && document.querySelector('.routine')");
    }
    browser.assert_clean(&served.url);
}

#[test]
fn links_lead_to_the_same_question_in_a_new_tab() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    for view in ["top", "peek", "both", "tags", "details"] {
        browser.open(&format!("{}/ui/{view}?si=samples&h=runtime&only=encoding%2Fjson.Marshal", served.url));
        browser.wait(
            "document.querySelector('.main')?.childElementCount && !document.querySelector('.waiting')",
        );
        let lost = browser.run(
            "return [...document.querySelectorAll('.main a[href], .tabs a')].map((a) => a.href).filter((href) => !href.startsWith('http://golang') && !(
                 new URL(href).searchParams.get('si') === 'samples' && href.includes('h=runtime') && href.includes('only=encoding')))",
        );
        // Details chooses sample types.
        let lost: Vec<_> = lost.as_array().unwrap().iter().filter(|_| view != "details").collect();
        assert!(lost.is_empty(), "{view}: {lost:?}");
    }
    browser.assert_clean(&served.url);
}

#[test]
fn downloads_are_what_is_shown() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    let kept = |label: &str| {
        browser.run("window.kept = null; const make = URL.createObjectURL; URL.createObjectURL = (blob) => { blob.text().then((text) => { window.kept = text; }); return make(blob); };");
        browser.click("[aria-label=Download]");
        browser.click_text(".menu-item", label);
        browser.wait("window.kept !== null");
        browser.run("return window.kept").as_str().unwrap_or_default().to_owned()
    };
    browser.open(&format!("{}/ui/top?q=Encoder&order=cum-", served.url));
    browser.wait("document.querySelector('.row') && document.querySelector('.hits:not([hidden])')");
    let table = kept("Table (CSV)");
    let rows: Vec<&str> = table.lines().skip(1).collect();
    assert!(
        rows.len() > 3 && rows.iter().all(|row| row.contains("Encoder") || row.contains("encoder")),
        "{table}"
    );
    assert!(rows[0].starts_with("encoding/json.ptrEncoder.encode,"), "{table}");
    browser.open(&format!("{}/ui/sandwich?pivot=encoding%2Fjson.Marshal", served.url));
    browser.wait("document.querySelectorAll('.flame-canvas').length === 2");
    let picture = kept("Picture (SVG)");
    assert!(
        picture.contains("encoding/json.Marshal") && picture.contains("testing.(*B).launch"),
        "callers and callees"
    );
    browser.open(&served.url);
    browser.wait(DRAWN);
    let (x, y) = browser.frame("encoding/json.Marshal");
    browser.mouse(x, y, Some(0));
    browser.wait(&format!("location.search.includes('zoom') && !{CHART}.motion"));
    let frames = kept("Frames (CSV)");
    assert!(frames.lines().nth(1).is_some_and(|row| row.starts_with("encoding/json.Marshal,")), "{frames}");
    let picture = kept("Picture (SVG)");
    assert!(!picture.contains("runtime.gcBgMarkWorker"), "only what the zoom shows");
    browser.assert_clean(&served.url);
}

#[test]
fn panels_keep_what_was_typed() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&served.url);
    browser.wait(DRAWN);
    browser.click_text(".filters .button", "Filter");
    browser.fill(".panel label:nth-of-type(3) input", "runtime");
    browser.run("dispatchEvent(new Event('blur'))");
    browser.size(1000, 700);
    browser.wait("document.querySelector('.panel label:nth-of-type(3) input')?.value === 'runtime'");
    // Closed and opened again, it is still there.
    browser.key("\u{e00c}");
    browser.wait("!document.querySelector('.panel')");
    browser.click_text(".filters .button", "Filter");
    browser.wait("document.querySelector('.panel label:nth-of-type(3) input')?.value === 'runtime'");
    browser.click(".panel .primary");
    browser.wait("location.search.includes('h=runtime')");
    // Deleting a configuration asks first.
    browser.click("[aria-label='Saved configurations']");
    browser.fill(".menu input", "mine");
    browser.click(".menu .primary");
    browser.wait_text("Saved as mine");
    browser.click("[aria-label='Saved configurations']");
    browser.click_text(".menu-item", "Delete mine");
    browser.wait("document.querySelector('dialog[open]')");
    browser.click_text("dialog button", "Cancel");
    browser.click("[aria-label='Saved configurations']");
    browser.click_text(".menu-item", "Delete mine");
    browser.click_text("dialog button", "Delete");
    browser.wait_text("Deleted mine");
    // Several focus patterns add up.
    let total = |query: &str| {
        let (_, body) = get(&format!("{}/api/v1/flamegraph?n=1&{query}", served.url));
        serde_json::from_str::<Value>(&body).unwrap()["frames"]["cum"][0].as_i64().unwrap()
    };
    let (one, other, both) = (total("f=Marshal"), total("f=mallocgc"), total("f=Marshal&f=mallocgc"));
    assert!(both > 0 && both < one && both < other, "{one} {other} {both}");
    browser.assert_clean(&served.url);
}

#[test]
fn values_of_a_table_are_each_in_a_unit_that_can_be_read() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = served("block");
    browser.open(&format!("{}/ui/top", served.url));
    browser.wait("document.querySelectorAll('.row').length > 0");
    let values =
        browser.run("return [...document.querySelectorAll('.row .value')].map((value) => value.innerText)");
    for value in values.as_array().unwrap() {
        assert!(value.as_str().unwrap().len() <= 9, "{values}");
    }
    browser.wait_text("hrs");
    browser.assert_clean(&served.url);
}

#[test]
fn searches_lead_from_hit_to_hit_in_every_view() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    for (view, text) in [
        ("flamegraph", "Encoder"),
        ("both", "Encoder"),
        ("sandwich?pivot=encoding%2Fjson.Marshal", "ncode"),
        ("graph", "Encoder"),
        ("top", "Encoder"),
        ("peek?of=encoding%2Fjson.Marshal", "encodeState"),
        ("source?of=encoding%2Fjson.structEncoder.encode", "4"),
        ("details", "encoding"),
    ] {
        browser.open(&format!("{}/ui/{view}", served.url));
        browser.wait(
            "document.querySelector('.main')?.childElementCount && !document.querySelector('.waiting')",
        );
        browser.fill(".top .search input", text);
        // What was typed is looked for after a moment; then each Enter leads on.
        browser.wait("document.querySelector('.hits:not([hidden]) .hit-count')?.innerText.includes('hit')");
        browser.run("document.querySelector('.top .search input').focus()");
        browser.key("\u{e007}");
        browser.wait("/^1 of \\d/.test(document.querySelector('.hit-count').innerText)");
        browser.run("document.activeElement.blur()");
        browser.key("N");
        browser.wait(
            "/^(\\d+) of \\1$/.test(document.querySelector('.hit-count').innerText.replaceAll(',', ''))",
        );
        browser.key("n");
        browser.wait("/^1 of \\d/.test(document.querySelector('.hit-count').innerText)");
    }
    browser.assert_clean(&served.url);
}

#[test]
fn fingers_read_weights_and_small_screens_have_room() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    // A phone on its side, and a window of 1280 by 800 pixels at 200 %.
    for (width, height) in [(800, 360), (640, 400)] {
        browser.size(width, height);
        for view in ["flamegraph", "top", "both", "graph", "source?q=Marshal", "tags", "details"] {
            browser.open(&format!("{}/ui/{view}", served.url));
            browser.wait(
                "document.querySelector('.main')?.childElementCount && !document.querySelector('.waiting')",
            );
            let room = browser.run("return document.querySelector('.main').clientHeight");
            assert!(room.as_u64() >= Some(240), "{view} at {width}x{height} has {room} pixels");
            let wide = browser.run("return document.documentElement.scrollWidth - innerWidth");
            assert!(wide.as_i64() <= Some(0), "{view} at {width}x{height} is {wide} pixels too wide");
        }
    }
    browser.size(420, 800);
    browser.open(&served.url);
    browser.wait(DRAWN);
    let (x, y) = browser.frame("encoding/json.Marshal");
    browser.tap(x, y);
    browser.wait("!document.querySelector('.card').hidden && document.querySelector('.card').innerText.includes('Total')");
    assert!(!browser.url().contains("zoom"));
    browser.tap(x, y);
    browser.wait("location.search.includes('zoom')");
    browser.assert_clean(&served.url);
}

#[test]
fn missing_source_says_where_it_was_looked_for() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&format!("{}/ui/source?of=encoding%2Fjson.Marshal", served.url));
    browser.wait_text("-source_path=FOLDER");
    browser.run("document.querySelector('.routine .why summary').click()");
    browser.wait("document.querySelectorAll('.tried li').length > 0");
    browser.wait("document.querySelector('.tried').innerText.includes('encoding/json/encode.go')");
    browser.open(&format!("{}/ui/disasm?of=encoding%2Fjson.Marshal", served.url));
    browser.wait_text("No machine code of this function");
    browser.wait("document.querySelector('.notice').innerText.length < 500");
    browser.assert_clean(&served.url);
}

#[test]
fn the_table_and_the_flame_graph_have_one_selection() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&format!("{}/ui/both", served.url));
    browser.wait(DRAWN);
    browser.wait("document.querySelectorAll('.row').length > 5");
    browser.click(".row:nth-child(3) .cell-flat");
    browser.wait("location.search.includes('sel=')");
    let chosen = browser.run("return document.querySelector('.row.chosen .name').innerText");
    browser.wait(&format!("{CHART}.picked === {chosen}"));
    let (x, y) = browser.frame("encoding/json.Marshal");
    browser.mouse(x, y, Some(0));
    browser.wait("document.querySelector('.row.chosen .name')?.innerText === 'encoding/json.Marshal'");
    browser.assert_clean(&served.url);
}

#[test]
fn packages_filter_by_a_click_and_presets_by_another() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    let served = json_benchmark();
    browser.open(&served.url);
    browser.wait(DRAWN);
    let total = browser.run(&format!("return {CHART}.model.total")).as_f64().unwrap();
    browser.click_text(".package", "encoding/json");
    browser.wait("location.search.includes('pkg=encoding')");
    browser.wait(&format!("{CHART}.model.total === 1760000000"));
    assert!(total > 1.76e9);
    browser.click_text(".package", "encoding/json");
    browser.wait(&format!("{CHART}.model.total === {total}"));
    browser.click_text(".filters .button", "Filter");
    browser.click_text(".presets .button", "Hide runtime");
    browser.wait("location.search.includes('preset=')");
    browser.wait(&format!("!{CHART}.model.places.some((place) => place.label.startsWith('runtime.'))"));
    browser.assert_clean(&served.url);
}

#[test]
fn readers_find_no_barriers() {
    let _alone = alone();
    let Some(axe) = crate::axe::script() else { return };
    let Some(browser) = Browser::start() else { return };
    let json = json_benchmark();
    let tagged = served("tagc");
    let compared = compared();
    let mut pages: Vec<String> = [
        "flamegraph?q=Encoder",
        "both",
        "sandwich?pivot=encoding%2Fjson.Marshal",
        "graph",
        "top",
        "peek?q=Marshal",
        "source?q=Marshal",
        "disasm?q=Marshal",
        "details",
        "sandwich",
        "top?f=json&h=runtime&only=encoding%2Fjson.Marshal",
    ]
    .iter()
    .map(|view| format!("{}/ui/{view}", json.url))
    .collect();
    pages.push(format!("{}/ui/tags", tagged.url));
    pages.push(format!("{}/ui/top", compared.url));
    let run = |what: &str| {
        browser.run(&axe);
        let found = browser.run(
            "return axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map((found) =>
                 `${found.id} (${found.impact}): ${found.nodes.slice(0, 4).map((node) => node.html.slice(0, 160) + ' ' + (node.any[0]?.message ?? node.failureSummary)).join(' | ')}`))",
        );
        assert_eq!(found, json!([]), "{what}");
    };
    for scheme in ["light", "dark"] {
        browser.prefer(scheme);
        for page in &pages {
            browser.open(page);
            browser.wait(
                "document.querySelector('.main')?.childElementCount && !document.querySelector('.waiting')",
            );
            run(&format!("{page} {scheme}"));
        }
        browser.open(&format!("{}/ui/top", json.url));
        browser.wait("document.querySelector('.row')");
        for button in [
            "[aria-label='Saved configurations']",
            "[aria-label=Download]",
            "[aria-label=Share]",
            ".filters .button",
            ".keys-button",
        ] {
            browser.click(button);
            browser.wait("document.querySelector('.menu')");
            run(&format!("{button} {scheme}"));
            browser.key("\u{e00c}");
            browser.wait("!document.querySelector('.menu')");
        }
    }
}
