//! The list of formats.

use hotlist_profile::{Profile, looks_like_profile};

use crate::error::{Error, Malformed};
use crate::foreign;
use crate::input::Input;
use crate::json::{chrome, cpuprofile, dhat, firefox, heapprofile, speedscope};
use crate::legacy::{
    contention, go_count, go_stacks, gperftools_cpu, heap, java_cpu, java_text, jemalloc, symbolized, threads,
};
use crate::perf::Unwinder;
use crate::read::Limits;
use crate::sniff::{Claim, Head, Sniff};
use crate::text::{callgrind, folded, heaptrack, perf_script};
use crate::{jfr, otlp, perf};

/// A format in which profiles are read.
#[derive(Debug)]
pub struct Format {
    /// The name by which it is chosen: lower case, without blanks.
    pub name: &'static str,
    /// What messages call it, before the word "profile".
    pub title: &'static str,
    /// Who writes it, for lists of formats.
    pub writers: &'static str,
    /// What of a file is not in the profile, for lists of formats; empty when nothing is lost.
    pub lost: &'static str,
    /// How files in it are recognized.
    pub sniff: Sniff,
    /// How they are read.
    pub reader: Reader,
}

/// Reads whole, unpacked data.
pub type ReadWhole = fn(data: &[u8], limits: Limits) -> Result<Profile, Malformed>;
/// Reads unpacked data as it comes, by way of [`BufRead`](std::io::BufRead).
pub type ReadStream = fn(input: &mut Input<'_>, limits: Limits) -> Result<Profile, Malformed>;
/// Reads whole, unpacked data, in which stacks may be as copies of memory that only an [`Unwinder`] understands.
pub type ReadRecording =
    fn(data: &[u8], limits: Limits, unwinder: &mut dyn Unwinder) -> Result<Profile, Malformed>;

/// How a format is read.
#[derive(Clone, Copy, Debug)]
pub enum Reader {
    /// By the decoder of `profile.proto`.
    Encoded,
    /// As a whole, for formats whose parts refer to each other.
    Whole(ReadWhole),
    /// As it comes, for formats whose files are large.
    Stream(ReadStream),
    /// As a whole, with the help of what knows files of the machine.
    Recording(ReadRecording),
}

/// The format in which profiles are written, too.
const PROFILE_PROTO: Format = Format {
    name: "proto",
    title: "encoded",
    writers: "pprof, Go, and whatever writes profile.proto",
    lost: "",
    sniff: Sniff::Bytes(|head| looks_like_profile(head) && !foreign::is_text(head)),
    reader: Reader::Encoded,
};

/// All formats, in the order in which they are tried.
///
/// Several may claim the same data, as the C++ and Java forms of contention do, which begin alike.
pub static ALL: &[Format] = &[
    PROFILE_PROTO,
    gperftools_cpu::FORMAT,
    java_cpu::FORMAT,
    symbolized::FORMAT,
    heap::FORMAT,
    go_count::FORMAT,
    go_stacks::FORMAT,
    threads::FORMAT,
    contention::FORMAT,
    java_text::FORMAT,
    jemalloc::FORMAT,
    jfr::FORMAT,
    perf::FORMAT,
    otlp::FORMAT,
    otlp::JSON_FORMAT,
    cpuprofile::FORMAT,
    speedscope::FORMAT,
    firefox::FORMAT,
    chrome::FORMAT,
    heapprofile::FORMAT,
    dhat::FORMAT,
    heaptrack::FORMAT,
    callgrind::FORMAT,
    perf_script::FORMAT,
    // Last of the texts, since it takes nearly any with numbers.
    folded::FORMAT,
];

/// The format that is called `name`.
pub fn named(name: &str) -> Option<&'static Format> {
    ALL.iter().find(|format| format.name == name)
}

/// In which formats a file may be.
pub(crate) enum Verdict {
    /// Something else, and surely so.
    Foreign(Error),
    /// Some format has to see more.
    Undecided,
    /// `profile.proto`, or nothing that is known, in which case decoding fails with `otherwise`.
    Encoded {
        otherwise: Option<Error>,
    },
    Stream(&'static Format, ReadStream),
    Recording(&'static Format, ReadRecording),
    /// One of these, to be tried in this order.
    Whole(Vec<(&'static Format, ReadWhole)>),
}

/// The formats that claim `head`.
pub(crate) fn verdict(head: &Head<'_>) -> Verdict {
    if let Some(kind) = foreign::kind(head.bytes) {
        return Verdict::Foreign(Error::Unrecognized { seems: kind.to_owned(), hint: None });
    }
    let mut candidates = Vec::new();
    // What one format has not seen yet does not matter where another one has seen enough: no file has the keys of two.
    let mut is_undecided = false;
    for format in ALL {
        match (format.sniff.claim(head), format.reader) {
            (Claim::No, _) | (Claim::Yes, Reader::Encoded) => {}
            (Claim::Undecided, _) => is_undecided = true,
            (Claim::Yes, Reader::Whole(read)) => candidates.push((format, read)),
            (Claim::Yes, Reader::Stream(read)) if candidates.is_empty() => {
                return Verdict::Stream(format, read);
            }
            (Claim::Yes, Reader::Recording(read)) if candidates.is_empty() => {
                return Verdict::Recording(format, read);
            }
            // Those before it have to see the whole anyway.
            (Claim::Yes, Reader::Stream(_) | Reader::Recording(_)) => break,
        }
    }
    if !candidates.is_empty() {
        return Verdict::Whole(candidates);
    }
    if is_undecided {
        return Verdict::Undecided;
    }
    if head.json.is_some() {
        return Verdict::Foreign(unrecognized(head));
    }
    // Data that begins unlike any profile may still be one, with fields that only its writer knows.
    let likely = PROFILE_PROTO.sniff.claim(head) == Claim::Yes;
    Verdict::Encoded { otherwise: (!likely).then(|| unrecognized(head)) }
}

/// The error for a file that no format claims: what it looks like, and the formats that come nearest to it or else all.
pub(crate) fn unrecognized(head: &Head<'_>) -> Error {
    let seems = match &head.json {
        Some(_) => "JSON".to_owned(),
        None if head.is_text => foreign::text_beginning(head.bytes),
        None => foreign::bytes_beginning(head.bytes),
    };
    let near = head.json.is_some().then(|| json_hint(head)).flatten();
    let all = || {
        let names: Vec<&str> = ALL.iter().map(|format| format.name).collect();
        format!("it is in none of the formats {}", names.join(", "))
    };
    Error::Unrecognized { seems, hint: Some(near.unwrap_or_else(all)) }
}

/// Which keys the JSON formats that are nearest to `head` have and it has not.
fn json_hint(head: &Head<'_>) -> Option<String> {
    let outline = head.json.as_ref()?;
    let lists = ALL.iter().filter_map(|format| match format.sniff {
        Sniff::Keys(lists) => Some(lists.iter().map(move |keys| (format, *keys))),
        _ => None,
    });
    let (format, keys) =
        lists.flatten().rev().max_by_key(|(_, keys)| keys.iter().filter(|key| outline.has(key)).count())?;
    let (present, missing): (Vec<&str>, Vec<&str>) = keys.iter().partition(|key| outline.has(key));
    if present.is_empty() {
        let names: Vec<&str> = ALL
            .iter()
            .filter(|format| matches!(format.sniff, Sniff::Keys(_)))
            .map(|format| format.name)
            .collect();
        return Some(format!("it has none of the keys of {}", names.join(", ")));
    }
    let quoted = |keys: &[&str]| keys.iter().map(|key| format!("\"{key}\"")).collect::<Vec<_>>().join(", ");
    Some(format!("it has {}, but not {} as {} has", quoted(&present), quoted(&missing), format.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_can_be_typed() {
        for (row, format) in ALL.iter().enumerate() {
            assert!(ALL[..row].iter().all(|other| other.name != format.name), "{}", format.name);
            assert!(
                format
                    .name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
                "{}",
                format.name
            );
            assert!(!format.title.is_empty() && !format.writers.is_empty());
            assert!(std::ptr::eq(named(format.name).unwrap(), format));
        }
    }
}
