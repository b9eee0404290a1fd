//! What every answer says of itself: which profile, what is summed, how much that is, and what casts doubt on it.

use hotlist_analyze::View;
use hotlist_report::Shape;
use hotlist_session::{Note, Question};
use rmcp::schemars::JsonSchema;
use serde::Serialize;

use crate::desk::Desk;
use crate::quote::{quoted, shown};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::shelf::{Opened, Samples};
use crate::values::{Values, percent_of};

/// Below this number of samples answers warn of it: shares are off by more than five percentage points.
const FEW: u64 = 400;

/// Above this part of addresses without a function answers warn of it.
const MANY_UNNAMED: f64 = 0.05;

/// The most warnings, and their length in bytes.
const MOST_WARNINGS: usize = 5;
const LONGEST_WARNING: usize = 220;

/// What an answer is about.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(crate) struct About {
    /// The handle of the profile.
    pub(crate) profile: String,
    /// The name of the profile.
    pub(crate) name: String,
    /// What is summed.
    pub(crate) sample_type: String,
    /// Its unit in the profile.
    pub(crate) unit: String,
    /// Everything in the profile.
    pub(crate) total: String,
    /// How many samples that are.
    pub(crate) samples: u64,
    /// The options in force that decide what is summed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) filters: Vec<String>,
    /// What the filters leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<Kept>,
    /// The base of percentages.
    pub(crate) percent_of: String,
    /// What casts doubt on the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
}

/// What filters leave of a profile.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(crate) struct Kept {
    pub(crate) total: String,
    /// The share of everything.
    pub(crate) percent: f64,
    pub(crate) samples: u64,
}

/// What an answer is made with.
#[derive(Debug)]
pub(crate) struct Basis {
    pub(crate) about: About,
    pub(crate) values: Values,
    /// The sum of what is looked at.
    pub(crate) sum: i64,
}

impl Basis {
    /// What there is to say of an answer about `view`.
    pub(crate) fn new(opened: &Opened, request: &Request, question: &Question, view: &View<'_>) -> Basis {
        let values = Values::of(view);
        let profile = view.profile();
        let column = view.value().column;
        let all = opened.samples(column);
        let whole: i64 =
            profile.samples.ids().map(|sample| profile.samples.value(sample, column).saturating_abs()).sum();
        let (sum, samples, kept) = if view.is_everything() {
            (whole, all, None)
        } else {
            let sum = view.samples().map(|sample| view.weight(sample).0.saturating_abs()).sum();
            let samples = Samples::of(view);
            let kept =
                Kept { total: values.text(sum), percent: percent_of(sum, whole), samples: samples.count };
            (sum, samples, Some(kept))
        };
        let mut warnings = Vec::new();
        if let Some(other) = opened.session.another_sample_type(question) {
            warnings.push(format!("all values are 0; sample_index={other} has others"));
        }
        warnings.extend(few(samples));
        warnings.extend(unnamed(opened));
        let base = if question.relative_percentages { "what the filters leave" } else { "everything" };
        let about = About {
            profile: opened.handle.clone(),
            name: opened.name.clone(),
            sample_type: shown(&profile.lossy(profile.sample_types[column].kind), 40),
            unit: values.unit().to_owned(),
            total: values.text(whole),
            samples: all.count,
            filters: request.told.iter().map(|told| shown(told, 200)).collect(),
            kept,
            percent_of: format!("{base} ({})", values.text(values.total())),
            warnings,
        };
        Basis { about, values, sum }
    }

    /// Adds what came up while the answer was worked out.
    pub(crate) fn warn(&mut self, notes: &[Note]) {
        for note in notes {
            if let Note::Warning(text) = note {
                self.about.warn(text);
            }
        }
    }
}

/// Asks a report of `opened` and takes from its shape what an answer is made of.
pub(crate) fn ask<S>(
    desk: &Desk,
    opened: &Opened,
    request: &Request,
    question: &Question,
    take: impl FnOnce(&Shape<'_>) -> Option<S>,
) -> Result<(Basis, S), Refusal> {
    let mut notes = Vec::new();
    let (mut basis, taken) =
        opened.session.answer_with_view(question, &desk.site.source, &mut notes, |view, shape| {
            Ok((Basis::new(opened, request, question, view), take(shape)))
        })?;
    basis.warn(&notes);
    let taken =
        taken.ok_or_else(|| Refusal::new(format!("{} has another shape here", question.report.name)))?;
    Ok((basis, taken))
}

impl About {
    pub(crate) fn warn(&mut self, text: &str) {
        let text = shown(text, LONGEST_WARNING);
        if self.warnings.len() < MOST_WARNINGS && !self.warnings.contains(&text) {
            self.warnings.push(text);
        }
    }

    /// The same in lines.
    pub(crate) fn text(&self) -> String {
        let About { profile, name, sample_type, total, samples, percent_of, .. } = self;
        let name = quoted(name);
        let mut text = format!(
            "{profile} {name}: {sample_type} {total} in {samples} samples; percent of {percent_of}\n"
        );
        if !self.filters.is_empty() {
            text += &format!("filters: {}\n", self.filters.join(" "));
        }
        if let Some(Kept { total, percent, samples }) = &self.kept {
            text += &format!("left by filters: {total} ({percent}%) in {samples} samples\n");
        }
        for warning in &self.warnings {
            text += &format!("warning: {}\n", quoted(warning));
        }
        text
    }
}

/// A warning of few samples.
fn few(samples: Samples) -> Option<String> {
    let Samples { count, is_of_lots } = samples;
    if count >= FEW {
        return None;
    }
    Some(match (count, is_of_lots) {
        (0, _) => "no samples: nothing can be said".to_owned(),
        (_, true) => {
            let margin = samples.margin().min(100.0);
            format!("few samples ({count}): shares are known to ±{margin:.0} % only (95 % confidence)")
        }
        (_, false) => format!("few records ({count}): shares are rough"),
    })
}

/// A warning of addresses without a function.
fn unnamed(opened: &Opened) -> Option<String> {
    let locations = &opened.session.profile().locations;
    let unnamed = locations.ids().filter(|&location| locations.lines(location).is_empty()).count();
    let all = locations.len();
    (unnamed as f64 > all as f64 * MANY_UNNAMED)
        .then(|| format!("{unnamed} of {all} addresses have no function: symbols tells why and what helps"))
}
