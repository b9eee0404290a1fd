//! Blocks, RFC 1951 section 3.2.

use std::io::{self, BufRead};

use super::bits::{BitBuffer, BitReader};
use super::code::Code;
use super::entry::Entry;
use super::window::{self, LIMIT, Window};

/// The code of literals and lengths. Its table is large enough for pairs of the more frequent literals of profiles,
/// which have 4 and 8 bits.
type Literals = Code<12, { 1 << 12 }>;
type Distances = Code<8, { 1 << 8 }>;

/// The codes of a block.
pub(super) struct Codes {
    lengths: Code<7, { 1 << 7 }>,
    literals: Literals,
    distances: Distances,
}

/// The error of damaged data.
pub(super) fn damage(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

const FAR: &str = "invalid distance too far back";

impl Codes {
    pub(super) fn new() -> Box<Self> {
        Box::new(Codes { lengths: Code::new(), literals: Code::new(), distances: Code::new() })
    }

    fn set(&mut self, literals: &[u8], distances: &[u8]) -> io::Result<()> {
        self.literals
            .set(literals, &Entry::LITERALS_AND_LENGTHS)
            .map_err(|_| damage("invalid literal/lengths set"))?;
        self.distances.set(distances, &Entry::DISTANCES).map_err(|_| damage("invalid distances set"))
    }

    /// Section 3.2.6.
    pub(super) fn set_fixed(&mut self) -> io::Result<()> {
        let mut lengths = [8; 288];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        self.set(&lengths, &[5; 32])
    }

    /// Reads the codes of a block, section 3.2.7.
    pub(super) fn read<R: BufRead>(&mut self, input: &mut BitReader<R>) -> io::Result<()> {
        const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        let literals = input.take(5)? as usize + 257;
        let distances = input.take(5)? as usize + 1;
        if literals > 286 || distances > 30 {
            return Err(damage("too many length or distance symbols"));
        }
        let count = input.take(4)? as usize + 4;
        let mut lengths = [0; 19];
        for &symbol in &ORDER[..count] {
            lengths[symbol] = input.take(3)? as u8;
        }
        match self.lengths.set(&lengths, &Entry::CODE_LENGTHS) {
            Ok(()) if lengths.iter().filter(|&&length| length > 0).count() > 1 => {}
            _ => return Err(damage("invalid code lengths set")),
        }
        // A repetition may reach beyond them.
        let mut lengths = [0u8; 286 + 30 + 138];
        let total = literals + distances;
        let mut done = 0;
        while done < total {
            input.fill(14)?;
            let entry = self.lengths.get(input.buffer.bits());
            let bits = input.buffer.bits().wrapping_shr(entry.bits());
            let symbol = entry.value(0);
            let (skip, length, count) = match symbol {
                0..16 => {
                    input.skip(entry.bits() & 7)?;
                    lengths[done] = symbol as u8;
                    done += 1;
                    continue;
                }
                16 if done == 0 => return Err(damage("invalid bit length repeat")),
                16 => (2, lengths[done - 1], 3 + (bits & 3)),
                17 => (3, 0, 3 + (bits & 7)),
                _ => (7, 0, 11 + (bits & 127)),
            };
            input.skip((entry.bits() & 7) + skip)?;
            let count = count as usize;
            if length != 0 {
                lengths[done..done + count].fill(length);
            }
            done += count;
        }
        if done > total {
            return Err(damage("invalid bit length repeat"));
        }
        if lengths[256] == 0 {
            return Err(damage("invalid code -- missing end-of-block"));
        }
        self.set(&lengths[..literals], &lengths[literals..total])
    }

    /// Unpacks symbols up to the end of the block or a full window; true at the end of the block.
    pub(super) fn unpack<R: BufRead>(
        &self,
        input: &mut BitReader<R>,
        window: &mut Window,
    ) -> io::Result<bool> {
        while window.end < LIMIT {
            let mut buffer = input.buffer;
            let data = input.data()?;
            if data.len() >= 16 {
                let (taken, ended) = self.run(data, &mut buffer, window)?;
                input.input.consume(taken);
                input.buffer = buffer;
                if ended {
                    return Ok(true);
                }
            } else if self.step(input, window)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Unpacks one symbol, or finds the end of the block.
    #[cold]
    fn step<R: BufRead>(&self, input: &mut BitReader<R>, window: &mut Window) -> io::Result<bool> {
        input.fill(20)?;
        let bits = input.buffer.bits();
        let mut entry = self.literals.get(bits);
        if entry == Entry::UNKNOWN {
            entry = self.literals.long(bits, &Entry::LITERALS_AND_LENGTHS);
        }
        if entry.is_exception() && !entry.is_end() {
            return Err(Self::unknown(input, 15, "invalid literal/length code"));
        }
        input.skip(entry.bits() & 63)?;
        if entry.is_end() {
            return Ok(true);
        }
        if entry.is_literal() {
            window.end = put(&mut window.buffer, window.end, entry);
            return Ok(false);
        }
        let length = entry.value(bits);
        input.fill(28)?;
        let bits = input.buffer.bits();
        let mut entry = self.distances.get(bits);
        if entry == Entry::UNKNOWN {
            entry = self.distances.long(bits, &Entry::DISTANCES);
        }
        if entry.is_exception() {
            return Err(Self::unknown(input, 15, "invalid distance code"));
        }
        input.skip(entry.bits() & 63)?;
        let distance = entry.value(bits);
        if distance > window.end - window.floor {
            return Err(damage(FAR));
        }
        window::copy(&mut window.buffer, window.end, distance, length);
        window.end += length;
        Ok(false)
    }

    /// Why `bits` bits, or as many as there are, begin with no code.
    fn unknown<R: BufRead>(input: &BitReader<R>, bits: u32, what: &'static str) -> io::Error {
        if input.buffer.count() < bits { io::ErrorKind::UnexpectedEof.into() } else { damage(what) }
    }

    /// Unpacks symbols as long as there are 16 bytes of input and the window is not full. How many bytes of input
    /// have been taken, and whether the block has ended.
    ///
    /// The entry of the next symbol is looked up before anything else is done with the last one, as each one waits for
    /// the one before. After refilling there are 56 bits: enough for two entries of literals, a length, and looking up
    /// the distance; or for a distance and looking up what follows.
    #[inline(never)]
    fn run(&self, data: &[u8], bits: &mut BitBuffer, window: &mut Window) -> io::Result<(usize, bool)> {
        let mut buffer = *bits;
        let mut end = window.end;
        let floor = window.floor;
        let out = &mut *window.buffer;
        let (literals, distances) = (&self.literals, &self.distances);
        let taken = buffer.refill(*data.first_chunk().ok_or(io::ErrorKind::UnexpectedEof)?);
        let mut rest = &data[taken..];
        let mut entry = literals.get(buffer.bits());
        let mut ended = false;
        while end < LIMIT {
            let Some(next) = rest.first_chunk::<16>() else { break };
            let mut before = buffer.bits();
            buffer.skip(entry.bits());
            if entry.is_literal() {
                let first = entry;
                (entry, before) = literals.next(&mut buffer);
                end = put(out, end, first);
                if entry.is_literal() {
                    let second = entry;
                    (entry, before) = literals.next(&mut buffer);
                    end = put(out, end, second);
                    if entry.is_literal() {
                        let third = entry;
                        entry = literals.get(buffer.bits());
                        rest = &rest[buffer.refill(*next.first_chunk().unwrap_or(&[0; 8]))..];
                        end = put(out, end, third);
                        continue;
                    }
                }
            }
            if entry.is_exception() {
                if entry == Entry::UNKNOWN {
                    entry = literals.long(before, &Entry::LITERALS_AND_LENGTHS);
                    buffer.skip(entry.bits());
                }
                if entry.is_literal() {
                    out[end] = entry.literals()[0];
                    end += 1;
                    entry = literals.get(buffer.bits());
                    rest = &rest[buffer.refill(*next.first_chunk().unwrap_or(&[0; 8]))..];
                    continue;
                }
                if entry.is_end() {
                    ended = true;
                    break;
                }
                if entry.is_exception() {
                    return Err(damage("invalid literal/length code"));
                }
            }
            let length = entry.value(before);
            let mut distance = distances.get(buffer.bits());
            let taken = buffer.refill(*next.first_chunk().unwrap_or(&[0; 8]));
            let bits = buffer.bits();
            if distance.is_exception() {
                if distance == Entry::UNKNOWN {
                    distance = distances.long(bits, &Entry::DISTANCES);
                }
                if distance.is_exception() {
                    return Err(damage("invalid distance code"));
                }
            }
            buffer.skip(distance.bits());
            let distance = distance.value(bits);
            entry = literals.get(buffer.bits());
            let more: [u8; 8] = next[taken..taken + 8].try_into().unwrap_or([0; 8]);
            rest = &rest[taken + buffer.refill(more)..];
            if distance > end - floor {
                return Err(damage(FAR));
            }
            window::copy(out, end, distance, length);
            end += length;
        }
        window.end = end;
        *bits = buffer;
        Ok((data.len() - rest.len(), ended))
    }
}

/// Writes the literals of `entry` to `end`, and tells where the next byte goes.
#[inline(always)]
fn put(out: &mut [u8; window::SIZE], end: usize, entry: Entry) -> usize {
    out[end..end + 2].copy_from_slice(&entry.literals());
    end + entry.literal_count()
}
