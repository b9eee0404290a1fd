//! Numbers and texts of records, in the order of bytes of the machine that they are from.

/// How a machine orders the bytes of numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteOrder {
    /// The lowest first, as on x86-64 and aarch64.
    Little,
    /// The highest first, as on s390x.
    Big,
}

impl ByteOrder {
    /// That of the machine this runs on.
    pub const NATIVE: ByteOrder =
        if cfg!(target_endian = "big") { ByteOrder::Big } else { ByteOrder::Little };

    pub(super) fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            ByteOrder::Little => u64::from_le_bytes(bytes),
            ByteOrder::Big => u64::from_be_bytes(bytes),
        }
    }
}

/// What fails when a record ends too early or says something impossible.
pub(super) type Result<T> = std::result::Result<T, String>;

/// Reads a record from the front.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    order: ByteOrder,
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8], order: ByteOrder) -> Self {
        Fields { rest: bytes, order }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn order(&self) -> ByteOrder {
        self.order
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or("a record ends too early")?;
        self.rest = rest;
        Ok(bytes)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or("a record ends too early")?;
        self.rest = rest;
        Ok(*bytes)
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        self.fixed::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        let bytes = self.fixed()?;
        Ok(match self.order {
            ByteOrder::Little => u16::from_le_bytes(bytes),
            ByteOrder::Big => u16::from_be_bytes(bytes),
        })
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        let bytes = self.fixed()?;
        Ok(match self.order {
            ByteOrder::Little => u32::from_le_bytes(bytes),
            ByteOrder::Big => u32::from_be_bytes(bytes),
        })
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        Ok(self.order.u64(self.fixed()?))
    }

    /// Flags, the first of which is the lowest bit. Compilers for machines with the highest byte first begin with the
    /// highest bit.
    pub(super) fn flags(&mut self) -> Result<u64> {
        let word = self.u64()?;
        Ok(if self.order == ByteOrder::Big { word.reverse_bits() } else { word })
    }

    /// So many words as they are stored.
    pub(super) fn words(&mut self, count: u64) -> Result<Words<'a>> {
        let size = usize::try_from(count).ok().and_then(|count| count.checked_mul(8));
        let bytes = self.bytes(size.ok_or("a record ends too early")?)?;
        Ok(Words { bytes, order: self.order })
    }

    /// What comes before the first zero byte, or all.
    pub(super) fn text(&mut self) -> &'a [u8] {
        let end = memchr::memchr(0, self.rest).unwrap_or(self.rest.len());
        let text = &self.rest[..end];
        self.rest = &self.rest[(end + 1).min(self.rest.len())..];
        text
    }

    /// A text behind its size, filled up with zero bytes.
    pub(super) fn sized_text(&mut self) -> Result<&'a [u8]> {
        let size = self.u32()? as usize;
        let bytes = self.bytes(size)?;
        Ok(Fields::new(bytes, self.order).text())
    }
}

/// A row of 64-bit words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    bytes: &'a [u8],
    order: ByteOrder,
}

impl<'a> Words<'a> {
    pub(super) fn iter(self) -> impl Iterator<Item = u64> + 'a {
        self.bytes.chunks_exact(8).map(move |chunk| {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.order.u64(word)
        })
    }
}
