//! Files that claim more than they hold take no more memory for it.

#![allow(clippy::disallowed_methods, reason = "tests read their own files")]

use std::path::Path;

use hotlist_formats::{ALL, Limits, read_bytes, read_bytes_as};
use hotlist_testkit::with_memory;

/// Sizes and counts as they are written in files of one kind or another, all of them absurd.
const CLAIMS: &[&[u8]] = &[
    b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\xff\xff\xff\xff\x0f",
    b"\xff\xff\xff\x7f",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\xf0\xff\xff\xff\x07",
    b"99999999999999999",
    b"4294967295",
    b"1e300",
    b"[[[[[[[[",
];

/// Every file of the test data.
fn samples() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut paths: Vec<_> = ["samples", "imported"]
        .iter()
        .flat_map(|name| folder.join(name).read_dir().expect("the samples are there"))
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_none_or(|extension| extension != "raw"))
        .collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).expect("the sample can be read")).collect()
}

/// 512 MiB is what the test itself, its threads and the limit on tables need; no sample has a hundredth of it.
#[test]
fn claims_of_files_take_no_memory() {
    with_memory(512, "claims_of_files_take_no_memory", || {
        let mut place = 1usize;
        let mut read = 0;
        for sample in samples() {
            for round in 0..40 {
                place = (place * 48271 + 11) % 2_147_483_647;
                let claim = CLAIMS[round % CLAIMS.len()];
                // Sizes stand at the beginning more often than elsewhere.
                let reach = if round % 2 == 0 { sample.len().min(600) } else { sample.len() };
                let at = place % reach.max(1);
                let mut data = sample.clone();
                if round % 4 < 2 {
                    data.splice(at..(at + claim.len()).min(sample.len()), claim.iter().copied());
                } else {
                    data.splice(at..at, claim.iter().copied());
                }
                read += usize::from(read_bytes(&data, Limits::default()).is_ok());
                let format = &ALL[place % ALL.len()];
                let _ = read_bytes_as(Some(format), &data, Limits::default());
            }
        }
        assert!(read > 0, "some damage goes unnoticed");
    });
}
