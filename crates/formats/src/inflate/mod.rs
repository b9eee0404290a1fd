//! Reading gzip files, RFC 1952, made for profiles.
//!
//! Varints are nearly incompressible: most of a stream are literals with codes of about eight bits, and matches are
//! short. What takes the time is that each code has to be looked up before the next one begins, so tables hold
//! pairs of literals where one of them is short.

mod bits;
mod block;
mod code;
mod entry;
mod member;
mod window;

pub use member::GzipReader;

#[cfg(test)]
mod tests {
    use std::io::{self, BufRead, Read, Write};

    use flate2::bufread::MultiGzDecoder;
    use flate2::write::GzEncoder;
    use flate2::{Compression, GzBuilder};

    use super::GzipReader;
    use crate::piece::{Piece, Unpack};

    /// An input that has a few bytes at hand at a time.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.1;
            (&mut self.0).take(size as u64).read(buffer)
        }
    }

    impl BufRead for Pieces<'_> {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            Ok(&self.0[..self.0.len().min(self.1)])
        }

        fn consume(&mut self, count: usize) {
            self.0 = &self.0[count..];
        }
    }

    fn unpack(mut reader: impl Read) -> io::Result<Vec<u8>> {
        let mut data = Vec::new();
        reader.read_to_end(&mut data).map(|_| data)
    }

    fn unpack_pieces(mut reader: impl Unpack) -> io::Result<Vec<u8>> {
        let (mut data, mut piece) = (Vec::new(), Piece::default());
        loop {
            reader.next(&mut piece)?;
            if piece.bytes().is_empty() {
                return Ok(data);
            }
            data.extend_from_slice(piece.bytes());
        }
    }

    /// The outcome is that of flate2: the same bytes, or a failure of both.
    fn compare(file: &[u8]) -> io::Result<Vec<u8>> {
        let expected = unpack(MultiGzDecoder::new(file));
        let found = unpack(GzipReader::new(file));
        match (&found, unpack_pieces(GzipReader::new(file))) {
            (Ok(whole), Ok(pieces)) => assert!(*whole == pieces),
            (Err(whole), Err(pieces)) => assert_eq!(whole.to_string(), pieces.to_string()),
            (whole, pieces) => panic!("{:?} {:?}", whole.as_ref().err(), pieces.err()),
        }
        match (&expected, &found) {
            (Ok(expected), Ok(found)) => assert!(expected == found),
            (Err(_), Err(error)) => assert!(
                matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData),
                "{error}"
            ),
            (expected, found) => panic!("{:?} {:?}", expected.as_ref().err(), found.as_ref().err()),
        }
        found
    }

    fn gzip(data: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    /// Noise with repetitions of many lengths and distances, in skewed frequencies.
    fn sample(size: usize, seed: u64) -> Vec<u8> {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize
        };
        let mut data = Vec::with_capacity(size + 300);
        while data.len() < size {
            if next() % 6 == 0 && !data.is_empty() {
                let distance = 1 + next() % data.len().min(1 << (next() % 17));
                for _ in 0..3 + next() % (1 << (next() % 9)) {
                    data.push(data[data.len() - distance]);
                }
            } else {
                data.push((next() % (1 << (next() % 9))) as u8);
            }
        }
        data
    }

    #[test]
    fn streams_of_all_levels_and_sizes() {
        for size in [0, 1, 2, 15, 300, 5_000, 66_000, 700_000] {
            let data = sample(size, size as u64);
            for level in 0..10 {
                assert!(compare(&gzip(&data, level)).unwrap() == data, "{size} {level}");
            }
        }
        for data in [vec![7; 200_000], b"ab".repeat(50_000), b"abcdefghi".repeat(20_000)] {
            for level in 0..10 {
                assert!(compare(&gzip(&data, level)).unwrap() == data);
            }
        }
    }

    #[test]
    fn pieces_of_any_size() {
        let data = sample(100_000, 3);
        for level in [0, 1, 6] {
            let file = gzip(&data, level);
            for size in [1, 2, 3, 7, 15, 16, 17, 100, 4096] {
                assert!(unpack(GzipReader::new(Pieces(&file, size))).unwrap() == data, "{level} {size}");
            }
        }
    }

    #[test]
    fn members_and_headers() {
        let mut builder = GzBuilder::new().filename("name").comment("comment").extra(*b"extra");
        builder = builder.mtime(7);
        let mut encoder = builder.write(Vec::new(), Compression::fast());
        encoder.write_all(b"one").unwrap();
        let mut file = encoder.finish().unwrap();
        file.extend(gzip(b"", 6));
        file.extend(gzip(b"two", 6));
        assert_eq!(compare(&file).unwrap(), b"onetwo");
        compare(&[&file[..], b"garbage"].concat()).unwrap_err();
        compare(&[&file[..], &[0]].concat()).unwrap_err();
        // A member does not refer to the one before it: a match of the fixed code at distance 1.
        let far = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x03, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        compare(&[&file[..], &far].concat()).unwrap_err();
    }

    /// All combinations of what a header may hold, the sums right and wrong.
    #[test]
    fn headers_with_any_flags() {
        let body = &gzip(b"body", 6)[10..];
        for flags in 0..32u8 {
            let mut header = vec![0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3];
            for (flag, part) in [(4, &b"\x05\0extra"[..]), (8, b"name\0"), (16, b"comment\0")] {
                if flags & flag != 0 {
                    header.extend(part);
                }
            }
            let file = if flags & 2 == 0 {
                [&header[..], body].concat()
            } else {
                let mut sum = flate2::Crc::new();
                sum.update(&header);
                let [low, high, ..] = sum.sum().to_le_bytes();
                compare(&[&header[..], &[low, high ^ 1], body].concat()).unwrap_err();
                [&header[..], &[low, high], body].concat()
            };
            assert_eq!(compare(&file).unwrap(), b"body", "{flags}");
            for length in 0..file.len() {
                compare(&file[..length]).unwrap_err();
            }
        }
        for reserved in [32, 64, 128] {
            compare(&[&[0x1f, 0x8b, 8, reserved, 0, 0, 0, 0, 0, 3][..], body].concat()).unwrap_err();
        }
    }

    #[test]
    fn what_we_write_is_read() {
        for size in [0, 1, 1000, 300_000] {
            let data = sample(size, 11);
            let mut sum = flate2::Crc::new();
            sum.update(&data);
            let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
            let (one, other) = data.split_at(size / 3);
            file.extend(crate::deflate::deflate(one, crate::Ending::Open));
            file.extend(crate::deflate::deflate(other, crate::Ending::Final));
            file.extend(sum.sum().to_le_bytes());
            file.extend(sum.amount().to_le_bytes());
            assert!(compare(&file).unwrap() == data);
        }
    }

    #[test]
    fn damage_is_found_where_zlib_finds_it() {
        for (size, level) in [(40, 1), (300, 0), (700, 6), (700, 9)] {
            let file = gzip(&sample(size, 5), level);
            for length in 0..file.len() {
                assert_eq!(compare(&file[..length]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
            }
            for bit in 0..8 * file.len() {
                let mut file = file.clone();
                file[bit / 8] ^= 1 << (bit % 8);
                let _ = compare(&file);
            }
        }
    }

    /// Blocks of noise, with sums that do not fit, so that only the blocks decide how far each gets.
    #[test]
    fn noise_is_refused_alike() {
        for seed in 0..20_000u64 {
            let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            for _ in 0..10 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                file.extend(state.rotate_left(29).to_le_bytes());
            }
            let _ = compare(&file);
        }
    }
}
