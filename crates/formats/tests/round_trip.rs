//! What is written can be read again, however it is compressed and cut.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use hotlist_formats::{Limits, read, read_bytes, write};
use hotlist_profile::{Builder, Label, LabelValue, LocationId, Mapping, Profile, encode_to_vec};
use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zstd(data: &[u8]) -> Vec<u8> {
    compress_to_vec(data, CompressionLevel::Fastest)
}

/// Reads at most as many bytes at a time as it was told.
struct Dribble<R>(R, usize);

impl<R: Read> Read for Dribble<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

/// A profile of `samples` stacks that do not repeat much.
fn profile(samples: u64, seed: u64) -> Profile {
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    builder.period("cpu", "nanoseconds", 10_000_000);
    let file = builder.string("/srv/bakery/oven");
    let mapping = builder.mapping(Mapping { start: 0x1000, limit: 0x9000, file, ..Mapping::default() });
    let locations: Vec<LocationId> = (0..50)
        .map(|n| {
            let function = builder.named_function(&format!("bake{n}"), "oven.rs");
            let location = builder.source_location(function, n);
            builder.profile.locations.get_mut(location).mapping = Some(mapping);
            location
        })
        .collect();
    let key = builder.string("tray");
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..samples {
        let stack: Vec<LocationId> = (0..next() % 20).map(|_| locations[(next() % 50) as usize]).collect();
        let value =
            LabelValue::Number { value: (next() % 9 + 1) as i64, unit: hotlist_profile::StringId::EMPTY };
        let label = Label { key, value };
        builder.sample(&stack, &[label], &[1, (next() >> 20) as i64]).unwrap();
    }
    builder.finish()
}

fn check_all_ways(profile: &Profile) {
    let plain = encode_to_vec(profile);
    let mut written = Vec::new();
    write(profile, &mut written).unwrap();
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&written[..]).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == plain, "the file is one member with the encoded profile");

    let middle = plain.len() / 2;
    let two_members = [gzip(&plain[..middle]), gzip(&plain[middle..])].concat();
    let skippable = b"\x5a\x2a\x4d\x18\x03\0\0\0abc";
    let two_frames = [&zstd(&plain[..middle])[..], skippable, &zstd(&plain[middle..])].concat();
    for data in [&plain, &written, &gzip(&plain), &two_members, &zstd(&plain), &two_frames] {
        for read in [
            read_bytes(data, Limits::default()),
            read(&data[..], Limits::default()),
            read(Dribble(&data[..], 1009), Limits::default()),
        ] {
            assert!(encode_to_vec(&read.unwrap()) == plain);
        }
    }
}

#[test]
fn large_profiles_go_through_all_threads() {
    // Several chunks of the writer, and far more than is read without a thread.
    let profile = profile(150_000, 7);
    assert!(encode_to_vec(&profile).len() > 3 << 20);
    check_all_ways(&profile);
}

#[test]
fn a_multi_member_reader_finds_nothing_behind_the_file() {
    let mut written = Vec::new();
    write(&profile(30_000, 3), &mut written).unwrap();
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(&written[..]).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == encode_to_vec(&profile(30_000, 3)));
}

#[test]
fn a_failing_output_is_reported() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(data.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(data.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let profile = profile(150_000, 5);
    for room in [0, 100, 1 << 20] {
        assert_eq!(write(&profile, Full(room)).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}

#[test]
fn a_damaged_checksum_is_noticed() {
    let mut packed = gzip(&encode_to_vec(&profile(10, 1)));
    let at = packed.len() - 6;
    packed[at] ^= 1;
    let message = read_bytes(&packed, Limits::default()).unwrap_err().to_string();
    assert!(message.starts_with("decompressing gzip data: "), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn small_profiles_survive(samples in 0u64..60, seed: u64) {
        check_all_ways(&profile(samples, seed));
    }
}
