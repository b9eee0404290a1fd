//! Which functions really differ between two sets of runs.

use std::sync::Arc;

use hotlist_session::Verdicts;
use hotlist_session::compare::Row;

use crate::app::App;
use crate::changes::Changes;
use crate::chosen::Chosen;
use crate::query::Topic;
use crate::tab::Tab;
use crate::verdict_order::VerdictOrder;

/// The rows of a comparison that are shown, in their order.
#[derive(Debug, Clone)]
pub struct VerdictRows {
    /// The comparison.
    pub verdicts: Arc<Verdicts>,
    /// Rows of the comparison.
    pub rows: Vec<usize>,
}

impl VerdictRows {
    /// Those that have changed as `changes` say.
    pub(crate) fn new(verdicts: &Arc<Verdicts>, changes: Changes, order: VerdictOrder) -> VerdictRows {
        let shows = |row: &Row| changes.shows(row.base.round() as i64, row.new.round() as i64);
        let rows = order.rows(verdicts.comparison(), shows);
        VerdictRows { verdicts: Arc::clone(verdicts), rows }
    }

    /// The row at a place of the list.
    pub(crate) fn at(&self, place: usize) -> Option<&Row> {
        self.verdicts.comparison().rows.get(*self.rows.get(place)?)
    }

    /// All rows in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Row> {
        let all = &self.verdicts.comparison().rows;
        self.rows.iter().filter_map(|&row| all.get(row))
    }
}

pub(super) fn topic(app: &App) -> Topic {
    Topic::Verdicts(app.changes, app.verdict_order)
}

pub(super) fn texts(table: &VerdictRows) -> Vec<String> {
    table.iter().map(|row| row.function.clone()).collect()
}

/// The function of the selected row; nothing where it stands for several.
pub(super) fn chosen(app: &App, table: &VerdictRows) -> Option<Chosen> {
    let row = table.at(app.scrolls[Tab::Verdicts as usize].selected)?;
    (!row.is_rest).then(|| Chosen::of_function(&row.function))
}
