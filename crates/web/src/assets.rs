//! The files of the page, which are part of the binary.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hasher};
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::StatusCode;

use crate::response::Answer;

/// The icon of all pages, as SVG.
pub const ICON: &str = include_str!("../page/icon.svg");

/// A file of the page.
#[derive(Debug, Clone, Copy)]
struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal: $content_type:expr,)*) => {
        &[$(Asset { name: $name, content_type: $content_type, bytes: include_bytes!(concat!("../page/", $name)) },)*]
    };
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PAGE: &str = "text/html; charset=utf-8";

/// Every file below `page/` that browsers ask for.
const OWN: &[Asset] = assets! {
    "index.html": PAGE,
    "style.css": STYLE,
    "icon.svg": "image/svg+xml",
    "actions.js": SCRIPT,
    "api.js": SCRIPT,
    "app.js": SCRIPT,
    "both_view.js": SCRIPT,
    "controls.js": SCRIPT,
    "details_view.js": SCRIPT,
    "disasm_view.js": SCRIPT,
    "flame_view.js": SCRIPT,
    "graph_view.js": SCRIPT,
    "menu.js": SCRIPT,
    "open_file.js": SCRIPT,
    "peek_view.js": SCRIPT,
    "pick.js": SCRIPT,
    "picture.js": SCRIPT,
    "sandwich_view.js": SCRIPT,
    "search.js": SCRIPT,
    "source_view.js": SCRIPT,
    "state.js": SCRIPT,
    "tags_view.js": SCRIPT,
    "time_axis.js": SCRIPT,
    "top_view.js": SCRIPT,
    "verdicts.js": SCRIPT,
    "view.js": SCRIPT,
};

/// All files, with those that flame graph files have too. The page itself is the first.
fn all() -> impl Iterator<Item = Asset> {
    let shared = |content_type| {
        move |&(name, text): &(&'static str, &'static str)| Asset {
            name,
            content_type,
            bytes: text.as_bytes(),
        }
    };
    let modules = hotlist_render::page::MODULES.iter().map(shared(SCRIPT));
    let fonts = hotlist_render::page::FONTS;
    let fonts = fonts.iter().map(|&(name, bytes)| Asset { name, content_type: "font/ttf", bytes });
    let styles = hotlist_render::page::STYLES.iter().map(shared(STYLE));
    OWN.iter().copied().chain(modules).chain(styles).chain(fonts)
}

/// The files, each compressed when it is first asked for.
#[derive(Debug)]
pub(crate) struct Assets {
    /// Where to read the files in place of those in the binary.
    folder: Option<PathBuf>,
    files: Vec<(Asset, OnceLock<Prepared>)>,
}

#[derive(Debug)]
struct Prepared {
    etag: String,
    gzip: Bytes,
}

impl Assets {
    pub(crate) fn new(folder: Option<PathBuf>) -> Assets {
        Assets { folder, files: all().map(|asset| (asset, OnceLock::new())).collect() }
    }

    /// The answer to a request for a file of the page.
    pub(crate) fn get(&self, name: &str, takes_gzip: bool, known_etag: Option<&str>) -> Option<Answer> {
        let (asset, prepared) =
            self.files.iter().find(|(asset, _)| asset.name == name && asset.content_type != PAGE)?;
        if self.folder.is_some() {
            return Some(Answer::new(StatusCode::OK, asset.content_type, self.read(asset).into_owned()));
        }
        let prepared = prepared.get_or_init(|| prepare(asset.bytes));
        if known_etag.is_some_and(|known| known.split(',').any(|tag| tag.trim() == prepared.etag)) {
            let unchanged = Answer::new(StatusCode::NOT_MODIFIED, asset.content_type, "");
            return Some(unchanged.with_etag(&prepared.etag, false));
        }
        let body = if takes_gzip { prepared.gzip.clone() } else { Bytes::from_static(asset.bytes) };
        Some(Answer::new(StatusCode::OK, asset.content_type, body).with_etag(&prepared.etag, takes_gzip))
    }

    /// The page, with the token that it must send back.
    pub(crate) fn page(&self, token: &str) -> Answer {
        let page = self.read(&self.files[0].0);
        let page = String::from_utf8_lossy(&page).replace("{token}", token);
        Answer::new(StatusCode::OK, PAGE, page)
    }

    /// The file as it is now.
    fn read(&self, asset: &Asset) -> Cow<'static, [u8]> {
        let on_disk = self.folder.as_ref().and_then(|folder| {
            // Shared files are in the room that draws flame graph files.
            let folders = [folder.clone(), folder.join("../../render/page")];
            folders.iter().find_map(|folder| std::fs::read(folder.join(asset.name)).ok())
        });
        on_disk.map_or(Cow::Borrowed(asset.bytes), Cow::Owned)
    }
}

fn prepare(bytes: &[u8]) -> Prepared {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let gzip = encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default();
    Prepared { etag: format!("\"{:016x}\"", hasher.finish()), gzip: gzip.into() }
}

#[test]
fn every_file_of_the_page_is_listed() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/page"));
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".json") && !name.ends_with(".d.ts"))
        .collect();
    let mut listed: Vec<&str> = OWN.iter().map(|asset| asset.name).collect();
    files.sort();
    listed.sort_unstable();
    assert_eq!(files, listed);
    assert_eq!(OWN[0].name, "index.html");
}
