//! Numbers and texts of a chunk.

/// A position in the data of a chunk.
#[derive(Clone, Debug)]
pub(super) struct ByteReader<'a> {
    rest: &'a [u8],
    /// Whether integers are written with as few bytes as they need.
    is_compressed: bool,
}

/// What fails when data ends too early or says something impossible.
pub(super) type Result<T> = std::result::Result<T, String>;

/// A text, or where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Here(String),
    /// A constant of the type `java.lang.String`.
    Constant(i64),
}

impl<'a> ByteReader<'a> {
    pub(super) fn new(data: &'a [u8], is_compressed: bool) -> Self {
        ByteReader { rest: data, is_compressed }
    }

    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or("the data ends too early")?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or("the data ends too early")?;
        self.rest = rest;
        Ok(*bytes)
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        self.fixed::<1>().map(|[byte]| byte)
    }

    /// A number of seven bits a byte, the lowest first; the ninth byte has eight.
    fn compressed(&mut self) -> Result<i64> {
        let mut value = 0u64;
        for position in 0..9 {
            let byte = u64::from(self.byte()?);
            if position == 8 {
                return Ok((value | byte << 56) as i64);
            }
            value |= (byte & 0x7f) << (7 * position);
            if byte < 0x80 {
                break;
            }
        }
        Ok(value as i64)
    }

    pub(super) fn long(&mut self) -> Result<i64> {
        if self.is_compressed { self.compressed() } else { Ok(i64::from_be_bytes(self.fixed()?)) }
    }

    pub(super) fn int(&mut self) -> Result<i64> {
        if self.is_compressed { self.compressed() } else { Ok(i64::from(i32::from_be_bytes(self.fixed()?))) }
    }

    pub(super) fn short(&mut self) -> Result<i64> {
        if self.is_compressed { self.compressed() } else { Ok(i64::from(i16::from_be_bytes(self.fixed()?))) }
    }

    /// A number of things that take at least a byte each.
    pub(super) fn count(&mut self) -> Result<usize> {
        let count = self.int()?;
        usize::try_from(count)
            .ok()
            .filter(|&count| count <= self.left())
            .ok_or_else(|| format!("{count} is too large a number of items"))
    }

    pub(super) fn text(&mut self) -> Result<Text> {
        Ok(Text::Here(match self.byte()? {
            0 | 1 => String::new(),
            2 => return Ok(Text::Constant(self.long()?)),
            3 => {
                let length = self.count()?;
                String::from_utf8_lossy(self.bytes(length)?).into_owned()
            }
            4 => {
                let length = self.count()?;
                let units = (0..length).map(|_| Ok(self.short()? as u16)).collect::<Result<Vec<u16>>>()?;
                String::from_utf16_lossy(&units)
            }
            5 => {
                let length = self.count()?;
                self.bytes(length)?.iter().map(|&byte| char::from(byte)).collect()
            }
            other => return Err(format!("unknown encoding {other} of a text")),
        }))
    }
}
