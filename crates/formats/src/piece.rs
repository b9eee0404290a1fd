//! Pieces of unpacked data.

use std::io::{self, Read};
use std::ops::Range;

/// The size of pieces, other than the last one.
pub(crate) const PIECE: usize = 256 << 10;

/// Some unpacked data, somewhere in a block of memory.
#[derive(Default)]
pub(crate) struct Piece {
    pub(crate) buffer: Vec<u8>,
    pub(crate) bytes: Range<usize>,
}

impl Piece {
    /// The data.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.bytes.clone()]
    }
}

/// What unpacks piece by piece.
pub(crate) trait Unpack {
    /// Makes `piece` the next one, empty only at the end. Its memory is used again, for this one or a later one.
    fn next(&mut self, piece: &mut Piece) -> io::Result<()>;
}

/// Pieces of what can be read.
pub(crate) struct Pieces<R> {
    input: R,
    /// What to fail with when everything before has been passed on.
    failure: Option<io::Error>,
}

impl<R: Read> Pieces<R> {
    pub(crate) fn of(input: R) -> Self {
        Pieces { input, failure: None }
    }
}

impl<R: Read> Unpack for Pieces<R> {
    fn next(&mut self, piece: &mut Piece) -> io::Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        piece.buffer.clear();
        piece.buffer.reserve_exact(PIECE);
        self.failure = self.input.by_ref().take(PIECE as u64).read_to_end(&mut piece.buffer).err();
        piece.bytes = 0..piece.buffer.len();
        match self.failure.take_if(|_| piece.buffer.is_empty()) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
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
            let count = buffer.len().min(self.0);
            self.0 -= count;
            Ok(count)
        }
    }
    for length in [0, 10, PIECE, PIECE + 1] {
        let (mut pieces, mut piece, mut sizes) = (Pieces::of(Failing(length)), Piece::default(), Vec::new());
        let error = loop {
            match pieces.next(&mut piece) {
                Ok(()) => sizes.push(piece.bytes().len()),
                Err(error) => break error,
            }
        };
        assert_eq!((sizes.iter().sum(), error.kind()), (length, io::ErrorKind::TimedOut));
        assert!(sizes.iter().all(|&size| (1..=PIECE).contains(&size)), "{sizes:?}");
    }
}
