//! Profiles that are hard to show and such as strangers send: in every view and in both browsers.

use hotlist_profile::Profile;
use hotlist_session::Options;
use hotlist_testkit::{HOSTILE, hostile_profile, odd_profiles, testdata};

use crate::driver::Browser;
use crate::support::{load_files, serve_profile};
use crate::{DRAWN, alone};

/// Every view, with what of its own it can be asked.
const VIEWS: [&str; 11] = [
    "flamegraph",
    "both",
    "flamegraph?inverted=t&collapse=t&g=lines",
    "sandwich?p=%5Emain%24",
    "graph",
    "top",
    "peek?q=%5Emain%24",
    "source?q=%5Emain%24",
    "disasm?q=%5Emain%24",
    "tags",
    "details",
];

/// Questions about all names, and with parameters that would do harm if anything took them for more than text.
const ODD_QUESTIONS: [&str; 11] = [
    "sandwich?p=.",
    "peek?q=.",
    "source?q=.",
    "disasm?q=.",
    "flamegraph?g=lines&tagroot=%3Cimg",
    "both?q=img",
    "sandwich",
    "top?q=script",
    "flamegraph?f=%3Cscript%3E",
    "top?si=%3Cscript%3E",
    "top?q=%3Cimg%20src%3Dx%20onerror%3Dwindow.hit%3D1%3E",
];

/// A walk through Firefox is slow; these views share all code with the others.
const SHORT_WALK: [&str; 4] = ["both", "graph", "peek?q=%5Emain%24", "tags"];

/// Profiles that were measured or made by hand, beside those that are generated.
fn all() -> impl Iterator<Item = (String, Profile)> {
    let kept = ["unicode", "neg", "zeros", "keys60"].into_iter().map(|name| {
        let file = testdata(&format!("page/{name}.pb.gz"));
        (name.to_owned(), load_files(&[&file], &Options::default()))
    });
    odd_profiles().into_iter().map(|(name, profile)| (name.to_owned(), profile)).chain(kept)
}

#[test]
fn odd_profiles_are_shown_in_every_view() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    for (name, profile) in all() {
        walk(&browser, &name, profile, &VIEWS);
    }
}

#[test]
fn odd_profiles_are_shown_in_firefox_too() {
    let _alone = alone();
    let Some(browser) = Browser::firefox() else { return };
    for (name, profile) in all() {
        walk(&browser, &name, profile, &SHORT_WALK);
    }
}

#[test]
fn hostile_names_are_text_everywhere() {
    let _alone = alone();
    let Some(browser) = Browser::start() else { return };
    walk(&browser, "hostile", hostile_profile(), &ODD_QUESTIONS);
    // Hovering, menus and searching handle names too.
    let served = serve_profile(hostile_profile(), HOSTILE[0]);
    browser.open(&format!("{}/ui/flamegraph", served.url));
    browser.wait(DRAWN);
    let (x, y) = browser.frame(HOSTILE[0]);
    browser.mouse(x, y, None);
    browser.wait("!document.querySelector('.card').hidden");
    browser.mouse(x, y, Some(2));
    browser.click_text(".menu-item", "Hide");
    browser.wait("location.search.includes('hidden=')");
    browser.wait(DRAWN);
    browser.assert_clean(&served.url);
}

/// Profiles that others made to do harm: all that can be read in the folder that `HOTLIST_HOSTILE` names.
#[test]
fn hostile_profiles_do_no_harm_in_any_view() {
    let _alone = alone();
    let Some(folder) = std::env::var_os("HOTLIST_HOSTILE") else {
        hotlist_testkit::skip("HOTLIST_HOSTILE names no folder of profiles");
        return;
    };
    let Some(browser) = Browser::start() else { return };
    let mut walked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        let limits = hotlist_formats::Limits { unpacked_bytes: 64 << 20 };
        if let Ok(profile) = hotlist_formats::read_bytes(&bytes, limits) {
            walk(&browser, &path.to_string_lossy(), profile, &VIEWS);
            walked += 1;
        }
    }
    assert!(walked > 0, "no profile could be read");
}

/// Opens views of a profile: each says something, all in it is text, nothing is executed, nothing is asked for
/// elsewhere.
fn walk(browser: &Browser, name: &str, profile: Profile, views: &[&str]) {
    let served = serve_profile(profile, HOSTILE[0]);
    for view in views {
        browser.open(&format!("{}/ui/{view}", served.url));
        browser.wait(
            "document.querySelector('.main')?.childElementCount && !document.querySelector('.waiting') &&
             (document.querySelector('.main').innerText.trim() || document.querySelector('.flame-canvas')?.chart?.model)",
        );
        let found = browser.run(
            "return document.querySelectorAll('img[src=x], script:not([src]), [onerror], [onload], a[href^=\"javascript:\"], svg[onload]').length",
        );
        assert_eq!(found, 0, "{name}: {view}");
        let text = browser.run("return document.body.innerText");
        let text = text.as_str().unwrap_or_default();
        assert!(!text.contains("An error of"), "{name}: {view}: {text}");
        let wide = browser.run("return document.documentElement.scrollWidth - innerWidth");
        assert!(wide.as_i64() <= Some(0), "{name}: {view} is {wide} pixels too wide");
    }
    browser.assert_clean(&served.url);
}
