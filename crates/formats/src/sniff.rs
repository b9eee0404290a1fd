//! Telling formats apart by the first bytes of a file. Names of files play no part.

use crate::foreign::is_text;
use crate::json::Outline;

/// The first bytes of a file, and what is known about them.
#[derive(Debug)]
pub struct Head<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Whether the file ends with them.
    pub is_whole: bool,
    /// Whether they are text.
    pub is_text: bool,
    /// What the file holds if it is JSON.
    pub(crate) json: Option<Outline>,
}

/// What a format says to the first bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The file is not in the format.
    No,
    /// More bytes are needed to tell.
    Undecided,
    /// The file seems to be in the format.
    Yes,
}

/// How a format is recognized.
#[derive(Clone, Copy, Debug)]
pub enum Sniff {
    /// By its first bytes.
    Bytes(fn(&[u8]) -> bool),
    /// By what the head as a whole looks like.
    Head(fn(&Head<'_>) -> Claim),
    /// As JSON that has all keys of one of these lists. `a.b` is the key `b` of the object under `a`, and `[].b` one
    /// of the first object of an array.
    Keys(&'static [&'static [&'static str]]),
}

impl From<bool> for Claim {
    fn from(is_claimed: bool) -> Self {
        if is_claimed { Claim::Yes } else { Claim::No }
    }
}

impl<'a> Head<'a> {
    /// Looks at `bytes`.
    pub fn new(bytes: &'a [u8], is_whole: bool) -> Self {
        Head { bytes, is_whole, is_text: is_text(bytes), json: Outline::of(bytes) }
    }
}

impl Sniff {
    /// Whether a file with this head is in the format.
    pub fn claim(&self, head: &Head<'_>) -> Claim {
        match self {
            Sniff::Bytes(is_claimed) => is_claimed(head.bytes).into(),
            Sniff::Head(claim) => claim(head),
            Sniff::Keys(lists) => {
                let Some(outline) = &head.json else { return Claim::No };
                if lists.iter().any(|keys| keys.iter().all(|key| outline.has(key))) {
                    Claim::Yes
                } else if head.is_whole || outline.is_complete {
                    Claim::No
                } else {
                    Claim::Undecided
                }
            }
        }
    }
}
