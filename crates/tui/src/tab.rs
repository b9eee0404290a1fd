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
}

impl Tab {
    /// All of them, in the order of the screen.
    pub const ALL: [Tab; 6] = [Tab::Flame, Tab::Top, Tab::Callers, Tab::Source, Tab::Assembly, Tab::Tags];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Tab::Flame => "Flame",
            Tab::Top => "Top",
            Tab::Callers => "Callers",
            Tab::Source => "Source",
            Tab::Assembly => "Assembly",
            Tab::Tags => "Tags",
        }
    }

    /// The view `by` places further on, in a circle.
    pub(crate) fn neighbour(self, by: isize) -> Tab {
        let count = Tab::ALL.len() as isize;
        Tab::ALL[(self as isize + by).rem_euclid(count) as usize]
    }
}
