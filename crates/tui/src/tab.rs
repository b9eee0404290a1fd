//! The views.

/// A view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The call tree.
    Flame,
    /// The heaviest places.
    Top,
    /// Callers and callees of a place.
    Callers,
    /// Its source code.
    Source,
    /// Its assembly.
    Assembly,
    /// The tags.
    Tags,
    /// What really differs, where sets of runs were compared.
    Verdicts,
}

impl Tab {
    /// All of them, in the order of the screen.
    pub const ALL: [Tab; 7] =
        [Tab::Flame, Tab::Top, Tab::Callers, Tab::Source, Tab::Assembly, Tab::Tags, Tab::Verdicts];

    /// Those that a profile has, in the order of the screen.
    pub(crate) fn of(has_verdicts: bool) -> &'static [Tab] {
        const ALL: &[Tab] = &Tab::ALL;
        if has_verdicts { ALL } else { ALL.split_last().map_or(ALL, |(_, others)| others) }
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Tab::Flame => "Flame",
            Tab::Top => "Top",
            Tab::Callers => "Callers",
            Tab::Source => "Source",
            Tab::Assembly => "Assembly",
            Tab::Tags => "Tags",
            Tab::Verdicts => "Verdicts",
        }
    }

    /// The one of `tabs` that is `by` places further on, in a circle.
    pub(crate) fn neighbour(self, by: isize, tabs: &[Tab]) -> Tab {
        let count = tabs.len().max(1) as isize;
        tabs.get((self as isize + by).rem_euclid(count) as usize).copied().unwrap_or(self)
    }
}
