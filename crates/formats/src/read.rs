//! Reading: the input is read, unpacked and decoded on a thread each.

use std::io::{self, Read};
use std::thread;

use hotlist_profile::{DecodeError, Decoder, Profile, looks_like_profile};

use crate::ahead::Ahead;
use crate::error::{Error, Malformed, Position};
use crate::format::{self, Format, Reader, Verdict};
use crate::input::Input;
use crate::perf::{LeavesOnly, Unwinder};
use crate::piece::{InMemory, Pieces, Reading};
use crate::sniff::Head;
use crate::unpack::Compression;

/// Up to this size a compressed input is not worth a thread.
const SMALL: usize = 64 << 10;
/// How many bytes are looked at first to find out the format.
const HEAD: usize = 16 << 10;
/// How many are looked at most, when formats ask for more.
const LARGEST_HEAD: usize = 64 << 20;

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
/// A large compressed input is read on one thread and unpacked on another, while this one decodes. The input is held
/// as a whole only where its [format](Reader::Whole) needs that.
///
/// # Errors
/// When the input fails, is damaged, exceeds a limit or is not a profile.
pub fn read(input: impl Read + Send, limits: Limits) -> Result<Profile, Error> {
    read_as(None, input, limits)
}

/// Like [`read`], in this format whatever the data looks like.
///
/// # Errors
/// As those of [`read`].
pub fn read_as(
    format: Option<&'static Format>,
    input: impl Read + Send,
    limits: Limits,
) -> Result<Profile, Error> {
    read_with(format, input, limits, &mut LeavesOnly)
}

/// Like [`read_as`]; where memory of stacks was recorded, `unwinder` says which frames are in it.
///
/// # Errors
/// As those of [`read`].
pub fn read_with(
    format: Option<&'static Format>,
    mut input: impl Read + Send,
    limits: Limits,
    unwinder: &mut dyn Unwinder,
) -> Result<Profile, Error> {
    let mut head = Vec::with_capacity(SMALL);
    input.by_ref().take(SMALL as u64).read_to_end(&mut head).map_err(Error::Read)?;
    if head.len() < SMALL {
        return read_bytes_with(format, &head, limits, unwinder);
    }
    let compression = Compression::of(&head);
    let input = io::Cursor::new(head).chain(input);
    match compression {
        None => read_pieces(format, &mut Reading::new(input, None), limits, unwinder),
        Some(compression) => {
            let (ahead, source) = Ahead::of(input);
            thread::scope(|scope| {
                scope.spawn(move || source.run());
                compression.unpack_beside(ahead, |pieces| read_pieces(format, pieces, limits, unwinder))
            })
        }
    }
}

/// Reads a profile that is in memory already, in any known format, compressed or not.
///
/// # Errors
/// When the data is damaged, exceeds a limit or is not a profile.
pub fn read_bytes(data: &[u8], limits: Limits) -> Result<Profile, Error> {
    read_bytes_as(None, data, limits)
}

/// Like [`read_bytes`], in this format whatever the data looks like.
///
/// # Errors
/// As those of [`read_bytes`].
pub fn read_bytes_as(format: Option<&'static Format>, data: &[u8], limits: Limits) -> Result<Profile, Error> {
    read_bytes_with(format, data, limits, &mut LeavesOnly)
}

/// Like [`read_with`], of data that is in memory already.
fn read_bytes_with(
    format: Option<&'static Format>,
    data: &[u8],
    limits: Limits,
    unwinder: &mut dyn Unwinder,
) -> Result<Profile, Error> {
    match Compression::of(data) {
        None => read_pieces(format, &mut InMemory::new(data), limits, unwinder),
        Some(compression) if data.len() < SMALL => {
            let mut pieces = Reading::new(compression.reader(data), Some(compression));
            read_pieces(format, &mut pieces, limits, unwinder)
        }
        Some(compression) => {
            compression.unpack_beside(data, |pieces| read_pieces(format, pieces, limits, unwinder))
        }
    }
}

/// Finds out the format of unpacked data, unless it is given, and reads it.
fn read_pieces(
    format: Option<&'static Format>,
    pieces: &mut dyn Pieces,
    limits: Limits,
    unwinder: &mut dyn Unwinder,
) -> Result<Profile, Error> {
    let mut input = Input::new(pieces, limits.unpacked_bytes);
    if input.peek(1)?.0.is_empty() {
        return Err(Error::Decode(DecodeError::Empty));
    }
    if let Some(format) = format {
        return match format.reader {
            Reader::Encoded => decode(&mut input, limits, None),
            Reader::Stream(read) => stream(format, read, &mut input, limits),
            Reader::Whole(read) => read(&input.rest()?, limits).map_err(|source| malformed(format, source)),
            Reader::Recording(read) => recording(format, read, &mut input, limits, unwinder),
        };
    }
    let mut wanted = HEAD;
    let verdict = loop {
        let (bytes, is_whole) = input.peek(wanted)?;
        let head = Head::new(bytes, is_whole || wanted >= LARGEST_HEAD);
        match format::verdict(&head) {
            Verdict::Undecided => wanted *= 4,
            verdict => break verdict,
        }
    };
    match verdict {
        Verdict::Foreign(error) => Err(error),
        Verdict::Encoded { otherwise } => decode(&mut input, limits, otherwise),
        Verdict::Stream(format, read) => stream(format, read, &mut input, limits),
        Verdict::Recording(format, read) => recording(format, read, &mut input, limits, unwinder),
        Verdict::Whole(candidates) => read_whole(&candidates, &input.rest()?, limits),
        Verdict::Undecided => unreachable!("the loop goes on until formats have decided"),
    }
}

/// Decodes a `profile.proto`. `otherwise` is what to say when that fails, unless the decoder is to say it.
fn decode(input: &mut Input<'_>, limits: Limits, otherwise: Option<Error>) -> Result<Profile, Error> {
    let mut decoder = Decoder::new(limits.memory());
    let decoded = loop {
        let piece = input.piece()?;
        if piece.is_empty() {
            break decoder.finish();
        }
        let count = piece.len();
        if let Err(error) = decoder.push(piece) {
            break Err(error);
        }
        std::io::BufRead::consume(input, count);
    };
    decoded.map_err(|error| match (error, otherwise) {
        (DecodeError::Memory { .. }, _) => Error::Memory { limit: limits.memory() as u64 },
        (_, Some(otherwise)) => otherwise,
        (error, None) => Error::Decode(error),
    })
}

fn stream(
    format: &'static Format,
    read: format::ReadStream,
    input: &mut Input<'_>,
    limits: Limits,
) -> Result<Profile, Error> {
    let outcome = read(input, limits);
    match input.failure.take() {
        Some(failure) => Err(failure),
        None => outcome.map_err(|source| malformed(format, source)),
    }
}

fn recording(
    format: &'static Format,
    read: format::ReadRecording,
    input: &mut Input<'_>,
    limits: Limits,
    unwinder: &mut dyn Unwinder,
) -> Result<Profile, Error> {
    read(&input.rest()?, limits, unwinder).map_err(|source| malformed(format, source))
}

/// Reads `data` in the first format that takes it.
///
/// When none does, the message is that of the format that got furthest.
fn read_whole(
    candidates: &[(&'static Format, format::ReadWhole)],
    data: &[u8],
    limits: Limits,
) -> Result<Profile, Error> {
    // The words of another format may also stand in a comment of an encoded profile.
    if looks_like_profile(data) {
        let mut decoder = Decoder::new(limits.memory());
        if let Ok(profile) = decoder.push(data).and_then(|()| decoder.finish()) {
            return Ok(profile);
        }
    }
    let mut furthest: Option<(&'static Format, Malformed)> = None;
    for &(format, read) in candidates {
        match read(data, limits) {
            Ok(profile) => return Ok(profile),
            Err(source) if !source.may_be_another => return Err(malformed(format, source)),
            Err(source) => {
                let so_far = furthest.as_ref().map_or(Position::Byte(0), |(_, other)| other.place);
                if furthest.is_none() || source.place > so_far {
                    furthest = Some((format, source));
                }
            }
        }
    }
    Err(match furthest {
        Some((format, source)) => malformed(format, source),
        None => format::unrecognized(&Head::new(data, true)),
    })
}

fn malformed(format: &'static Format, source: Malformed) -> Error {
    Error::Malformed { format: format.title, source }
}
