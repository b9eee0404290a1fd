//! Picture files in a browser: what their own script does, and that names in them do no harm.

use std::num::NonZeroUsize;
use std::path::Path;

use hotlist_profile::Profile;
use hotlist_report::NoSource;
use hotlist_session::{Options, Question, Session};
use hotlist_testkit::{hostile_profile, testdata};

use crate::driver::Browser;
use crate::support::load_files;

fn write(profile: Profile, report: &str, path: &Path) {
    let session = Session::new(profile, NonZeroUsize::MIN);
    let report = hotlist_report::find(report).unwrap();
    let question = Question::new(report, None, &Options::default().view).unwrap();
    let drawing = hotlist_render::find("svg").unwrap();
    let mut out = std::fs::File::create(path).unwrap();
    session
        .draw(&question, drawing, &NoSource, &mut out, &hotlist_render::Context::plain(), &mut Vec::new())
        .unwrap();
}

#[test]
fn call_graph_files_pan_zoom_and_light_up() {
    let _alone = crate::alone();
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.svg");
    let profile = load_files(&[&testdata("profiles/encoding_json.cpu.pb.gz")], &Options::default());
    write(profile, "dot", &path);
    browser.open(&format!("file://{}", path.display()));
    let transform = "document.getElementById('view').getAttribute('transform')";
    let now = || browser.run(&format!("return {transform}")).as_str().unwrap_or_default().to_owned();
    let changes = |act: &dyn Fn()| {
        let before = now();
        act();
        browser.wait(&format!("{transform} !== {}", serde_json::json!(before)));
    };
    browser.wait(transform);
    changes(&|| browser.key("+"));
    changes(&|| browser.key("\u{e014}"));
    changes(&|| browser.key("0"));
    let fitting = now();
    changes(&|| {
        browser.run(
            "document.documentElement.dispatchEvent(new WheelEvent('wheel',
                { deltaY: -120, clientX: 300, clientY: 200, bubbles: true, cancelable: true }))",
        );
    });
    changes(&|| browser.drag((200.0, 200.0), (260.0, 240.0)));
    changes(&|| browser.key("0"));
    assert_eq!(now(), fitting);
    // A click keeps a node lit up with its edges, Escape ends that.
    let place = browser.run(
        "const box = document.querySelector('.node').getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]",
    );
    browser.mouse(place[0].as_f64().unwrap(), place[1].as_f64().unwrap(), Some(0));
    browser.wait("document.documentElement.classList.contains('focused') && document.querySelectorAll('.edge.on').length > 0");
    browser.key("\u{e00c}");
    browser.wait("!document.documentElement.classList.contains('focused')");
    browser.assert_clean("file:");
}

#[test]
fn hostile_names_are_text_in_picture_files() {
    let _alone = crate::alone();
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    for report in ["dot", "flamegraph"] {
        let path = folder.path().join(format!("{report}.svg"));
        write(hostile_profile(), report, &path);
        browser.open(&format!("file://{}", path.display()));
        browser.wait("document.querySelectorAll('text').length > 5");
        // The picture's own script, and no link at all.
        let found = browser.run(
            "return document.querySelectorAll('img, a, foreignObject, [onload], [onerror], [href^=\"javascript:\"]').length + Math.max(document.querySelectorAll('script').length - 1, 0)",
        );
        assert_eq!(found, 0, "{report}");
        for (x, y) in [(100.0, 60.0), (300.0, 200.0)] {
            browser.mouse(x, y, Some(0));
        }
    }
    browser.assert_clean("file:");
}
