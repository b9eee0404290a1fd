//! Packed varints by whole words, where the processor can pick bits out of them.
#![allow(
    unsafe_code,
    reason = "instructions that not every processor has are looked for before they are used"
)]

use std::arch::is_x86_feature_detected as has;
use std::arch::x86_64::_pext_u64;

use super::varint::{TOPS, first_bytes};

/// How many numbers are found at once, at most.
pub(super) const ROOM: usize = 64;
/// The largest number of varints that end in a word.
const MOST: usize = 8;
/// The number that nearly always suffices.
const USUAL: usize = 4;
/// Of a word, the bits of numbers.
const BITS: u64 = !TOPS;

/// The numbers of a packed field, a part of them at a time.
///
/// A step takes eight bytes, wherever numbers begin in them, so none has to wait until the one before knows where its
/// last number ends. The beginning of a number that goes on in the next word is carried over.
pub(super) struct Words<'a> {
    rest: &'a [u8],
    /// The low bits of a number, and how many.
    carry: u64,
    carried: u32,
}

impl<'a> Words<'a> {
    /// The numbers in `data`; `None` on processors that cannot pick bits, or take long for it.
    ///
    /// The instruction is slow in those of AMD before Zen 3, which is also the first of them that has VAES.
    #[inline]
    pub(super) fn new(data: &'a [u8]) -> Option<Self> {
        let is_able = has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt") && has!("vaes");
        is_able.then_some(Words { rest: data, carry: 0, carried: 0 })
    }

    /// Whether all numbers have been found.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Finds the next numbers and tells how many there are. `None` when there is one of more than 32 bits or of many
    /// bytes, or the last one does not end.
    #[inline]
    pub(super) fn take(&mut self, numbers: &mut [u32; ROOM]) -> Option<usize> {
        // SAFETY: `new` has seen that the processor has what this needs.
        unsafe { self.pick(numbers) }
    }

    #[target_feature(enable = "bmi1,bmi2,lzcnt,popcnt")]
    fn pick(&mut self, numbers: &mut [u32; ROOM]) -> Option<usize> {
        let Words { mut rest, mut carry, mut carried } = *self;
        let mut count = 0;
        while !rest.is_empty()
            && let Some(room) = numbers.get_mut(count..).and_then(<[u32]>::first_chunk_mut::<MOST>)
        {
            let (word, held);
            (word, held, rest) = match rest.split_first_chunk::<8>() {
                Some((&bytes, rest)) => (u64::from_le_bytes(bytes), u64::MAX, rest),
                None => (first_bytes(rest), !(u64::MAX << (8 * rest.len())), &[][..]),
            };
            let mut ends = !word & TOPS & held;
            if ends == 0 {
                return None;
            }
            let found = ends.count_ones() as usize;
            count += found;
            // What comes after the last end.
            let tail = u64::MAX << (63 - ends.leading_zeros()) << 1 & held & BITS;
            // The bits up to the end of the number, and those before it. All numbers are written, whether they are
            // there or not; those that are not are overwritten later.
            let mut before = 0;
            let mut next = || {
                let through = ends ^ ends.wrapping_sub(1);
                let number = _pext_u64(word, (through ^ before) & BITS);
                before = through;
                ends &= ends.wrapping_sub(1);
                number
            };
            let first = carry | next() << carried;
            let [a, b, c] = [next(), next(), next()];
            if (first | a | b | c) >> 32 != 0 {
                return None;
            }
            room[..USUAL].copy_from_slice(&[first, a, b, c].map(|number| number as u32));
            if found > USUAL {
                room[USUAL..].fill_with(|| next() as u32);
            }
            (carry, carried) = (_pext_u64(word, tail), tail.count_ones());
        }
        if rest.is_empty() && carried != 0 {
            return None;
        }
        *self = Words { rest, carry, carried };
        Some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::encode::put_varint;
    use crate::wire::varint::varints;

    fn found(data: &[u8]) -> Option<Vec<u32>> {
        let (mut words, mut all, mut numbers) = (Words::new(data)?, Vec::new(), [0; ROOM]);
        while !words.is_empty() {
            let count = words.take(&mut numbers)?;
            all.extend_from_slice(&numbers[..count]);
        }
        Some(all)
    }

    #[test]
    fn numbers_of_all_sizes_are_found() {
        if Words::new(&[]).is_none() {
            return;
        }
        let mut state = 1u64;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        };
        for round in 0..20_000 {
            // Most are small, and in some rounds one is too large.
            let most = 1 + random() % 32;
            let mut numbers: Vec<u64> =
                (0..random() % 150).map(|_| random() & (u64::MAX >> (64 - 1 - random() % most))).collect();
            if round % 4 == 0 && !numbers.is_empty() {
                let row = random() as usize % numbers.len();
                numbers[row] = 1 << (32 + random() % 32) | random();
            }
            let mut data = Vec::new();
            numbers.iter().for_each(|&number| put_varint(&mut data, number));
            let expected: Option<Vec<u32>> = numbers.iter().map(|&number| number.try_into().ok()).collect();
            assert_eq!(found(&data), expected, "{numbers:?}");
            if data.pop().is_some() && data.last().is_some_and(|&byte| byte >= 0x80) {
                assert_eq!(found(&data), None);
            }
        }
    }

    #[test]
    fn any_bytes_are_what_they_are_one_by_one() {
        let mut state = 7u64;
        for _ in 0..50_000 {
            let mut data = Vec::new();
            for _ in 0..state % 5 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                data.extend_from_slice(&state.to_be_bytes()[..1 + state as usize % 8]);
            }
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mut expected = Vec::new();
            let outcome = varints(&data, |number| expected.push(number));
            if let Some(found) = found(&data) {
                assert!(outcome.is_ok() && found.iter().copied().map(u64::from).eq(expected), "{data:x?}");
            }
        }
    }
}
