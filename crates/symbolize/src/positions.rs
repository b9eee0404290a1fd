//! The answer: for each address the source positions around it.

use hotlist_profile::{StringId, Strings};

/// Source positions of a list of addresses.
#[derive(Debug, Clone, Default)]
pub struct Positions {
    /// The names that frames refer to.
    pub strings: Strings,
    /// Why debug information was not read to its end.
    pub damage: Option<String>,
    frames: Vec<Frame>,
    ends: Vec<usize>,
}

/// A function and a place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Frame {
    /// Its name as the linker knows it, mangled; empty when unknown.
    pub function: StringId,
    /// The path of the source file; empty when unknown.
    pub file: StringId,
    /// The line, 0 when unknown.
    pub line: u32,
    /// The column, 0 when unknown.
    pub column: u32,
    /// The line of the function's declaration, 0 when unknown.
    pub start_line: u32,
}

impl Positions {
    /// The frames of address number `row`: the innermost inlined function first, last the function whose code
    /// it is. Empty when nothing is known about the address.
    pub fn frames(&self, row: usize) -> &[Frame] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.frames[start..self.ends[row]]
    }

    /// The number of addresses.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no addresses.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Adds the frames of the next address.
    pub(crate) fn push(&mut self, frames: impl IntoIterator<Item = Frame>) {
        self.frames.extend(frames);
        self.ends.push(self.frames.len());
    }

    /// A string as text, with U+FFFD for bytes that are not UTF-8.
    pub fn lossy(&self, id: StringId) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.strings.get(id))
    }
}
