//! The tables of a store and their columns. The schemas of Parquet and of the commit log follow from this list.

/// What a column holds. Texts are never absent; where there is nothing, they are empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Long,
    /// Microseconds since 1970.
    Timestamp,
    Int,
    Bool,
    Text,
    OptionalLong,
    /// A list of columns that have as many elements in each row.
    List(&'static [Field]),
    /// Pairs of texts; their fields are named `key` and `value`.
    TextMap,
}

/// A column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Field {
    pub name: &'static str,
    pub kind: Kind,
}

/// How the files of a table are put into folders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Partition {
    /// `date=2026-11-30`
    Day,
    /// `date=2026-11-30/hour=7`
    Hour,
}

/// A table. Retention drops whole days of it, so the rows of a day refer to rows of the same day only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Table {
    Mappings,
    Functions,
    Locations,
    Stacks,
    LabelSets,
    Series,
    Samples,
    Profiles,
}

use Kind::{Bool, Int, List, Long, OptionalLong, Text, TextMap, Timestamp};

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind }
}

const LINE_FIELDS: &[Field] = &[field("function_id", Long), field("line", Long), field("column", Long)];
const LONG_ELEMENT: &[Field] = &[field(ELEMENT, Long)];
const TEXT_ELEMENT: &[Field] = &[field(ELEMENT, Text)];

/// The name of the only field of a list of plain elements.
pub(crate) const ELEMENT: &str = "element";

pub(crate) const MAP_FIELDS: &[Field] = &[field("key", Text), field("value", Text)];

pub(crate) mod mappings {
    pub const ID: usize = 0;
    pub const BUILD_ID: usize = 1;
    pub const FILE: usize = 2;
    pub const START: usize = 3;
    pub const LIMIT: usize = 4;
    pub const OFFSET: usize = 5;
    pub const HAS_FUNCTIONS: usize = 6;
    pub const HAS_FILENAMES: usize = 7;
    pub const HAS_LINE_NUMBERS: usize = 8;
    pub const HAS_INLINE_FRAMES: usize = 9;
}

pub(crate) mod functions {
    pub const ID: usize = 0;
    pub const NAME: usize = 1;
    pub const SYSTEM_NAME: usize = 2;
    pub const FILENAME: usize = 3;
    pub const START_LINE: usize = 4;
}

pub(crate) mod locations {
    pub const ID: usize = 0;
    pub const MAPPING_ID: usize = 1;
    pub const ADDRESS: usize = 2;
    pub const IS_FOLDED: usize = 3;
    pub const LINES: usize = 4;
}

pub(crate) mod stacks {
    pub const SERVICE: usize = 0;
    pub const ID: usize = 1;
    pub const DEPTH: usize = 2;
    pub const LOCATION_IDS: usize = 3;
}

pub(crate) mod label_sets {
    pub const ID: usize = 0;
    pub const POSITION: usize = 1;
    pub const KEY: usize = 2;
    pub const STR: usize = 3;
    pub const NUM: usize = 4;
    pub const UNIT: usize = 5;
}

pub(crate) mod series {
    pub const ID: usize = 0;
    pub const SERVICE: usize = 1;
    pub const PROFILE_TYPE: usize = 2;
    pub const LABELS: usize = 3;
}

pub(crate) mod samples {
    pub const SERVICE: usize = 0;
    pub const PROFILE_TYPE: usize = 1;
    pub const STACK_ID: usize = 2;
    pub const TS: usize = 3;
    pub const SERIES_ID: usize = 4;
    pub const VALUE: usize = 5;
    pub const LABEL_SET_ID: usize = 6;
}

pub(crate) mod profiles {
    pub const PROFILE_ID: usize = 0;
    pub const SERIES_ID: usize = 1;
    pub const TS: usize = 2;
    pub const TIME_NANOS: usize = 3;
    pub const DURATION_NANOS: usize = 4;
    pub const PERIOD: usize = 5;
    pub const TOTAL: usize = 6;
    pub const SAMPLE_COUNT: usize = 7;
    pub const IS_DEFAULT: usize = 8;
    pub const SAMPLE_TYPE_ORDER: usize = 9;
    pub const MAIN_MAPPING_ID: usize = 10;
    pub const DROP_FRAMES: usize = 11;
    pub const KEEP_FRAMES: usize = 12;
    pub const DOC_URL: usize = 13;
    pub const COMMENTS: usize = 14;
}

impl Table {
    /// In the order in which they are written: no row refers to one that is not there yet.
    pub const ALL: [Table; 8] = [
        Table::Mappings,
        Table::Functions,
        Table::Locations,
        Table::Stacks,
        Table::LabelSets,
        Table::Series,
        Table::Samples,
        Table::Profiles,
    ];

    /// The name of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Table::Mappings => "mappings",
            Table::Functions => "functions",
            Table::Locations => "locations",
            Table::Stacks => "stacks",
            Table::LabelSets => "label_sets",
            Table::Series => "series",
            Table::Samples => "samples",
            Table::Profiles => "profiles",
        }
    }

    pub fn fields(self) -> &'static [Field] {
        match self {
            Table::Mappings => {
                const {
                    &[
                        field("mapping_id", Long),
                        field("build_id", Text),
                        field("file", Text),
                        field("start", Long),
                        field("limit", Long),
                        field("offset", Long),
                        field("has_functions", Bool),
                        field("has_filenames", Bool),
                        field("has_line_numbers", Bool),
                        field("has_inline_frames", Bool),
                    ]
                }
            }
            Table::Functions => {
                const {
                    &[
                        field("function_id", Long),
                        field("name", Text),
                        field("system_name", Text),
                        field("filename", Text),
                        field("start_line", Long),
                    ]
                }
            }
            Table::Locations => {
                const {
                    &[
                        field("location_id", Long),
                        field("mapping_id", OptionalLong),
                        field("address", OptionalLong),
                        field("is_folded", Bool),
                        field("lines", List(LINE_FIELDS)),
                    ]
                }
            }
            Table::Stacks => {
                const {
                    &[
                        field("service", Text),
                        field("stack_id", Long),
                        field("depth", Int),
                        field("location_ids", List(LONG_ELEMENT)),
                    ]
                }
            }
            Table::LabelSets => {
                const {
                    &[
                        field("label_set_id", Long),
                        field("position", Int),
                        field("key", Text),
                        field("str", Text),
                        field("num", OptionalLong),
                        field("unit", Text),
                    ]
                }
            }
            Table::Series => {
                const {
                    &[
                        field("series_id", Long),
                        field("service", Text),
                        field("profile_type", Text),
                        field("labels", TextMap),
                    ]
                }
            }
            Table::Samples => {
                const {
                    &[
                        field("service", Text),
                        field("profile_type", Text),
                        field("stack_id", Long),
                        field("ts", Timestamp),
                        field("series_id", Long),
                        field("value", Long),
                        field("label_set_id", OptionalLong),
                    ]
                }
            }
            Table::Profiles => {
                const {
                    &[
                        field("profile_id", Long),
                        field("series_id", Long),
                        field("ts", Timestamp),
                        field("time_nanos", Long),
                        field("duration_nanos", Long),
                        field("period", Long),
                        field("total", Long),
                        field("sample_count", Int),
                        field("is_default", Bool),
                        field("sample_type_order", Int),
                        field("main_mapping_id", OptionalLong),
                        field("drop_frames", Text),
                        field("keep_frames", Text),
                        field("doc_url", Text),
                        field("comments", List(TEXT_ELEMENT)),
                    ]
                }
            }
        }
    }

    /// The columns by which the rows of each file are sorted.
    pub fn order(self) -> &'static [usize] {
        match self {
            Table::Stacks | Table::LabelSets => &[0, 1],
            Table::Samples => {
                &[samples::SERVICE, samples::PROFILE_TYPE, samples::STACK_ID, samples::TS, samples::SERIES_ID]
            }
            Table::Profiles => &[profiles::SERIES_ID, profiles::TS],
            Table::Mappings | Table::Functions | Table::Locations | Table::Series => &[0],
        }
    }

    /// Whether rows that are equal in the columns of [`order`](Self::order) say the same, so that one is enough.
    pub fn is_content(self) -> bool {
        !matches!(self, Table::Samples | Table::Profiles)
    }

    pub fn partition(self) -> Partition {
        if self == Table::Samples { Partition::Hour } else { Partition::Day }
    }
}
