//! What a report says about the profile and about itself.

use hotlist_analyze::Graph;
use hotlist_profile::unit::{self, Conversion};
use serde::Serialize;

/// How raw values are written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueFormat {
    /// The unit of the raw values.
    pub sample_unit: String,
    /// The unit to write them in; `auto` or `minimum` where each value has its own.
    pub output_unit: String,
    /// What values are multiplied by first.
    pub ratio: f64,
}

impl ValueFormat {
    /// A raw value with its unit, such as `6.30MB`. Units come from profiles, so control characters in
    /// them are replaced.
    pub fn label(&self, value: i64) -> String {
        self.labels().label(value)
    }

    /// The same for many values.
    pub fn labels(&self) -> Labels<'_> {
        // The only part of a label that is not ours.
        let unit = self.output_unit.replace(char::is_control, "\u{fffd}");
        Labels { format: self, conversion: Conversion::new(&self.sample_unit, &unit) }
    }

    fn apply_ratio(&self, value: i64) -> i64 {
        if self.ratio > 0.0 && self.ratio != 1.0 { (value as f64 * self.ratio) as i64 } else { value }
    }

    /// Decides on the unit in which the smallest of the values of `graph` reads well, when the choice
    /// was left to us; a unit a hundred times larger where the total needs a larger one.
    pub(crate) fn settle(&mut self, graph: &Graph, total: i64, whole_numbers: bool) {
        if self.output_unit != "minimum" || graph.listed.is_empty() {
            return;
        }
        let sizes = graph.listed.iter().filter_map(|&row| {
            let node = &graph.nodes[row];
            [node.flat.shown(), node.cum.shown()].into_iter().map(i64::saturating_abs).find(|&size| size > 0)
        });
        let smallest = self.apply_ratio(sizes.min().unwrap_or(total));
        let largest = self.apply_ratio(total);
        let readable = |value| unit::scale(value, &self.sample_unit, "minimum").1;
        let (small_unit, large_unit) = (readable(smallest), readable(largest));
        let wide = small_unit != large_unit && smallest.saturating_mul(100) < largest && !whole_numbers;
        let chosen = if wide { readable(smallest.saturating_mul(100)) } else { small_unit };
        self.output_unit = if chosen.is_empty() { self.sample_unit.clone() } else { chosen };
    }
}

/// Writes values in a format.
#[derive(Debug)]
pub struct Labels<'f> {
    format: &'f ValueFormat,
    conversion: Conversion,
}

impl Labels<'_> {
    /// A raw value with its unit, as [`ValueFormat::label`] has it.
    pub fn label(&self, value: i64) -> String {
        self.conversion.label(self.format.apply_ratio(value))
    }
}

/// A description of the profile and of what is summed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Header {
    /// File name of the main binary, without folders; empty when unknown.
    pub file: String,
    /// Build id of the main binary; empty when unknown.
    pub build_id: String,
    /// Comments for people; those that begin with `#` are for tools and not here.
    pub comments: Vec<String>,
    /// The sample type that is summed, with `mean_` before it for means.
    pub sample_type: String,
    /// A link to documentation of the profile; empty when there is none.
    pub doc_url: String,
    /// When collection began, in nanoseconds since the Unix epoch; 0 when unknown.
    pub time_nanos: i64,
    /// How long collection took, in nanoseconds; 0 when unknown.
    pub duration_nanos: i64,
    /// What percentages refer to.
    pub total: i64,
    /// How the values of the report are written.
    pub format: ValueFormat,
    /// The filters in force, as `name=value`.
    pub active_filters: Vec<String>,
    /// Whether text leaves the description of the profile out.
    #[serde(skip)]
    pub compact: bool,
}

/// How much of the profile a report shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Showing {
    /// The sum of the own weights of all nodes shown.
    pub shown: i64,
    /// How many nodes are shown.
    pub nodes: usize,
    /// How many there were before the limit on their number.
    pub original_nodes: usize,
    /// How many nodes were too light.
    pub dropped_nodes: usize,
    /// The weight below which nodes are too light.
    pub node_cutoff: i64,
    /// How many edges were too light.
    pub dropped_edges: usize,
    /// The weight below which edges are too light.
    pub edge_cutoff: i64,
}
