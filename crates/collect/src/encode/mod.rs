//! Profiles as compressed `profile.proto` messages, laid out as Go's runtime writes them.

mod locations;

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;
use hotlist_profile::{Builder, Label, LabelValue, LocationId, encode_to_vec};

use crate::Error;
use crate::cpu::captured::Captured;
use crate::cpu::counts::Row;
use crate::heap::snapshot::{self, Snapshot};
use crate::sums::Sums;
use crate::symbols::Symbols;
use crate::{labels, libraries};
use locations::Locations;

/// The functions between the program and this crate, which say nothing about the program. Readers drop
/// them and what they call.
const DROPPED: &str = r"(hotlist_collect::(allocator|heap|countdown|unwind)::.*|.*hotlist_collect::allocator::Heap.*|__rust_(alloc|alloc_zeroed|realloc)|.*__rustc.*::__rust_(alloc|alloc_zeroed|realloc)|alloc::alloc::(alloc|alloc_zeroed|realloc|exchange_malloc|Global::.*)|.*<?alloc::alloc::Global( as .*)?>?::.*|.*alloc::raw_vec::.*)";

/// In front of [`LEAF_FILES`] in a comment, where hotlist looks for it.
const LEAF_FILES_MARK: &str = "drop leaf frames by file: ";

/// The files whose functions only pass a request for memory on: those of the standard library, whatever version it
/// has and however much of the names debug information keeps, and those of the allocator. Where no path is known
/// this is matched with the name: functions, and methods of types of the standard library.
const LEAF_FILES: &str = concat!(
    r"(.*/)?library/(alloc|core)/src/.*",
    r"|(.*/)?library/std/src/(alloc|collections)(/.*|\.rs)",
    r"|(.*/)?hashbrown-[^/]*/src/.*",
    r"|(.*/)?(hotlist-collect[^/]*|crates/collect)/src/(allocator|heap|countdown|unwind)(/.*|\.rs)",
    r"|<*&?(mut )?(alloc|core|hashbrown|std::alloc|std::collections|__rustc)::.*",
    r"|<&?(mut )?([A-Z]|[ui](8|16|32|64|128|size)|f32|f64|bool|char|str|\[.*\]) as (alloc|core)::.*",
    r"|__rust_.*|<*hotlist_collect::.*",
);

/// The heap profile; `is_allocs` is the one of Go's two that shows what was allocated first. Rows whose
/// figures are all zero are left out.
pub(crate) fn heap(
    snapshot: &Snapshot,
    is_allocs: bool,
    symbols: Option<&mut Symbols>,
) -> Result<Vec<u8>, Error> {
    let mut builder = Builder::new(&[
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ]);
    builder.period("space", "bytes", i64::try_from(snapshot.rate).unwrap_or(i64::MAX));
    if is_allocs {
        builder.profile.default_sample_type = builder.string("alloc_space");
    }
    builder.profile.drop_frames = builder.string(DROPPED);
    comment(&mut builder, &[format!("{LEAF_FILES_MARK}{LEAF_FILES}")]);
    when(&mut builder, snapshot.time, Duration::from_nanos(snapshot.duration_nanos));
    if snapshot.lost > 0 {
        let text = format!("{} samples were left out because a table was full", snapshot.lost);
        comment(&mut builder, &[text]);
    }
    if let Some(resident) = resident_bytes() {
        comment(&mut builder, &[format!("resident memory of the process: {resident} bytes")]);
    }
    let bytes_key = builder.string("bytes");
    let no_unit = builder.string("");
    let mut rows = Rows::new(&mut builder, symbols);
    for snapshot::Row { frames, labels, block_size, values } in &snapshot.rows {
        if *values == [0; 4] {
            continue;
        }
        let size = i64::try_from(*block_size).unwrap_or(i64::MAX);
        let label = Label { key: bytes_key, value: LabelValue::Number { value: size, unit: no_unit } };
        rows.add(&mut builder, frames, *labels, Some(label), values)?;
    }
    finish(builder)
}

/// The CPU profile.
pub(crate) fn cpu(captured: &Captured, symbols: Option<&mut Symbols>) -> Result<Vec<u8>, Error> {
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    builder.period("cpu", "nanoseconds", i64::try_from(captured.period).unwrap_or(i64::MAX));
    when(&mut builder, captured.start, captured.duration);
    comment(&mut builder, &captured.notes);
    let thread_key = builder.string("thread");
    let mut rows = Rows::new(&mut builder, symbols);
    for row in captured.counts.rows() {
        let Row { labels, frames, nanos, .. } = row;
        let name = row.thread_name();
        let thread = (!name.is_empty())
            .then(|| Label { key: thread_key, value: LabelValue::Text(builder.string(name)) });
        // Another capture may have shared its shorter period; time is exact then, and counts are rounded.
        let count = (nanos + captured.period / 2) / captured.period;
        let values = [count, nanos].map(|value| i64::try_from(value).unwrap_or(i64::MAX));
        rows.add(&mut builder, frames, labels, thread, &values)?;
    }
    finish(builder)
}

/// A profile of such a table.
pub(crate) fn sums(sums: &Sums, symbols: Option<&mut Symbols>) -> Result<Vec<u8>, Error> {
    let mut builder = Builder::new(sums.types);
    builder.period(sums.period.0, sums.period.1, 1);
    when(&mut builder, sums.time, sums.duration);
    let mut rows = Rows::new(&mut builder, symbols);
    for ((frames, labels), values) in &sums.rows {
        rows.add(&mut builder, frames, *labels, None, values)?;
    }
    finish(builder)
}

/// Tells readers in words what figures cannot.
fn comment(builder: &mut Builder, texts: &[String]) {
    let crowded = libraries::were_too_many().then(|| {
        "some libraries were loaded after too many others: what they did may be shown as that of others"
            .to_owned()
    });
    for text in texts.iter().chain(&labels::notes()).chain(&crowded) {
        let text = builder.string(text);
        if !builder.profile.comments.contains(&text) {
            builder.profile.comments.push(text);
        }
    }
}

/// The memory of the process that is in use just now; `None` where the system does not say.
fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?;
    kilobytes.trim().parse::<u64>().ok()?.checked_mul(1024)
}

fn when(builder: &mut Builder, time: SystemTime, duration: Duration) {
    let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    builder.profile.time_nanos = nanos(time.duration_since(UNIX_EPOCH).unwrap_or_default());
    builder.profile.duration_nanos = nanos(duration);
}

fn finish(builder: Builder) -> Result<Vec<u8>, Error> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&encode_to_vec(&builder.finish())).map_err(Error::Write)?;
    encoder.finish().map_err(Error::Write)
}

/// Adds samples.
struct Rows<'a> {
    locations: Locations<'a>,
    /// The labels of each set that was seen.
    labels: BTreeMap<u32, Vec<Label>>,
}

impl<'a> Rows<'a> {
    fn new(builder: &mut Builder, symbols: Option<&'a mut Symbols>) -> Self {
        Rows { locations: Locations::new(builder, symbols), labels: BTreeMap::new() }
    }

    fn add(
        &mut self,
        builder: &mut Builder,
        frames: &[u64],
        labels: u32,
        further: Option<Label>,
        values: &[i64],
    ) -> Result<(), Error> {
        let stack: Vec<LocationId> =
            frames.iter().map(|&address| self.locations.of(builder, address)).collect();
        let labels = self.labels.entry(labels).or_insert_with(|| {
            let pairs = labels::of_number(labels).pairs();
            let texts = pairs.into_iter().filter(|(_, value)| !value.is_empty());
            texts
                .map(|(key, value)| Label {
                    key: builder.string(key),
                    value: LabelValue::Text(builder.string(value)),
                })
                .collect()
        });
        let is_new = |further: &Label| labels.iter().all(|label| label.key != further.key);
        let all: Vec<Label> = labels.iter().copied().chain(further.filter(is_new)).collect();
        builder.sample(&stack, &all, values).map_err(|_full| Error::Full)?;
        Ok(())
    }
}
