//! The page of the store in a browser.

#[path = "../../web/tests/browser/axe.rs"]
mod axe;
#[path = "../../web/tests/browser/driver.rs"]
#[allow(dead_code, reason = "its pages need more of it")]
mod driver;
mod support;

use driver::Browser;
use serde_json::Value;
use support::{Served, cpu, encode, file, post, serve};

/// Two services, of which one has a name that is markup; a profile every ten minutes of the last three hours.
fn filled() -> Served {
    let served = serve();
    let now = hotlist_serve::moment::now();
    for (service, leaf) in [("api", "decode"), ("<img src=x onerror=window.hit=1>", "encode")] {
        for step in 1..18 {
            let mut profile = cpu(&[(leaf, 1_000_000_000), ("wait", 500_000_000)]);
            profile.time_nanos = now - step * 600_000_000_000;
            let url = format!(
                "{}/api/v1/profiles?service={}&label.zone=z{}",
                served.url,
                encode(service),
                step % 2
            );
            let (status, answer) = post(&url, &file(&profile));
            assert_eq!(status, 200, "{answer}");
        }
    }
    served
}

const FRAME: &str = "document.querySelector('iframe')?.contentDocument";

/// Where a share of the timeline is in the window.
fn on_timeline(browser: &Browser, share: f64) -> (f64, f64) {
    let place = browser.run(&format!(
        "const b = document.querySelector('.strip').getBoundingClientRect(); return [b.left + b.width * {share}, b.top + b.height / 2]"
    ));
    (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
}

#[test]
fn ranges_are_dragged_and_compared() {
    let Some(browser) = Browser::start() else { return };
    let served = filled();
    browser.open(&format!("{}/", served.url));
    browser.wait_text("10 profiles");
    browser.run("document.querySelector('[aria-label=\"Range of time\"]').value = '-6h'; document.querySelector('[aria-label=\"Range of time\"]').dispatchEvent(new Event('change'))");
    browser.wait_text("34 profiles");
    browser.wait(&format!("{FRAME}?.body.innerText.includes('Flame graph')"));

    // The newer half, and the older one to compare with.
    browser.drag(on_timeline(&browser, 0.75), on_timeline(&browser, 0.999));
    browser.wait("location.search.includes('picked=')");
    browser.click_text("button", "Compare");
    browser.wait_text("Drag the range");
    browser.drag(on_timeline(&browser, 0.45), on_timeline(&browser, 0.75));
    browser.wait("location.search.includes('base=')");
    browser.wait_text("compared with");
    browser.wait(&format!("{FRAME}?.body.innerText.includes('All changes')"));

    // The address has it all.
    let address = browser.url();
    browser.open(&address);
    browser.wait_text("compared with");
    browser.wait(&format!("{FRAME}?.body.innerText.includes('All changes')"));
    browser.back();
    browser.assert_clean(&served.url);
}

#[test]
fn labels_narrow_what_is_looked_at() {
    let Some(browser) = Browser::start() else { return };
    let served = filled();
    browser.open(&format!("{}/?from=-6h", served.url));
    browser.wait_text("34 profiles");
    browser.run("document.querySelector('[aria-label=Service]').value = 'api'; document.querySelector('[aria-label=Service]').dispatchEvent(new Event('change'))");
    browser.wait_text("17 profiles");
    browser.click_text("button", "Label");
    browser.fill("[aria-label='Name of a label']", "zone");
    browser.fill("[aria-label='Value of the label']", "z1");
    browser.click_text("button", "Add");
    browser.wait_text("9 profiles");
    browser.click("[aria-label='Without zone=\"z1\"']");
    browser.wait_text("17 profiles");
    // A bar for each zone; one of them alone.
    browser.run("document.querySelector('[aria-label=\"A bar for each value of\"]').value = 'zone'; document.querySelector('[aria-label=\"A bar for each value of\"]').dispatchEvent(new Event('change'))");
    browser.wait("document.querySelectorAll('.legend button').length === 2");
    browser.click_text(".legend button", "z0");
    browser.wait_text("8 profiles");
    // The keys of the timeline.
    browser.run("document.querySelector('.strip').focus()");
    browser.key("+");
    browser.wait("location.search.includes('picked=')");
    browser.key("\u{e00c}");
    browser.wait("!location.search.includes('picked=')");
    // The page below is followed.
    browser.wait(&format!("{FRAME}?.querySelector('.tab')"));
    browser.run(&format!(
        "[...{FRAME}.querySelectorAll('.tab')].find((tab) => tab.innerText === 'Top').click()"
    ));
    browser.wait("location.search.includes('view=ui%2Ftop')");
    browser.assert_clean(&served.url);
}

#[test]
fn strange_names_and_empty_stores_are_shown() {
    let Some(browser) = Browser::start() else { return };
    let served = filled();
    browser.open(&format!("{}/?from=-6h&by=service", served.url));
    browser.wait("document.querySelectorAll('.legend button').length === 2");
    browser.wait_text("<img src=x onerror");
    browser.assert_clean(&served.url);
    if let Some(script) = axe::script() {
        browser.run(&script);
        browser.run("window.checked = null; axe.run(document, { iframes: false }).then((found) => { window.checked = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`); })");
        browser.wait("window.checked");
        assert_eq!(browser.run("return window.checked"), Value::Array(Vec::new()));
    }
    browser.open(&format!(
        "{}/?q=process_cpu:cpu:nanoseconds:cpu:nanoseconds%7Bzone%3D%22no%22%7D&from=-6h",
        served.url
    ));
    browser.wait_text("Nothing was kept of this");

    let empty = serve();
    browser.open(&format!("{}/", empty.url));
    browser.wait_text("No profiles in this range of time");
    browser.wait_text("curl --data-binary");
    browser.assert_clean("http://127.0.0.1:");
}
