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

/// How much something that weighed `before` has changed, relative to that.
pub(super) fn relative(before: i64, after: i64) -> String {
    match (before, after) {
        (0, 0) => "same".to_owned(),
        (0, _) => "new".to_owned(),
        (_, 0) => "gone".to_owned(),
        _ => {
            let change = (after as f64 / before as f64 - 1.0) * 100.0;
            match change {
                change if change.abs() < 0.05 => "same".to_owned(),
                change if change >= 1000.0 => format!("×{:.1}", after as f64 / before as f64),
                change => format!("{change:+.1}%"),
            }
        }
    }
}

fn ratio(weight: i64, whole: i64) -> f64 {
    if whole == 0 { 0.0 } else { weight as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_relative_to_what_was() {
        for (before, after, expected) in [
            (0, 0, "same"),
            (0, 5, "new"),
            (5, 0, "gone"),
            (100, 150, "+50.0%"),
            (150, 100, "-33.3%"),
            (10_000, 10_001, "same"),
            (1, 100, "×100.0"),
            (1, i64::MAX, "×9223372036854775808.0"),
        ] {
            assert_eq!(relative(before, after), expected);
        }
    }
}
