//! Reading ahead of what is being unpacked.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// Size of the blocks in which the input is read.
const BLOCK: usize = 256 << 10;
/// How many blocks there are.
const BLOCKS: usize = 3;

/// An input whose next blocks are read on another thread, since unpacking takes the longest of all and would
/// otherwise have to wait for each of them.
pub(crate) struct Ahead {
    full: Receiver<io::Result<Vec<u8>>>,
    empty: Sender<Vec<u8>>,
    block: Vec<u8>,
    /// How much of the block has been consumed.
    consumed: usize,
}

/// What reads the blocks.
pub(crate) struct Source<R> {
    input: R,
    full: SyncSender<io::Result<Vec<u8>>>,
    empty: Receiver<Vec<u8>>,
}

impl Ahead {
    /// What `input` yields, as soon as the other half [runs](Source::run) on another thread.
    pub(crate) fn of<R: Read>(input: R) -> (Self, Source<R>) {
        let (full_sender, full) = sync_channel(BLOCKS);
        let (empty, empty_receiver) = channel();
        for _ in 1..BLOCKS {
            // The receiver is in this function, so this cannot fail.
            let _ = empty.send(Vec::new());
        }
        let ahead = Ahead { full, empty, block: Vec::new(), consumed: 0 };
        (ahead, Source { input, full: full_sender, empty: empty_receiver })
    }
}

impl<R: Read> Source<R> {
    /// Reads until the input ends or fails, or no more of it is wanted.
    pub(crate) fn run(mut self) {
        while let Ok(mut block) = self.empty.recv() {
            block.clear();
            block.reserve_exact(BLOCK);
            let outcome = self.input.by_ref().take(BLOCK as u64).read_to_end(&mut block);
            if !block.is_empty() && self.full.send(Ok(block)).is_err() {
                return;
            }
            match outcome {
                Ok(BLOCK) => {}
                Ok(_) => return,
                Err(error) => {
                    // This fails when unpacking has failed already.
                    let _ = self.full.send(Err(error));
                    return;
                }
            }
        }
    }
}

impl BufRead for Ahead {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.consumed == self.block.len() {
            // At the end of the input the other half is gone.
            let Ok(next) = self.full.recv() else { return Ok(&[]) };
            let used = std::mem::replace(&mut self.block, next?);
            self.consumed = 0;
            // Nor is it there when it has read everything.
            let _ = self.empty.send(used);
        }
        Ok(&self.block[self.consumed..])
    }

    fn consume(&mut self, count: usize) {
        self.consumed += count;
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many bytes as the number says and then an end or an error, in reads of uneven sizes.
    struct Uneven(usize, Option<io::ErrorKind>);

    impl Read for Uneven {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return self.1.map_or(Ok(0), |kind| Err(kind.into()));
            }
            let count = buffer.len().min(self.0).min(1 + self.0 % 40_000);
            buffer[..count]
                .iter_mut()
                .zip((0..self.0).rev())
                .for_each(|(byte, left)| *byte = (left % 251) as u8);
            self.0 -= count;
            Ok(count)
        }
    }

    #[test]
    fn everything_comes_in_order_and_then_the_failure() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 7] {
            for failure in [None, Some(io::ErrorKind::TimedOut)] {
                let (mut ahead, source) = Ahead::of(Uneven(length, failure));
                let mut data = Vec::new();
                let outcome = std::thread::scope(|scope| {
                    scope.spawn(|| source.run());
                    ahead.read_to_end(&mut data)
                });
                assert_eq!(outcome.err().map(|error| error.kind()), failure);
                assert!(
                    data.iter().copied().eq((0..length).rev().map(|left| (left % 251) as u8)),
                    "{length}"
                );
            }
        }
    }

    #[test]
    fn reading_stops_when_no_more_is_wanted() {
        let (mut ahead, source) = Ahead::of(io::repeat(7));
        std::thread::scope(|scope| {
            scope.spawn(|| source.run());
            assert_eq!(ahead.fill_buf().unwrap()[..3], [7; 3]);
            drop(ahead);
        });
    }
}
