//! What is compressed comes out again.
//!
//! The input is a byte that says how often the data stands, one that says where it is cut, in steps of 1/256,
//! and the data. Copies differ a little, and are enough to reach beyond the window and into several blocks.
//!
//! Laws: the stream of the whole and that of two parts, the first one open, are the data for an independent
//! reader, and nothing takes much more room than it had.

use std::io::Read;

use hotlist_formats::{Ending, deflate};

/// More than 2^17 bytes, so that positions wrap around twice.
const MOST: usize = 150_000;

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(input: &[u8]) {
    let [copies, cut, data @ ..] = input else { return };
    let mut all = data.to_vec();
    for copy in 0..*copies {
        if all.len() + data.len() > MOST {
            break;
        }
        all.extend_from_slice(data);
        all.push(copy);
    }
    let whole = deflate(&all, Ending::Final);
    // A block has a code of its own, of some hundred bytes; a byte takes at most 15 bits in it, on average
    // less than 9.
    assert!(whole.len() <= all.len() + all.len() / 8 + 600, "{} bytes of {}", whole.len(), all.len());
    assert_eq!(unpack(&whole), all);
    let (one, other) = all.split_at(all.len() * usize::from(*cut) / 256);
    let parts = [deflate(one, Ending::Open), deflate(other, Ending::Final)].concat();
    assert_eq!(unpack(&parts), all);
}

fn unpack(deflated: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    flate2::read::DeflateDecoder::new(deflated).read_to_end(&mut data).expect("a deflate stream");
    data
}
