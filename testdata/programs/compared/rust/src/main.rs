//! A benchmark of fixed work that writes a CPU profile to the file that `$PROFILE` names: `compared ROUNDS`.

use std::fs::File;
use std::hint::black_box;

/// With the feature, somebody added to it.
const ROUNDS: usize = if cfg!(feature = "loop") { 20 } else { 4 };

#[inline(never)]
fn make_words(count: usize) -> Vec<String> {
    let mut state = 1_u32;
    let mut letter = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'a' + ((state >> 24) % 26) as u8)
    };
    (0..count).map(|_| (0..12).map(|_| letter()).collect()).collect()
}

#[inline(never)]
fn checksum(words: &[String]) -> u64 {
    let mut sum = 0_u64;
    for word in words {
        for _ in 0..ROUNDS {
            for byte in word.bytes() {
                sum = black_box(sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
            }
        }
    }
    sum
}

#[inline(never)]
fn sort_words(words: &mut [String]) {
    words.sort();
}

fn main() {
    let rounds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100);
    let path = std::env::var_os("PROFILE").expect("PROFILE names a file");
    let capture = hotlist_collect::cpu().hertz(250).start().expect("a capture begins");
    for _ in 0..rounds {
        let mut words = make_words(5000);
        sort_words(&mut words);
        black_box(checksum(&words));
    }
    let mut file = File::create(path).expect("the file can be written");
    capture.finish(&mut file).expect("the profile is written");
}
