//! CPU profiles of Java: the binary layout of [`gperftools_cpu`], then descriptions of the frames.
//!
//! [`gperftools_cpu`]: super::gperftools_cpu

use hotlist_profile::Profile;

use super::gperftools_cpu::{Frames, Language, header};
use super::java_locations;
use super::lines::Lines;
use crate::error::{Malformed, Place};
use crate::format::Format;

pub(crate) const FORMAT: Format =
    Format { name: "Java CPU", sniff: |head| header(head, Language::Java).is_some(), read };

fn read(data: &[u8]) -> Result<Profile, Malformed> {
    let header = header(data, Language::Java)
        .ok_or_else(|| Malformed::unlike(Place::Byte(0), "the header is not that of a Java CPU profile"))?;
    let (samples, text) = header.samples(data, Frames::Keys)?;
    java_locations::describe(&samples, &header.profile_header(data)?, Lines::new(text))
}
