//! Figures of the page for one profile: `cargo xtask measure page PROFILE`.
#![allow(clippy::print_stdout, reason = "it is run for what it prints")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use hotlist_session::Options;
use serde_json::Value;

use crate::DRAWN;
use crate::driver::Browser;
use crate::support::{get, load_files, serve_profile};

const CHART: &str = "document.querySelector('.flame-canvas').chart";

/// What people click at, and what is there when it is answered.
const CLICKS: [(&str, &str, &str); 13] = [
    ("the tab Top", "tab('Top')", "document.querySelector('.row')"),
    (
        "the heading Total",
        "[...document.querySelectorAll('.sort')].find((b) => b.innerText.startsWith('Total')).click()",
        "document.querySelector('th.cell-cum[aria-sort=descending]')",
    ),
    (
        "the tab Both",
        "tab('Both')",
        "document.querySelector('.pane .row') && document.querySelector('.flame-canvas')?.chart?.model",
    ),
    (
        "a row beside the flame graph",
        "document.querySelectorAll('.row')[5].querySelector('.cell-flat').click()",
        "document.querySelector('.flame-canvas').chart.picked",
    ),
    ("the tab Sandwich", "tab('Sandwich')", "document.querySelector('.pick-list a')"),
    (
        "a place in the list",
        "document.querySelectorAll('.pick-list a')[3].click()",
        "document.querySelectorAll('.flame-canvas').length === 2",
    ),
    ("the tab Graph", "tab('Graph')", "document.querySelector('svg.graph .node')"),
    ("the tab Tags", "tab('Tags')", "document.querySelector('.main > .tags, .main > .notice')"),
    ("the tab Details", "tab('Details')", "document.querySelector('.main')?.innerText.includes('functions')"),
    ("the tab Flame graph", "tab('Flame graph')", DRAWN),
    (
        "a frame",
        "{ const { chart } = document.querySelector('.flame-canvas'); chart.open(chart.model.rows[3][0]); }",
        "location.search.includes('zoom') && !document.querySelector('.flame-canvas').chart.motion",
    ),
    (
        "Inverted",
        "[...document.querySelectorAll('.tools .button')].find((b) => b.innerText === 'Inverted').click()",
        "document.querySelector('.flame-canvas').chart.model.inverted",
    ),
    (
        "Inverted again",
        "[...document.querySelectorAll('.tools .button')].find((b) => b.innerText === 'Inverted').click()",
        "!document.querySelector('.flame-canvas').chart.model.inverted",
    ),
];

/// How often each is clicked.
const ROUNDS: usize = 5;

/// A line of `/proc/self/status`, in megabytes; 0 where there is no such file.
fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim_start_matches(':').split_whitespace().next()?.parse::<f64>().ok())
        .map_or(0.0, |kilobytes| kilobytes / 1024.0)
}

/// The value that this share of all is not above.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values
        .get(((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

#[test]
#[ignore = "measures, with a profile that HOTLIST_PROFILE names"]
fn measure_page() {
    let _alone = crate::alone();
    let path = PathBuf::from(std::env::var_os("HOTLIST_PROFILE").expect("HOTLIST_PROFILE names a profile"));
    let browser = Browser::start();
    let before = memory("VmRSS");
    let start = Instant::now();
    let profile = load_files(&[&path], &Options::default());
    let loaded = start.elapsed();
    let decoded = memory("VmRSS") - before;
    println!("loaded in {:.2} s, decoded {decoded:.0} MB", loaded.as_secs_f64());
    let served = serve_profile(profile, "measured");
    if let Some(browser) = &browser {
        browser.open(&served.url);
        browser.wait(DRAWN);
        println!("first flame graph painted {:.2} s after the start", start.elapsed().as_secs_f64());
        pictures(browser);
        clicks(browser);
    }
    routes(&served.url);
    let peak = memory("VmHWM");
    println!("peak memory {peak:.0} MB, {:.2} times the decoded profile", peak / decoded);
}

/// How large the page is, and how often it is painted while it moves.
fn pictures(browser: &Browser) {
    let bytes = browser.run(
        "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/assets/'))]
             .reduce((sum, entry) => sum + entry.encodedBodySize, 0)",
    );
    println!("the page takes {:.0} kB compressed", bytes.as_f64().unwrap_or(0.0) / 1e3);
    for (what, q) in [("zooming", ""), ("zooming with a search", "a")] {
        browser.run(&format!(
            "const input = document.querySelector('.top .search input'); input.value = '{q}'; input.dispatchEvent(new Event('input'))"
        ));
        browser.wait(&format!("Boolean({CHART}.model.marks) === {}", !q.is_empty()));
        let times = browser.run(&format!(
            "return new Promise((done) => {{ const chart = {CHART}; const times = []; let last = 0;
             const step = (now) => {{ if (last) times.push(now - last); last = now;
               if (times.length === 200) return done(times);
               if (times.length % 2) chart.pan(chart.from + (chart.to - chart.from) / 300); else chart.zoomBy(times.length < 100 ? 0.97 : 1 / 0.97);
               requestAnimationFrame(step); }};
             requestAnimationFrame(step); }});"
        ));
        let mut times: Vec<f64> = serde_json::from_value(times).unwrap_or_default();
        let (median, most) = (quantile(&mut times, 0.5), quantile(&mut times, 0.95));
        println!("{what}: a picture every {median:.1} ms, 95 % within {most:.1} ms");
    }
    browser.run("const input = document.querySelector('.top .search input'); input.value = ''; input.dispatchEvent(new Event('input'))");
    browser.wait(&format!("!{CHART}.model.marks"));
}

/// How long after clicks what they ask for is painted.
fn clicks(browser: &Browser) {
    // As long as people look at the first picture, other views are worked out.
    std::thread::sleep(Duration::from_secs(3));
    let mut all: Vec<f64> = Vec::new();
    let mut each: Vec<Vec<f64>> = vec![Vec::new(); CLICKS.len()];
    for _ in 0..ROUNDS {
        for ((_, click, shown), times) in CLICKS.iter().zip(&mut each) {
            let took = browser.run(&format!(
                "const tab = (name) => [...document.querySelectorAll('.tab')].find((tab) => tab.innerText === name).click();
                 return new Promise((done) => {{ const start = performance.now(); {click};
                   const look = () => ({shown}) ? requestAnimationFrame(() => done(performance.now() - start)) : requestAnimationFrame(look);
                   look(); }});"
            ));
            times.extend(took.as_f64());
        }
    }
    for ((name, ..), times) in CLICKS.iter().zip(&mut each) {
        all.extend(times.iter().copied());
        let (median, most) = (quantile(times, 0.5), quantile(times, 1.0));
        println!("a click at {name}: {median:.0} ms, at worst {most:.0} ms");
    }
    let (median, most) = (quantile(&mut all, 0.5), quantile(&mut all, 1.0));
    println!("all {} clicks: {median:.0} ms, at worst {most:.0} ms", all.len());
}

/// How long the server takes for each route, and for many at once.
fn routes(url: &str) {
    let top: Value = serde_json::from_str(&get(&format!("{url}/api/v1/top?n=1")).1).expect("JSON");
    let label = top["rows"][0]["place"]["label"].as_str().unwrap_or_default();
    let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let name = percent(label);
    // As a regular expression that matches the label alone.
    let literal = |c: char| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") };
    let pattern = percent(&format!("^{}$", label.chars().map(literal).collect::<String>()));
    for route in [
        "flamegraph".to_owned(),
        "flamegraph?inverted=t".to_owned(),
        "flamegraph?collapse=t".to_owned(),
        format!("flamegraph?pivot={name}"),
        format!("flamegraph?pivot={name}&inverted=t"),
        format!("flamegraph?only={name}"),
        format!("flamegraph?f={pattern}"),
        "flamegraph?marks=a".to_owned(),
        "top?n=5000&nf=0".to_owned(),
        format!("top?n=5000&nf=0&hidden={name}"),
        format!("search?q={pattern}"),
        "search?q=a".to_owned(),
        format!("peek?of={name}"),
        format!("list?of={name}"),
        "dot".to_owned(),
        "dot/svg".to_owned(),
        "tags".to_owned(),
        "profile".to_owned(),
    ] {
        let start = Instant::now();
        let (status, body) = get(&format!("{url}/api/v1/{route}"));
        let first = start.elapsed();
        let start = Instant::now();
        get(&format!("{url}/api/v1/{route}"));
        let shown = route.split('%').next().unwrap_or(&route);
        println!(
            "{shown:<32} {status} {:>7.0} ms, again {:>4.0} ms, {:>8.1} kB",
            first.as_secs_f64() * 1e3,
            start.elapsed().as_secs_f64() * 1e3,
            body.len() as f64 / 1e3
        );
    }
    let start = Instant::now();
    std::thread::scope(|scope| {
        for reader in 0..10 {
            // Each looks at something else.
            let ask = move || get(&format!("{url}/api/v1/flamegraph?n={}", 2_000 + reader)).0;
            scope.spawn(move || assert_eq!(ask(), 200));
        }
    });
    println!("ten readers of ten flame graphs at once: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
}
