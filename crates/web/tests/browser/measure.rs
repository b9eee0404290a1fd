//! Figures of the page for one profile: `cargo xtask measure page PROFILE`.
#![allow(clippy::print_stdout, reason = "it is run for what it prints")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use hotlist_session::Options;

use crate::DRAWN;
use crate::driver::Browser;
use crate::support::{get, load_files, serve_profile};

/// A line of `/proc/self/status`, in megabytes; 0 where there is no such file.
fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim_start_matches(':').split_whitespace().next()?.parse::<f64>().ok())
        .map_or(0.0, |kilobytes| kilobytes / 1024.0)
}

#[test]
#[ignore = "measures, with a profile that HOTLIST_PROFILE names"]
fn measure_page() {
    let _alone = crate::alone();
    let path = PathBuf::from(std::env::var_os("HOTLIST_PROFILE").expect("HOTLIST_PROFILE names a profile"));
    let before = memory("VmRSS");
    let start = Instant::now();
    let profile = load_files(&[&path], &Options::default());
    let loaded = start.elapsed();
    let decoded = memory("VmRSS") - before;
    println!("loaded in {:.2} s, decoded {decoded:.0} MB", loaded.as_secs_f64());
    let served = serve_profile(profile, "measured");
    if let Some(browser) = Browser::start() {
        let start = Instant::now();
        browser.open(&served.url);
        browser.wait(DRAWN);
        println!("first flame graph painted after {:.2} s", start.elapsed().as_secs_f64());
        // Each step of a drag draws the whole canvas.
        let drawing = browser.run(
            "const chart = document.querySelector('.flame-canvas').chart; chart.zoomBy(0.2); const times = [];
             for (let step = 0; step < 120; step++) { chart.pan(chart.from + (chart.to - chart.from) / 300);
             const start = performance.now(); chart.draw(); times.push(performance.now() - start); }
             times.sort((a, b) => a - b); return [times[60], times[118], chart.model.count];",
        );
        println!("a picture of {} frames takes {} ms, at worst {} ms", drawing[2], drawing[0], drawing[1]);
        let rate = browser.run(
            "return new Promise((done) => { const chart = document.querySelector('.flame-canvas').chart; const times = []; let last = 0;
             const step = (now) => { if (last) times.push(now - last); last = now;
               if (times.length === 90) { times.sort((a, b) => a - b); done([times[45], times[85]]); return; }
               if (times.length % 2) chart.pan(chart.from + (chart.to - chart.from) / 300); else chart.zoomBy(0.99);
               requestAnimationFrame(step); };
             requestAnimationFrame(step); });",
        );
        println!("while it moves there is a picture every {} ms, at worst but five {} ms", rate[0], rate[1]);
        // As long as a person looks at the first picture, other views are worked out.
        std::thread::sleep(Duration::from_secs(3));
        for (tab, shown) in [
            ("Top", "document.querySelector('.table-body .row')"),
            ("Graph", "document.querySelector('svg.graph')"),
            (
                "Tags",
                "document.querySelector('.main')?.childElementCount && !document.querySelector('.waiting')",
            ),
            ("Sandwich", "document.querySelector('.pick-list button')"),
            ("Details", "document.querySelector('.main')?.innerText.includes('functions')"),
            ("Flame graph", DRAWN),
        ] {
            let start = Instant::now();
            browser.click_text(".tab", tab);
            browser.wait(shown);
            println!("a click at {tab}: painted after {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
        }
    }
    let top: serde_json::Value =
        serde_json::from_str(&get(&format!("{}/api/v1/top?n=1", served.url)).1).expect("JSON");
    let label = top["rows"][0]["place"]["label"].as_str().unwrap_or_default();
    let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let name = percent(label);
    // As a regular expression that matches the label alone.
    let literal = |c: char| if c.is_alphanumeric() { c.to_string() } else { format!("\\{c}") };
    let pattern = percent(&format!("^{}$", label.chars().map(literal).collect::<String>()));
    for route in [
        "flamegraph".to_owned(),
        "flamegraph?inverted=t".to_owned(),
        format!("flamegraph?pivot={name}"),
        format!("flamegraph?pivot={name}&inverted=t"),
        format!("flamegraph?f={pattern}"),
        "top?n=5000&nf=0".to_owned(),
        format!("search?q={pattern}"),
        format!("peek?q={pattern}"),
        format!("list?q={pattern}"),
        "dot".to_owned(),
        "dot/svg".to_owned(),
        "tags".to_owned(),
        "profile".to_owned(),
    ] {
        let start = Instant::now();
        let (status, body) = get(&format!("{}/api/v1/{route}", served.url));
        let first = start.elapsed();
        let start = Instant::now();
        get(&format!("{}/api/v1/{route}", served.url));
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
            let url = &served.url;
            // Each looks at something else.
            let ask = move || get(&format!("{url}/api/v1/flamegraph?n={}", 2_000 + reader)).0;
            scope.spawn(move || assert_eq!(ask(), 200));
        }
    });
    println!("ten readers of ten flame graphs at once: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let peak = memory("VmHWM");
    println!("peak memory {peak:.0} MB, {:.2} times the decoded profile", peak / decoded);
}
