//! Damage to bytes, the same in every run.

/// Numbers that look random and depend on the seed alone: SplitMix64 of Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", 2014.
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// A different sequence for each `seed`.
    pub fn new(seed: u64) -> Self {
        Numbers(seed)
    }

    /// A number below `limit`, or 0 when that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // The remainder is smaller than the limit, and so fits.
        (mixed % limit.max(1) as u64) as usize
    }
}

/// Bytes that are at the edge of something.
const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, b'\n', b'=', b'9'];

/// `seed` with one to four pieces of damage. `other` is a second seed to splice with; `number` chooses.
pub fn mutate(seed: &[u8], other: &[u8], number: u64) -> Vec<u8> {
    let mut numbers = Numbers::new(number);
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(4) {
        damage(&mut bytes, other, &mut numbers);
    }
    bytes
}

fn damage(bytes: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    let at = numbers.below(bytes.len());
    match numbers.below(8) {
        0 | 1 if !bytes.is_empty() => bytes[at] ^= 1 << numbers.below(8),
        2 if !bytes.is_empty() => bytes[at] = EDGES[numbers.below(EDGES.len())],
        3 => bytes.truncate(at),
        4 => {
            let end = (at + numbers.below(9)).min(bytes.len());
            bytes.drain(at..end);
        }
        5 => {
            let end = (at + numbers.below(65)).min(bytes.len());
            let copy = bytes[at..end].to_vec();
            let to = numbers.below(bytes.len());
            bytes.splice(to..to, copy);
        }
        6 => {
            let from = numbers.below(other.len());
            let end = (from + numbers.below(257)).min(other.len());
            bytes.splice(at..at, other[from..end].iter().copied());
        }
        _ => {
            let from = numbers.below(other.len());
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
    }
}
