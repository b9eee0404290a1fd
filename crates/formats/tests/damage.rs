//! Damaged, hostile and mistaken input: an error, never a panic, and little memory.

mod samples;

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use hotlist_formats::{Error, Limits, read, read_bytes, read_bytes_as};
use hotlist_profile::Builder;
use proptest::prelude::*;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// Bytes that do not compress.
fn noise(words: u32) -> Vec<u8> {
    (0..words).flat_map(|n| n.wrapping_mul(2_654_435_761).rotate_left(n % 31).to_le_bytes()).collect()
}

fn message(data: &[u8]) -> String {
    let error = read_bytes(data, Limits::default()).expect_err("this is no profile");
    let message = error.to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

fn small_profile() -> Vec<u8> {
    let mut builder = Builder::new(&[("samples", "count")]);
    let function = builder.named_function("bake", "oven.rs");
    let location = builder.source_location(function, 3);
    builder.sample(&[location], &[], &[1]).unwrap();
    hotlist_profile::encode_to_vec(&builder.finish())
}

#[test]
fn every_prefix_of_every_sample_is_read_or_refused() {
    for sample in samples::all() {
        for end in 0..sample.data.len() {
            let _ = read_bytes(&sample.data[..end], Limits::default());
        }
    }
}

#[test]
fn every_flipped_bit_of_every_sample_is_read_or_refused() {
    for sample in samples::all() {
        let mut data = sample.data;
        for at in 0..data.len() {
            for bit in 0..8 {
                data[at] ^= 1 << bit;
                let _ = read_bytes(&data, Limits::default());
                data[at] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn compressed_profiles_survive_no_cut() {
    let whole = gzip(&small_profile());
    assert!(read_bytes(&whole, Limits::default()).is_ok());
    for end in 0..whole.len() {
        assert!(read_bytes(&whole[..end], Limits::default()).is_err(), "cut at {end}");
    }
}

#[test]
fn mistakes_are_named() {
    let check = |data: &[u8], expected: &str| assert_eq!(message(data), expected);
    check(b"", "empty input file");
    check(&gzip(b""), "empty input file");
    check(b"<!DOCTYPE html>", "unrecognized profile format: this looks like an HTML page");
    let names: Vec<&str> = hotlist_formats::ALL.iter().map(|format| format.name).collect();
    let unknown = |seems: &str| {
        format!(
            "unrecognized profile format: this looks like {seems}; it is in none of the formats {}",
            names.join(", ")
        )
    };
    check(b"package main\n", &unknown("plain text that begins \"package main\""));
    check(b"PERFILE2", "malformed perf profile: byte 8: a record ends too early");
    check(&[0; 100], &unknown("zeros"));
    check(b"\x01\x02\xff", &unknown("binary data that begins with the bytes 01 02 ff"));
    check(b"\x1f\x8b\x08\0", "decompressing gzip data: the data ends too early");
    check(
        b"goroutine profile: total 1\n1 @ 0x1\nx\n",
        "malformed Go count profile: line 3: \"x\" is not a count with addresses",
    );
    check(
        b"heap profile: 1: 1 [1: 1] @ heapprofile\n0: 5 [1: 1] @ 0x1\n",
        "malformed heap profile: line 2: no inuse objects have 5 bytes",
    );
    check(
        b"--- contentionz 1 ---\nsampling period = 9223372036854775807\n5 2 @ 0x1\n",
        "malformed contention profile: line 3: the scaled values are too large",
    );
    check(
        b"events: r a\nfn=f\n2 4 5\nevents: r\n2 4\n",
        "malformed callgrind profile: line 4: other events than in a part before",
    );
    check(
        b"version: 1\nfn=f\n2 4\nevents: r\n",
        "malformed callgrind profile: line 3: costs before the line of events",
    );
    // This is what an encoded profile looks like, so that its own error counts.
    let encoded = small_profile();
    assert!(message(&encoded[..encoded.len() - 1]).starts_with("invalid protobuf"));
}

#[test]
fn values_that_do_not_fit_are_refused() {
    let words = |values: &[u64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let check = |values: &[u64], expected: &str| assert_eq!(message(&words(values)), expected);
    check(
        &[0, 3, 0, 10, 0, u64::MAX, 1, 7],
        "malformed gperftools CPU profile: byte 40: 18446744073709551615 samples of 10000 ns are too many",
    );
    check(
        &[0, 3, 0, 10, 0, 1, u64::MAX, 7],
        "malformed gperftools CPU profile: byte 40: a stack of 18446744073709551615 frames does not fit in the data",
    );
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let limits = Limits { unpacked_bytes: 1 << 20 };
    // A string table without end, in many pieces, so that both threads are busy when the limit comes.
    let strings = b"2\0".repeat(4 << 20);
    let bomb = gzip(&strings);
    let padded = gzip(&[&strings[..], &noise(200_000)].concat());
    assert!(padded.len() > 64 << 10, "a thread unpacks this one");
    for error in [
        read_bytes(&bomb, limits).unwrap_err(),
        read_bytes(&padded, limits).unwrap_err(),
        read(&padded[..], limits).unwrap_err(),
        read(&strings[..], limits).unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "the profile is larger than 1048576 bytes when unpacked; -max_size raises this limit"
        );
    }
    // Zeros are refused at once, whatever their number.
    let zeros = io::repeat(0);
    assert!(matches!(read(zeros, Limits::default()), Err(Error::Unrecognized { .. })));
}

#[test]
fn a_failing_input_is_told_from_a_damaged_one() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::ConnectionReset, "connection reset"))
        }
    }
    let start = gzip(&noise(200_000));
    for input in [&b""[..], b"\n", &start[..100_000]] {
        let error = read(input.chain(Broken), Limits::default()).unwrap_err();
        assert!(matches!(error, Error::Read(_) | Error::Unrecognized { .. }), "{error}");
    }
    assert!(matches!(read(Broken, Limits::default()), Err(Error::Read(_))));
}

proptest! {
    #[test]
    fn no_bytes_cause_a_panic(data in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_bytes(&data, Limits::default());
        for format in hotlist_formats::ALL {
            let _ = read_bytes_as(Some(format), &data, Limits::default());
        }
    }

    #[test]
    fn no_text_of_likely_pieces_causes_a_panic(pieces in proptest::collection::vec(0usize..PIECES.len(), 0..30)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let _ = read_bytes(text.as_bytes(), Limits::default());
        for format in hotlist_formats::ALL {
            let _ = read_bytes_as(Some(format), text.as_bytes(), Limits::default());
        }
    }
}

const PIECES: &[&str] = &[
    "\n",
    " ",
    "0",
    "7",
    "-",
    "0x",
    "ff",
    ":",
    "[",
    "]",
    "@",
    " @ 0x10",
    "=",
    "$a",
    "a=",
    "#",
    "(",
    ")",
    "/",
    "heap profile: 1: 2 [3: 4] @ heap/8\n",
    "1: 2 [3: 4] @ 0x1\n",
    "goroutine profile: total 1\n",
    "1 @ 0x1\n",
    "--- threadz 1 ---\n",
    "--- Thread 1 (name: a/1) stack: ---\n",
    "--- contentionz 1 ---\n",
    "1 2 @ 0x1\n",
    "--- heapz 1 ---\n",
    "format = java\n",
    "resolution = bytes\n",
    "9 1 @ 0x1\n",
    " 0x1 f (g:1)\n",
    "--- Memory map: ---\n",
    "MAPPED_LIBRARIES:\n",
    "400000-500000 r-xp 1000 08:02 17 /a\n",
    "--- mutex:\n",
];
