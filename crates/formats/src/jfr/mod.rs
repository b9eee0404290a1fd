//! Recordings of Java's Flight Recorder, from the JDK and from async-profiler.
//!
//! A file is a row of chunks, each of which stands for itself: a header, events, constant pools, and the metadata that say
//! what fields events and constants have. Types that are not known here are passed over by their metadata.
//! Sources: JDK, `src/jdk.jfr/share/classes/jdk/jfr/internal/consumer`; async-profiler, `src/flightRecorder.cpp`.

mod chunk;
mod events;
mod metadata;
mod reader;

use std::io::Read;

use hotlist_profile::Profile;

use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::input::Input;
use crate::read::Limits;
use crate::sniff::Sniff;

pub(crate) const FORMAT: Format = Format {
    name: "jfr",
    title: "JFR",
    writers: "Java Flight Recorder, async-profiler",
    lost: "events that are no samples",
    sniff: Sniff::Bytes(|head| head.starts_with(b"FLR\0")),
    reader: Reader::Stream(read),
};

/// Reads chunk by chunk, each of which is in memory as a whole.
fn read(input: &mut Input<'_>, limits: Limits) -> Result<Profile, Malformed> {
    let mut importer = events::Importer::new();
    let mut offset = 0u64;
    let mut data = Vec::new();
    loop {
        let place = |reason: String| Malformed::new(Position::Byte(offset), reason);
        data.clear();
        append(input, chunk::HEADER as u64, &mut data).map_err(place)?;
        if data.is_empty() {
            break;
        }
        // Eight bytes behind the version; what a chunk says of its size is not taken for granted.
        let size = data.get(8..16).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
        append(input, size.saturating_sub(chunk::HEADER as u64), &mut data).map_err(place)?;
        match chunk::Chunk::at(&data, limits.memory() / size_of::<chunk::Value>()).map_err(place)? {
            Some(chunk) => importer.chunk(&chunk).map_err(place)?,
            None => {
                importer.note_unfinished();
                break;
            }
        }
        offset += data.len() as u64;
        importer.stacks.check_memory(limits, Position::Byte(offset))?;
    }
    importer.finish().map_err(|reason| Malformed::new(Position::Byte(0), reason))
}

/// Adds at most `count` bytes of `input` to `data`.
fn append(input: &mut Input<'_>, count: u64, data: &mut Vec<u8>) -> Result<(), String> {
    input.take(count).read_to_end(data).map(|_| ()).map_err(|error| error.to_string())
}
