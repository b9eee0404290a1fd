//! The decoder of `profile.proto`.
//!
//! The input is four bytes that say how the rest is cut, and an encoded profile.
//!
//! Laws: a profile that comes in pieces is the one that comes at once, and so are errors; what is
//! encoded decodes to the same.

use hotlist_profile::{DecodeError, Decoder, Profile, decode, encode_to_vec};

use crate::describe::describe;

/// Memory that one input may make the decoder take, in bytes.
const MEMORY: usize = 256 << 20;

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(data: &[u8]) {
    let (cuts, data) = data.split_at(data.len().min(4));
    let whole = decode(data);
    let pieced = decode_in_pieces(data, cuts);
    match (&whole, &pieced) {
        (Ok(whole), Ok(pieced)) => assert_eq!(describe(whole), describe(pieced), "pieces change the profile"),
        (Err(whole), Err(pieced)) => assert_eq!(whole, pieced, "pieces change the error"),
        (Ok(_), Err(error)) => panic!("fails only in pieces: {error}"),
        (Err(error), Ok(_)) => panic!("fails only as a whole: {error}"),
    }
    match whole {
        Ok(profile) => round_trip(&profile),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Decodes what `profile` is encoded to and compares.
///
/// # Panics
/// When it is not the same.
pub fn round_trip(profile: &Profile) {
    let encoded = encode_to_vec(profile);
    let again = decode(&encoded).expect("what was encoded can be decoded");
    assert_eq!(describe(profile), describe(&again), "encoding changes the profile");
    let encoded = encode_to_vec(&again);
    let decoded = decode(&encoded).expect("what was encoded can be decoded");
    assert_eq!(encoded, encode_to_vec(&decoded), "encoding is not stable");
}

fn decode_in_pieces(mut data: &[u8], cuts: &[u8]) -> Result<Profile, DecodeError> {
    let mut decoder = Decoder::new(MEMORY);
    let mut sizes = cuts.iter().map(|&size| usize::from(size)).cycle();
    // A second zero in a row would never come to an end.
    let mut last = 1;
    while !data.is_empty() {
        let size = sizes.next().unwrap_or(1);
        let size = if size == 0 && last == 0 { 1 } else { size };
        last = size;
        let (piece, rest) = data.split_at(size.min(data.len()));
        decoder.push(piece)?;
        data = rest;
    }
    decoder.finish()
}
