//! The tables as SQLite asks for them (<https://sqlite.org/vtab.html>).
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_int};
use std::ops::Range;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::vtab::{
    Context, CreateVTab, Filters, IndexConstraintOp, IndexInfo, VTab, VTabConnection, VTabCursor, VTabKind,
    sqlite3_vtab, sqlite3_vtab_cursor,
};
use rusqlite::{Error, Result};

use crate::answers::{Answered, Asked, GRANULARITIES, Weights};
use crate::cell::Cell;
use crate::source::Source;
use crate::tables::{self, Content, Stored, Table};

/// The plan of a query: which values it hands to the cursor, as bits.
const HAS_KEY: c_int = 1;
const HAS_GRANULARITY: c_int = 2;

/// A table of a profile. Its module is made with two arguments: the row of the source and that of the table.
#[repr(C)]
pub(crate) struct ProfileTable {
    /// SQLite's part, which has to be the first.
    base: sqlite3_vtab,
    sources: Arc<Vec<Source>>,
    source: usize,
    table: &'static Table,
}

// SAFETY: the structure has C's layout and begins with SQLite's part.
unsafe impl<'vtab> VTab<'vtab> for ProfileTable {
    type Aux = Arc<Vec<Source>>;
    type Cursor = Cursor<'vtab>;

    fn connect(
        _: &mut VTabConnection,
        sources: Option<&Self::Aux>,
        _: &[u8],
        _: &[u8],
        table_name: &[u8],
        arguments: &[&[u8]],
    ) -> Result<(Cow<'static, CStr>, Self)> {
        let unknown = || Error::ModuleError("there is no such table of a profile".to_owned());
        let sources = Arc::clone(sources.ok_or_else(unknown)?);
        let source = arguments.first().and_then(|text| std::str::from_utf8(text).ok()?.trim().parse().ok());
        let source: usize = source.filter(|&row| row < sources.len()).ok_or_else(unknown)?;
        let table =
            tables::ALL.iter().find(|table| table.name.as_bytes() == table_name).ok_or_else(unknown)?;
        let definition = CString::new(table.definition(sources[source].profile()))
            .map_err(|error| Error::ModuleError(error.to_string()))?;
        Ok((Cow::Owned(definition), ProfileTable { base: sqlite3_vtab::default(), sources, source, table }))
    }

    fn best_index(&self, info: &mut IndexInfo) -> Result<bool> {
        let hidden = c_int::try_from(self.table.width()).unwrap_or(c_int::MAX);
        let is_computed = matches!(self.table.content, Content::Computed(_));
        let (mut key, mut granularity, mut unusable) = (None, None, false);
        for (row, constraint) in info.constraints().enumerate() {
            if constraint.operator() != IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ {
                continue;
            }
            let place = match constraint.column() {
                0 => &mut key,
                column if is_computed && column == hidden => {
                    // Without its value, the rows of another granularity would be looked at.
                    unusable |= !constraint.is_usable();
                    &mut granularity
                }
                _ => continue,
            };
            if constraint.is_usable() && place.is_none() {
                *place = Some(row);
            }
        }
        if unusable && granularity.is_none() {
            return Ok(false);
        }
        let (mut plan, mut argument) = (0, 0);
        for (row, bit) in [(key, HAS_KEY), (granularity, HAS_GRANULARITY)] {
            let Some(row) = row else { continue };
            argument += 1;
            plan |= bit;
            let mut usage = info.constraint_usage(row);
            usage.set_argv_index(argument);
            usage.set_omit(bit == HAS_GRANULARITY);
        }
        let rows = self.estimated_rows();
        let rows = if plan & HAS_KEY == 0 { rows } else { rows / self.estimated_keys().max(1) + 1 };
        info.set_idx_num(plan);
        info.set_estimated_rows(i64::try_from(rows).unwrap_or(i64::MAX));
        // Asking the engine costs a pass over all stacks.
        info.set_estimated_cost(rows as f64 + if is_computed { 100_000.0 } else { 1.0 });
        Ok(true)
    }

    fn open(&'vtab mut self) -> Result<Self::Cursor> {
        let source = &self.sources[self.source];
        let rows = match &self.table.content {
            Content::Stored(stored) => Rows::Stored(StoredRows { stored, keys: 0..0, row: 0, count: 0 }),
            Content::Computed(weights) => Rows::Computed(ComputedRows {
                weights: *weights,
                granularity: 0,
                types: 0..0,
                hidden: self.table.width(),
                answer: None,
                row: 0,
            }),
        };
        Ok(Cursor { base: sqlite3_vtab_cursor::default(), source, rows, number: 0 })
    }
}

impl CreateVTab<'_> for ProfileTable {
    const KIND: VTabKind = VTabKind::Default;
}

impl ProfileTable {
    fn profile(&self) -> &hotlist_profile::Profile {
        self.sources[self.source].profile()
    }

    fn estimated_keys(&self) -> usize {
        match &self.table.content {
            Content::Stored(stored) => (stored.keys)(self.profile()),
            Content::Computed(_) => self.profile().sample_types.len(),
        }
    }

    fn estimated_rows(&self) -> usize {
        let profile = self.profile();
        match &self.table.content {
            Content::Computed(_) => profile.functions.len() * profile.sample_types.len(),
            Content::Stored(_) if self.table.name == "stack_frames" => profile.stacks.frame_count(),
            Content::Stored(stored) => (stored.keys)(profile),
        }
    }
}

/// A walk over the rows of a table.
#[repr(C)]
pub(crate) struct Cursor<'vtab> {
    /// SQLite's part, which has to be the first.
    base: sqlite3_vtab_cursor,
    source: &'vtab Source,
    rows: Rows<'vtab>,
    /// Rows that were passed.
    number: i64,
}

enum Rows<'vtab> {
    Stored(StoredRows<'vtab>),
    Computed(ComputedRows),
}

// SAFETY: the structure has C's layout and begins with SQLite's part.
unsafe impl VTabCursor for Cursor<'_> {
    fn filter(&mut self, plan: c_int, _: Option<&str>, values: &Filters<'_>) -> Result<()> {
        let mut values = values.iter();
        let key = (plan & HAS_KEY != 0).then(|| values.next()).flatten();
        let granularity = (plan & HAS_GRANULARITY != 0).then(|| values.next()).flatten();
        self.number = 0;
        match &mut self.rows {
            Rows::Stored(rows) => rows.find(self.source, key),
            Rows::Computed(rows) => rows.find(self.source, key, granularity)?,
        }
        Ok(())
    }

    fn next(&mut self) -> Result<()> {
        self.number += 1;
        match &mut self.rows {
            Rows::Stored(rows) => rows.advance(self.source),
            Rows::Computed(rows) => rows.advance(self.source)?,
        }
        Ok(())
    }

    fn eof(&self) -> bool {
        match &self.rows {
            Rows::Stored(rows) => rows.keys.is_empty(),
            Rows::Computed(rows) => rows.answer.is_none(),
        }
    }

    fn column(&self, context: &mut Context, column: c_int) -> Result<()> {
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        let cell = match &self.rows {
            Rows::Stored(rows) if column == 0 => Cell::count(rows.keys.start),
            Rows::Stored(rows) => (rows.stored.cell)(self.source, rows.keys.start, rows.row, column),
            Rows::Computed(rows) => rows.cell(self.source, column),
        };
        context.set_result(cell.to_sql())
    }

    fn rowid(&self) -> Result<i64> {
        Ok(self.number)
    }
}

/// Rows as the profile holds them: `keys` are left, and the walk is at row `row` of `count` of the first of them.
struct StoredRows<'vtab> {
    stored: &'vtab Stored,
    keys: Range<usize>,
    row: usize,
    count: usize,
}

impl StoredRows<'_> {
    fn find(&mut self, source: &Source, key: Option<ValueRef<'_>>) {
        let keys = (self.stored.keys)(source.profile());
        self.keys = match key {
            None => 0..keys,
            Some(ValueRef::Integer(key)) => match usize::try_from(key) {
                Ok(key) if key < keys => key..key + 1,
                _ => 0..0,
            },
            // A number may come as another type: SQLite compares again.
            Some(ValueRef::Real(_) | ValueRef::Text(_)) => 0..keys,
            Some(ValueRef::Null | ValueRef::Blob(_)) => 0..0,
        };
        self.skip_empty(source);
    }

    fn advance(&mut self, source: &Source) {
        self.row += 1;
        if self.row >= self.count {
            self.keys.start += 1;
            self.skip_empty(source);
        }
    }

    /// Goes to the first row of the first key that has any.
    fn skip_empty(&mut self, source: &Source) {
        self.row = 0;
        while !self.keys.is_empty() {
            self.count = (self.stored.rows)(source.profile(), self.keys.start);
            if self.count > 0 {
                break;
            }
            self.keys.start += 1;
        }
    }
}

/// What the engine answers, a sample type after the other.
struct ComputedRows {
    weights: Weights,
    granularity: usize,
    /// Sample types whose rows are to come, the current one first.
    types: Range<usize>,
    /// The number of the column with the granularity.
    hidden: usize,
    answer: Option<Arc<Answered>>,
    row: usize,
}

impl ComputedRows {
    fn find(
        &mut self,
        source: &Source,
        key: Option<ValueRef<'_>>,
        granularity: Option<ValueRef<'_>>,
    ) -> Result<()> {
        self.granularity = match granularity.map(|value| value.as_str()) {
            None => 0,
            Some(name) => {
                let name = name.unwrap_or_default();
                GRANULARITIES.iter().position(|(other, _)| *other == name).ok_or_else(|| {
                    let names: Vec<_> = GRANULARITIES.iter().map(|(name, _)| *name).collect();
                    Error::ModuleError(format!("granularity is one of {}, not {name:?}", names.join(", ")))
                })?
            }
        };
        let profile = source.profile();
        let types = profile.sample_types.len();
        self.types = match key {
            None => 0..types,
            Some(ValueRef::Text(name)) => {
                let is_it = |row: &usize| profile.text(profile.sample_types[*row].kind) == name;
                (0..types).find(is_it).map_or(0..0, |row| row..row + 1)
            }
            Some(_) => 0..0,
        };
        self.next_answer(source)
    }

    fn advance(&mut self, source: &Source) -> Result<()> {
        self.row += 1;
        if self.answer.as_ref().is_some_and(|answer| self.row < answer.len()) {
            return Ok(());
        }
        self.types.start += 1;
        self.next_answer(source)
    }

    /// Goes to the first sample type whose answer has rows.
    fn next_answer(&mut self, source: &Source) -> Result<()> {
        self.row = 0;
        self.answer = None;
        while !self.types.is_empty() {
            let asked =
                Asked { weights: self.weights, sample_type: self.types.start, granularity: self.granularity };
            let answer = source.answer(asked).map_err(Error::ModuleError)?;
            if answer.len() > 0 {
                self.answer = Some(answer);
                break;
            }
            self.types.start += 1;
        }
        Ok(())
    }

    fn cell<'a>(&'a self, source: &'a Source, column: usize) -> Cell<'a> {
        if column == 0 {
            let profile = source.profile();
            return Cell::Text(profile.lossy(profile.sample_types[self.types.start].kind));
        }
        if column == self.hidden {
            return Cell::text(GRANULARITIES[self.granularity].0);
        }
        self.answer.as_ref().map_or(Cell::Null, |answer| answer.cell(self.row, column - 1))
    }
}
