//! Weights as text, the same in every view.

use hotlist_profile::unit::percentage;
use hotlist_report::{Header, Labels};
use ratatui::style::Style;

use crate::app::App;
use crate::theme::Theme;

/// Writes weights, their shares of the total, and the colour of these. In comparisons both have a sign.
pub(super) struct Numbers<'h> {
    labels: Labels<'h>,
    total: i64,
    is_comparison: bool,
    theme: Theme,
}

impl<'h> Numbers<'h> {
    pub(super) fn new(app: &App, header: &'h Header) -> Numbers<'h> {
        Numbers {
            labels: header.format.labels(),
            total: header.total,
            is_comparison: app.facts.is_comparison,
            theme: app.theme,
        }
    }

    fn sign(&self, weight: i64) -> &'static str {
        if self.is_comparison && weight > 0 { "+" } else { "" }
    }

    /// A weight with its unit.
    pub(super) fn weight(&self, weight: i64) -> String {
        self.sign(weight).to_owned() + &self.labels.label(weight)
    }

    /// A weight without a sign, which is no change.
    pub(super) fn amount(&self, weight: i64) -> String {
        self.labels.label(weight)
    }

    /// Its share of the total.
    pub(super) fn share(&self, weight: i64) -> String {
        self.share_of(weight, self.total)
    }

    /// Its share of another weight.
    pub(super) fn share_of(&self, weight: i64, whole: i64) -> String {
        let sign = if self.is_comparison && weight < 0 { "-" } else { self.sign(weight) };
        let share = percentage(weight, whole);
        let share = share.trim();
        if share == "0%" { share.to_owned() } else { format!("{sign}{share}") }
    }

    /// A weight and its share.
    pub(super) fn both(&self, weight: i64) -> String {
        format!("{} {}", self.weight(weight), self.share(weight))
    }

    /// The colour of a share of the total.
    pub(super) fn heat(&self, weight: i64) -> Style {
        self.heat_of(weight, self.total)
    }

    pub(super) fn heat_of(&self, weight: i64, whole: i64) -> Style {
        self.theme.heat(ratio(weight, whole), self.is_comparison)
    }

    /// A bar of `width` cells for a share of `whole`, and its style.
    pub(super) fn bar(&self, weight: i64, whole: i64, width: usize) -> (String, Style) {
        let share = ratio(weight, whole);
        let bar = match self.theme.has_colours() {
            true => crate::cells::bar(share, width),
            // Blocks would be glaring without colours.
            false => {
                let filled = (share.abs().clamp(0.0, 1.0) * width as f64).round() as usize;
                format!("{:<width$}", "#".repeat(filled))
            }
        };
        (bar, self.theme.bar(share, self.is_comparison))
    }
}

fn ratio(weight: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { weight as f64 / whole as f64 }
}
