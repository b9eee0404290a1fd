//! Pictures of the page for the documentation: `cargo xtask pictures page`.

use std::path::PathBuf;

use hotlist_session::{Options, SourceFiles};
use hotlist_testkit::testdata;

use crate::driver::Browser;
use crate::support::{earlier, load_files, repository, serve, serve_profile, source_profile};

/// A picture to take.
struct Shot {
    name: &'static str,
    scheme: &'static str,
    url: String,
    /// What to do on the page first.
    script: &'static str,
    size: (u32, u32),
    /// The frame to point at.
    hover: Option<&'static str>,
}

/// Opens the actions on a frame.
const OPEN_MENU: &str = "
    const canvas = document.querySelector('.flame-canvas'), chart = canvas.chart;
    const box = chart.box(8), at = canvas.getBoundingClientRect();
    canvas.dispatchEvent(new MouseEvent('contextmenu',
        { clientX: at.left + box.x + 30, clientY: at.top + box.y + 8, bubbles: true, cancelable: true }));";

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
    let file = testdata("profiles/encoding_json.cpu.pb.gz");
    let one = serve_profile(load_files(&[&file], &Options::default()), "encoding_json.cpu.pb.gz");
    let tagged = serve_profile(
        load_files(&[&testdata("profiles/wake.cpu.pb.gz")], &Options::default()),
        "wake.cpu.pb.gz",
    );
    let mut options = Options::default();
    let before = tempfile::NamedTempFile::new().unwrap();
    let earlier = earlier(&load_files(&[&file], &Options::default()));
    hotlist_formats::write(&earlier, before.as_file()).unwrap();
    options.source.diff_base = vec![before.path().into()];
    let compared = serve_profile(load_files(&[&file], &options), "before and after");
    let source = SourceFiles::new(&[], &[], &repository(), |_| None).only_below_roots();
    let listed = serve(source_profile(), "report.cpu.pb.gz", &Options::default(), source);
    let wide =
        |name, scheme, url: String| Shot { name, scheme, url, script: "", size: (1280, 800), hover: None };
    let narrow = |name, scheme, url| Shot { size: (420, 800), ..wide(name, scheme, url) };
    let json = |rest: &str| format!("{}/ui/{rest}", one.url);
    let shots = [
        Shot { hover: Some("encoding/json.Marshal"), ..wide("flamegraph", "light", json("flamegraph")) },
        wide("flamegraph-dark", "dark", json("flamegraph?q=Encoder")),
        narrow("flamegraph-narrow", "light", json("flamegraph")),
        Shot {
            hover: Some("testing.(*B).launch"),
            ..wide("compare", "light", format!("{}/ui/flamegraph", compared.url))
        },
        wide("sandwich", "dark", json("sandwich?pivot=encoding%2Fjson.Marshal")),
        wide("graph", "light", json("graph")),
        wide("top", "light", json("top")),
        narrow("top-narrow-dark", "dark", json("top")),
        wide("source", "light", format!("{}/ui/source?q=build", listed.url)),
        wide("tags", "dark", format!("{}/ui/tags", tagged.url)),
        Shot {
            script: OPEN_MENU,
            ..wide("menu", "light", format!("{}/ui/flamegraph?tagroot=kind", tagged.url))
        },
    ];
    for shot in shots {
        browser.size(shot.size.0, shot.size.1);
        browser.prefer(shot.scheme);
        browser.open(&shot.url);
        browser.mouse(2.0, 2.0, None);
        settle(&browser);
        browser.run(shot.script);
        if let Some(label) = shot.hover {
            let (x, y) = browser.frame(label);
            browser.mouse(x, y, None);
        }
        settle(&browser);
        browser.picture(&folder.join(format!("{}.png", shot.name)));
    }
}
