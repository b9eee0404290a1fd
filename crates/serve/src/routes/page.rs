//! The page of the store, and its files.

use hotlist_web::Answer;
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue};
use hyper::{Method, StatusCode};

use super::Asked;
use crate::failure::Failure;

const PAGE: &str = include_str!("../../page/store.html");
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Its own files. It shares those of flame graph files.
const FILES: &[(&str, &str, &str)] = &[
    ("store.css", STYLE, include_str!("../../page/store.css")),
    ("store.js", SCRIPT, include_str!("../../page/store.js")),
    ("store_api.js", SCRIPT, include_str!("../../page/store_api.js")),
    ("store_state.js", SCRIPT, include_str!("../../page/store_state.js")),
    ("store_timeline.js", SCRIPT, include_str!("../../page/store_timeline.js")),
    ("icon.svg", "image/svg+xml", hotlist_web::ICON),
];

/// As that of the page of a profile, which this one shows in a frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

pub(crate) fn answer(asked: &Asked, path: &str) -> Result<Answer, Failure> {
    asked.must(&Method::GET)?;
    if path == "/" {
        let mut answer = Answer::new(StatusCode::OK, "text/html; charset=utf-8", PAGE);
        answer.headers.insert(CONTENT_SECURITY_POLICY, POLICY);
        return Ok(answer);
    }
    let name = if path == "/favicon.ico" { Some("icon.svg") } else { path.strip_prefix("/assets/") };
    let file = name.and_then(file).ok_or_else(|| Failure::Missing("there is nothing here".to_owned()))?;
    let mut answer = Answer::new(StatusCode::OK, file.0, file.1);
    answer.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(answer)
}

/// Type and text of a file.
fn file(name: &str) -> Option<(&'static str, &'static str)> {
    let own = FILES.iter().find(|(own, ..)| *own == name).map(|&(_, kind, text)| (kind, text));
    let shared = |files: &[(&'static str, &'static str)], kind| {
        files.iter().find(|(shared, _)| *shared == name).map(|&(_, text)| (kind, text))
    };
    own.or_else(|| shared(hotlist_render::page::MODULES, SCRIPT))
        .or_else(|| shared(hotlist_render::page::STYLES, STYLE))
}

#[test]
fn every_file_of_the_page_is_served() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/page");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "store.html" || file(&name).is_some(), "{name}");
    }
    for name in ["dom.js", "format.js", "theme.js", "base.css", "icon.svg"] {
        assert!(file(name).is_some(), "{name}");
    }
}
