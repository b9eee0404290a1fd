//! Reading: reading, unpacking and decoding each on a thread of its own.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use hotlist_profile::Profile;

use crate::ahead::Ahead;
use crate::error::Error;
use crate::inflate::GzipReader;
use crate::intake::Intake;
use crate::piece::{PIECE, Piece, Pieces, Unpack};
use crate::zstd::ZstdReader;

/// Up to this size a compressed input is not worth a thread.
const SMALL: usize = 64 << 10;
/// How many pieces are on their way between the two threads.
const PIECES: usize = 4;

/// How large a profile may be, so that a small hostile file cannot use up the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the unpacked data, in bytes; 4 GiB by default.
    pub unpacked_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { unpacked_bytes: 4 << 30 }
    }
}

impl Limits {
    /// How many bytes the tables of the profile may take: as many as the unpacked data, and enough
    /// for every small profile.
    pub fn memory(self) -> usize {
        usize::try_from(self.unpacked_bytes).unwrap_or(usize::MAX).max(256 << 20)
    }
}

/// Reads a profile in any known format, compressed or not.
///
/// A large compressed input is read on one thread and unpacked on another, while this one decodes; the
/// input is never held as a whole.
///
/// # Errors
/// When the input fails, is damaged, exceeds a limit or is not a profile.
pub fn read(mut input: impl Read + Send, limits: Limits) -> Result<Profile, Error> {
    let mut head = Vec::with_capacity(SMALL);
    input.by_ref().take(SMALL as u64).read_to_end(&mut head).map_err(Error::Read)?;
    if head.len() < SMALL {
        return read_bytes(&head, limits);
    }
    match Compression::of(&head) {
        None => {
            let mut intake = Intake::new(limits);
            intake.push(&head)?;
            drop(head);
            pump(input, PIECE, None, intake)
        }
        Some(compression) => {
            let (ahead, source) = Ahead::of(io::Cursor::new(head).chain(input));
            thread::scope(|scope| {
                scope.spawn(move || source.run());
                unpack_beside(compression, ahead, limits)
            })
        }
    }
}

/// Reads a profile that is in memory already, in any known format, compressed or not.
///
/// # Errors
/// When the data is damaged, exceeds a limit or is not a profile.
pub fn read_bytes(data: &[u8], limits: Limits) -> Result<Profile, Error> {
    match Compression::of(data) {
        None => {
            let mut intake = Intake::new(limits);
            intake.push(data)?;
            intake.finish()
        }
        Some(compression) if data.len() < SMALL => {
            pump(compression.reader(data), SMALL, Some(compression), Intake::new(limits))
        }
        Some(compression) => unpack_beside(compression, data, limits),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// RFC 1952 section 2.3.1; RFC 8878 section 3.1.1 and, for skippable frames, 3.1.2.
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            _ => None,
        }
    }

    fn reader<'a>(self, input: impl BufRead + 'a) -> Box<dyn Read + 'a> {
        match self {
            Compression::Gzip => Box::new(GzipReader::new(input)),
            Compression::Zstd => Box::new(ZstdReader::new(input)),
        }
    }

    fn unpacker<'a>(self, input: impl BufRead + 'a) -> Box<dyn Unpack + 'a> {
        match self {
            Compression::Gzip => Box::new(GzipReader::new(input)),
            Compression::Zstd => Box::new(Pieces::of(ZstdReader::new(input))),
        }
    }

    fn explain(self, error: io::Error) -> Error {
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
}

/// Decodes what `input` yields, on this thread.
fn pump(
    mut input: impl Read,
    piece: usize,
    compression: Option<Compression>,
    mut intake: Intake,
) -> Result<Profile, Error> {
    let mut buffer = vec![0; piece];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return intake.finish(),
            Ok(length) => intake.push(&buffer[..length])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(match compression {
                    Some(compression) => compression.explain(error),
                    None => Error::Read(error),
                });
            }
        }
    }
}

/// Unpacks `input` on a second thread and decodes on this one.
///
/// Full pieces go one way and their memory comes back, so that it is bounded and not allocated
/// anew. When decoding fails, the channels close and unpacking stops at its next piece.
fn unpack_beside(
    compression: Compression,
    input: impl BufRead + Send,
    limits: Limits,
) -> Result<Profile, Error> {
    let (full_sender, full) = sync_channel::<io::Result<Piece>>(PIECES);
    let (empty_sender, empty) = channel::<Piece>();
    for _ in 0..PIECES {
        // The receiver lives in this function, so this cannot fail.
        let _ = empty_sender.send(Piece::default());
    }
    // This closure owns its ends of both channels: however it ends, it hangs up before the scope waits
    // for the other thread.
    thread::scope(move |scope| {
        scope.spawn(move || unpack(&mut *compression.unpacker(input), &full_sender, &empty));
        let mut intake = Intake::new(limits);
        for piece in full {
            let piece = piece.map_err(|error| compression.explain(error))?;
            intake.push(piece.bytes())?;
            // The other side has gone when it has read everything.
            let _ = empty_sender.send(piece);
        }
        intake.finish()
    })
}

fn unpack(input: &mut dyn Unpack, full: &SyncSender<io::Result<Piece>>, empty: &Receiver<Piece>) {
    while let Ok(mut piece) = empty.recv() {
        let next = match input.next(&mut piece) {
            Ok(()) if piece.bytes().is_empty() => return,
            next => next.map(|()| piece),
        };
        let failed = next.is_err();
        // Nobody listens when decoding has failed already.
        if full.send(next).is_err() || failed {
            return;
        }
    }
}
