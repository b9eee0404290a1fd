//! Profiles as compressed `profile.proto` messages, laid out as Go's runtime writes them.

use std::collections::HashMap;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;
use hotlist_profile::{Builder, Label, LabelValue, Location, LocationId, Mapping, MappingId, encode_to_vec};

use crate::Error;
use crate::heap::{HeapKind, LOST, Snapshot, TRUNCATED};
use crate::maps::{CodeRange, code_ranges};

/// The functions between the program and this crate, which say nothing about the program. Readers drop
/// them and what they call.
const DROPPED: &str = r"(hotlist_collect::heap::.*|.*hotlist_collect::heap::Heap.*|__rust_(alloc|alloc_zeroed|realloc)|.*__rustc.*::__rust_(alloc|alloc_zeroed|realloc)|alloc::alloc::(alloc|alloc_zeroed|realloc|exchange_malloc|Global::.*)|.*<?alloc::alloc::Global( as .*)?>?::.*|.*alloc::raw_vec::.*)";

/// The heap profile. Rows whose figures are all zero are left out.
pub(crate) fn heap(snapshot: &Snapshot, kind: HeapKind) -> Result<Vec<u8>, Error> {
    let mut builder = Builder::new(&[
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ]);
    builder.period("space", "bytes", i64::try_from(snapshot.rate).unwrap_or(i64::MAX));
    if kind == HeapKind::Allocated {
        builder.profile.default_sample_type = builder.string("alloc_space");
    }
    builder.profile.drop_frames = builder.string(DROPPED);
    let since_epoch = snapshot.time.duration_since(UNIX_EPOCH).unwrap_or_default();
    builder.profile.time_nanos = i64::try_from(since_epoch.as_nanos()).unwrap_or(0);
    builder.profile.duration_nanos = snapshot.duration_nanos;
    if snapshot.lost > 0 {
        let text = format!("{} samples were left out because a table was full", snapshot.lost);
        let comment = builder.string(text);
        builder.profile.comments.push(comment);
    }
    let bytes_key = builder.string("bytes");
    let no_unit = builder.string("");
    let mut locations = Locations::new(&mut builder);
    for row in snapshot.rows.iter().filter(|row| row.values != [0; 4]) {
        let stack: Vec<LocationId> =
            row.frames.iter().map(|&address| locations.of(&mut builder, address)).collect();
        let size = i64::try_from(row.block_size).unwrap_or(i64::MAX);
        let label = Label { key: bytes_key, value: LabelValue::Number { value: size, unit: no_unit } };
        builder.sample(&stack, &[label], &row.values)?;
    }
    compressed(&encode_to_vec(&builder.finish()))
}

/// What a CPU capture found.
#[derive(Debug)]
pub(crate) struct Captured {
    /// Timer expiries by stack, leaf first.
    pub(crate) counts: HashMap<Vec<u64>, u64>,
    /// Nanoseconds of CPU time that an expiry stands for.
    pub(crate) period: i64,
    /// When it began.
    pub(crate) start: SystemTime,
    /// How long it took.
    pub(crate) duration: Duration,
}

/// The CPU profile.
pub(crate) fn cpu(captured: &Captured) -> Result<Vec<u8>, Error> {
    let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    builder.period("cpu", "nanoseconds", captured.period);
    builder.profile.time_nanos = nanos(captured.start.duration_since(UNIX_EPOCH).unwrap_or_default());
    builder.profile.duration_nanos = nanos(captured.duration);
    let mut locations = Locations::new(&mut builder);
    let mut rows: Vec<_> = captured.counts.iter().collect();
    rows.sort_unstable();
    for (frames, &count) in rows {
        let stack: Vec<LocationId> =
            frames.iter().map(|&address| locations.of(&mut builder, address)).collect();
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        builder.sample(&stack, &[], &[count, count.saturating_mul(captured.period)])?;
    }
    compressed(&encode_to_vec(&builder.finish()))
}

/// A profile with these types and period and no samples, for what is not measured.
pub(crate) fn nothing(types: &[(&str, &str)], period: (&str, &str, i64)) -> Result<Vec<u8>, Error> {
    let mut builder = Builder::new(types);
    builder.period(period.0, period.1, period.2);
    Locations::new(&mut builder);
    compressed(&encode_to_vec(&builder.finish()))
}

/// One sample for each thread, which has no stack but says its name.
pub(crate) fn threads(kind: &str, names: &[String]) -> Result<Vec<u8>, Error> {
    let mut builder = Builder::new(&[(kind, "count")]);
    builder.period(kind, "count", 1);
    Locations::new(&mut builder);
    let mut counts: Vec<(&String, i64)> = Vec::new();
    for name in names {
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    for (name, count) in counts {
        let function = builder.named_function(&format!("thread {name}"), "");
        let location = builder.source_location(function, 0);
        builder.sample(&[location], &[], &[count])?;
    }
    compressed(&encode_to_vec(&builder.finish()))
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).map_err(Error::Write)?;
    encoder.finish().map_err(Error::Write)
}

/// Gives every address one location.
struct Locations {
    ranges: Vec<(CodeRange, MappingId)>,
    known: HashMap<u64, LocationId>,
}

impl Locations {
    fn new(builder: &mut Builder) -> Self {
        let ranges = code_ranges();
        let ranges = ranges
            .into_iter()
            .map(|range| {
                let mapping = Mapping {
                    start: range.start,
                    limit: range.limit,
                    offset: range.offset,
                    file: builder.string(&range.file),
                    build_id: builder.string(&range.build_id),
                    ..Mapping::default()
                };
                let id = builder.mapping(mapping);
                (range, id)
            })
            .collect();
        Locations { ranges, known: HashMap::new() }
    }

    fn of(&mut self, builder: &mut Builder, address: u64) -> LocationId {
        if let Some(&known) = self.known.get(&address) {
            return known;
        }
        let location = if address == TRUNCATED || address == LOST {
            let name = if address == LOST { "[lost samples]" } else { "[truncated]" };
            let function = builder.named_function(name, "");
            builder.source_location(function, 0)
        } else {
            let mapping = self.ranges.iter().find(|(range, _)| (range.start..range.limit).contains(&address));
            let mapping = mapping.map(|(_, id)| *id);
            builder.location(Location { mapping, address, ..Location::default() }, &[])
        };
        self.known.insert(address, location);
        location
    }
}
