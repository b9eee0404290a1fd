//! Pieces of unpacked data, and what yields them.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender};

use crate::error::Error;
use crate::unpack::Compression;

/// The size of pieces, other than the last one.
pub(crate) const PIECE: usize = 256 << 10;

/// Some unpacked data in a block of memory that is used again for later pieces, so that it is set to zero only once.
#[derive(Default)]
pub(crate) struct Piece {
    buffer: Vec<u8>,
    length: usize,
}

impl Piece {
    /// The data.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    /// Reads until the piece is full or the input ends, in which case it may be empty. What was read before a
    /// failure is kept.
    pub(crate) fn fill(&mut self, input: &mut dyn Read) -> io::Result<()> {
        self.buffer.resize(PIECE, 0);
        self.length = 0;
        while self.length < PIECE {
            match input.read(&mut self.buffer[self.length..]) {
                Ok(0) => break,
                Ok(count) => self.length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Yields the unpacked data, piece by piece.
pub(crate) trait Pieces {
    /// The piece at hand; empty before the first one and at the end.
    fn current(&self) -> &[u8];

    /// Goes on to the next piece.
    fn advance(&mut self) -> Result<(), Error>;
}

/// Data that is in memory already.
pub(crate) struct InMemory<'a> {
    next: Option<&'a [u8]>,
    current: &'a [u8],
}

impl<'a> InMemory<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        InMemory { next: Some(data), current: &[] }
    }
}

impl Pieces for InMemory<'_> {
    fn current(&self) -> &[u8] {
        self.current
    }

    fn advance(&mut self) -> Result<(), Error> {
        self.current = self.next.take().unwrap_or_default();
        Ok(())
    }
}

/// Data that this thread reads, and unpacks where it is compressed.
pub(crate) struct Reading<'a> {
    input: Box<dyn Read + 'a>,
    compression: Option<Compression>,
    piece: Piece,
    /// What to fail with when everything before it has been passed on.
    failure: Option<io::Error>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(input: impl Read + 'a, compression: Option<Compression>) -> Self {
        Reading { input: Box::new(input), compression, piece: Piece::default(), failure: None }
    }
}

impl Pieces for Reading<'_> {
    fn current(&self) -> &[u8] {
        self.piece.bytes()
    }

    fn advance(&mut self) -> Result<(), Error> {
        if self.failure.is_none() {
            self.failure = self.piece.fill(&mut *self.input).err();
        } else {
            self.piece.length = 0;
        }
        match self.failure.take_if(|_| self.piece.bytes().is_empty()) {
            Some(failure) => Err(explain(self.compression, failure)),
            None => Ok(()),
        }
    }
}

/// Data that another thread unpacks.
pub(crate) struct Unpacking {
    pub(crate) compression: Compression,
    pub(crate) full: Receiver<io::Result<Piece>>,
    pub(crate) empty: Sender<Piece>,
    pub(crate) piece: Piece,
}

impl Pieces for Unpacking {
    fn current(&self) -> &[u8] {
        self.piece.bytes()
    }

    fn advance(&mut self) -> Result<(), Error> {
        // The other thread is gone when it has unpacked everything.
        let Ok(next) = self.full.recv() else {
            self.piece.length = 0;
            return Ok(());
        };
        let used =
            std::mem::replace(&mut self.piece, next.map_err(|error| explain(Some(self.compression), error))?);
        let _ = self.empty.send(used);
        Ok(())
    }
}

fn explain(compression: Option<Compression>, error: io::Error) -> Error {
    match compression {
        Some(compression) => compression.explain(error),
        None => Error::Read(error),
    }
}

#[test]
fn a_failure_comes_after_what_was_read_before_it() {
    struct Failing(usize);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let count = buffer.len().min(self.0).min(100_000);
            self.0 -= count;
            Ok(count)
        }
    }
    for length in [0, 10, PIECE, PIECE + 1] {
        let (mut pieces, mut sizes) = (Reading::new(Failing(length), None), Vec::new());
        let error = loop {
            match pieces.advance() {
                Ok(()) => sizes.push(pieces.current().len()),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Read(error) if error.kind() == io::ErrorKind::TimedOut));
        assert_eq!(sizes.iter().sum::<usize>(), length);
        assert!(sizes.iter().all(|size| (1..=PIECE).contains(size)), "{sizes:?}");
    }
}
