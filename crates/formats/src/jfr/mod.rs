//! Recordings of Java's Flight Recorder, from the JDK and from async-profiler.
//!
//! A file is a row of chunks, each of which stands for itself: a header, events, constant pools, and the metadata that say
//! what fields events and constants have. Types that are not known here are passed over by their metadata.
//! Sources: JDK, `src/jdk.jfr/share/classes/jdk/jfr/internal/consumer`; async-profiler, `src/flightRecorder.cpp`.

mod chunk;
mod events;
mod metadata;
mod reader;

use hotlist_profile::Profile;

use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::read::Limits;
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "jfr",
    title: "JFR",
    writers: "Java Flight Recorder, async-profiler",
    lost: "times of samples, events that are no samples",
    sniff: Sniff::Bytes(|head| head.starts_with(b"FLR\0")),
    reader: Reader::Whole(read),
};

fn read(data: &[u8], limits: Limits) -> Result<Profile, Malformed> {
    let mut importer = events::Importer::new();
    let mut offset = 0;
    while offset < data.len() {
        let place = |reason: String| Malformed::new(Position::Byte(offset as u64), reason);
        match chunk::Chunk::at(&data[offset..], limits.memory() / size_of::<chunk::Value>()).map_err(place)? {
            Some(chunk) => {
                importer.chunk(&chunk).map_err(place)?;
                offset += chunk.data.len();
            }
            None => {
                importer.note_unfinished();
                break;
            }
        }
        importer.stacks.check_memory(limits, Position::Byte(offset as u64))?;
    }
    importer.finish().map_err(|reason| Malformed::new(Position::Byte(0), reason))
}
