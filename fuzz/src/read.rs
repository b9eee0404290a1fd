//! Reading any file: containers, `profile.proto`, every legacy format.
//!
//! Laws: a stream is read as a buffer is, also when it comes in small pieces; what was read can be
//! written and read again.

use std::io::{self, Read};

use hotlist_formats::{Limits, read, read_bytes, write};

use crate::describe::describe;

/// How much an input may unpack to, so that a bomb is found out soon.
const LIMITS: Limits = Limits { unpacked_bytes: 8 << 20 };

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(data: &[u8]) {
    let whole = read_bytes(data, LIMITS);
    let streamed = read(Trickle { rest: data }, LIMITS);
    match (whole, streamed) {
        (Ok(whole), Ok(streamed)) => {
            let description = describe(&whole);
            assert_eq!(description, describe(&streamed), "a stream is read otherwise than a buffer");
            let mut file = Vec::new();
            write(&whole, &mut file).expect("a vector takes everything");
            let unlimited = Limits::default();
            let again = read_bytes(&file, unlimited).expect("what was written can be read");
            assert_eq!(description, describe(&again), "writing changes the profile");
        }
        (Err(whole), Err(streamed)) => {
            assert_eq!(whole.to_string(), streamed.to_string(), "a stream fails otherwise than a buffer");
        }
        (Ok(_), Err(error)) => panic!("fails only as a stream: {error}"),
        (Err(error), Ok(_)) => panic!("fails only as a buffer: {error}"),
    }
}

/// A reader that hands out a few bytes at a time.
struct Trickle<'a> {
    rest: &'a [u8],
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.rest.len() % 251 + 1).min(self.rest.len());
        buffer[..length].copy_from_slice(&self.rest[..length]);
        self.rest = &self.rest[length..];
        Ok(length)
    }
}
