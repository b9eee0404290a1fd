//! CPU profiles of Java: the binary layout of [`gperftools_cpu`], then descriptions of the frames.
//!
//! [`gperftools_cpu`]: super::gperftools_cpu

use hotlist_profile::Profile;

use super::gperftools_cpu::{Frames, Language, header};
use super::java_locations;
use super::lines::Lines;
use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "java-cpu",
    title: "Java CPU",
    writers: "Java agents with gperftools' layout",
    lost: "the made-up addresses of frames",
    sniff: Sniff::Bytes(|head| header(head, Language::Java).is_some()),
    reader: Reader::Whole(|data, _| read(data)),
};

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    let header = header(data, Language::Java).ok_or_else(|| {
        Malformed::unlike(Position::Byte(0), "the header is not that of a Java CPU profile")
    })?;
    let (samples, text) = header.samples(data, Frames::Keys)?;
    java_locations::describe(&samples, &header.profile_header(data)?, Lines::new(text))
}
