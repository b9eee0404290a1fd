//! What the engine computes: the weights of places and of calls.

use hotlist_analyze::Granularity;
use hotlist_report::{Place, Shape};
use hotlist_session::{Question, Session, ViewOptions};

use crate::cell::Cell;

/// The names of granularities in SQL, the first of which is taken where none is named.
pub(crate) const GRANULARITIES: &[(&str, Granularity)] = &[
    ("functions", Granularity::Functions),
    ("filefunctions", Granularity::FileFunctions),
    ("files", Granularity::Files),
    ("lines", Granularity::Lines),
    ("addresses", Granularity::Addresses),
];

/// Which weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weights {
    /// Of places, as `top` has them.
    Nodes,
    /// Of calls, as `tree` has them.
    Calls,
}

/// A question to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked {
    pub(crate) weights: Weights,
    /// Which sample type, by its number.
    pub(crate) sample_type: usize,
    /// A row of [`GRANULARITIES`].
    pub(crate) granularity: usize,
}

/// Its answer.
#[derive(Debug)]
pub(crate) enum Answered {
    Nodes(Vec<Node>),
    Calls(Vec<Call>),
}

#[derive(Debug)]
pub(crate) struct Node {
    place: Place,
    flat: i64,
    cum: i64,
}

#[derive(Debug)]
pub(crate) struct Call {
    caller: String,
    callee: String,
    weight: i64,
    inline: bool,
}

impl Asked {
    /// Asks without limits and filters: selecting is what SQL is for.
    pub(crate) fn compute(self, session: &Session) -> Result<Answered, String> {
        let options = ViewOptions {
            trim: false,
            sample_index: self.sample_type.to_string(),
            granularity: Some(GRANULARITIES[self.granularity].1),
            ..ViewOptions::default()
        };
        let report = match self.weights {
            Weights::Nodes => "top",
            Weights::Calls => "tree",
        };
        let report = hotlist_report::find(report).ok_or_else(|| format!("there is no report {report}"))?;
        let question = Question::new(report, None, &options).map_err(|error| error.to_string())?;
        session
            .answer(&question, &hotlist_report::NoSource, &mut Vec::new(), |shape| {
                Ok(Answered::from_shape(shape))
            })
            .map_err(|error| error.to_string())
    }
}

impl Answered {
    fn from_shape(shape: &Shape<'_>) -> Answered {
        match shape {
            Shape::Neighbours(neighbours) => Answered::Calls(
                neighbours
                    .entries
                    .iter()
                    .flat_map(|entry| {
                        entry.callees.iter().map(|callee| Call {
                            caller: name(&entry.place).to_owned(),
                            callee: name(&callee.place).to_owned(),
                            weight: callee.weight,
                            inline: callee.inline,
                        })
                    })
                    .collect(),
            ),
            Shape::Table(table) => Answered::Nodes(
                table
                    .rows
                    .iter()
                    .map(|row| Node { place: row.place.clone(), flat: row.flat, cum: row.cum })
                    .collect(),
            ),
            _ => Answered::Nodes(Vec::new()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Answered::Nodes(nodes) => nodes.len(),
            Answered::Calls(calls) => calls.len(),
        }
    }

    /// The cell behind the columns of [`Asked`]: those of the table's definition without the first one.
    pub(crate) fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        match self {
            Answered::Nodes(nodes) => nodes.get(row).map_or(Cell::Null, |node| node.cell(column)),
            Answered::Calls(calls) => calls.get(row).map_or(Cell::Null, |call| call.cell(column)),
        }
    }
}

impl Node {
    fn cell(&self, column: usize) -> Cell<'_> {
        match column {
            0 => Cell::text(name(&self.place)),
            1 => Cell::text(&*self.place.file),
            2 => Cell::Integer(self.place.line),
            3 => Cell::address(self.place.address),
            4 => Cell::text(&*self.place.object),
            5 => Cell::Integer(self.flat),
            6 => Cell::Integer(self.cum),
            _ => Cell::Null,
        }
    }
}

impl Call {
    fn cell(&self, column: usize) -> Cell<'_> {
        match column {
            0 => Cell::text(&*self.caller),
            1 => Cell::text(&*self.callee),
            2 => Cell::Integer(self.weight),
            3 => Cell::Integer(i64::from(self.inline)),
            _ => Cell::Null,
        }
    }
}

/// The function, or what reports call a place that has none.
fn name(place: &Place) -> &str {
    if place.function.is_empty() { &place.label } else { &place.function }
}
