//! From sums by stack to a profile.

use hotlist_profile::{
    Builder, Function, FunctionId, Label, LabelValue, Line, Location, LocationId, Mapping, MappingId,
    Profile, Symbolized,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::columns::Columns;
use crate::sums::Sum;
use crate::table::{Table, functions, label_sets, locations, mappings, profiles, stacks};
use crate::{Error, ProfileType, Range};

/// What profiles say of themselves, taken together.
#[derive(Debug, Default)]
pub(crate) struct Header {
    /// How many profiles.
    pub count: u64,
    /// The sum of their totals.
    pub total: i128,
    time: Option<i64>,
    duration: i64,
    period: i64,
    /// The main binary of the profile that began first.
    main_mapping: Option<i64>,
    drop_frames: Vec<u8>,
    keep_frames: Vec<u8>,
    doc_url: Vec<u8>,
    comments: Vec<Vec<u8>>,
}

impl Header {
    /// Takes in the profiles of these series in this range.
    pub fn add_rows(&mut self, rows: &Columns, ids: &FxHashSet<i64>, range: Range) {
        use profiles::*;
        for row in 0..rows.len() {
            let ts = rows.longs(TS)[row].saturating_mul(1000);
            if !range.contains(ts) || !ids.contains(&rows.longs(SERIES_ID)[row]) {
                continue;
            }
            self.count += 1;
            self.total += i128::from(rows.longs(TOTAL)[row]);
            self.duration = self.duration.saturating_add(rows.longs(DURATION_NANOS)[row]);
            self.period = self.period.max(rows.longs(PERIOD)[row]);
            let time = rows.longs(TIME_NANOS)[row];
            if self.time.is_none_or(|first| time < first) {
                self.time = Some(time);
                self.main_mapping = rows.optional_longs(MAIN_MAPPING_ID)[row];
                self.drop_frames = rows.texts(DROP_FRAMES).get(row).to_vec();
                self.keep_frames = rows.texts(KEEP_FRAMES).get(row).to_vec();
                self.doc_url = rows.texts(DOC_URL).get(row).to_vec();
            }
            let comments = rows.lists(COMMENTS);
            for at in comments.range(row) {
                let comment = comments.texts(0).get(at);
                // Many would be of no use to anybody.
                if self.comments.len() < 100 && !self.comments.iter().any(|known| known == comment) {
                    self.comments.push(comment.to_vec());
                }
            }
        }
    }
}

/// The rows that the stacks of an answer refer to, directly or not.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Where the locations of each stack begin and end in `frames`.
    stacks: FxHashMap<i64, std::ops::Range<usize>>,
    frames: Vec<i64>,
    locations: FxHashMap<i64, StoredLocation>,
    functions: FxHashMap<i64, StoredFunction>,
    mappings: FxHashMap<i64, StoredMapping>,
    /// By number and position.
    label_sets: FxHashMap<i64, Vec<(i32, StoredLabel)>>,
}

#[derive(Debug)]
struct StoredLocation {
    mapping: Option<i64>,
    address: Option<i64>,
    is_folded: bool,
    /// Function, line, column.
    lines: Vec<(i64, i64, i64)>,
}

#[derive(Debug)]
struct StoredFunction {
    name: bytes::Bytes,
    system_name: bytes::Bytes,
    filename: bytes::Bytes,
    start_line: i64,
}

#[derive(Debug)]
struct StoredMapping {
    build_id: bytes::Bytes,
    file: bytes::Bytes,
    start: u64,
    limit: u64,
    offset: u64,
    has: Symbolized,
}

#[derive(Debug)]
struct StoredLabel {
    key: bytes::Bytes,
    text: bytes::Bytes,
    number: Option<i64>,
    unit: bytes::Bytes,
}

/// The numbers of contents that are wanted.
pub(crate) type Wanted = FxHashSet<i64>;

impl Contents {
    pub fn add_stacks(&mut self, rows: &Columns, wanted: &Wanted) {
        let list = rows.lists(stacks::LOCATION_IDS);
        for (row, &id) in rows.longs(stacks::ID).iter().enumerate() {
            if wanted.contains(&id) && !self.stacks.contains_key(&id) {
                let start = self.frames.len();
                self.frames.extend_from_slice(&list.longs(0)[list.range(row)]);
                self.stacks.insert(id, start..self.frames.len());
            }
        }
    }

    /// The locations of all stacks so far.
    pub fn wanted_locations(&self) -> Wanted {
        self.frames.iter().copied().collect()
    }

    pub fn add_locations(&mut self, rows: &Columns, wanted: &Wanted) {
        let list = rows.lists(locations::LINES);
        for (row, &id) in rows.longs(locations::ID).iter().enumerate() {
            if !wanted.contains(&id) || self.locations.contains_key(&id) {
                continue;
            }
            let lines = list.range(row).map(|at| (list.longs(0)[at], list.longs(1)[at], list.longs(2)[at]));
            let location = StoredLocation {
                mapping: rows.optional_longs(locations::MAPPING_ID)[row],
                address: rows.optional_longs(locations::ADDRESS)[row],
                is_folded: rows.bools(locations::IS_FOLDED)[row],
                lines: lines.collect(),
            };
            self.locations.insert(id, location);
        }
    }

    /// The functions of all locations so far.
    pub fn wanted_functions(&self) -> Wanted {
        self.locations.values().flat_map(|location| location.lines.iter().map(|line| line.0)).collect()
    }

    pub fn add_functions(&mut self, rows: &Columns, wanted: &Wanted) {
        for (row, &id) in rows.longs(functions::ID).iter().enumerate() {
            if wanted.contains(&id) {
                self.functions.entry(id).or_insert_with(|| StoredFunction {
                    name: rows.texts(functions::NAME).get(row).clone(),
                    system_name: rows.texts(functions::SYSTEM_NAME).get(row).clone(),
                    filename: rows.texts(functions::FILENAME).get(row).clone(),
                    start_line: rows.longs(functions::START_LINE)[row],
                });
            }
        }
    }

    /// The mappings of all locations so far, and the main one.
    pub fn wanted_mappings(&self, header: &Header) -> Wanted {
        self.locations.values().filter_map(|location| location.mapping).chain(header.main_mapping).collect()
    }

    pub fn add_mappings(&mut self, rows: &Columns, wanted: &Wanted) {
        use mappings::*;
        for (row, &id) in rows.longs(ID).iter().enumerate() {
            if wanted.contains(&id) {
                self.mappings.entry(id).or_insert_with(|| StoredMapping {
                    build_id: rows.texts(BUILD_ID).get(row).clone(),
                    file: rows.texts(FILE).get(row).clone(),
                    start: rows.longs(START)[row] as u64,
                    limit: rows.longs(LIMIT)[row] as u64,
                    offset: rows.longs(OFFSET)[row] as u64,
                    has: Symbolized {
                        functions: rows.bools(HAS_FUNCTIONS)[row],
                        filenames: rows.bools(HAS_FILENAMES)[row],
                        line_numbers: rows.bools(HAS_LINE_NUMBERS)[row],
                        inline_frames: rows.bools(HAS_INLINE_FRAMES)[row],
                    },
                });
            }
        }
    }

    pub fn add_label_sets(&mut self, rows: &Columns, wanted: &Wanted) {
        use label_sets::*;
        for (row, &id) in rows.longs(ID).iter().enumerate() {
            if !wanted.contains(&id) {
                continue;
            }
            let labels = self.label_sets.entry(id).or_default();
            let position = rows.ints(POSITION)[row];
            if let Err(place) = labels.binary_search_by_key(&position, |(known, _)| *known) {
                let label = StoredLabel {
                    key: rows.texts(KEY).get(row).clone(),
                    text: rows.texts(STR).get(row).clone(),
                    number: rows.optional_longs(NUM)[row],
                    unit: rows.texts(UNIT).get(row).clone(),
                };
                labels.insert(place, (position, label));
            }
        }
    }

    /// Heap bytes held, roughly.
    pub fn memory(&self) -> u64 {
        let bytes = self.frames.len() * 8
            + self.stacks.len() * 32
            + self.locations.len() * 96
            + self.functions.len() * 250
            + self.label_sets.len() * 200;
        bytes as u64
    }
}

/// What is done with rows.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&Columns) -> Result<(), Error>;

/// Looks up what the stacks of `sums` refer to, in no more than `limit` bytes, and builds the profile. `rows` shows all
/// rows of a table on the days in question.
pub(crate) fn look_up_and_build(
    profile_type: &ProfileType,
    header: &Header,
    sums: &[Sum],
    limit: u64,
    mut rows: impl FnMut(Table, Visit<'_>) -> Result<(), Error>,
) -> Result<Profile, Error> {
    let mut contents = Contents::default();
    let within = |contents: &Contents| match contents.memory() {
        value if value > limit => Err(Error::Limit { limit, value, flag: "--memory-limit" }),
        _ => Ok(()),
    };
    let wanted: Wanted = sums.iter().map(|sum| sum.stack).collect();
    rows(Table::Stacks, &mut |rows| {
        contents.add_stacks(rows, &wanted);
        within(&contents)
    })?;
    let wanted = contents.wanted_locations();
    rows(Table::Locations, &mut |rows| {
        contents.add_locations(rows, &wanted);
        within(&contents)
    })?;
    let wanted = contents.wanted_functions();
    rows(Table::Functions, &mut |rows| {
        contents.add_functions(rows, &wanted);
        within(&contents)
    })?;
    let wanted = contents.wanted_mappings(header);
    rows(Table::Mappings, &mut |rows| {
        contents.add_mappings(rows, &wanted);
        Ok(())
    })?;
    let wanted: Wanted = sums.iter().map(|sum| sum.labels).filter(|&labels| labels != 0).collect();
    if !wanted.is_empty() {
        rows(Table::LabelSets, &mut |rows| {
            contents.add_label_sets(rows, &wanted);
            within(&contents)
        })?;
    }
    build(profile_type, header, sums, &contents)
}

/// Builds the profile. What a damaged file has lost is named `[lost]`, so that sums stay right.
pub(crate) fn build(
    profile_type: &ProfileType,
    header: &Header,
    sums: &[Sum],
    contents: &Contents,
) -> Result<Profile, Error> {
    let mut making = Making {
        builder: Builder::new(&[(&profile_type.sample_type, &profile_type.sample_unit)]),
        contents,
        mappings: FxHashMap::default(),
        functions: FxHashMap::default(),
        locations: FxHashMap::default(),
        lost: None,
    };
    making.header(profile_type, header);
    let full = |error: hotlist_profile::AddError| Error::Query(error.to_string());
    let mut stack = Vec::new();
    for sum in sums {
        stack.clear();
        match contents.stacks.get(&sum.stack) {
            Some(frames) => {
                stack.extend(contents.frames[frames.clone()].iter().map(|&id| making.location(id)));
            }
            None => stack.push(making.lost()),
        }
        let labels = making.labels(sum.labels);
        making.builder.add(&stack, &labels, &[sum.value]).map_err(full)?;
    }
    Ok(making.builder.finish())
}

struct Making<'a> {
    builder: Builder,
    contents: &'a Contents,
    mappings: FxHashMap<i64, Option<MappingId>>,
    functions: FxHashMap<i64, FunctionId>,
    locations: FxHashMap<i64, LocationId>,
    lost: Option<LocationId>,
}

impl Making<'_> {
    fn header(&mut self, profile_type: &ProfileType, header: &Header) {
        self.builder.period(&profile_type.period_type, &profile_type.period_unit, header.period);
        self.builder.profile.time_nanos = header.time.unwrap_or(0);
        self.builder.profile.duration_nanos = header.duration;
        self.builder.profile.drop_frames = self.builder.string(&header.drop_frames);
        self.builder.profile.keep_frames = self.builder.string(&header.keep_frames);
        self.builder.profile.doc_url = self.builder.string(&header.doc_url);
        let mut comments = header.comments.clone();
        comments.sort();
        self.builder.profile.comments = comments.iter().map(|comment| self.builder.string(comment)).collect();
        if let Some(main) = header.main_mapping {
            self.mapping(main);
        }
    }

    fn mapping(&mut self, id: i64) -> Option<MappingId> {
        if let Some(&known) = self.mappings.get(&id) {
            return known;
        }
        let made = self.contents.mappings.get(&id).map(|stored| {
            let mapping = Mapping {
                id: 0,
                start: stored.start,
                limit: stored.limit,
                offset: stored.offset,
                file: self.builder.string(&stored.file),
                build_id: self.builder.string(&stored.build_id),
                has: stored.has,
            };
            self.builder.mapping(mapping)
        });
        self.mappings.insert(id, made);
        made
    }

    fn function(&mut self, id: i64) -> FunctionId {
        if let Some(&known) = self.functions.get(&id) {
            return known;
        }
        let made = match self.contents.functions.get(&id) {
            Some(stored) => {
                let function = Function {
                    id: 0,
                    name: self.builder.string(&stored.name),
                    system_name: self.builder.string(&stored.system_name),
                    filename: self.builder.string(&stored.filename),
                    start_line: stored.start_line,
                };
                self.builder.function(function)
            }
            None => self.builder.named_function("[lost]", ""),
        };
        self.functions.insert(id, made);
        made
    }

    fn location(&mut self, id: i64) -> LocationId {
        if let Some(&known) = self.locations.get(&id) {
            return known;
        }
        let Some(stored) = self.contents.locations.get(&id) else { return self.lost() };
        let mapping = stored.mapping.and_then(|mapping| self.mapping(mapping));
        let base = mapping.map_or(0, |id| {
            let mapping = self.builder.profile.mapping(id);
            mapping.start.wrapping_sub(mapping.offset)
        });
        let lines: Vec<Line> = stored
            .lines
            .iter()
            .map(|&(function, line, column)| Line { function: self.function(function), line, column })
            .collect();
        let location = Location {
            id: 0,
            mapping,
            address: stored.address.map_or(0, |address| (address as u64).wrapping_add(base)),
            is_folded: stored.is_folded,
        };
        let made = self.builder.location(location, &lines);
        self.locations.insert(id, made);
        made
    }

    fn lost(&mut self) -> LocationId {
        if let Some(lost) = self.lost {
            return lost;
        }
        let function = self.builder.named_function("[lost]", "");
        let lost = self.builder.source_location(function, 0);
        self.lost = Some(lost);
        lost
    }

    fn labels(&mut self, id: i64) -> Vec<Label> {
        let stored = self.contents.label_sets.get(&id).map_or(&[][..], Vec::as_slice);
        let label = |(_, label): &(i32, StoredLabel)| {
            let key = self.builder.string(&label.key);
            let value = match label.number {
                None => LabelValue::Text(self.builder.string(&label.text)),
                Some(value) => LabelValue::Number { value, unit: self.builder.string(&label.unit) },
            };
            Label { key, value }
        };
        stored.iter().map(label).collect()
    }
}
