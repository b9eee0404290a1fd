//! Sums by time and by labels, from the headers of profiles alone.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::catalog::Catalog;
use crate::columns::Columns;
use crate::table::profiles;
use crate::{Error, Labels, Range};

/// The sums of the series that have the same values of some labels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The values they have in common.
    pub labels: Labels,
    /// Sorted by time; steps without a profile are left out.
    pub points: Vec<Point>,
}

/// The sum over one step of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Point {
    /// When the step begins, in nanoseconds since 1970.
    pub time: i64,
    /// The sum of all values of the profiles that began in it.
    pub value: i64,
    /// How many profiles there are.
    pub profiles: u64,
}

/// As many points are the most that a question may have, for each line.
const MOST_POINTS: i64 = 11_000;

/// A timeline in the making.
#[derive(Debug)]
pub(crate) struct Timeline {
    range: Range,
    step: i64,
    /// The line of each series.
    line_of: FxHashMap<i64, usize>,
    labels: Vec<Labels>,
    points: Vec<BTreeMap<i64, (i128, u64)>>,
}

impl Timeline {
    /// Groups the series `ids` by the values of the labels `by`.
    pub fn new<'a>(
        ids: impl Iterator<Item = &'a i64>,
        catalog: &Catalog,
        by: &[String],
        range: Range,
        step: i64,
    ) -> Result<Self, Error> {
        let span = range.to.saturating_sub(range.from);
        if step <= 0 || span <= 0 || span / step > MOST_POINTS {
            return Err(Error::Query(format!(
                "a timeline has 1 to {MOST_POINTS} steps; choose another step"
            )));
        }
        let mut groups: BTreeMap<Labels, Vec<i64>> = BTreeMap::new();
        for &id in ids {
            let Some(series) = catalog.get(id) else { continue };
            let labels = by.iter().map(|name| (name.as_str(), series.labels.get(name))).collect();
            groups.entry(labels).or_default().push(id);
        }
        let mut timeline =
            Timeline { range, step, line_of: FxHashMap::default(), labels: Vec::new(), points: Vec::new() };
        for (line, (labels, ids)) in groups.into_iter().enumerate() {
            timeline.labels.push(labels);
            timeline.points.push(BTreeMap::new());
            timeline.line_of.extend(ids.into_iter().map(|id| (id, line)));
        }
        Ok(timeline)
    }

    pub fn add_rows(&mut self, rows: &Columns) {
        let (series, ts) = (rows.longs(profiles::SERIES_ID), rows.longs(profiles::TS));
        let totals = rows.longs(profiles::TOTAL);
        for row in 0..rows.len() {
            let time = ts[row].saturating_mul(1000);
            let Some(&line) = self.line_of.get(&series[row]) else { continue };
            if self.range.contains(time) {
                let start = self.range.from + (time - self.range.from) / self.step * self.step;
                let point = self.points[line].entry(start).or_default();
                *point = (point.0 + i128::from(totals[row]), point.1 + 1);
            }
        }
    }

    pub fn finish(self) -> Vec<Line> {
        let point = |(time, (value, profiles))| Point {
            time,
            value: i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX }),
            profiles,
        };
        let lines = self.labels.into_iter().zip(self.points);
        let lines = lines.filter(|(_, points)| !points.is_empty());
        lines
            .map(|(labels, points)| Line { labels, points: points.into_iter().map(point).collect() })
            .collect()
    }
}
