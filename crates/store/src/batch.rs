//! Rows that are in memory and in the inbox, but not yet in files.

use std::collections::{BTreeMap, HashMap};

use hotlist_profile::{LabelValue, LocationId, MappingId, StackId};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::columns::Columns;
use crate::ids::{Id, Key};
use crate::intake::{Intake, file_address};
use crate::range::{DAY, SECOND};
use crate::table::{self, Table};

/// The rows of one tenant that came with one segment of the inbox.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// By days since 1970.
    pub days: BTreeMap<i32, Day>,
    /// How many rows `samples` has.
    pub rows: u64,
    /// Slots that are taken: series and second, with the number of profiles in it.
    slots: FxHashMap<(i64, i64), i64>,
}

/// The rows of one day.
#[derive(Debug)]
pub(crate) struct Day {
    tables: Vec<Columns>,
}

impl Default for Day {
    fn default() -> Self {
        Day { tables: Table::ALL.into_iter().map(Columns::new).collect() }
    }
}

impl Day {
    pub fn table(&self, table: Table) -> &Columns {
        &self.tables[table as usize]
    }

    fn table_mut(&mut self, table: Table) -> &mut Columns {
        &mut self.tables[table as usize]
    }
}

/// Which contents of each day are written, or will be: so that each is written about once a day.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    days: HashMap<i32, SeenDay>,
}

#[derive(Debug, Default)]
struct SeenDay {
    ids: FxHashMap<i64, u32>,
    stacks: FxHashSet<(i64, i64)>,
}

/// Two contents have one number: the profile cannot be kept.
#[derive(Debug)]
pub(crate) struct Collision;

impl SeenDay {
    /// Whether the content is there already; it is from now on.
    fn add(&mut self, id: Id) -> bool {
        self.ids.insert(id.id, id.check).is_none()
    }

    fn collides(&self, id: Id) -> bool {
        self.ids.get(&id.id).is_some_and(|&check| check != id.check)
    }
}

impl Seen {
    /// Heap bytes held, roughly.
    pub fn memory(&self) -> usize {
        self.days.values().map(|day| day.ids.capacity() * 17 + day.stacks.capacity() * 17).sum()
    }

    /// Forgets everything. What comes again is written again, which costs room until compaction.
    pub fn clear(&mut self) {
        self.days.clear();
    }

    /// Forgets the days before `day`.
    pub fn forget_before(&mut self, day: i32) {
        self.days.retain(|&known, _| known >= day);
    }

    /// Whether a content of `intake` has the number of another content.
    pub fn check(&self, intake: &Intake) -> Result<(), Collision> {
        let Some(day) = self.days.get(&day_of(intake.time)) else { return Ok(()) };
        let tables =
            [&intake.mappings, &intake.functions, &intake.locations, &intake.stacks, &intake.label_sets];
        let collides = tables.into_iter().flatten().chain(&intake.series).any(|&id| day.collides(id));
        if collides { Err(Collision) } else { Ok(()) }
    }
}

pub(crate) fn day_of(nanos: i64) -> i32 {
    i32::try_from(nanos.div_euclid(DAY)).unwrap_or(0)
}

impl Batch {
    /// Heap bytes held, roughly.
    pub fn memory(&self) -> usize {
        let tables = self.days.values().flat_map(|day| &day.tables);
        tables.map(Columns::memory).sum::<usize>() + self.slots.capacity() * 25
    }

    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Adds the rows of a profile. `sequence` tells it from all others.
    pub fn add(&mut self, intake: &Intake, sequence: i64, seen: &mut Seen, key: &Key) {
        let ts = self.slot(intake);
        let number = day_of(ts * 1000);
        let day = self.days.entry(number).or_default();
        let seen = seen.days.entry(number).or_default();
        day.add_mappings(intake, seen);
        day.add_functions(intake, seen);
        day.add_locations(intake, seen);
        day.add_stacks(intake, seen, key);
        day.add_label_sets(intake, seen);
        day.add_series(intake, seen);
        day.add_samples(intake, ts);
        day.add_profiles(intake, ts, sequence);
        self.rows += intake.samples;
    }

    /// The time of the rows, in microseconds: the second in which the profile began, and a microsecond more for each
    /// other one of the series in that second.
    fn slot(&mut self, intake: &Intake) -> i64 {
        let second = intake.time.div_euclid(SECOND);
        let series = intake.series.first().map_or(0, |id| id.id);
        let taken = self.slots.entry((series, second)).or_default();
        let ts = second * 1_000_000 + (*taken).min(999_999);
        *taken += 1;
        ts
    }
}

impl Day {
    fn add_mappings(&mut self, intake: &Intake, seen: &mut SeenDay) {
        use table::mappings::*;
        let profile = &intake.profile;
        let table = self.table_mut(Table::Mappings);
        for (mapping, &id) in profile.mappings.iter().zip(&intake.mappings) {
            if !seen.add(id) {
                continue;
            }
            table.longs_mut(ID).push(id.id);
            table.texts_mut(BUILD_ID).push(&valid(profile.text(mapping.build_id)));
            table.texts_mut(FILE).push(&valid(profile.text(mapping.file)));
            table.longs_mut(START).push(mapping.start as i64);
            table.longs_mut(LIMIT).push(mapping.limit as i64);
            table.longs_mut(OFFSET).push(mapping.offset as i64);
            table.bools_mut(HAS_FUNCTIONS).push(mapping.has.functions);
            table.bools_mut(HAS_FILENAMES).push(mapping.has.filenames);
            table.bools_mut(HAS_LINE_NUMBERS).push(mapping.has.line_numbers);
            table.bools_mut(HAS_INLINE_FRAMES).push(mapping.has.inline_frames);
        }
    }

    fn add_functions(&mut self, intake: &Intake, seen: &mut SeenDay) {
        use table::functions::*;
        let profile = &intake.profile;
        let table = self.table_mut(Table::Functions);
        for (function, &id) in profile.functions.iter().zip(&intake.functions) {
            if !seen.add(id) {
                continue;
            }
            table.longs_mut(ID).push(id.id);
            table.texts_mut(NAME).push(&valid(profile.text(function.name)));
            table.texts_mut(SYSTEM_NAME).push(&valid(profile.text(function.system_name)));
            table.texts_mut(FILENAME).push(&valid(profile.text(function.filename)));
            table.longs_mut(START_LINE).push(function.start_line);
        }
    }

    fn add_locations(&mut self, intake: &Intake, seen: &mut SeenDay) {
        use table::locations::*;
        let profile = &intake.profile;
        let table = self.table_mut(Table::Locations);
        for (row, &id) in intake.locations.iter().enumerate() {
            if !seen.add(id) {
                continue;
            }
            let location_id = LocationId::new(row);
            let location = profile.locations.get(location_id);
            let mapping = location.mapping.map(|mapping| intake.mappings[mapping.index()].id);
            table.longs_mut(ID).push(id.id);
            table.optional_longs_mut(MAPPING_ID).push(mapping);
            table.optional_longs_mut(ADDRESS).push(file_address(profile, location));
            table.bools_mut(IS_FOLDED).push(location.is_folded);
            let lines = table.lists_mut(LINES);
            for line in profile.locations.lines(location_id) {
                lines.longs_mut(0).push(intake.functions[line.function.index()].id);
                lines.longs_mut(1).push(line.line);
                lines.longs_mut(2).push(line.column);
            }
            lines.close();
        }
    }

    fn add_stacks(&mut self, intake: &Intake, seen: &mut SeenDay, key: &Key) {
        use table::stacks::*;
        let service = intake.labels.service().as_bytes();
        let service_id = key.content(b'v').text(service).id().id;
        let table = self.table_mut(Table::Stacks);
        for (row, &id) in intake.stacks.iter().enumerate() {
            if !seen.stacks.insert((service_id, id.id)) {
                continue;
            }
            seen.add(id);
            let frames = intake.profile.stacks.get(StackId::new(row));
            table.texts_mut(SERVICE).push(service);
            table.longs_mut(ID).push(id.id);
            table.ints_mut(DEPTH).push(i32::try_from(frames.len()).unwrap_or(i32::MAX));
            let list = table.lists_mut(LOCATION_IDS);
            list.longs_mut(0).extend(frames.iter().map(|frame| intake.locations[frame.index()].id));
            list.close();
        }
    }

    fn add_label_sets(&mut self, intake: &Intake, seen: &mut SeenDay) {
        use table::label_sets::*;
        let profile = &intake.profile;
        let table = self.table_mut(Table::LabelSets);
        for (labels, &id) in profile.labels.iter().zip(&intake.label_sets) {
            if labels.is_empty() || !seen.add(id) {
                continue;
            }
            for (position, label) in labels.iter().enumerate() {
                table.longs_mut(ID).push(id.id);
                table.ints_mut(POSITION).push(position as i32);
                table.texts_mut(KEY).push(&valid(profile.text(label.key)));
                let (text, number, unit) = match label.value {
                    LabelValue::Text(text) => (profile.text(text), None, &[][..]),
                    LabelValue::Number { value, unit } => (&[][..], Some(value), profile.text(unit)),
                };
                table.texts_mut(STR).push(&valid(text));
                table.optional_longs_mut(NUM).push(number);
                table.texts_mut(UNIT).push(&valid(unit));
            }
        }
    }

    fn add_series(&mut self, intake: &Intake, seen: &mut SeenDay) {
        use table::series::*;
        let table = self.table_mut(Table::Series);
        for (profile_type, &id) in intake.types.iter().zip(&intake.series) {
            if !seen.add(id) {
                continue;
            }
            table.longs_mut(ID).push(id.id);
            table.texts_mut(SERVICE).push(intake.labels.service().as_bytes());
            table.texts_mut(PROFILE_TYPE).push(profile_type.to_string().as_bytes());
            let labels = table.lists_mut(LABELS);
            for (name, value) in intake.labels.iter() {
                labels.texts_mut(0).push(name.as_bytes());
                labels.texts_mut(1).push(value.as_bytes());
            }
            labels.close();
        }
    }

    fn add_samples(&mut self, intake: &Intake, ts: i64) {
        use table::samples::*;
        let samples = &intake.profile.samples;
        let table = self.table_mut(Table::Samples);
        for (column, (profile_type, series)) in intake.types.iter().zip(&intake.series).enumerate() {
            let before = table.longs(VALUE).len();
            for id in samples.ids() {
                let value = samples.value(id, column);
                if value != 0 {
                    let labels = intake.label_sets[samples.labels(id).index()].id;
                    table.longs_mut(STACK_ID).push(intake.stacks[samples.stack(id).index()].id);
                    table.longs_mut(VALUE).push(value);
                    table.optional_longs_mut(LABEL_SET_ID).push((labels != 0).then_some(labels));
                }
            }
            let rows = table.longs(VALUE).len();
            table.longs_mut(TS).resize(rows, ts);
            table.longs_mut(SERIES_ID).resize(rows, series.id);
            if rows > before {
                table.texts_mut(SERVICE).push_times(intake.labels.service().as_bytes(), rows - before);
                table.texts_mut(PROFILE_TYPE).push_times(profile_type.to_string().as_bytes(), rows - before);
            }
        }
    }

    fn add_profiles(&mut self, intake: &Intake, ts: i64, sequence: i64) {
        use table::profiles::*;
        let profile = &intake.profile;
        let table = self.table_mut(Table::Profiles);
        let named = profile.sample_types.iter().position(|kind| kind.kind == profile.default_sample_type);
        let default = named.filter(|_| !profile.default_sample_type.is_empty());
        for (column, series) in intake.series.iter().enumerate() {
            let count = profile.samples.ids().filter(|&id| profile.samples.value(id, column) != 0).count();
            table.longs_mut(PROFILE_ID).push(sequence);
            table.longs_mut(SERIES_ID).push(series.id);
            table.longs_mut(TS).push(ts);
            table.longs_mut(TIME_NANOS).push(intake.time);
            table.longs_mut(DURATION_NANOS).push(profile.duration_nanos);
            table.longs_mut(PERIOD).push(profile.period);
            table.longs_mut(TOTAL).push(intake.totals[column]);
            table.ints_mut(SAMPLE_COUNT).push(i32::try_from(count).unwrap_or(i32::MAX));
            table.bools_mut(IS_DEFAULT).push(default == Some(column));
            table.ints_mut(SAMPLE_TYPE_ORDER).push(column as i32);
            let main = (!profile.mappings.is_empty()).then(|| intake.mappings[MappingId::new(0).index()].id);
            table.optional_longs_mut(MAIN_MAPPING_ID).push(main);
            table.texts_mut(DROP_FRAMES).push(&valid(profile.text(profile.drop_frames)));
            table.texts_mut(KEEP_FRAMES).push(&valid(profile.text(profile.keep_frames)));
            table.texts_mut(DOC_URL).push(&valid(profile.text(profile.doc_url)));
            let comments = table.lists_mut(COMMENTS);
            for &comment in &profile.comments {
                comments.texts_mut(0).push(&valid(profile.text(comment)));
            }
            comments.close();
        }
    }
}

/// Text as Parquet has it, which is always UTF-8: U+FFFD stands for what is not.
fn valid(text: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    match String::from_utf8_lossy(text) {
        std::borrow::Cow::Borrowed(_) => std::borrow::Cow::Borrowed(text),
        std::borrow::Cow::Owned(text) => std::borrow::Cow::Owned(text.into_bytes()),
    }
}
