//! Binary files of machine words, of the size and byte order of the machine that wrote them.

/// Size and byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    Little32,
    Big32,
    Little64,
    Big64,
}

impl Words {
    /// All kinds, in the order in which they are tried.
    pub(crate) const ALL: [Words; 4] = [Words::Little32, Words::Big32, Words::Little64, Words::Big64];

    /// Splits the first word off `data`.
    pub(crate) fn next(self, data: &mut &[u8]) -> Option<u64> {
        match self {
            Words::Little32 => take(data, |bytes| u64::from(u32::from_le_bytes(bytes))),
            Words::Big32 => take(data, |bytes| u64::from(u32::from_be_bytes(bytes))),
            Words::Little64 => take(data, u64::from_le_bytes),
            Words::Big64 => take(data, u64::from_be_bytes),
        }
    }

    /// Bytes in a word.
    pub(crate) fn size(self) -> usize {
        match self {
            Words::Little32 | Words::Big32 => 4,
            Words::Little64 | Words::Big64 => 8,
        }
    }
}

fn take<const N: usize>(data: &mut &[u8], number: impl Fn([u8; N]) -> u64) -> Option<u64> {
    let (&bytes, rest) = data.split_first_chunk::<N>()?;
    *data = rest;
    Some(number(bytes))
}
