//! What the views ask of a session.

use hotlist_session::ViewOptions;

/// A question of a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What is asked.
    pub topic: Topic,
    /// How the profile is looked at.
    pub options: ViewOptions,
}

/// What a view can ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// The flame graph below the frame that this path of place ids leads to.
    Flame(Vec<usize>),
    /// The heaviest places.
    Top,
    /// Callers and callees of the places that match a pattern.
    Callers(String),
    /// Source code of the functions that match a pattern.
    Source(String),
    /// Assembly of the functions that match a pattern.
    Assembly(String),
    /// The tags.
    Tags,
    /// What the samples weigh that pass through the places that match a pattern.
    Matches(String),
    /// What the place with this label weighs, wherever it occurs.
    Weights(String),
}
