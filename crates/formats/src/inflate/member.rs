//! Members of a gzip file, RFC 1952 section 2.

use std::io::{self, BufRead, Read};

use flate2::Crc;

use super::bits::BitReader;
use super::block::{Codes, damage};
use super::window::{LIMIT, Window};
use crate::piece::{Piece, Unpack};

/// Flags of a header, RFC 1952 section 2.3.1.
const HEADER_SUM: u32 = 1 << 1;
const EXTRA: u32 = 1 << 2;
const NAME: u32 = 1 << 3;
const COMMENT: u32 = 1 << 4;
const RESERVED: u32 = 0b111 << 5;

/// Unpacks all members of a gzip file, one after the other.
///
/// Reading fails with [`io::ErrorKind::UnexpectedEof`] when the input ends too early, with
/// [`io::ErrorKind::InvalidData`] when it is damaged, and when the input fails.
pub struct GzipReader<R> {
    input: BitReader<R>,
    codes: Box<Codes>,
    window: Window,
    /// How much of the window is part of the sums.
    summed: usize,
    sum: Crc,
    place: Place,
    /// What to fail with when everything before has been read.
    failure: Option<io::Error>,
}

/// What comes next in the input.
#[derive(Clone, Copy)]
enum Place {
    Header,
    Block,
    /// Bytes of a block that is not compressed, and whether it is the last one.
    Stored(usize, bool),
    /// Symbols of a block, and whether it is the last one.
    Symbols(bool),
    Trailer,
    /// Another member or the end.
    Next,
    End,
}

impl<R: BufRead> GzipReader<R> {
    /// At the start of a file.
    pub fn new(input: R) -> Self {
        GzipReader {
            input: BitReader::new(input),
            codes: Codes::new(),
            window: Window::new(),
            summed: 0,
            sum: Crc::new(),
            place: Place::Header,
            failure: None,
        }
    }

    /// Unpacks until the window is full or the file ends.
    fn fill(&mut self) -> io::Result<()> {
        while self.window.end < LIMIT {
            self.place = match self.place {
                Place::Header => {
                    self.header()?;
                    self.window.floor = self.window.end;
                    self.sum.reset();
                    Place::Block
                }
                Place::Block => self.block()?,
                Place::Stored(0, last) => after_block(last),
                Place::Stored(left, last) => Place::Stored(left - self.stored(left)?, last),
                Place::Symbols(last) => match self.codes.unpack(&mut self.input, &mut self.window)? {
                    true => after_block(last),
                    false => Place::Symbols(last),
                },
                Place::Trailer => {
                    self.trailer()?;
                    Place::Next
                }
                Place::Next if !self.input.at_end()? => Place::Header,
                Place::Next | Place::End => {
                    self.place = Place::End;
                    break;
                }
            };
        }
        self.add_up();
        Ok(())
    }

    /// Section 2.3.
    fn header(&mut self) -> io::Result<()> {
        self.sum.reset();
        let magic = self.field(2)?;
        let method = self.field(1)?;
        let flags = self.field(1)?;
        if magic != 0x8b1f || method != 8 || flags & RESERVED != 0 {
            return Err(damage("invalid gzip header"));
        }
        // When and where it was made.
        self.field(4)?;
        self.field(2)?;
        if flags & EXTRA != 0 {
            for _ in 0..self.field(2)? {
                self.field(1)?;
            }
        }
        for text in [NAME, COMMENT] {
            while flags & text != 0 && self.field(1)? != 0 {}
        }
        let sum = self.sum.sum() & 0xffff;
        if flags & HEADER_SUM != 0 && self.field(2)? != sum {
            return Err(damage("the checksum of the gzip header does not match"));
        }
        Ok(())
    }

    /// The next `bytes` bytes of a header, at most 4.
    fn field(&mut self, bytes: u32) -> io::Result<u32> {
        let value = self.input.take(8 * bytes)?;
        self.sum.update(&value.to_le_bytes()[..bytes as usize]);
        Ok(value)
    }

    /// The start of a block, RFC 1951 section 3.2.3.
    fn block(&mut self) -> io::Result<Place> {
        let last = self.input.take(1)? == 1;
        match self.input.take(2)? {
            0 => {
                self.input.align();
                let length = self.input.take(16)?;
                if self.input.take(16)? != length ^ 0xffff {
                    return Err(damage("invalid stored block lengths"));
                }
                Ok(Place::Stored(length as usize, last))
            }
            1 => self.codes.set_fixed().map(|()| Place::Symbols(last)),
            2 => self.codes.read(&mut self.input).map(|()| Place::Symbols(last)),
            _ => Err(damage("invalid block type")),
        }
    }

    /// Takes up to `left` bytes of a block that is not compressed, RFC 1951 section 3.2.4, and tells how many.
    fn stored(&mut self, left: usize) -> io::Result<usize> {
        let room = &mut self.window.buffer[self.window.end..LIMIT];
        let limit = left.min(room.len());
        let count = self.input.bytes(limit, |bytes| room[..bytes.len()].copy_from_slice(bytes))?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.window.end += count;
        Ok(count)
    }

    /// Section 2.3.1.
    fn trailer(&mut self) -> io::Result<()> {
        self.add_up();
        self.input.align();
        let sum = self.input.take(32)?;
        let size = self.input.take(32)?;
        if sum != self.sum.sum() || size != self.sum.amount() {
            return Err(damage("the checksum does not match"));
        }
        Ok(())
    }

    fn add_up(&mut self) {
        self.sum.update(&self.window.buffer[self.summed..self.window.end]);
        self.summed = self.window.end;
    }
}

impl<R: BufRead> Unpack for GzipReader<R> {
    fn next(&mut self, piece: &mut Piece) -> io::Result<()> {
        if let Some(error) = self.failure.take() {
            self.place = Place::End;
            return Err(error);
        }
        self.failure = self.fill().err();
        if self.window.fresh().is_empty() && self.failure.is_some() {
            return self.next(piece);
        }
        self.window.pass_on(piece);
        self.summed = self.window.end;
        Ok(())
    }
}

fn after_block(last: bool) -> Place {
    if last { Place::Trailer } else { Place::Block }
}

impl<R: BufRead> Read for GzipReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.window.fresh().is_empty() {
            if let Some(error) = self.failure.take() {
                self.place = Place::End;
                return Err(error);
            }
            self.window.slide();
            self.summed = self.window.end;
            self.failure = self.fill().err();
            if self.window.fresh().is_empty() && self.failure.is_some() {
                return self.read(buffer);
            }
        }
        let fresh = self.window.fresh();
        let count = fresh.len().min(buffer.len());
        buffer[..count].copy_from_slice(&fresh[..count]);
        self.window.pass(count);
        Ok(count)
    }
}
