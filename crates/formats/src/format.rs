//! The list of legacy formats.

use hotlist_profile::Profile;

use crate::error::{Error, Malformed, Place};
use crate::legacy::{contention, go_count, gperftools_cpu, heap, java_cpu, java_text, threads};

/// A format of profiles from before `profile.proto`.
#[derive(Debug)]
pub struct Format {
    /// The name for messages.
    pub name: &'static str,
    /// Whether data that begins with these bytes claims to be in the format.
    pub sniff: fn(head: &[u8]) -> bool,
    /// Reads whole, unpacked data.
    pub read: fn(data: &[u8]) -> Result<Profile, Malformed>,
}

/// All legacy formats, in the order in which they are tried.
///
/// Two of them may claim the same data, since the C++ and Java forms of contention begin alike.
pub static ALL: &[Format] = &[
    gperftools_cpu::FORMAT,
    java_cpu::FORMAT,
    heap::FORMAT,
    go_count::FORMAT,
    threads::FORMAT,
    contention::FORMAT,
    java_text::FORMAT,
];

/// Whether data that begins with `head` claims to be in a legacy format.
pub(crate) fn is_claimed(head: &[u8]) -> bool {
    ALL.iter().any(|format| (format.sniff)(head))
}

/// Reads `data` in the first format that takes it.
///
/// When none does, the message is that of the format that got furthest.
pub(crate) fn read_legacy(data: &[u8]) -> Result<Profile, Error> {
    let mut furthest: Option<(&'static str, Malformed)> = None;
    for format in ALL.iter().filter(|format| (format.sniff)(data)) {
        match (format.read)(data) {
            Ok(profile) => return Ok(profile),
            Err(source) if !source.may_be_another => {
                return Err(Error::Legacy { format: format.name, source });
            }
            Err(source) => {
                let so_far = furthest.as_ref().map_or(Place::Byte(0), |(_, other)| other.place);
                if furthest.is_none() || source.place > so_far {
                    furthest = Some((format.name, source));
                }
            }
        }
    }
    Err(match furthest {
        Some((format, source)) => Error::Legacy { format, source },
        None => Error::Unrecognized { seems: crate::foreign::guess(data) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (row, format) in ALL.iter().enumerate() {
            assert!(ALL[..row].iter().all(|other| other.name != format.name), "{}", format.name);
        }
    }
}
