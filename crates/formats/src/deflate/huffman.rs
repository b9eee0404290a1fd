//! Prefix codes from frequencies, and their description in a block.

use super::bits::BitWriter;

/// Codes of all symbols, with their bits in the order in which they are written.
pub(super) struct Code {
    /// For each symbol its code, and the number of its bits; 0 for a symbol without a code.
    codes: Vec<(u16, u8)>,
}

impl Code {
    /// The code for symbols that occur so often, with at most `longest` bits for each.
    ///
    /// Symbols that do not occur have no code. The format wants two at least, so some readers do too: where
    /// there are fewer, frequencies are raised to have them.
    pub(super) fn of(frequencies: &mut [u32], longest: usize) -> Code {
        for symbol in 0..2 {
            if frequencies.iter().filter(|&&frequency| frequency > 0).count() < 2 {
                frequencies[symbol] = frequencies[symbol].max(1);
            }
        }
        let mut by_frequency: Vec<usize> =
            (0..frequencies.len()).filter(|&symbol| frequencies[symbol] > 0).collect();
        by_frequency.sort_by_key(|&symbol| frequencies[symbol]);
        let sorted: Vec<u32> = by_frequency.iter().map(|&symbol| frequencies[symbol]).collect();
        let counts = limit(&lengths(&sorted), longest);

        // The rarest symbols have the longest codes; among codes of one length, symbols count up.
        let mut codes = vec![(0, 0); frequencies.len()];
        let mut rarest = by_frequency.iter();
        for length in (1..=longest).rev() {
            rarest.by_ref().take(counts[length]).for_each(|&symbol| codes[symbol].1 = length as u8);
        }
        let mut code = 0u16;
        for length in 1..=longest {
            code <<= 1;
            for entry in codes.iter_mut().filter(|entry| usize::from(entry.1) == length) {
                entry.0 = code.reverse_bits() >> (16 - length);
                code += 1;
            }
        }
        Code { codes }
    }

    /// The code of `symbol` and how many bits it has.
    #[inline]
    pub(super) fn get(&self, symbol: usize) -> (u64, u32) {
        let (code, bits) = self.codes[symbol];
        (u64::from(code), u32::from(bits))
    }

    /// Writes the code of `symbol`.
    pub(super) fn put(&self, symbol: usize, out: &mut BitWriter) {
        let (code, bits) = self.get(symbol);
        out.put(code, bits);
    }

    /// The lengths of the codes, up to the last symbol that has one, and `least` of them at least.
    fn lengths(&self, least: usize) -> impl Iterator<Item = u8> {
        let used = self.codes.iter().rposition(|&(_, bits)| bits > 0).map_or(0, |last| last + 1);
        self.codes[..used.max(least)].iter().map(|&(_, bits)| bits)
    }
}

/// The length of the code of each symbol, from frequencies that do not fall: Huffman's method, with the
/// inner nodes of the tree in the order in which they are made, since that is the order of their weights.
fn lengths(frequencies: &[u32]) -> Vec<usize> {
    let leaves = frequencies.len();
    let mut weights: Vec<u32> = frequencies.to_vec();
    let mut parents = vec![0; 2 * leaves - 1];
    let (mut leaf, mut inner) = (0, leaves);
    for node in leaves..2 * leaves - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let lighter = if inner == node || (leaf < leaves && weights[leaf] <= weights[inner]) {
                &mut leaf
            } else {
                &mut inner
            };
            weight += weights[*lighter];
            parents[*lighter] = node;
            *lighter += 1;
        }
        weights.push(weight);
    }
    let mut depths = vec![0; 2 * leaves - 1];
    for node in (0..2 * leaves - 2).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    depths.truncate(leaves);
    depths
}

/// How many codes of each length there are when none may be longer than `longest`.
fn limit(lengths: &[usize], longest: usize) -> Vec<usize> {
    let mut counts = vec![0; longest + 1];
    for &length in lengths {
        counts[length.min(longest)] += 1;
    }
    // Codes that became shorter take too much of the room; longer codes for others make up for that.
    let room = 1usize << longest;
    let mut taken: usize = (1..=longest).map(|length| counts[length] << (longest - length)).sum();
    while taken > room {
        let Some(shorter) = (1..longest).rev().find(|&length| counts[length] > 0) else { break };
        counts[shorter] -= 1;
        counts[shorter + 1] += 2;
        counts[longest] -= 1;
        taken -= 1;
    }
    counts
}

/// Describes the two codes of a block, RFC 1951 section 3.2.7.
pub(super) fn write_lengths(symbols: &Code, distances: &Code, out: &mut BitWriter) {
    /// The order in which the lengths of the codes for code lengths come.
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let lengths: Vec<u8> = symbols.lengths(257).chain(distances.lengths(1)).collect();
    let runs = runs(&lengths);
    let mut frequencies = [0u32; 19];
    runs.iter().for_each(|run| frequencies[run.symbol] += 1);
    let code = Code::of(&mut frequencies, 7);
    let used = ORDER.iter().rposition(|&symbol| code.codes[symbol].1 > 0).map_or(4, |last| (last + 1).max(4));
    out.put(symbols.lengths(257).count() as u64 - 257, 5);
    out.put(distances.lengths(1).count() as u64 - 1, 5);
    out.put(used as u64 - 4, 4);
    for &symbol in &ORDER[..used] {
        out.put(u64::from(code.codes[symbol].1), 3);
    }
    for run in runs {
        code.put(run.symbol, out);
        out.put(run.extra, run.extra_bits);
    }
}

/// A symbol of the code for code lengths, and the bits that follow it.
struct Run {
    symbol: usize,
    extra: u64,
    extra_bits: u32,
}

/// Code lengths, with repetitions taken together.
fn runs(mut lengths: &[u8]) -> Vec<Run> {
    let mut runs = Vec::new();
    while let Some(&length) = lengths.first() {
        let same = lengths.iter().take_while(|&&next| next == length).count();
        let (run, taken) = match (length, same) {
            (0, 11..) => (Run { symbol: 18, extra: same.min(138) as u64 - 11, extra_bits: 7 }, same.min(138)),
            (0, 3..) => (Run { symbol: 17, extra: same as u64 - 3, extra_bits: 3 }, same),
            _ => (Run { symbol: usize::from(length), extra: 0, extra_bits: 0 }, 1),
        };
        runs.push(run);
        lengths = &lengths[taken..];
        // The same length again, three to six times, needs to be said once before.
        let again = |lengths: &[u8]| lengths.iter().take_while(|&&next| next == length).count().min(6);
        while let (1.., same @ 3..) = (length, again(lengths)) {
            runs.push(Run { symbol: 16, extra: same as u64 - 3, extra_bits: 2 });
            lengths = &lengths[same..];
        }
    }
    runs
}
