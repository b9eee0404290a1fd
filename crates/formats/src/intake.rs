//! Unpacked data, piece by piece, into whichever reader its first bytes ask for.

use hotlist_profile::{DecodeError, Decoder, Profile, looks_like_profile};

use crate::error::Error;
use crate::read::Limits;
use crate::{foreign, format};

/// How many bytes are looked at before the format is settled.
const HEAD: usize = 16 << 10;

/// Takes pieces of unpacked data and makes a profile of them.
///
/// An encoded profile is decoded as it comes and never held as a whole. Legacy files are collected,
/// as they are small and their parts refer to each other.
pub(crate) struct Intake {
    limits: Limits,
    taken: u64,
    stage: Stage,
}

enum Stage {
    /// Fewer than [`HEAD`] bytes have come.
    Begin(Vec<u8>),
    Encoded {
        decoder: Box<Decoder>,
        /// What to say when decoding fails; `None` lets the decoder say it.
        otherwise: Option<Error>,
    },
    Legacy(Vec<u8>),
}

impl Intake {
    pub(crate) fn new(limits: Limits) -> Self {
        Intake { limits, taken: 0, stage: Stage::Begin(Vec::new()) }
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.taken += piece.len() as u64;
        if self.taken > self.limits.unpacked_bytes {
            return Err(Error::TooLarge { limit: self.limits.unpacked_bytes });
        }
        match &mut self.stage {
            Stage::Begin(head) if head.is_empty() && piece.len() >= HEAD => {
                self.stage = begin(piece, self.limits)?;
                self.feed(piece)
            }
            Stage::Begin(head) => {
                head.extend_from_slice(piece);
                if head.len() >= HEAD { self.settle() } else { Ok(()) }
            }
            Stage::Encoded { .. } | Stage::Legacy(_) => self.feed(piece),
        }
    }

    /// The profile, when all pieces have come.
    pub(crate) fn finish(mut self) -> Result<Profile, Error> {
        if self.taken == 0 {
            return Err(Error::Decode(DecodeError::Empty));
        }
        self.settle()?;
        match self.stage {
            Stage::Begin(_) => Err(Error::Unrecognized { seems: None }),
            Stage::Encoded { decoder, otherwise } => {
                decoder.finish().map_err(|error| explain(error, otherwise, self.limits))
            }
            Stage::Legacy(data) => read_collected(&data, self.limits),
        }
    }

    /// Leaves the first stage, if that has not happened yet.
    fn settle(&mut self) -> Result<(), Error> {
        let Stage::Begin(head) = &mut self.stage else { return Ok(()) };
        let head = std::mem::take(head);
        self.stage = begin(&head, self.limits)?;
        self.feed(&head)
    }

    fn feed(&mut self, piece: &[u8]) -> Result<(), Error> {
        match &mut self.stage {
            Stage::Encoded { decoder, otherwise } => {
                decoder.push(piece).map_err(|error| explain(error, otherwise.take(), self.limits))
            }
            Stage::Begin(data) | Stage::Legacy(data) => {
                data.extend_from_slice(piece);
                Ok(())
            }
        }
    }
}

fn begin(head: &[u8], limits: Limits) -> Result<Stage, Error> {
    if let Some(kind) = foreign::kind(head) {
        return Err(Error::Unrecognized { seems: Some(kind) });
    }
    if format::is_claimed(head) {
        return Ok(Stage::Legacy(Vec::new()));
    }
    // Data that begins unlike any profile may still be one, with fields that only its writer knows.
    let likely = looks_like_profile(head) && !foreign::is_text(head);
    let otherwise = (!likely).then(|| Error::Unrecognized { seems: foreign::guess(head) });
    Ok(Stage::Encoded { decoder: Box::new(Decoder::new(limits.memory())), otherwise })
}

/// The words of a legacy format may also stand in a comment of an encoded profile.
fn read_collected(data: &[u8], limits: Limits) -> Result<Profile, Error> {
    if looks_like_profile(data) {
        let mut decoder = Decoder::new(limits.memory());
        if let Ok(profile) = decoder.push(data).and_then(|()| decoder.finish()) {
            return Ok(profile);
        }
    }
    format::read_legacy(data)
}

fn explain(error: DecodeError, otherwise: Option<Error>, limits: Limits) -> Error {
    match (error, otherwise) {
        (DecodeError::Memory { .. }, _) => Error::Memory { limit: limits.memory() as u64 },
        (_, Some(otherwise)) => otherwise,
        (error, None) => Error::Decode(error),
    }
}
