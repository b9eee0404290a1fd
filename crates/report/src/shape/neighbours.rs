//! Places with their callers and callees.

use serde::Serialize;

use super::{Header, Place, Showing};

/// Places with their callers and callees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbours {
    /// The profile.
    pub header: Header,
    /// How much of it is here.
    pub showing: Showing,
    /// The places, in order.
    pub entries: Vec<NeighboursEntry>,
}

/// A place of [`Neighbours`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeighboursEntry {
    /// The place.
    pub place: Place,
    /// Own weight.
    pub flat: i64,
    /// Weight with callees.
    pub cum: i64,
    /// Who calls it, the heaviest first.
    pub callers: Vec<Neighbour>,
    /// Whom it calls, the heaviest first.
    pub callees: Vec<Neighbour>,
}

/// A caller or callee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    /// The place.
    #[serde(flatten)]
    pub place: Place,
    /// The weight of the calls.
    pub weight: i64,
    /// Whether the callee is always inlined here.
    pub inline: bool,
}
