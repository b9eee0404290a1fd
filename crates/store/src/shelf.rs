//! All that is kept of one tenant.

use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::batch::{Batch, Seen, day_of};
use crate::catalog::Catalog;
use crate::columns::Columns;
use crate::ids::Key;
use crate::intake::Intake;
use crate::merged::{Contents, Header, Wanted, build};
use crate::sums::Sums;
use crate::table::Table;
use crate::timeline::{Line, Timeline};
use crate::{Error, Range, Refused, Selector, Settings};

/// All that is kept of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub batch: Batch,
    pub seen: Seen,
    pub catalog: Catalog,
}

impl Shelf {
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether there is room for the series of a profile.
    pub fn admit(&self, intake: &Intake, settings: &Settings) -> Result<(), Refused> {
        let state = self.read();
        if state.seen.check(intake).is_err() {
            let reason = "a part of the profile has the number of another one in the store".to_owned();
            return Err(Refused::Unreadable(reason));
        }
        let new = intake.series.iter().filter(|id| !state.catalog.contains(id.id)).count();
        if (state.catalog.len() + new) as u64 > settings.max_series && new > 0 {
            return Err(Refused::Series {
                limit: "max_series",
                value: settings.max_series,
                flag: "--max-series",
            });
        }
        Ok(())
    }

    /// Adds the rows of a profile.
    pub fn add(&self, intake: &Intake, sequence: i64, key: &Key) {
        let State { batch, seen, catalog } = &mut *self.write();
        batch.add(intake, sequence, seen, key);
        for (id, profile_type) in intake.series.iter().zip(&intake.types) {
            catalog.add(id.id, &intake.labels, profile_type, day_of(intake.time));
        }
    }

    /// Shows `visit` all rows of a table on the days of `range`.
    fn visit(
        &self,
        table: Table,
        range: Range,
        mut visit: impl FnMut(&Columns) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let state = self.read();
        for (_, day) in state.batch.days.iter().filter(|(day, _)| range.days().contains(day)) {
            visit(day.table(table))?;
        }
        Ok(())
    }

    pub fn merge(
        &self,
        selector: &Selector,
        range: Range,
        settings: &Settings,
    ) -> Result<hotlist_profile::Profile, Error> {
        let limit = settings.memory_limit / 4;
        let selection = self.read().catalog.select(selector, range);
        let mut sums = Sums::new(limit);
        self.visit(Table::Samples, range, |rows| sums.add_rows(rows, &selection, range))?;
        let sums = sums.sorted();
        let mut header = Header::default();
        self.visit(Table::Profiles, range, |rows| {
            header.add_rows(rows, &selection.ids, range);
            Ok(())
        })?;
        let wanted: Wanted = sums.iter().map(|sum| sum.stack).collect();
        let mut contents = Contents::default();
        let within = |contents: &Contents| match contents.memory() {
            value if value > limit => Err(Error::Limit { limit, value, flag: "--memory-limit" }),
            _ => Ok(()),
        };
        self.visit(Table::Stacks, range, |rows| {
            contents.add_stacks(rows, &wanted);
            within(&contents)
        })?;
        let wanted = contents.wanted_locations();
        self.visit(Table::Locations, range, |rows| {
            contents.add_locations(rows, &wanted);
            within(&contents)
        })?;
        let wanted = contents.wanted_functions();
        self.visit(Table::Functions, range, |rows| {
            contents.add_functions(rows, &wanted);
            within(&contents)
        })?;
        let wanted = contents.wanted_mappings(&header);
        self.visit(Table::Mappings, range, |rows| {
            contents.add_mappings(rows, &wanted);
            Ok(())
        })?;
        let wanted: Wanted = sums.iter().map(|sum| sum.labels).filter(|&labels| labels != 0).collect();
        if !wanted.is_empty() {
            self.visit(Table::LabelSets, range, |rows| {
                contents.add_label_sets(rows, &wanted);
                within(&contents)
            })?;
        }
        build(&selector.profile_type, &header, &sums, &contents)
    }

    pub fn timeline(
        &self,
        selector: &Selector,
        range: Range,
        step: i64,
        by: &[String],
    ) -> Result<Vec<Line>, Error> {
        let mut timeline = {
            let state = self.read();
            let selection = state.catalog.select(selector, range);
            Timeline::new(selection.ids.iter(), &state.catalog, by, range, step)?
        };
        self.visit(Table::Profiles, range, |rows| {
            timeline.add_rows(rows);
            Ok(())
        })?;
        Ok(timeline.finish())
    }
}
