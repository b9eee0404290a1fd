//! Files and streams of `perf record`: where records are, and what is known beside them.
//!
//! Source: Linux, `tools/perf/Documentation/perf.data-file-format.txt`, `tools/perf/util/header.h` and `event.h`.

use std::ops::Range;

use super::compressed::Unpacked;
use super::decoder::{Recorded, hex};
use super::event::Event;
use super::fields::{ByteOrder, Fields, Result};
use super::record::{Record, kind};
use super::sample::Events;

/// The size of the header of a stream, by which it is told from a file.
const STREAM_HEADER: u64 = 16;

/// Kinds of information beside the records.
mod feature {
    pub(super) const BUILD_ID: u64 = 2;
    pub(super) const ARCH: u64 = 6;
    pub(super) const EVENT_DESCRIPTIONS: u64 = 12;
    /// There are no more than so many.
    pub(super) const COUNT: u64 = 256;
}

/// Everything that is in a file, before it is looked at.
#[derive(Debug)]
pub(super) struct File<'a> {
    pub(super) order: ByteOrder,
    pub(super) recorded: Recorded,
    /// Where the records are.
    data: &'a [u8],
    /// How far from the start of the file they begin.
    start: usize,
    /// Records that were compressed.
    unpacked: Vec<u8>,
    /// The records in the order of time: when they were written, and where they are.
    index: Vec<(u64, Place)>,
    /// Whether the data ends in the middle of a record.
    pub(super) is_cut: bool,
}

/// Where a record is.
#[derive(Clone, Copy, Debug)]
enum Place {
    File(usize),
    Unpacked(usize),
}

/// What is wrong at an offset of a file.
pub(super) type Damage = (usize, String);

/// Whether a file with this beginning is one of perf.
pub(super) fn is_perf(head: &[u8]) -> bool {
    byte_order(head).is_some()
}

fn byte_order(head: &[u8]) -> Option<ByteOrder> {
    match head.first_chunk()? {
        b"PERFILE2" => Some(ByteOrder::Little),
        b"2ELIFREP" => Some(ByteOrder::Big),
        _ => None,
    }
}

impl<'a> File<'a> {
    /// Reads what is known beside the records, and sorts those.
    ///
    /// `most_unpacked` is how large records may be that were compressed, `most_records` how many there may be.
    pub(super) fn read(
        data: &'a [u8],
        most_unpacked: u64,
        most_records: usize,
    ) -> std::result::Result<File<'a>, Damage> {
        let order = byte_order(data).ok_or((0, "these are not the first bytes of a recording".to_owned()))?;
        let at = |place: usize| move |reason: String| (place, reason);
        let mut header = Fields::new(data, order);
        let (_magic, size) = (header.u64().map_err(at(0))?, header.u64().map_err(at(8))?);
        let mut file = File {
            order,
            recorded: Recorded::default(),
            data: &[],
            start: 0,
            unpacked: Vec::new(),
            index: Vec::new(),
            is_cut: false,
        };
        if size == STREAM_HEADER {
            file.start = STREAM_HEADER as usize;
            file.data = &data[file.start.min(data.len())..];
        } else {
            file.read_header(data, header).map_err(at(16))?;
        }
        file.find_records(most_unpacked, most_records)?;
        Ok(file)
    }

    /// The header of a file: events, where records are, and behind them what else is known.
    fn read_header(&mut self, data: &'a [u8], mut header: Fields<'_>) -> Result<()> {
        let entry_size = header.u64()?;
        let events = section(&mut header, data)?;
        let (records, size) = (header.u64()?, header.u64()?);
        section(&mut header, data)?;
        let mut features = header.bytes(feature::COUNT as usize / 8)?.to_vec();
        if self.order == ByteOrder::Big {
            // They are words of 64 bits, or of 32 where the writer had no others; those do not come with more than 32.
            features.chunks_exact_mut(8).for_each(<[u8]>::reverse);
        }
        self.start = usize::try_from(records).unwrap_or(usize::MAX).min(data.len());
        let rest = &data[self.start..];
        let end = usize::try_from(size).unwrap_or(usize::MAX);
        // The size is written at the end: where perf was killed there is none.
        self.is_cut = size == 0 || end > rest.len();
        self.data = if size == 0 { rest } else { &rest[..end.min(rest.len())] };

        let entry_size = usize::try_from(entry_size).map_err(|_| "a section is too large")?;
        /// An offset and a size.
        const SECTION: usize = 16;
        if !data[events.clone()].is_empty() {
            let attributes = entry_size.checked_sub(SECTION).filter(|&size| size >= 64);
            let attributes = attributes.ok_or_else(|| format!("{entry_size} bytes for an event"))?;
            for entry in data[events].chunks_exact(entry_size) {
                let mut event = Event::read(&mut Fields::new(&entry[..attributes], self.order))?;
                let ids = section(&mut Fields::new(&entry[attributes..], self.order), data)?;
                event.ids = self.words(&data[ids]);
                self.recorded.events.push(event);
            }
        }
        if self.is_cut {
            // What else is known stands behind the records.
            return Ok(());
        }
        let mut table = Fields::new(&rest[self.data.len()..], self.order);
        for number in 0..feature::COUNT {
            let is_there = features[number as usize / 8] >> (number % 8) & 1 == 1;
            if is_there && let Ok(content) = section(&mut table, data) {
                // What it says is a help where it can be read.
                let _ = self.feature(number, &data[content]);
            }
        }
        Ok(())
    }

    fn words(&self, bytes: &[u8]) -> Vec<u64> {
        let words = Fields::new(bytes, self.order).words(bytes.len() as u64 / 8);
        words.map(|words| words.iter().collect()).unwrap_or_default()
    }

    /// Something that is known beside the records.
    fn feature(&mut self, number: u64, content: &[u8]) -> Result<()> {
        let mut fields = Fields::new(content, self.order);
        match number {
            feature::BUILD_ID => {
                while !fields.rest().is_empty() {
                    let (_kind, flags, size) = (fields.u32()?, fields.u16()?, fields.u16()?);
                    let body = fields.bytes(usize::from(size).saturating_sub(8))?;
                    self.build_id(Record { kind: kind::BUILD_ID, flags, body })?;
                }
            }
            feature::ARCH => {
                self.recorded.machine = String::from_utf8_lossy(fields.sized_text()?).into_owned();
            }
            feature::EVENT_DESCRIPTIONS => {
                let (count, size) = (fields.u32()?, fields.u32()? as usize);
                for _ in 0..count {
                    fields.bytes(size)?;
                    let ids = fields.u32()?;
                    let name = String::from_utf8_lossy(fields.sized_text()?).into_owned();
                    let ids: Vec<u64> = fields.words(ids.into())?.iter().collect();
                    let row = self.recorded.events.iter().position(|event| event.ids == ids);
                    if let Some(row) = row.filter(|&row| self.recorded.events[row].name.is_empty()) {
                        self.recorded.events[row].name = name;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Which build a file is of.
    fn build_id(&mut self, record: Record<'_>) -> Result<()> {
        const HAS_SIZE: u16 = 1 << 15;
        let mut fields = Fields::new(record.body, self.order);
        let _pid = fields.u32()?;
        let id = fields.bytes(20)?;
        let size = fields.u8()?;
        fields.bytes(3)?;
        let size = if record.flags & HAS_SIZE != 0 { usize::from(size).min(20) } else { 20 };
        let path = String::from_utf8_lossy(fields.text()).into_owned();
        self.recorded.build_ids.insert(path, hex(&id[..size]));
        Ok(())
    }

    /// Finds all records, unpacks what is compressed, and sorts.
    fn find_records(&mut self, most_unpacked: u64, most_records: usize) -> std::result::Result<(), Damage> {
        let mut unpacked = Unpacked::new(most_unpacked);
        let mut places: Vec<Place> = Vec::new();
        let mut at = 0;
        let data = self.data;
        while at < data.len() {
            let place = self.start + at;
            let Some((record, mut size)) =
                record_at(data, at, self.order).map_err(|reason| (place, reason))?
            else {
                self.is_cut = true;
                break;
            };
            let damage = |reason: String| (place, reason);
            let mut fields = Fields::new(record.body, self.order);
            match record.kind {
                kind::ATTRIBUTES => self.attributes(record.body).map_err(damage)?,
                kind::EVENT_UPDATE => self.event_update(record.body).map_err(damage)?,
                kind::BUILD_ID => self.build_id(record).map_err(damage)?,
                kind::FEATURE => {
                    let number = fields.u64().map_err(damage)?;
                    // What it says is a help where it can be read.
                    let _ = self.feature(number, fields.rest());
                }
                kind::TRACING_DATA => {
                    let more = fields.u32().map_err(damage)? as usize;
                    size = size.saturating_add(more.next_multiple_of(8));
                }
                kind::AUXTRACE => {
                    let more = usize::try_from(fields.u64().map_err(damage)?).unwrap_or(usize::MAX);
                    size = size.saturating_add(more);
                }
                kind::COMPRESSED => unpacked.push(record.body).map_err(damage)?,
                kind::COMPRESSED_SIZED => {
                    let stored = usize::try_from(fields.u64().map_err(damage)?).unwrap_or(usize::MAX);
                    unpacked.push(fields.bytes(stored).map_err(damage)?).map_err(damage)?;
                }
                _ if is_of_use(record.kind) => places.push(Place::File(at)),
                _ => {}
            }
            if places.len() > most_records {
                return Err((
                    place,
                    format!("more than {most_records} records; -max_size raises this limit"),
                ));
            }
            at = at.saturating_add(size);
        }
        self.is_cut |= at > data.len();
        self.unpacked = unpacked.finish().map_err(|reason| (self.start, reason))?;
        let mut at = 0;
        while let Some((record, size)) =
            record_at(&self.unpacked, at, self.order).map_err(|reason| (self.start, reason))?
        {
            if is_of_use(record.kind) {
                places.push(Place::Unpacked(at));
            }
            if places.len() > most_records {
                return Err((
                    self.start,
                    format!("more than {most_records} records; -max_size raises this limit"),
                ));
            }
            at += size;
        }
        self.is_cut |= at < self.unpacked.len();
        self.sort(&places);
        Ok(())
    }

    /// Puts records into the order of time. What does not tell its time stays behind what comes before it.
    fn sort(&mut self, places: &[Place]) {
        let mut events = Events::new(self.order);
        self.recorded.events.iter().for_each(|event| events.push(event.clone()));
        let mut last = 0;
        self.index = places
            .iter()
            .filter_map(|&place| {
                let record = self.at(place)?;
                let time = match record.kind {
                    kind::SAMPLE => events.time_of_sample(record.body),
                    _ => events.time_of_other(record.body),
                };
                last = time.unwrap_or(last);
                Some((last, place))
            })
            .collect();
        self.index.sort_by_key(|(time, _)| *time);
    }

    fn at(&self, place: Place) -> Option<Record<'_>> {
        let (data, at) = match place {
            Place::File(at) => (self.data, at),
            Place::Unpacked(at) => (&*self.unpacked, at),
        };
        record_at(data, at, self.order).ok().flatten().map(|(record, _)| record)
    }

    /// The records in the order of time, each with how far from the start of the file it is.
    pub(super) fn records(&self) -> impl Iterator<Item = (usize, Record<'_>)> {
        self.index.iter().filter_map(|&(_, place)| {
            let offset = match place {
                Place::File(at) => self.start + at,
                Place::Unpacked(_) => self.start,
            };
            Some((offset, self.at(place)?))
        })
    }

    /// An event of a stream.
    fn attributes(&mut self, body: &[u8]) -> Result<()> {
        let mut fields = Fields::new(body, self.order);
        let mut event = Event::read(&mut fields)?;
        event.ids = self.words(fields.rest());
        self.recorded.events.push(event);
        Ok(())
    }

    /// Something about an event that was told before.
    fn event_update(&mut self, body: &[u8]) -> Result<()> {
        const NAME: u64 = 2;
        let mut fields = Fields::new(body, self.order);
        let (what, id) = (fields.u64()?, fields.u64()?);
        if what == NAME
            && let Some(event) = self.recorded.events.iter_mut().find(|event| event.ids.contains(&id))
        {
            event.name = String::from_utf8_lossy(fields.text()).into_owned();
        }
        Ok(())
    }
}

/// Whether records of this kind say something about samples.
fn is_of_use(record: u32) -> bool {
    matches!(
        record,
        kind::MMAP | kind::MMAP2 | kind::COMM | kind::FORK | kind::SAMPLE | kind::LOST | kind::LOST_SAMPLES
    )
}

/// The record that begins at `at`, with its size; `None` when the data ends in it, or before.
fn record_at(data: &[u8], at: usize, order: ByteOrder) -> Result<Option<(Record<'_>, usize)>> {
    const HEADER: usize = 8;
    let mut fields = Fields::new(data.get(at..).unwrap_or_default(), order);
    if fields.rest().len() < HEADER {
        return Ok(None);
    }
    let (kind, flags, size) = (fields.u32()?, fields.u16()?, usize::from(fields.u16()?));
    let content = size.checked_sub(HEADER).ok_or_else(|| format!("a record of {size} bytes"))?;
    if content > fields.rest().len() {
        return Ok(None);
    }
    Ok(Some((Record { kind, flags, body: fields.bytes(content)? }, size)))
}

/// A section of a file, by the offset and the size that stand in its header.
fn section(fields: &mut Fields<'_>, data: &[u8]) -> Result<Range<usize>> {
    let (offset, size) = (fields.u64()?, fields.u64()?);
    let range = || {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(size).ok()?)?;
        (end <= data.len()).then_some(start..end)
    };
    range().ok_or_else(|| format!("a section of {size} bytes at {offset} lies outside the file"))
}
