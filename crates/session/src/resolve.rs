//! From options as typed to options as used: patterns compiled, lists split, defaults of the report
//! filled in. All errors of use come from here, before any work begins.

use hotlist_analyze::{Detail, ExactFilter, Filters, PathTrim, TagFilter, TagFilterError};
use hotlist_pattern::Pattern;
use hotlist_report::{Argument, FlameOptions, Report};
use thiserror::Error;

use crate::options::ViewOptions;

/// A wish that makes no sense.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum UsageError {
    /// A pattern that is none.
    #[error("parsing {option} regexp: {error}")]
    Pattern {
        /// Which option.
        option: &'static str,
        /// What is wrong with it.
        error: String,
    },
    /// Division by zero.
    #[error("zero divisor specified")]
    ZeroDivisor,
    /// A number for which only others make sense.
    #[error("-{option} must not be {value}")]
    Number {
        /// Which option.
        option: &'static str,
        /// Its value.
        value: String,
    },
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// What is asked of a profile, resolved for one report.
#[derive(Debug, Clone)]
pub struct Question {
    /// The report.
    pub report: &'static Report,
    /// What the report heeds.
    pub options: hotlist_report::Options,
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
    /// For every option that makes no sense.
    pub fn new(
        report: &'static Report,
        argument: Option<&str>,
        options: &ViewOptions,
    ) -> Result<Question, UsageError> {
        let pattern = |option: &'static str, text: &str| match text {
            "" => Ok(None),
            text => Pattern::new(text)
                .map(Some)
                .map_err(|error| UsageError::Pattern { option, error: error.to_string() }),
        };
        let mut ranges = Vec::new();
        let mut tag_filter = |option: &'static str, text: &str| {
            if text.is_empty() {
                return Ok(None);
            }
            let filter = TagFilter::parse(text).map_err(|error| match error {
                TagFilterError::Pattern(error) => UsageError::Pattern { option, error },
                TagFilterError::Number(_) => UsageError::Other(format!("-{option}: {error}")),
            })?;
            if filter.is_range() {
                let value = text.split_once('=').map_or(text, |(_, value)| value);
                ranges.push((option, value.to_owned()));
            }
            Ok(Some(filter))
        };
        let filters = Filters {
            focus: pattern("focus", &options.focus)?,
            ignore: pattern("ignore", &options.ignore)?,
            hide: pattern("hide", &options.hide)?,
            show: pattern("show", &options.show)?,
            show_from: pattern("show_from", &options.show_from)?,
            tag_focus: tag_filter("tagfocus", &options.tagfocus)?,
            tag_ignore: tag_filter("tagignore", &options.tagignore)?,
            tag_show: pattern("tagshow", &options.tagshow)?,
            tag_hide: pattern("taghide", &options.taghide)?,
            prune_from: pattern("prune_from", &options.prune_from)?,
        };
        let argument = match (report.argument, argument) {
            (Argument::Pattern, Some(text)) => Some(
                Pattern::new(text)
                    .map_err(|error| UsageError::Pattern { option: "argument", error: error.to_string() })?,
            ),
            _ => None,
        };
        if options.divide_by == 0.0 {
            return Err(UsageError::ZeroDivisor);
        }
        for (option, value) in [
            ("divide_by", options.divide_by),
            ("nodefraction", options.nodefraction),
            ("edgefraction", options.edgefraction),
        ] {
            if !value.is_finite() {
                return Err(UsageError::Number { option, value: value.to_string() });
            }
        }
        Ok(Question {
            report,
            options: report_options(report, argument, options),
            filters,
            more_filters: Vec::new(),
            exact: Vec::new(),
            sample_index: options.sample_index.clone(),
            mean: options.mean,
            relative_percentages: options.relative_percentages,
            tag_roots: list(&options.tagroot, ','),
            tag_leaves: list(&options.tagleaf, ','),
            ranges,
        })
    }
}

fn report_options(
    report: &Report,
    pattern: Option<Pattern>,
    options: &ViewOptions,
) -> hotlist_report::Options {
    let defaults = report.defaults;
    let trim = options.trim && defaults.trim;
    let node_count = usize::try_from(options.nodecount).ok();
    let granularity = defaults.granularity.or(options.granularity).unwrap_or_default();
    hotlist_report::Options {
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
        ratio: 1.0 / options.divide_by,
        active_filters: active_filters(options),
        intel_syntax: options.intel_syntax,
        path_trim: PathTrim {
            prefixes: list(&options.trim_path, ':'),
            search: list(&options.source_path, ':'),
        },
        flame: FlameOptions {
            inverted: options.inverted,
            upwards: options.upwards,
            ..FlameOptions::default()
        },
    }
}

fn active_filters(options: &ViewOptions) -> Vec<String> {
    [
        ("focus", &options.focus),
        ("ignore", &options.ignore),
        ("hide", &options.hide),
        ("show", &options.show),
        ("show_from", &options.show_from),
        ("tagfocus", &options.tagfocus),
        ("tagignore", &options.tagignore),
        ("tagshow", &options.tagshow),
        ("taghide", &options.taghide),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| format!("{name}={value}"))
    .collect()
}

fn list(text: &str, separator: char) -> Vec<String> {
    text.split(separator).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
