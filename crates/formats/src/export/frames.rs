//! Frames as formats of names have them.

use std::borrow::Cow;

use hotlist_profile::{Line, LocationId, Profile};

/// A function at some place, or an address without one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct NameAndPlace<'p> {
    pub(super) name: Cow<'p, str>,
    /// The source file, or for an address the object file; empty when unknown.
    pub(super) file: Cow<'p, str>,
    /// 0 when unknown.
    pub(super) line: i64,
    /// 0 when unknown.
    pub(super) column: i64,
}

/// The frames of a location, the innermost inlined function first; never none.
pub(super) fn names_of(profile: &Profile, location: LocationId) -> Vec<NameAndPlace<'_>> {
    let lines = profile.locations.lines(location);
    if lines.is_empty() {
        return vec![unnamed(profile, location)];
    }
    lines.iter().map(|line| of_line(profile, line)).collect()
}

fn of_line<'p>(profile: &'p Profile, line: &Line) -> NameAndPlace<'p> {
    let function = profile.function(line.function);
    let name = if function.name.is_empty() { function.system_name } else { function.name };
    NameAndPlace {
        name: profile.lossy(name),
        file: profile.lossy(function.filename),
        line: line.line.max(0),
        column: line.column.max(0),
    }
}

/// A location of which no function is known.
fn unnamed(profile: &Profile, location: LocationId) -> NameAndPlace<'_> {
    let address = profile.locations.get(location).address;
    let name = if address == 0 { Cow::Borrowed("<unknown>") } else { Cow::Owned(format!("{address:#x}")) };
    NameAndPlace { name, file: profile.lossy(profile.object_file(location)), line: 0, column: 0 }
}
