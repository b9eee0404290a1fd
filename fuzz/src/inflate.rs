//! Gzip files are unpacked as an independent reader unpacks them.
//!
//! The input is a byte that says how much of the file is at hand at a time, one that says whether a plain header
//! is put in front, so that mutations reach the blocks, and the file.
//!
//! Laws: both readers give the same bytes, or both fail, and ours fails for want of input or for damage.

use std::io::{BufReader, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
use hotlist_formats::GzipReader;

/// As much is unpacked at most.
const MOST: u64 = 1 << 20;

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(input: &[u8]) {
    let [piece, form, rest @ ..] = input else { return };
    let mut file = Vec::new();
    if form % 2 == 1 {
        file.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    }
    file.extend_from_slice(rest);
    let mut expected = Vec::new();
    let outcome = MultiGzDecoder::new(&file[..]).take(MOST).read_to_end(&mut expected);
    let mut found = Vec::new();
    let pieces = BufReader::with_capacity(1 + usize::from(*piece), &file[..]);
    match (outcome, GzipReader::new(pieces).take(MOST).read_to_end(&mut found)) {
        (Ok(_), Ok(_)) => assert_eq!(found, expected),
        (Err(_), Err(error)) => {
            assert!(matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData), "{error}");
        }
        (expected, found) => panic!("expected {expected:?}, found {found:?}"),
    }
}
