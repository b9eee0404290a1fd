//! Rows of a table in memory, as columns.

use std::cmp::Ordering;
use std::collections::HashMap;

use bytes::Bytes;

use crate::table::{Field, Kind, MAP_FIELDS, Table};

/// Rows of one table.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub columns: Vec<Column>,
}

/// One column; lists have columns of their own.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    Long(Vec<i64>),
    Int(Vec<i32>),
    Bool(Vec<bool>),
    Text(Texts),
    OptionalLong(Vec<Option<i64>>),
    List(List),
}

/// Texts, each distinct one stored once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    distinct: Vec<Bytes>,
    index: HashMap<Bytes, u32>,
    rows: Vec<u32>,
    bytes: usize,
}

/// Lists: where each ends among the elements.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub ends: Vec<u32>,
    pub elements: Vec<Column>,
}

impl Texts {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn get(&self, row: usize) -> &Bytes {
        &self.distinct[self.rows[row] as usize]
    }

    pub fn push(&mut self, text: &[u8]) {
        self.push_times(text, 1);
    }

    /// Adds `count` rows with the same text.
    pub fn push_times(&mut self, text: &[u8], count: usize) {
        let known = self.rows.last().copied().filter(|&last| self.distinct[last as usize] == text);
        let number = known.or_else(|| self.index.get(text).copied()).unwrap_or_else(|| {
            let (number, text) = (self.distinct.len() as u32, Bytes::copy_from_slice(text));
            self.bytes += text.len() + 2 * size_of::<Bytes>() + 16;
            self.distinct.push(text.clone());
            self.index.insert(text, number);
            number
        });
        self.rows.resize(self.rows.len() + count, number);
    }

    /// For each row the place of its text among all distinct ones in their order.
    pub fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.distinct.len() as u32).collect();
        order.sort_unstable_by_key(|&number| &self.distinct[number as usize]);
        let mut ranks = vec![0; order.len()];
        for (rank, &number) in order.iter().enumerate() {
            ranks[number as usize] = rank as u32;
        }
        self.rows.iter().map(|&number| ranks[number as usize]).collect()
    }

    fn memory(&self) -> usize {
        self.bytes + self.rows.capacity() * 4
    }
}

impl List {
    pub fn range(&self, row: usize) -> std::ops::Range<usize> {
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        start..self.ends[row] as usize
    }
}

impl Column {
    fn new(kind: Kind) -> Self {
        let list = |fields: &[Field]| {
            let elements = fields.iter().map(|field| Column::new(field.kind)).collect();
            Column::List(List { ends: Vec::new(), elements })
        };
        match kind {
            Kind::Long | Kind::Timestamp => Column::Long(Vec::new()),
            Kind::Int => Column::Int(Vec::new()),
            Kind::Bool => Column::Bool(Vec::new()),
            Kind::Text => Column::Text(Texts::default()),
            Kind::OptionalLong => Column::OptionalLong(Vec::new()),
            Kind::List(fields) => list(fields),
            Kind::TextMap => list(MAP_FIELDS),
        }
    }

    fn len(&self) -> usize {
        match self {
            Column::Long(values) => values.len(),
            Column::Int(values) => values.len(),
            Column::Bool(values) => values.len(),
            Column::Text(texts) => texts.len(),
            Column::OptionalLong(values) => values.len(),
            Column::List(list) => list.ends.len(),
        }
    }

    /// Adds row `row` of `source`, which has the same kind.
    fn append(&mut self, source: &Column, row: usize) {
        match (self, source) {
            (Column::Long(own), Column::Long(other)) => own.push(other[row]),
            (Column::Int(own), Column::Int(other)) => own.push(other[row]),
            (Column::Bool(own), Column::Bool(other)) => own.push(other[row]),
            (Column::Text(own), Column::Text(other)) => own.push(other.get(row)),
            (Column::OptionalLong(own), Column::OptionalLong(other)) => own.push(other[row]),
            (Column::List(own), Column::List(other)) => {
                for at in other.range(row) {
                    for (own, other) in own.elements.iter_mut().zip(&other.elements) {
                        own.append(other, at);
                    }
                }
                own.close();
            }
            _ => debug_assert!(false, "columns of one table have the same kinds"),
        }
    }

    fn compare(&self, row: usize, other: &Column, other_row: usize) -> Ordering {
        match (self, other) {
            (Column::Long(own), Column::Long(other)) => own[row].cmp(&other[other_row]),
            (Column::Int(own), Column::Int(other)) => own[row].cmp(&other[other_row]),
            (Column::Text(own), Column::Text(other)) => own.get(row).cmp(other.get(other_row)),
            _ => Ordering::Equal,
        }
    }

    fn memory(&self) -> usize {
        match self {
            Column::Long(values) => values.capacity() * 8,
            Column::Int(values) => values.capacity() * 4,
            Column::Bool(values) => values.capacity(),
            Column::Text(texts) => texts.memory(),
            Column::OptionalLong(values) => values.capacity() * 16,
            Column::List(list) => {
                list.ends.capacity() * 4 + list.elements.iter().map(Column::memory).sum::<usize>()
            }
        }
    }
}

impl List {
    /// Ends the list of the next row behind the elements so far.
    pub fn close(&mut self) {
        let end = self.elements.first().map_or(0, Column::len);
        self.ends.push(u32::try_from(end).unwrap_or(u32::MAX));
    }
}

impl Columns {
    pub fn new(table: Table) -> Self {
        Columns { columns: table.fields().iter().map(|field| Column::new(field.kind)).collect() }
    }

    pub fn len(&self) -> usize {
        self.columns[0].len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The length of each column; all are the same unless a file is damaged.
    pub fn lengths(&self) -> impl Iterator<Item = usize> {
        self.columns.iter().map(Column::len)
    }

    pub fn memory(&self) -> usize {
        self.columns.iter().map(Column::memory).sum()
    }

    pub fn append(&mut self, source: &Columns, row: usize) {
        for (own, other) in self.columns.iter_mut().zip(&source.columns) {
            own.append(other, row);
        }
    }

    /// Compares two rows by the columns `order`.
    pub fn compare(&self, row: usize, other: &Columns, other_row: usize, order: &[usize]) -> Ordering {
        let by_column =
            |&column: &usize| self.columns[column].compare(row, &other.columns[column], other_row);
        order.iter().map(by_column).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// The numbers of all rows, in the order of the table.
    pub fn sorted(&self, table: Table) -> Vec<u32> {
        let mut rows: Vec<u32> = (0..self.len() as u32).collect();
        if table == Table::Samples {
            use crate::table::samples::{PROFILE_TYPE, SERIES_ID, SERVICE, STACK_ID, TS};
            let (services, types) = (self.texts(SERVICE).ranks(), self.texts(PROFILE_TYPE).ranks());
            let (stacks, ts, series) = (self.longs(STACK_ID), self.longs(TS), self.longs(SERIES_ID));
            rows.sort_unstable_by_key(|&row| {
                let row = row as usize;
                (services[row], types[row], stacks[row], ts[row], series[row])
            });
        } else {
            let order = table.order();
            rows.sort_by(|&one, &other| self.compare(one as usize, self, other as usize, order));
        }
        rows
    }

    /// The rows `rows`, in this order.
    pub fn select(&self, table: Table, rows: &[u32]) -> Columns {
        let mut selected = Columns::new(table);
        for &row in rows {
            selected.append(self, row as usize);
        }
        selected
    }
}

/// Access to a column of a known kind. The kinds follow from [`Table::fields`], so another kind is a slip of this room.
macro_rules! column_of {
    ($name:ident, $name_mut:ident, $variant:ident, $type:ty) => {
        pub fn $name(&self, column: usize) -> &$type {
            match &self.columns[column] {
                Column::$variant(values) => values,
                _ => unreachable!("column {column} has another kind"),
            }
        }

        pub fn $name_mut(&mut self, column: usize) -> &mut $type {
            match &mut self.columns[column] {
                Column::$variant(values) => values,
                _ => unreachable!("column {column} has another kind"),
            }
        }
    };
}

impl Columns {
    column_of!(longs, longs_mut, Long, Vec<i64>);
    column_of!(ints, ints_mut, Int, Vec<i32>);
    column_of!(bools, bools_mut, Bool, Vec<bool>);
    column_of!(texts, texts_mut, Text, Texts);
    column_of!(optional_longs, optional_longs_mut, OptionalLong, Vec<Option<i64>>);
    column_of!(lists, lists_mut, List, List);
}

impl List {
    pub fn longs(&self, element: usize) -> &[i64] {
        match &self.elements[element] {
            Column::Long(values) => values,
            _ => unreachable!("element {element} has another kind"),
        }
    }

    pub fn longs_mut(&mut self, element: usize) -> &mut Vec<i64> {
        match &mut self.elements[element] {
            Column::Long(values) => values,
            _ => unreachable!("element {element} has another kind"),
        }
    }

    pub fn texts(&self, element: usize) -> &Texts {
        match &self.elements[element] {
            Column::Text(texts) => texts,
            _ => unreachable!("element {element} has another kind"),
        }
    }

    pub fn texts_mut(&mut self, element: usize) -> &mut Texts {
        match &mut self.elements[element] {
            Column::Text(texts) => texts,
            _ => unreachable!("element {element} has another kind"),
        }
    }
}
