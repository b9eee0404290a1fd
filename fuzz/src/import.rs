//! Reading a file in a format that is given, so that damage to its first bytes does not lead elsewhere.
//!
//! The input is a byte that chooses the format and the file.
//!
//! Laws: what was read can be written and read again.

use hotlist_formats::{ALL, Limits, read_bytes, read_bytes_as, write};

use crate::describe::describe;

/// How much an input may unpack to, so that a bomb is found out soon.
const LIMITS: Limits = Limits { unpacked_bytes: 8 << 20 };

/// Runs the harness.
///
/// # Panics
/// When a law is broken.
pub fn run(input: &[u8]) {
    let Some((&choice, data)) = input.split_first() else { return };
    let format = &ALL[usize::from(choice) % ALL.len()];
    if let Ok(profile) = read_bytes_as(Some(format), data, LIMITS) {
        let mut file = Vec::new();
        write(&profile, &mut file).expect("a vector takes everything");
        let again = read_bytes(&file, Limits::default()).expect("what was written can be read");
        assert_eq!(describe(&profile), describe(&again), "writing changes the profile");
    }
}
