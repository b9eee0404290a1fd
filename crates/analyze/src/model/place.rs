//! A place of a program: what frames are summed into.

use std::borrow::Cow;
use std::fmt::Write;

use hotlist_profile::StringId;

use crate::model::path::base_name;

/// A source path after trimming and cleaning: a row of the table of paths.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct PathId(pub(crate) StringId);

/// What makes frames the same place, as ids.
///
/// What a view does not tell apart is zero or empty here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct PlaceIds {
    /// Function name.
    pub name: StringId,
    pub(crate) file: PathId,
    /// Instruction address.
    pub address: u64,
    /// Line number.
    pub line: i64,
    /// Column number.
    pub column: i64,
    /// Object file; only where binaries are told apart or there is no function name.
    pub object: StringId,
    /// First line of the function; only where `object` may be set.
    pub start_line: i64,
}

impl PlaceIds {
    /// The whole function that the place is a part of. A place without address and line is one itself.
    pub(crate) fn function(self) -> PlaceIds {
        if self.address == 0 && self.line == 0 {
            return self;
        }
        PlaceIds { address: 0, line: 0, column: 0, ..self }
    }
}

/// A place as text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NodeInfo {
    /// Function name.
    pub name: String,
    /// Source file.
    pub file: String,
    /// Instruction address.
    pub address: u64,
    /// Line number.
    pub line: i64,
    /// Column number.
    pub column: i64,
    /// Object file.
    pub object: String,
    /// First line of the function.
    pub start_line: i64,
}

impl NodeInfo {
    /// The parts of the text by which reports call the place: address, function, and the file with
    /// its line; the object file or `<unknown>` when nothing else is known.
    pub fn components(&self) -> Vec<Cow<'_, str>> {
        let mut parts = Vec::new();
        if self.address != 0 {
            parts.push(Cow::Owned(format!("{:016x}", self.address)));
        }
        if !self.name.is_empty() {
            parts.push(Cow::Borrowed(self.name.as_str()));
        }
        if self.line != 0 {
            let mut position = format!("{}:{}", self.file, self.line);
            if self.column != 0 {
                let _ = write!(position, ":{}", self.column);
            }
            parts.push(Cow::Owned(position));
        } else if !self.file.is_empty() {
            parts.push(Cow::Borrowed(&self.file));
        } else if !self.name.is_empty() {
            // The name stands there already.
        } else {
            parts.push(object_label(&self.object));
        }
        parts
    }

    /// The parts in one line.
    pub fn printable_name(&self) -> String {
        self.components().join(" ")
    }

    /// A text in which all that makes up the place stands in pprof's order, to break ties like it.
    pub(crate) fn tie_breaker(&self) -> String {
        let NodeInfo { name, file, address, line, column, object, start_line } = self;
        format!("{{{name}  {address} {file} {start_line} {line} {column} {object}}}")
    }
}

/// What a place is called when neither its function nor its file is known: the file name of its object file in
/// brackets.
pub fn object_label(object: &str) -> Cow<'static, str> {
    match object {
        "" => Cow::Borrowed("<unknown>"),
        path => Cow::Owned(format!("[{}]", base_name(path))),
    }
}
