//! Unpacked data as the readers of formats take it: looked at first, then read from its beginning.

use std::io::{self, BufRead, Read};

use crate::error::Error;
use crate::piece::Pieces;

/// The unpacked data of a file.
///
/// Readers of formats see it as [`BufRead`]. What fails in reading, rather than in what was read, is
/// kept here, so that it is not taken for a malformed file.
pub struct Input<'a> {
    pieces: &'a mut dyn Pieces,
    /// How much of the piece at hand has been consumed, or is in `head`.
    used: usize,
    /// What was looked at and comes before the pieces.
    head: Vec<u8>,
    head_used: usize,
    /// How many bytes have come.
    taken: u64,
    limit: u64,
    /// Why reading has failed.
    pub(crate) failure: Option<Error>,
}

impl<'a> Input<'a> {
    /// At most `limit` bytes of `pieces`.
    pub(crate) fn new(pieces: &'a mut dyn Pieces, limit: u64) -> Self {
        Input { pieces, used: 0, head: Vec::new(), head_used: 0, taken: 0, limit, failure: None }
    }

    /// The first bytes that have not been consumed, `wanted` of them or all that there are, and whether these are all.
    pub(crate) fn peek(&mut self, wanted: usize) -> Result<(&[u8], bool), Error> {
        // One more tells whether there is more.
        let enough = wanted.saturating_add(1);
        let mut is_end = false;
        while !is_end
            && self.head.len() - self.head_used < enough
            && (self.head.len() > self.head_used || self.pieces.current().len() - self.used < enough)
        {
            self.head.extend_from_slice(&self.pieces.current()[self.used..]);
            is_end = !self.advance()?;
        }
        let unread = match self.head.len() - self.head_used {
            0 => &self.pieces.current()[self.used..],
            _ => &self.head[self.head_used..],
        };
        Ok((&unread[..wanted.min(unread.len())], unread.len() <= wanted))
    }

    /// The next bytes that are at hand; none at the end.
    pub(crate) fn piece(&mut self) -> Result<&[u8], Error> {
        if self.head_used < self.head.len() {
            return Ok(&self.head[self.head_used..]);
        }
        if self.used == self.pieces.current().len() {
            self.head = Vec::new();
            self.head_used = 0;
            self.advance()?;
        }
        Ok(&self.pieces.current()[self.used..])
    }

    /// All bytes that have not been consumed.
    pub(crate) fn rest(&mut self) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        loop {
            let piece = self.piece()?;
            if piece.is_empty() {
                return Ok(all);
            }
            all.extend_from_slice(piece);
            let count = piece.len();
            self.consume(count);
        }
    }

    /// Goes on to the next piece, unless there is none.
    fn advance(&mut self) -> Result<bool, Error> {
        self.pieces.advance()?;
        self.used = 0;
        self.taken += self.pieces.current().len() as u64;
        if self.taken > self.limit {
            return Err(Error::TooLarge { limit: self.limit });
        }
        Ok(!self.pieces.current().is_empty())
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.head_used == self.head.len()
            && self.used == self.pieces.current().len()
            && let Err(error) = self.piece().map(|_| ())
        {
            self.failure = Some(error);
            return Err(io::Error::other("the input has failed"));
        }
        match self.head.len() - self.head_used {
            0 => Ok(&self.pieces.current()[self.used..]),
            _ => Ok(&self.head[self.head_used..]),
        }
    }

    fn consume(&mut self, count: usize) {
        if self.head_used < self.head.len() {
            self.head_used += count;
        } else {
            self.used += count;
        }
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::piece::Reading;

    /// Yields at most as many bytes at a time as it was told.
    struct Dribble<'a>(&'a [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(1000);
            self.0.read(&mut buffer[..length])
        }
    }

    #[test]
    fn what_was_looked_at_is_read_again() {
        let data: Vec<u8> = (0..700_000u32).map(|n| (n % 251) as u8).collect();
        for looks in [&[][..], &[10], &[10, 300_000, 5], &[600_000, 900_000], &[700_000], &[699_999]] {
            let mut pieces = Reading::new(Dribble(&data), None);
            let mut input = Input::new(&mut pieces, 1 << 20);
            for &wanted in looks {
                let (seen, is_all) = input.peek(wanted).unwrap();
                assert!(*seen == data[..wanted.min(data.len())]);
                assert_eq!(is_all, wanted >= data.len());
            }
            let mut byte = [0];
            input.read_exact(&mut byte).unwrap();
            assert!(input.rest().unwrap() == data[1..]);
        }
    }

    #[test]
    fn more_than_the_limit_is_a_failure_of_reading() {
        let mut pieces = Reading::new(io::repeat(1), None);
        let mut input = Input::new(&mut pieces, 1 << 20);
        let mut data = Vec::new();
        input.read_to_end(&mut data).unwrap_err();
        assert_eq!(data.len(), 1 << 20);
        assert!(matches!(input.failure, Some(Error::TooLarge { limit: 1_048_576 })));
    }
}
