//! Pictures of the page for the documentation: `cargo xtask screenshots`.

use std::path::PathBuf;

use hotlist_session::{Options, SourceFiles};
use hotlist_testkit::testdata;

use crate::driver::Browser;
use crate::support::{earlier, load_files, repository, serve, serve_profile, source_profile};

/// Waits until nothing moves any more.
fn settle(browser: &Browser) {
    browser.wait("document.querySelector('.main')?.childElementCount && !document.querySelector('.waiting')");
    browser.wait("[...document.querySelectorAll('.flame-canvas')].every((canvas) => canvas.chart.model && !canvas.chart.motion)");
    std::thread::sleep(std::time::Duration::from_millis(300));
}

#[test]
#[ignore = "writes the pictures of the documentation"]
fn write_screenshots() {
    let _alone = crate::alone();
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/images"));
    std::fs::create_dir_all(&folder).unwrap();
    let browser = Browser::start().expect("chromium and chromedriver are needed");
    let json = testdata("profiles/encoding_json.cpu.pb.gz");
    let one = serve_profile(load_files(&[&json], &Options::default()), "encoding_json.cpu.pb.gz");
    let tagged = serve_profile(
        load_files(&[&testdata("profiles/wake.cpu.pb.gz")], &Options::default()),
        "wake.cpu.pb.gz",
    );
    let mut options = Options::default();
    let before = tempfile::NamedTempFile::new().unwrap();
    let earlier = earlier(&load_files(&[&json], &Options::default()));
    hotlist_formats::write(&earlier, before.as_file()).unwrap();
    options.source.diff_base = vec![before.path().display().to_string()];
    let compared = serve_profile(load_files(&[&json], &options), "before and after");
    let source = SourceFiles::new("", "", &repository(), |_| None).only_below_roots();
    let listed = serve(source_profile(), "report.cpu.pb.gz", &Options::default(), source);
    let hover = "encoding/json.Marshal";
    let shots: [(&str, &str, String, &str, (u32, u32), Option<&str>); 12] = [
        ("flamegraph", "light", format!("{}/ui/flamegraph", one.url), "", (1280, 800), Some(hover)),
        ("flamegraph-dark", "dark", format!("{}/ui/flamegraph?q=Encoder", one.url), "", (1280, 800), None),
        ("flamegraph-narrow", "light", format!("{}/ui/flamegraph", one.url), "", (420, 800), None),
        (
            "compare",
            "light",
            format!("{}/ui/flamegraph", compared.url),
            "",
            (1280, 800),
            Some("testing.(*B).launch"),
        ),
        (
            "sandwich",
            "light",
            format!("{}/ui/sandwich?pivot=encoding%2Fjson.Marshal", one.url),
            "",
            (1280, 800),
            None,
        ),
        ("graph", "light", format!("{}/ui/graph", one.url), "", (1280, 800), None),
        ("top", "light", format!("{}/ui/top", one.url), "", (1280, 800), None),
        ("top-narrow-dark", "dark", format!("{}/ui/top", one.url), "", (420, 800), None),
        ("peek", "light", format!("{}/ui/peek?q=structEncoder", one.url), "", (1280, 800), None),
        ("source", "light", format!("{}/ui/source?q=build", listed.url), "", (1280, 800), None),
        ("tags", "dark", format!("{}/ui/tags", tagged.url), "", (1280, 800), None),
        (
            "filters",
            "dark",
            format!("{}/ui/flamegraph?f=json", one.url),
            "document.querySelector('.filters .button').click()",
            (1280, 800),
            None,
        ),
    ];
    for (name, scheme, url, script, (width, height), hover) in shots {
        browser.size(width, height);
        browser.prefer(scheme);
        browser.open(&url);
        browser.mouse(2.0, 2.0, None);
        settle(&browser);
        browser.run(script);
        if let Some(label) = hover {
            let (x, y) = browser.frame(label);
            browser.mouse(x, y, None);
        }
        settle(&browser);
        browser.picture(&folder.join(format!("{name}.png")));
    }
}
