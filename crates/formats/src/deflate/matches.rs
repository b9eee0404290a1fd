//! Finding what stood there before.

/// The longest match that the format has.
const LONGEST: usize = 258;
/// The shortest match that is looked for. Shorter ones cost about as many bits as their bytes in the codes of
/// a profile, and each makes a branch that the processor does not foresee.
const SHORTEST: usize = 5;
/// How far back a match may reach.
const WINDOW: usize = 32 << 10;
/// How many earlier places are remembered, by the hash of what begins there.
const PLACES: usize = 1 << 14;

/// A literal byte, or a match: a mark at the top, the length at 16 and the distance less one at 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Token(u32);

impl Token {
    const MATCH: u32 = 1 << 31;

    #[inline]
    fn of_match(length: usize, distance: usize) -> Self {
        Token(Self::MATCH | (length as u32) << 16 | (distance - 1) as u32)
    }

    /// The byte, where this is no match.
    #[inline]
    pub(super) fn literal(self) -> u8 {
        self.0 as u8
    }

    /// How far back a match begins; `None` for a literal.
    #[inline]
    pub(super) fn distance(self) -> Option<usize> {
        (self.0 & Self::MATCH != 0).then_some((self.0 & 0xffff) as usize + 1)
    }

    /// How long a match is.
    #[inline]
    pub(super) fn length(self) -> usize {
        (self.0 >> 16 & 0x7fff) as usize
    }
}

/// Turns data into tokens, from front to back.
pub(super) struct Matcher<'a> {
    data: &'a [u8],
    position: usize,
    /// For each hash, the last position at which it was met, modulo 2^16: more than the window, and half
    /// of what a position takes in the cache.
    places: Box<[u16; PLACES]>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Matcher { data, position: 0, places: Box::new([0; PLACES]) }
    }

    /// Fills `tokens` from the front; returns how many there are.
    ///
    /// A function of its own, so that what it needs stays in registers.
    #[inline(never)]
    pub(super) fn tokens(&mut self, tokens: &mut [Token]) -> usize {
        let (data, places) = (self.data, &mut *self.places);
        let mut position = self.position;
        let mut count = 0;
        for token in tokens {
            let Some(&here) = data[position..].first_chunk::<8>() else {
                let Some(&byte) = data.get(position) else { break };
                *token = Token(u32::from(byte));
                position += 1;
                count += 1;
                continue;
            };
            let here = start(here);
            let place = &mut places[hash(here)];
            // A place that was never met reads as one at a multiple of 2^16, which is there too. What
            // stands at a place decides, so one that is out of date does no harm.
            let distance = usize::from((position as u16).wrapping_sub(*place));
            *place = position as u16;
            let earlier = position - distance;
            if (distance.wrapping_sub(1) < WINDOW)
                & (data[earlier..].first_chunk().is_some_and(|&there| start(there) == here))
            {
                let rest = &data[position..data.len().min(position + LONGEST)];
                let length = common(&data[earlier..], rest);
                *token = Token::of_match(length, distance);
                // The end of a match is where the next one is likely to begin.
                let end = position + length;
                for within in [position + 1, end - 1] {
                    if let Some(&bytes) = data[within..].first_chunk() {
                        places[hash(start(bytes))] = within as u16;
                    }
                }
                position = end;
            } else {
                *token = Token(u32::from(here as u8));
                position += 1;
            }
            count += 1;
        }
        self.position = position;
        count
    }
}

/// The first [`SHORTEST`] of eight bytes.
#[inline]
fn start(bytes: [u8; 8]) -> u64 {
    u64::from_le_bytes(bytes) & (u64::MAX >> (64 - 8 * SHORTEST))
}

#[inline]
fn hash(start: u64) -> usize {
    (start.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - PLACES.trailing_zeros())) as usize
}

/// How many bytes two slices have in common at the front; the first one is not the shorter one.
#[inline]
fn common(one: &[u8], other: &[u8]) -> usize {
    let mut length = 0;
    while let (Some(a), Some(b)) = (one[length..].first_chunk(), other[length..].first_chunk()) {
        let difference = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if difference != 0 {
            return length + difference.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    length + one[length..].iter().zip(&other[length..]).take_while(|(a, b)| a == b).count()
}
