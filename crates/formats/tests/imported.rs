//! Every sample of a format that pprof does not read, or reads in part, gives the profile that is recorded for it.
//!
//! `UPDATE_GOLDEN=1 cargo test -p hotlist-formats` records anew.

mod raw;

use std::path::{Path, PathBuf};

use hotlist_formats::{ALL, Claim, Head, Limits, Reader, read, read_bytes, read_bytes_as};
use hotlist_profile::Profile;

fn samples() -> Vec<PathBuf> {
    files("testdata/imported")
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = folder
        .read_dir()
        .expect("the samples are there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "raw"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

#[allow(clippy::disallowed_methods, reason = "tests read their own files")]
fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("the sample can be read")
}

fn imported(path: &Path) -> Profile {
    read_bytes(&bytes(path), Limits::default()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
#[allow(clippy::disallowed_methods, reason = "tests read and write their own files")]
fn samples_give_what_was_recorded() {
    for path in samples() {
        let found = raw::dump(&imported(&path));
        let golden = path.with_extension("raw");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(found, expected, "{}; UPDATE_GOLDEN=1 records it anew", path.display());
    }
}

#[test]
fn a_stream_in_pieces_is_read_like_a_buffer_and_a_format_that_is_given_like_one_that_is_found() {
    for path in samples() {
        let data = bytes(&path);
        let expected = raw::dump(&imported(&path));
        assert_eq!(raw::dump(&read(&data[..], Limits::default()).unwrap()), expected);
        let head = Head::new(&data, true);
        let format = ALL
            .iter()
            .find(|format| {
                !matches!(format.reader, Reader::Encoded) && format.sniff.claim(&head) == Claim::Yes
            })
            .expect("a format claims the sample");
        let forced = read_bytes_as(Some(format), &data, Limits::default()).unwrap();
        assert_eq!(raw::dump(&forced), expected, "{}", path.display());
    }
}

#[test]
fn every_format_has_a_sample_that_only_it_claims() {
    let samples: Vec<Vec<u8>> =
        [files("testdata/samples"), samples()].concat().iter().map(|path| bytes(path)).collect();
    for format in ALL.iter().filter(|format| !matches!(format.reader, Reader::Encoded)) {
        let claimed = samples.iter().any(|sample| {
            let head = Head::new(sample, true);
            let mut claims = ALL.iter().filter(|format| {
                !matches!(format.reader, Reader::Encoded) && format.sniff.claim(&head) == Claim::Yes
            });
            claims.next().is_some_and(|first| first.name == format.name) && claims.next().is_none()
        });
        assert!(claimed, "{}", format.name);
    }
}

/// Damage in every byte: an error or a profile, never a panic.
#[test]
fn damaged_samples_are_read_or_refused() {
    for path in samples() {
        let data = bytes(&path);
        // All places of small samples and some of large ones.
        let step = data.len() / 1500 + 1;
        for at in (0..data.len()).step_by(step) {
            let _ = read_bytes(&data[..at], Limits::default());
            for damage in [1, 0x80, 0x20] {
                let mut data = data.clone();
                data[at] ^= damage;
                let _ = read_bytes(&data, Limits::default());
            }
            let mut data = data.clone();
            data.drain(at..(at + 7).min(data.len()));
            let _ = read_bytes(&data, Limits::default());
        }
    }
}
