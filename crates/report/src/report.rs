//! What a report is, and what it is asked.

use hotlist_analyze::{
    Detail, Granularity, Interest, Names, NodeTable, Order, PathTrim, Trim, Trimmed, View, ViewError,
    base_name, trimmed_graph,
};
use hotlist_pattern::Pattern;
use thiserror::Error;

use crate::code::ObjectCode;
use crate::shape::{Header, Shape, ShapeKind, Showing, ValueFormat};
use crate::source::SourceText;

/// A report: one file in this crate, listed in [`ALL`](crate::ALL).
#[derive(Debug)]
pub struct Report {
    /// Its name, which is also its flag and its shell command.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// What it shows, in a line.
    pub summary: &'static str,
    /// Whether it takes a pattern.
    pub argument: Argument,
    /// What holds for it unless users say otherwise.
    pub defaults: Defaults,
    /// The kind of shape that it builds.
    pub shape: ShapeKind,
    /// Builds its shape.
    pub build: for<'v> fn(&Request<'v>) -> Result<Shape<'v>, ReportError>,
}

/// Reports are told apart by their names.
impl PartialEq for Report {
    fn eq(&self, other: &Report) -> bool {
        self.name == other.name
    }
}

/// What stands after a report's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    None,
    /// A regular expression.
    Pattern,
}

/// What a report decides by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// Whether it leaves out places that weigh little. Where it does not, `nodecount`,
    /// `nodefraction` and `edgefraction` have no say.
    pub trim: bool,
    /// The granularity it needs, whatever users say.
    pub granularity: Option<Granularity>,
    /// How many nodes it shows when users do not say; 0 is all.
    pub node_count: usize,
    /// Whether it tells equal functions of different binaries apart.
    pub object_names: bool,
}

impl Defaults {
    /// What most reports want: trimmed to the 80 most important functions.
    pub const TRIMMED: Defaults =
        Defaults { trim: true, granularity: None, node_count: 80, object_names: false };
}

/// By which weight places are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Own weight.
    #[default]
    Flat,
    /// Weight with callees.
    Cum,
}

/// The options that reports heed, resolved.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// The pattern of `list` and `peek`.
    pub pattern: Option<Pattern>,
    /// How finely frames are told apart.
    pub detail: Detail,
    /// By which weight places are sorted.
    pub sort: Sort,
    /// The most nodes; 0 is all.
    pub node_count: usize,
    /// Leave out nodes below this share of the total.
    pub node_fraction: f64,
    /// Leave out edges below this share of the total.
    pub edge_fraction: f64,
    /// Leave out nodes with negative weights.
    pub drop_negative: bool,
    /// In graphs, keep calls from different contexts apart.
    pub call_tree: bool,
    /// Leave the description of the profile out of text headers.
    pub compact_labels: bool,
    /// The unit to show, or `minimum` or `auto`.
    pub output_unit: String,
    /// What values are multiplied by when shown.
    pub ratio: f64,
    /// The filters in force, as `name=value`.
    pub active_filters: Vec<String>,
    /// Prefixes to take off source paths.
    pub path_trim: PathTrim,
    /// In profiles that are written, a sample for each time, which is a label of it.
    pub timestamps: bool,
    /// Assembly in the syntax of Intel.
    pub intel_syntax: bool,
    /// Leave open in tables which functions were inlined, for faces that do not show it: finding out takes a pass over
    /// all stacks.
    pub skip_inlining: bool,
    /// What `flamegraph` alone is asked.
    pub flame: FlameOptions,
}

/// Which flame graph is wanted, beside what every report is asked.
#[derive(Debug, Clone, Default)]
pub struct FlameOptions {
    /// Grow from the leaves: callers stand below what they call.
    pub inverted: bool,
    /// The root is drawn at the bottom.
    pub upwards: bool,
    /// A frame takes in those that it calls and that are the same place: direct recursion is one frame.
    pub collapse: bool,
    /// Leave out the places that no frame refers to, which are there to be found in a file: a face can ask for them.
    pub frames_only: bool,
    /// The key or label of the place that all stacks are to begin with; empty for none. With it, the tree is one
    /// half of a sandwich: callees of the place, or with `inverted` its callers.
    pub pivot: String,
    /// The way to the frame whose callees are wanted, as [`FlamePlace::id`](crate::FlamePlace::id)s from the root on.
    pub path: Vec<usize>,
    /// Names of places that are looked for: what was summed up tells how much of it they have.
    pub marks: Option<Pattern>,
}

/// A question to a report.
#[derive(Clone, Copy)]
pub struct Request<'v> {
    /// The part of the profile that is looked at.
    pub view: &'v View<'v>,
    /// How.
    pub options: &'v ReportOptions,
    /// Where source code comes from.
    pub source: &'v dyn SourceText,
    /// Where machine code comes from.
    pub code: &'v dyn ObjectCode,
}

/// Why a report has no answer.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ReportError {
    /// No function matches.
    #[error("no matches found for regexp: {0}")]
    NoMatches(String),
    /// Functions match, but their code is not to be had.
    #[error("no code found for {pattern}: {}", reasons.join("; "))]
    NoCode {
        /// What was asked for.
        pattern: String,
        /// For each file why.
        reasons: Vec<String>,
    },
    /// No place has this label.
    #[error("there is no {0} in the part of the profile that is looked at")]
    NoPlace(String),
    /// The view cannot be looked at this way.
    #[error(transparent)]
    View(#[from] ViewError),
}

impl<'v> Request<'v> {
    /// The trimming that the options ask for, with edges as `interest` says.
    pub(crate) fn trim(&self, interest: Interest) -> Trim {
        let options = self.options;
        Trim {
            node_count: options.node_count,
            node_fraction: options.node_fraction,
            edge_fraction: options.edge_fraction,
            drop_negative: options.drop_negative,
            order: match options.sort {
                Sort::Flat => Order::Flat,
                Sort::Cum => Order::Cum,
            },
            call_tree: false,
            interest,
            tags_in: None,
        }
    }

    /// The places of the view, with source paths trimmed.
    pub(crate) fn places(&self) -> NodeTable<'v, 'v> {
        NodeTable::new(self.view, self.options.detail, Some(&self.options.path_trim))
    }

    /// As [`places`](Self::places), for a report that weighs them.
    pub(crate) fn places_to_weigh(&self) -> NodeTable<'v, 'v> {
        NodeTable::with_stacks(self.view, self.options.detail, Some(&self.options.path_trim))
    }

    /// How values are shown when no graph has a say in it.
    pub(crate) fn format(&self) -> ValueFormat {
        ValueFormat {
            sample_unit: self.sample_unit(),
            output_unit: self.options.output_unit.clone(),
            ratio: self.options.ratio,
        }
    }

    /// The unit of the sample type.
    pub(crate) fn sample_unit(&self) -> String {
        let profile = self.view.profile();
        profile.lossy(profile.sample_types[self.view.value().column].unit).into_owned()
    }

    /// What is known about the profile.
    pub fn header(&self) -> Header {
        let view = self.view;
        let profile = view.profile();
        let text = |id| profile.lossy(id).into_owned();
        let (file, build_id) = match profile.mappings.first() {
            Some(main) if main.file.is_empty() => (String::new(), text(main.build_id)),
            Some(main) => (base_name(&profile.lossy(main.file)).to_owned(), text(main.build_id)),
            None => (String::new(), String::new()),
        };
        let kind = text(profile.sample_types[view.value().column].kind);
        Header {
            file,
            build_id,
            comments: profile
                .comments
                .iter()
                .map(|&comment| text(comment))
                .filter(|comment| !comment.starts_with('#'))
                .collect(),
            sample_type: if view.value().mean { format!("mean_{kind}") } else { kind },
            doc_url: text(profile.doc_url),
            time_nanos: profile.time_nanos,
            duration_nanos: profile.duration_nanos,
            total: view.total(),
            format: self.format(),
            active_filters: self.options.active_filters.clone(),
            compact: self.options.compact_labels,
        }
    }

    /// Trims a graph and describes it, with the unit settled.
    pub(crate) fn graph(
        &self,
        table: &NodeTable<'_, '_>,
        names: &Names<'_, '_, '_>,
        trim: &Trim,
    ) -> (Trimmed, Header, Showing) {
        let trimmed = trimmed_graph(table, names, trim);
        let mut header = self.header();
        // Callgrind files hold whole numbers only, and are not for looking at.
        let whole_numbers = self.options.detail.object_names && trim.order != Order::Visual;
        header.format.settle(&trimmed.graph, header.total, whole_numbers);
        let showing = self.showing(&trimmed);
        (trimmed, header, showing)
    }

    /// How much of the profile is left of a graph.
    fn showing(&self, trimmed: &Trimmed) -> Showing {
        let graph = &trimmed.graph;
        let cutoff = |fraction: f64| ((self.view.total() as f64 * fraction) as i64).saturating_abs();
        Showing {
            shown: graph
                .listed
                .iter()
                .fold(0i64, |sum, &row| sum.wrapping_add(graph.nodes[row].flat.shown())),
            nodes: graph.listed.len(),
            original_nodes: trimmed.original_nodes,
            dropped_nodes: trimmed.dropped_nodes,
            node_cutoff: cutoff(self.options.node_fraction),
            dropped_edges: trimmed.dropped_edges,
            edge_cutoff: cutoff(self.options.edge_fraction),
        }
    }
}
