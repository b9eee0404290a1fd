//! What the views ask of a profile.

use hotlist_session::{Selection, ViewOptions};

use crate::changes::Changes;
use crate::pointed::Pointed;
use crate::verdict_order::VerdictOrder;

/// A question of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What is asked.
    pub topic: Topic,
    /// How the profile is looked at.
    pub options: ViewOptions,
    /// Places that people pointed at to keep, drop or hide them.
    pub pointed: Vec<Pointed>,
    /// Which of several profiles it is about.
    pub selection: Selection,
}

/// What a view can ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// What is known of the profile whatever is asked of it.
    Facts,
    /// The flame graph below the frame that this path of place ids leads to.
    Flame(Vec<usize>),
    /// The heaviest places; in comparisons those that have changed like this.
    Top(Changes),
    /// Callers and callees of the places that match a pattern.
    Callers(String),
    /// Source code of the functions that match a pattern.
    Source(String),
    /// Assembly of the functions that match a pattern.
    Assembly(String),
    /// The tags.
    Tags,
    /// What a comparison of sets of runs says, in this order; of rows that have changed like this.
    Verdicts(Changes, VerdictOrder),
    /// What the samples weigh that pass through the places that match a pattern.
    Matches(String),
    /// What the place with this label weighs, wherever it occurs.
    Weights(String),
}
