//! A Python wheel that carries the program, so that `pip install hotlist` puts it beside other scripts
//! (<https://packaging.python.org/en/latest/specifications/binary-distribution-format/>).

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::archive::{Entry, plain, zip};
use super::contents::Contents;
use super::platform::Platform;

/// The name of the file of a wheel.
pub(super) fn name(version: &str, platform: &Platform) -> String {
    format!("hotlist-{version}-py3-none-{}.whl", platform.wheel.join("."))
}

pub(super) fn write(folder: &Path, contents: &Contents, platform: &Platform) -> anyhow::Result<()> {
    let version = &contents.version;
    let about = |path: &str| format!("hotlist-{version}.dist-info/{path}");
    let program = format!("hotlist-{version}.data/scripts/{}", platform.program());
    let (metadata, tags) = (metadata(contents), tags(platform));
    let mut entries = vec![
        Entry { path: program, content: &contents.program, is_program: true },
        plain(about("METADATA"), metadata.as_bytes()),
        plain(about("WHEEL"), tags.as_bytes()),
        plain(about("licenses/THIRD-PARTY-NOTICES.txt"), contents.notices.as_bytes()),
    ];
    entries
        .extend(contents.licences.iter().map(|(name, text)| plain(about(&format!("licenses/{name}")), text)));
    let record = record(&entries, &about("RECORD"));
    entries.push(plain(about("RECORD"), record.as_bytes()));
    zip(&folder.join(name(version, platform)), &entries)
}

fn metadata(contents: &Contents) -> String {
    let mut text = format!(
        "Metadata-Version: 2.4\n\
         Name: hotlist\n\
         Version: {}\n\
         Summary: Reads pprof profiles and shows where time and memory go\n\
         Keywords: pprof,profiler,flamegraph,profiling,performance\n\
         License-Expression: MIT OR Apache-2.0\n\
         License-File: THIRD-PARTY-NOTICES.txt\n",
        contents.version
    );
    for (name, _) in &contents.licences {
        text += &format!("License-File: {name}\n");
    }
    text += "Classifier: Environment :: Console\n\
             Classifier: Intended Audience :: Developers\n\
             Classifier: Programming Language :: Rust\n\
             Classifier: Topic :: Software Development\n\
             Requires-Python: >=3.7\n\
             Project-URL: Repository, https://github.com/hotlist-dev/hotlist\n\
             Description-Content-Type: text/markdown; charset=UTF-8\n\n";
    text + &contents.readme
}

fn tags(platform: &Platform) -> String {
    let mut text = "Wheel-Version: 1.0\nGenerator: hotlist xtask\nRoot-Is-Purelib: false\n".to_owned();
    for platform in platform.wheel {
        text += &format!("Tag: py3-none-{platform}\n");
    }
    text
}

/// The list of files with their sums and sizes; its own line has neither.
fn record(entries: &[Entry<'_>], own: &str) -> String {
    let mut text = String::new();
    for entry in entries {
        let sum = URL_SAFE_NO_PAD.encode(Sha256::digest(entry.content));
        text += &format!("{},sha256={sum},{}\n", entry.path, entry.content.len());
    }
    text + own + ",,\n"
}
