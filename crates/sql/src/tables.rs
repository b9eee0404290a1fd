//! The tables: what their columns are, and what stands in them.

use hotlist_profile::{
    LabelSetId, LabelValue, Line, LocationId, Profile, SampleId, StackId, StringId, ValueType,
};

use crate::answers::Weights;
use crate::cell::Cell;
use crate::source::Source;

/// A table. Its first column is its key: rows with the same key stand together, so that they are found without a walk
/// over the others.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// Columns and types, in the words of `CREATE TABLE`; [`Table::definition`] has all of them.
    columns: &'static str,
    pub(crate) content: Content,
}

/// Where the rows of a table come from.
#[derive(Debug)]
pub(crate) enum Content {
    /// The tables of the profile.
    Stored(Stored),
    /// The engine: the key is the sample type.
    Computed(Weights),
}

/// Rows as the profile holds them.
#[derive(Debug)]
pub(crate) struct Stored {
    /// How many keys there are; they count from 0.
    pub(crate) keys: fn(&Profile) -> usize,
    /// How many rows have this key.
    pub(crate) rows: fn(&Profile, usize) -> usize,
    /// What stands in a row with this key and in a column behind the key.
    pub(crate) cell: for<'a> fn(&'a Source, usize, usize, usize) -> Cell<'a>,
}

/// The hidden column of computed tables. Which number of columns come before it follows from the table.
pub(crate) const GRANULARITY: &str = "granularity TEXT HIDDEN";

pub(crate) const ALL: &[Table] = &[
    Table {
        name: "profiles",
        columns: "profile_id INTEGER, file TEXT, time_nanos INTEGER, duration_nanos INTEGER, period INTEGER, \
                  period_type TEXT, period_unit TEXT, default_type TEXT, sample_count INTEGER",
        content: Content::Stored(Stored { keys: |_| 1, rows: |_, _| 1, cell: profile }),
    },
    Table {
        name: "sample_types",
        columns: "column_id INTEGER, sample_type TEXT, unit TEXT",
        content: Content::Stored(Stored {
            keys: |profile| profile.sample_types.len(),
            rows: |_, _| 1,
            cell: sample_type,
        }),
    },
    Table {
        name: "samples",
        columns: "sample_id INTEGER, profile_id INTEGER, stack_id INTEGER, label_set_id INTEGER",
        content: Content::Stored(Stored {
            keys: |profile| profile.samples.len(),
            rows: |_, _| 1,
            cell: sample,
        }),
    },
    Table {
        name: "stack_frames",
        columns: "stack_id INTEGER, position INTEGER, location_id INTEGER",
        content: Content::Stored(Stored {
            keys: |profile| profile.stacks.len(),
            rows: |profile, key| profile.stacks.get(StackId::new(key)).len(),
            cell: stack_frame,
        }),
    },
    Table {
        name: "locations",
        columns: "location_id INTEGER, mapping_id INTEGER, address INTEGER, is_folded INTEGER",
        content: Content::Stored(Stored {
            keys: |profile| profile.locations.len(),
            rows: |_, _| 1,
            cell: location,
        }),
    },
    Table {
        name: "lines",
        columns: "location_id INTEGER, position INTEGER, function_id INTEGER, line INTEGER, col INTEGER",
        content: Content::Stored(Stored {
            keys: |profile| profile.locations.len(),
            rows: |profile, key| profile.locations.lines(LocationId::new(key)).len(),
            cell: line,
        }),
    },
    Table {
        name: "functions",
        columns: "function_id INTEGER, name TEXT, system_name TEXT, filename TEXT, start_line INTEGER",
        content: Content::Stored(Stored {
            keys: |profile| profile.functions.len(),
            rows: |_, _| 1,
            cell: function,
        }),
    },
    Table {
        name: "mappings",
        columns: "mapping_id INTEGER, start INTEGER, \"limit\" INTEGER, \"offset\" INTEGER, file TEXT, build_id TEXT",
        content: Content::Stored(Stored {
            keys: |profile| profile.mappings.len(),
            rows: |_, _| 1,
            cell: mapping,
        }),
    },
    Table {
        name: "label_sets",
        columns: "label_set_id INTEGER, key TEXT, str TEXT, num INTEGER, unit TEXT",
        content: Content::Stored(Stored {
            keys: |profile| profile.labels.len(),
            rows: |profile, key| profile.labels.get(LabelSetId::new(key)).len(),
            cell: label,
        }),
    },
    Table {
        name: "nodes",
        columns: "sample_type TEXT, name TEXT, file TEXT, line INTEGER, address INTEGER, object TEXT, \
                  flat INTEGER, cum INTEGER",
        content: Content::Computed(Weights::Nodes),
    },
    Table {
        name: "calls",
        columns: "sample_type TEXT, caller TEXT, callee TEXT, weight INTEGER, is_inlined INTEGER",
        content: Content::Computed(Weights::Calls),
    },
];

/// What is put together from tables. `inlined` is 0 for the function that is inlined deepest.
pub(crate) const VIEWS: &[(&str, &str)] = &[(
    "frames",
    "SELECT s.stack_id, s.position, l.position AS inlined, f.name, f.filename, l.line, l.col \
     FROM stack_frames s LEFT JOIN lines l ON l.location_id = s.location_id \
     LEFT JOIN functions f ON f.function_id = l.function_id",
)];

impl Table {
    /// The statement that makes a table with these columns, for the samples of `profile`.
    pub(crate) fn definition(&self, profile: &Profile) -> String {
        let mut columns = self.columns.to_owned();
        if self.name == "samples" {
            for name in value_columns(profile) {
                columns += &format!(", \"{}\" INTEGER", name.replace('"', "\"\""));
            }
        }
        if let Content::Computed(_) = self.content {
            columns += ", ";
            columns += GRANULARITY;
        }
        format!("CREATE TABLE {}({columns})", self.name)
    }

    /// The number of columns, that of the hidden one if there is one.
    pub(crate) fn width(&self) -> usize {
        self.columns.split(", ").count()
    }
}

/// What the columns of values are called: their types, and with a number where a name is taken.
fn value_columns(profile: &Profile) -> Vec<String> {
    let mut taken: Vec<String> =
        ["sample_id", "profile_id", "stack_id", "label_set_id", ""].map(str::to_owned).to_vec();
    let fixed = taken.len();
    for ValueType { kind, .. } in &profile.sample_types {
        let kind = text(profile, *kind);
        let mut name = kind.clone();
        let mut number = 2;
        while taken.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
            name = format!("{kind}_{number}");
            number += 1;
        }
        taken.push(name);
    }
    taken.split_off(fixed)
}

/// A string of the profile as SQLite can hold it in a statement.
fn text(profile: &Profile, id: StringId) -> String {
    profile.lossy(id).replace('\0', "\u{fffd}")
}

fn profile(source: &Source, _: usize, _: usize, column: usize) -> Cell<'_> {
    let profile = source.profile();
    match column {
        1 => Cell::text(source.file()),
        2 => known(profile.time_nanos),
        3 => known(profile.duration_nanos),
        4 => known(profile.period),
        5 => Cell::Text(profile.lossy(profile.period_type.kind)),
        6 => Cell::Text(profile.lossy(profile.period_type.unit)),
        7 => Cell::Text(profile.lossy(profile.default_sample_type)),
        8 => Cell::count(profile.samples.len()),
        _ => Cell::Null,
    }
}

/// A number of which 0 says that it is not known.
fn known(number: i64) -> Cell<'static> {
    if number == 0 { Cell::Null } else { Cell::Integer(number) }
}

fn sample_type(source: &Source, key: usize, _: usize, column: usize) -> Cell<'_> {
    let profile = source.profile();
    let ValueType { kind, unit } = profile.sample_types[key];
    match column {
        1 => Cell::Text(profile.lossy(kind)),
        2 => Cell::Text(profile.lossy(unit)),
        _ => Cell::Null,
    }
}

fn sample(source: &Source, key: usize, _: usize, column: usize) -> Cell<'_> {
    let samples = &source.profile().samples;
    let id = SampleId::new(key);
    match column {
        1 => Cell::Integer(0),
        2 => Cell::count(samples.stack(id).index()),
        3 => Cell::count(samples.labels(id).index()),
        _ => samples.values(id).get(column - 4).map_or(Cell::Null, |value| Cell::Integer(*value)),
    }
}

fn stack_frame(source: &Source, key: usize, position: usize, column: usize) -> Cell<'_> {
    let frame = source.profile().stacks.get(StackId::new(key))[position];
    match column {
        1 => Cell::count(position),
        2 => Cell::count(frame.index()),
        _ => Cell::Null,
    }
}

fn location(source: &Source, key: usize, _: usize, column: usize) -> Cell<'_> {
    let location = source.profile().locations.get(LocationId::new(key));
    match column {
        1 => location.mapping.map_or(Cell::Null, |mapping| Cell::count(mapping.index())),
        2 => Cell::address(location.address),
        3 => Cell::Integer(i64::from(location.is_folded)),
        _ => Cell::Null,
    }
}

fn line(source: &Source, key: usize, position: usize, column: usize) -> Cell<'_> {
    let line: Line = source.profile().locations.lines(LocationId::new(key))[position];
    match column {
        1 => Cell::count(position),
        2 => Cell::count(line.function.index()),
        3 => Cell::Integer(line.line),
        4 => Cell::Integer(line.column),
        _ => Cell::Null,
    }
}

fn function(source: &Source, key: usize, _: usize, column: usize) -> Cell<'_> {
    let profile = source.profile();
    let function = profile.functions[key];
    match column {
        1 => Cell::Text(profile.lossy(function.name)),
        2 => Cell::Text(profile.lossy(function.system_name)),
        3 => Cell::Text(profile.lossy(function.filename)),
        4 => known(function.start_line),
        _ => Cell::Null,
    }
}

fn mapping(source: &Source, key: usize, _: usize, column: usize) -> Cell<'_> {
    let profile = source.profile();
    let mapping = &profile.mappings[key];
    match column {
        1 => Cell::address(mapping.start),
        2 => Cell::address(mapping.limit),
        3 => Cell::address(mapping.offset),
        4 => Cell::Text(profile.lossy(mapping.file)),
        5 => Cell::Text(profile.lossy(mapping.build_id)),
        _ => Cell::Null,
    }
}

fn label(source: &Source, key: usize, position: usize, column: usize) -> Cell<'_> {
    let profile = source.profile();
    let label = profile.labels.get(LabelSetId::new(key))[position];
    match (column, label.value) {
        (1, _) => Cell::Text(profile.lossy(label.key)),
        (2, LabelValue::Text(text)) => Cell::Text(profile.lossy(text)),
        (3, LabelValue::Number { value, .. }) => Cell::Integer(value),
        (4, LabelValue::Number { unit, .. }) => Cell::Text(profile.lossy(unit)),
        _ => Cell::Null,
    }
}
