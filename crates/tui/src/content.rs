//! What the views show.

use hotlist_report::{FlameGraph, Header, Listing, Neighbours, Table, Tags};

use crate::facts::Facts;
use crate::tabs::verdicts::VerdictRows;

/// What a view gets to show.
#[derive(Debug, Clone)]
pub enum Content {
    /// What is known of the profile.
    Facts(Facts),
    /// A flame graph.
    Flame(FlameGraph),
    /// The heaviest places.
    Top(Table),
    /// Callers and callees.
    Callers(Neighbours),
    /// Source code.
    Source(Listing),
    /// A report as text, for shapes that have no view.
    Text(Vec<String>),
    /// Tags.
    Tags(Tags),
    /// What a comparison of sets of runs says.
    Verdicts(VerdictRows),
    /// The weight of what passes through matches.
    Matches(i64),
    /// The weight of a place, own and with callees.
    Weights {
        /// Where it is the leaf.
        flat: i64,
        /// Wherever it occurs.
        cum: i64,
    },
    /// There is nothing to show, and why.
    Failed(String),
}

impl Content {
    /// What it says about the profile.
    pub fn header(&self) -> Option<&Header> {
        match self {
            Content::Flame(flame) => Some(&flame.header),
            Content::Top(table) => Some(&table.header),
            Content::Callers(neighbours) => Some(&neighbours.header),
            Content::Source(listing) => Some(&listing.header),
            Content::Tags(tags) => Some(&tags.header),
            Content::Facts(_)
            | Content::Text(_)
            | Content::Verdicts(_)
            | Content::Matches(_)
            | Content::Weights { .. }
            | Content::Failed(_) => None,
        }
    }
}
