//! The samples of `testdata`.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::disallowed_methods, reason = "tests read their own files")]

use std::path::Path;

pub struct Sample {
    pub name: String,
    pub data: Vec<u8>,
    /// What pprof prints of it for `-raw`.
    pub expected: String,
}

/// All samples, by name.
pub fn all() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut names: Vec<String> = folder
        .join("samples")
        .read_dir()
        .expect("the samples are there")
        .map(|entry| {
            entry.expect("the folder can be read").file_name().into_string().expect("names are text")
        })
        .collect();
    names.sort();
    assert!(!names.is_empty());
    names
        .into_iter()
        .map(|name| {
            let data = std::fs::read(folder.join("samples").join(&name)).expect("the sample can be read");
            let expected = folder.join("expected").join(&name).with_extension("raw");
            let expected = std::fs::read_to_string(expected).expect("pprof's output is recorded");
            Sample { name, data, expected }
        })
        .collect()
}

pub fn named(name: &str) -> Sample {
    all().into_iter().find(|sample| sample.name == name).expect("the sample exists")
}
