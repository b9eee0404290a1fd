//! Recordings of Linux' `perf`, and records of the kernel as they come.
//!
//! A file holds events, records and what perf found out beside them. Records are read in the order of time: where
//! files were mapped, how threads are called, and samples, each with its stack or with a copy of the memory of the
//! stack, which an [`Unwinder`] turns into frames. [`Decoder`] takes records from anywhere, so that what is read
//! from the kernel becomes the same profile as what perf wrote into a file.
//!
//! Sources: Linux, `include/uapi/linux/perf_event.h`, and `tools/perf`.

mod address_space;
mod compressed;
mod decoder;
mod event;
mod fields;
mod file;
mod processes;
mod record;
mod sample;
mod unwinder;

use hotlist_profile::Profile;

use crate::error::{Malformed, Position};
use crate::format::{Format, Reader};
use crate::read::Limits;
use crate::sniff::Sniff;

pub use address_space::{AddressSpace, Mapped, MappedFile};
pub use decoder::{Decoder, Recorded};
pub use event::{Event, sample_type};
pub use fields::ByteOrder;
pub use record::{Record, kind};
pub use unwinder::{LeavesOnly, Processor, SampledStack, StackEnd, Summary, Unwinder};

pub(crate) const FORMAT: Format = Format {
    name: "perf",
    title: "perf",
    writers: "perf record, simpleperf",
    lost: "times of samples, lists of branches, events without samples",
    sniff: Sniff::Bytes(file::is_perf),
    reader: Reader::Recording(read),
};

fn read(data: &[u8], limits: Limits, unwinder: &mut dyn Unwinder) -> Result<Profile, Malformed> {
    /// Memory is looked at so often.
    const RECORDS: usize = 1 << 12;
    let malformed = |(place, reason): (usize, String)| Malformed::new(Position::Byte(place as u64), reason);
    let most_unpacked = limits.unpacked_bytes.saturating_sub(data.len() as u64);
    let most_records = limits.memory() / 64;
    let mut file = file::File::read(data, most_unpacked, most_records).map_err(malformed)?;
    if file.recorded.events.is_empty() {
        return Err(malformed((0, "it names no events".to_owned())));
    }
    let mut decoder = Decoder::new(file.order, std::mem::take(&mut file.recorded), unwinder);
    if file.is_cut {
        decoder.is_cut();
    }
    for (count, (place, record)) in file.records().enumerate() {
        decoder.record(record).map_err(|reason| malformed((place, reason)))?;
        if count % RECORDS == 0 && decoder.memory() > limits.memory() {
            let limit = limits.memory();
            let reason = format!("needs more than {limit} bytes of memory; -max_size raises this limit");
            return Err(malformed((place, reason)));
        }
    }
    Ok(decoder.finish())
}
