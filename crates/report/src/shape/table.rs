//! Places with their weights.

use hotlist_analyze::{NodeId, SideWeights};
use serde::Serialize;

use super::{Header, Place, Showing};

/// Places with their weights, in order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// The profile.
    pub header: Header,
    /// How much of it is here.
    pub showing: Showing,
    /// The places.
    pub rows: Vec<TableRow>,
}

/// A row of a [`Table`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableRow {
    /// The place.
    pub place: Place,
    /// Own weight.
    pub flat: i64,
    /// Weight with callees.
    pub cum: i64,
    /// What it weighs in the base and beside it; only in comparisons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
    /// Whether it was inlined.
    #[serde(skip_serializing_if = "InlineMark::is_never")]
    pub inline: InlineMark,
}

/// What a place weighs on both sides of a comparison, without signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Compared {
    /// Own weight in the base.
    pub before_flat: i64,
    /// Weight with callees in the base.
    pub before_cum: i64,
    /// Own weight in what is compared with it.
    pub after_flat: i64,
    /// Weight with callees in what is compared with it.
    pub after_cum: i64,
}

impl Compared {
    pub(crate) fn of(sides: &SideWeights, node: NodeId) -> Compared {
        let (flat, cum) = (sides.flat(node), sides.cum(node));
        Compared {
            before_flat: flat.minus,
            before_cum: cum.minus,
            after_flat: flat.plus,
            after_cum: cum.plus,
        }
    }
}

/// How often a function was inlined into its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum InlineMark {
    /// Into none.
    #[default]
    Never,
    /// Into some.
    Partial,
    /// Into all.
    Always,
}

impl InlineMark {
    fn is_never(&self) -> bool {
        *self == InlineMark::Never
    }
}
