//! Writing the deflate format, RFC 1951, fast rather than small.
//!
//! Samples repeat little, so most of what compression gains comes from the frequencies of bytes. Looking at
//! one earlier place for a match finds nearly all of the rest, in a third of the time of zlib's fast levels.

mod bits;
mod huffman;
mod matches;

use bits::BitWriter;
use huffman::Code;
use matches::{Matcher, Token};

/// How many symbols share a code.
const BLOCK: usize = 32 << 10;
/// The end of a block, RFC 1951 section 3.2.5.
const END: usize = 256;
const LITERALS_AND_LENGTHS: usize = 286;
const DISTANCES: usize = 30;

/// Whether more follows what is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// More blocks follow, which begin at a whole byte.
    Open,
    /// The stream ends.
    Final,
}

/// Compresses `data` into deflate blocks, RFC 1951, that refer to nothing before them.
pub fn deflate(data: &[u8], ending: Ending) -> Vec<u8> {
    let mut out = BitWriter::with_capacity(data.len() / 2 + data.len() / 4 + 64);
    let mut matcher = Matcher::new(data);
    let mut tokens = vec![Token::default(); BLOCK.min(data.len())];
    loop {
        let count = matcher.tokens(&mut tokens);
        if count == 0 {
            break;
        }
        write_block(&tokens[..count], &mut out);
    }
    // An empty block of the fixed code ends the stream; one that is not compressed ends at a whole byte.
    match ending {
        Ending::Final => out.put(0b011, 3 + 7),
        Ending::Open => {
            out.put(0b000, 3);
            out.align();
            out.put(0xffff_0000, 32);
        }
    }
    out.finish()
}

/// Writes a block with a code of its own, RFC 1951 section 3.2.7.
fn write_block(tokens: &[Token], out: &mut BitWriter) {
    let mut symbols = [0u32; LITERALS_AND_LENGTHS];
    let mut distances = [0u32; DISTANCES];
    symbols[END] = 1;
    for token in tokens {
        match token.distance() {
            None => symbols[usize::from(token.literal())] += 1,
            Some(distance) => {
                symbols[length_symbol(token.length()).symbol] += 1;
                distances[distance_symbol(distance).symbol] += 1;
            }
        }
    }
    let symbols = Code::of(&mut symbols, 15);
    let distances = Code::of(&mut distances, 15);
    out.put(0b100, 3);
    huffman::write_lengths(&symbols, &distances, out);
    write_tokens(tokens, &symbols, &distances, out);
    symbols.put(END, out);
}

/// Writes tokens in the codes of their block. A function of its own, so that what it needs stays in registers.
#[inline(never)]
fn write_tokens(tokens: &[Token], symbols: &Code, distances: &Code, out: &mut BitWriter) {
    out.put_many(tokens.len(), |room| {
        for token in tokens {
            match token.distance() {
                None => {
                    let (code, count) = symbols.get(usize::from(token.literal()));
                    room.put(code, count);
                }
                Some(distance) => {
                    // 15, 5, 15 and 13 bits at most.
                    let (mut bits, mut count) = (0, 0);
                    let mut add = |more: u64, length: u32| {
                        bits |= more << count;
                        count += length;
                    };
                    for (symbol, code) in
                        [(length_symbol(token.length()), symbols), (distance_symbol(distance), distances)]
                    {
                        let (code, length) = code.get(symbol.symbol);
                        add(code, length);
                        add(symbol.extra, symbol.extra_bits);
                    }
                    room.put(bits, count);
                }
            }
        }
    });
}

/// A length or distance as a symbol and the bits that follow it.
struct Symbol {
    symbol: usize,
    extra: u64,
    extra_bits: u32,
}

/// Four symbols for each doubling from length 11 on, RFC 1951 section 3.2.5.
#[inline]
fn length_symbol(length: usize) -> Symbol {
    let over = (length - 3) as u32;
    match over {
        0..8 => Symbol { symbol: 257 + over as usize, extra: 0, extra_bits: 0 },
        255 => Symbol { symbol: 285, extra: 0, extra_bits: 0 },
        _ => {
            let extra_bits = over.ilog2() - 2;
            let symbol = 257 + 4 * (extra_bits + 1) + (over >> extra_bits & 3);
            Symbol { symbol: symbol as usize, extra: u64::from(over & ((1 << extra_bits) - 1)), extra_bits }
        }
    }
}

/// Two symbols for each doubling from distance 5 on, RFC 1951 section 3.2.5.
#[inline]
fn distance_symbol(distance: usize) -> Symbol {
    let over = (distance - 1) as u32;
    if over < 2 {
        return Symbol { symbol: over as usize, extra: 0, extra_bits: 0 };
    }
    let extra_bits = over.ilog2() - 1;
    let symbol = 2 * (extra_bits + 1) + (over >> extra_bits & 1);
    Symbol { symbol: symbol as usize, extra: u64::from(over & ((1 << extra_bits) - 1)), extra_bits }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn unpack(deflated: &[u8]) -> Vec<u8> {
        let mut data = Vec::new();
        flate2::read::DeflateDecoder::new(deflated).read_to_end(&mut data).unwrap();
        data
    }

    /// Both endings, and that what follows an open one is found.
    fn check(data: &[u8]) {
        assert_eq!(unpack(&deflate(data, Ending::Final)), data);
        let mut twice = deflate(data, Ending::Open);
        twice.extend(deflate(data, Ending::Final));
        assert_eq!(unpack(&twice), [data, data].concat());
    }

    #[test]
    fn edges() {
        check(b"");
        check(b"a");
        check(&[7; 100_000]);
        for length in 1..600 {
            check(&b"abcdefg".repeat(100)[..length]);
        }
        // More symbols than a block has, with frequencies that ask for codes that are too long.
        let mut steep = Vec::new();
        let (mut count, mut next) = (1, 1);
        for byte in 0..24u8 {
            (0..count).for_each(|n| steep.extend([byte, (n % 5) as u8 + 100]));
            (count, next) = (next, count + next);
        }
        check(&steep);
    }

    #[test]
    fn matches_at_every_distance_and_length() {
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize
        };
        let mut data: Vec<u8> = (0..40_000).map(|_| random() as u8).collect();
        for length in 3..300 {
            let from = data.len() - (random() % 40_000 + length).min(data.len());
            data.extend_from_within(from..from + length);
            data.push(random() as u8);
        }
        check(&data);
        assert!(deflate(&data, Ending::Final).len() < 60_000);
    }

    proptest! {
        #[test]
        fn what_was_deflated_comes_out(data in prop::collection::vec(0u8..9, 0..3000), any in prop::collection::vec(any::<u8>(), 0..3000)) {
            check(&data);
            check(&any);
            check(&[data.as_slice(), &any, &data].concat());
        }
    }
}
