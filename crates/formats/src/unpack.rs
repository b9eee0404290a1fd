//! Unpacking gzip and zstd, for large data on a thread beside the one that reads its contents.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use flate2::bufread::MultiGzDecoder;

use crate::error::Error;
use crate::piece::{Piece, Pieces, Unpacking};
use crate::zstd::ZstdReader;

/// How many pieces are on their way between the two threads.
const PIECES: usize = 4;

/// How a file is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// RFC 1952 section 2.3.1; RFC 8878 section 3.1.1 and, for skippable frames, 3.1.2.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            _ => None,
        }
    }

    /// What `input` unpacks to: of gzip all members one after the other, as Go's reader has it, and of zstd all frames.
    pub(crate) fn reader<'a>(self, input: impl BufRead + 'a) -> Box<dyn Read + 'a> {
        match self {
            Compression::Gzip => Box::new(MultiGzDecoder::new(input)),
            Compression::Zstd => Box::new(ZstdReader::new(input)),
        }
    }

    /// An error of [`reader`](Self::reader): the input has ended, is damaged, or has failed.
    pub(crate) fn explain(self, error: io::Error) -> Error {
        let compression = match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        };
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                Error::Compressed { compression, reason: "the data ends too early".to_owned() }
            }
            // These are the kinds under which the decompressors report damage.
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Error::Compressed { compression, reason: error.to_string() }
            }
            _ => Error::Read(error),
        }
    }

    /// Unpacks `input` on a second thread while `take` uses what comes out on this one.
    ///
    /// Full pieces go one way and their memory comes back, so that it is bounded and not allocated anew. When `take`
    /// fails, the channels close and unpacking stops at its next piece.
    pub(crate) fn unpack_beside<T>(
        self,
        input: impl BufRead + Send,
        take: impl FnOnce(&mut dyn Pieces) -> T,
    ) -> T {
        let (full_sender, full) = sync_channel::<io::Result<Piece>>(PIECES);
        let (empty, empty_receiver) = channel::<Piece>();
        for _ in 0..PIECES {
            // The receiver lives in this function, so this cannot fail.
            let _ = empty.send(Piece::default());
        }
        // This closure owns its ends of both channels: however it ends, it hangs up before the scope waits for the
        // other thread.
        thread::scope(move |scope| {
            scope.spawn(move || unpack(&mut *self.reader(input), &full_sender, &empty_receiver));
            let mut pieces = Unpacking { compression: self, full, empty, piece: Piece::default() };
            take(&mut pieces)
        })
    }
}

fn unpack(input: &mut dyn Read, full: &SyncSender<io::Result<Piece>>, empty: &Receiver<Piece>) {
    while let Ok(mut piece) = empty.recv() {
        let failure = piece.fill(input).err();
        let is_end = piece.bytes().is_empty();
        // Sending fails when reading has failed already.
        if !is_end && full.send(Ok(piece)).is_err() {
            return;
        }
        if let Some(failure) = failure {
            let _ = full.send(Err(failure));
            return;
        }
        if is_end {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::GzBuilder;

    use super::*;

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzBuilder::new().filename("name").comment("comment").extra(*b"extra").mtime(7);
        encoder = encoder.operating_system(3);
        let mut encoder = encoder.write(Vec::new(), flate2::Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn unpack(file: &[u8]) -> Result<Vec<u8>, String> {
        let mut data = Vec::new();
        let outcome = Compression::Gzip.reader(file).read_to_end(&mut data);
        outcome.map(|_| data).map_err(|error| Compression::Gzip.explain(error).to_string())
    }

    #[test]
    fn members_follow_each_other_and_nothing_else_does() {
        let file = [gzip(b"one"), gzip(b""), gzip(b"two")].concat();
        assert_eq!(unpack(&file).unwrap(), b"onetwo");
        for rest in [&b"garbage"[..], &[0], &[0; 512]] {
            let message = unpack(&[&file, rest].concat()).unwrap_err();
            assert!(message.starts_with("decompressing gzip data: "), "{message}");
        }
        // A member does not refer to the one before it: a match of the fixed code at distance 1.
        let far = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x03, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        unpack(&[&file[..], &far].concat()).unwrap_err();
    }

    #[test]
    fn every_cut_is_an_error_and_no_flipped_bit_changes_the_data() {
        let data = b"a body that is long enough to have a code, a body of a file";
        let file = gzip(data);
        for length in 0..file.len() {
            assert_eq!(
                unpack(&file[..length]).unwrap_err(),
                "decompressing gzip data: the data ends too early"
            );
        }
        let body = 10 + 2 + 5 + 5 + 8;
        for bit in 8 * body..8 * file.len() {
            let mut file = file.clone();
            file[bit / 8] ^= 1 << (bit % 8);
            // The bits up to the end of the last byte mean nothing.
            assert!(unpack(&file).map_or(true, |unpacked| unpacked == data));
        }
    }
}
