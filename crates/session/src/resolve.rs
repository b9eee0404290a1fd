//! From options to a question: the defaults of the report filled in, each part handed to the room that needs it.

use std::borrow::Cow;

use hotlist_analyze::{
    Detail, ExactFilter, Filters, Memo, PathTrim, SampleValue, Threads, View, ViewError, Warning, Window,
    choose_sample_type, with_tag_frames,
};
use hotlist_pattern::Pattern;
use hotlist_profile::Profile;
use hotlist_report::{Argument, FlameOptions, Report};
use thiserror::Error;

use crate::option_value::OptionValue;
use crate::options::ViewOptions;

/// A command or an option that makes no sense.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum UsageError {
    /// The pattern of a report that is none.
    #[error("parsing argument regexp: {0}")]
    Argument(#[from] hotlist_pattern::Error),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// What is asked of a profile, resolved for one report.
#[derive(Debug, Clone)]
pub struct Question {
    /// The report.
    pub report: &'static Report,
    /// What the report is told.
    pub options: hotlist_report::ReportOptions,
    /// What the view leaves out.
    pub filters: Filters,
    /// Filters that are applied after the first ones: more patterns of a kind, of which samples have to pass all.
    pub more_filters: Vec<Filters>,
    /// What was pointed at, to be kept or left out.
    pub exact: Vec<ExactFilter>,
    /// Which sample type, by name or number; empty for the profile's default.
    pub sample_index: String,
    /// Divide by the first sample type.
    pub mean: bool,
    /// Percentages refer to what the filters leave.
    pub relative_percentages: bool,
    /// Tags to put into stacks, outermost first.
    pub tag_roots: Vec<String>,
    /// Tags to put into stacks, outermost first.
    pub tag_leaves: Vec<String>,
    /// The tag filters as typed, by option, where they are ranges of numbers.
    pub ranges: Vec<(&'static str, String)>,
}

impl Question {
    /// Resolves `options` for `report`; `argument` is its pattern, where it takes one.
    ///
    /// # Errors
    /// When the argument is no regular expression.
    pub fn new(
        report: &'static Report,
        argument: Option<&str>,
        options: &ViewOptions,
    ) -> Result<Question, UsageError> {
        let argument = match (report.argument, argument) {
            (Argument::Pattern, Some(text)) => Some(Pattern::new(text)?),
            _ => None,
        };
        let filters = Filters {
            focus: options.focus.clone(),
            ignore: options.ignore.clone(),
            hide: options.hide.clone(),
            show: options.show.clone(),
            show_from: options.show_from.clone(),
            tag_focus: options.tagfocus.clone(),
            tag_ignore: options.tagignore.clone(),
            tag_show: options.tagshow.clone(),
            tag_hide: options.taghide.clone(),
            prune_from: options.prune_from.clone(),
            window: Window { from: options.from.0, to: options.to.0 },
        };
        let ranges = [("tagfocus", &options.tagfocus), ("tagignore", &options.tagignore)]
            .into_iter()
            .filter_map(|(option, filter)| Some((option, filter.as_ref()?.range()?.to_owned())))
            .collect();
        Ok(Question {
            report,
            options: report_options(report, argument, options),
            filters,
            more_filters: Vec::new(),
            exact: Vec::new(),
            sample_index: options.sample_index.clone(),
            mean: options.mean,
            relative_percentages: options.relative_percentages,
            tag_roots: options.tagroot.0.clone(),
            tag_leaves: options.tagleaf.0.clone(),
            ranges,
        })
    }

    /// What people should know of tag filters that are read as ranges of numbers.
    pub(crate) fn range_warnings(&self) -> Vec<Warning> {
        let warning =
            |(option, value): &(&'static str, String)| Warning::ReadAsRange { option, value: value.clone() };
        self.ranges.iter().map(warning).collect()
    }

    /// `profile` with the tags in its stacks that are asked for.
    pub(crate) fn framed<'p>(
        &self,
        profile: &'p Profile,
        warnings: &mut Vec<Warning>,
    ) -> Result<Cow<'p, Profile>, ViewError> {
        with_tag_frames(profile, &self.tag_roots, &self.tag_leaves, &self.options.output_unit, warnings)
    }

    /// The part of `profile` that is asked about; tags are in its stacks already.
    pub(crate) fn view<'p>(
        &self,
        profile: &'p Profile,
        threads: Threads,
        memo: Option<&'p Memo>,
        warnings: &mut Vec<Warning>,
    ) -> Result<View<'p>, ViewError> {
        let value = SampleValue { column: choose_sample_type(profile, &self.sample_index)?, mean: self.mean };
        let mut view = View::new(profile, value, threads, warnings)?;
        if let Some(memo) = memo {
            view = view.with_memo(memo);
        }
        view.apply(&self.filters, warnings);
        for filters in &self.more_filters {
            view.apply(filters, warnings);
        }
        view.apply_exact(&self.exact, Some(&self.options.path_trim), &self.options.output_unit);
        if self.relative_percentages {
            view.take_total();
        }
        Ok(view)
    }
}

fn report_options(
    report: &Report,
    pattern: Option<Pattern>,
    options: &ViewOptions,
) -> hotlist_report::ReportOptions {
    let defaults = report.defaults;
    let trim = options.trim && defaults.trim;
    let node_count = usize::try_from(options.nodecount).ok();
    let granularity = defaults.granularity.or(options.granularity).unwrap_or_default();
    hotlist_report::ReportOptions {
        pattern,
        detail: Detail {
            granularity,
            no_inlines: options.noinlines,
            show_columns: options.showcolumns,
            object_names: defaults.object_names,
        },
        sort: options.sort,
        node_count: if trim {
            // Below -1 stands for no limit, as in pprof.
            node_count.unwrap_or(if options.nodecount == -1 { defaults.node_count } else { 0 })
        } else {
            0
        },
        node_fraction: if trim { options.nodefraction } else { 0.0 },
        edge_fraction: if trim { options.edgefraction } else { 0.0 },
        drop_negative: options.drop_negative,
        call_tree: options.call_tree,
        compact_labels: options.compact_labels,
        output_unit: options.unit.clone(),
        ratio: 1.0 / options.divide_by.number(),
        active_filters: options.active_filters(),
        timestamps: options.timestamps,
        intel_syntax: options.intel_syntax,
        skip_inlining: false,
        path_trim: PathTrim { prefixes: options.trim_path.0.clone(), search: options.source_path.0.clone() },
        flame: FlameOptions {
            inverted: options.inverted,
            upwards: options.upwards,
            collapse: options.collapse_recursion,
            ..FlameOptions::default()
        },
    }
}
impl ViewOptions {
    /// The filters that are set and have a place in the description of a report, as `name=value`.
    pub(crate) fn active_filters(&self) -> Vec<String> {
        [
            ("focus", self.focus.get()),
            ("ignore", self.ignore.get()),
            ("hide", self.hide.get()),
            ("show", self.show.get()),
            ("show_from", self.show_from.get()),
            ("tagfocus", self.tagfocus.get()),
            ("tagignore", self.tagignore.get()),
            ("tagshow", self.tagshow.get()),
            ("taghide", self.taghide.get()),
            ("from", self.from.get()),
            ("to", self.to.get()),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
    }
}
